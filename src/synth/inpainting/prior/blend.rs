//! How what was drawn comes into the picture.

use super::super::super::Watch;
use crate::picture::{Mask, Picture};
use anyhow::Result;

/// Largest change of a round, in levels, at which the correction counts as settled.
const SETTLED: f32 = 0.02;
/// Rounds at most.
const ROUNDS: usize = 2000;

/// The picture with the hole (mask values from `hole` on) filled from `fill`; other pixels stay. `blended` adds to the fill the smooth
/// correction (a harmonic function, as in Pérez et al. 2003) that makes it meet the colours at the hole's edge.
pub fn pasted(base: &Picture, fill: &Picture, mask: &Mask, hole: u8, blended: bool, watch: &Watch) -> Result<Picture> {
    let inside: Vec<usize> = (0..mask.grey.len()).filter(|&i| mask.grey[i] >= hole).collect();
    let off = if blended { corrections(base, fill, mask, &inside, hole, watch)? } else { Vec::new() };
    let mut rgb = base.rgb.to_vec();
    for (n, &i) in inside.iter().enumerate() {
        for c in 0..3 {
            let shift = off.get(n).map_or(0.0, |off| off[c]);
            rgb[3 * i + c] = (f32::from(fill.rgb[3 * i + c]) + shift).round().clamp(0.0, 255.0) as u8;
        }
    }
    Ok(Picture { width: base.width, height: base.height, rgb: rgb.into() })
}

/// A pixel beside one of the hole.
#[derive(Clone, Copy)]
enum Beside {
    /// Another of the hole, by number.
    Hole(usize),
    /// A known one, by the difference of the picture to the fill there.
    Known([f32; 3]),
}

/// The correction of each pixel of the hole: the mean of those around it, solved by successive over-relaxation.
fn corrections(
    base: &Picture,
    fill: &Picture,
    mask: &Mask,
    inside: &[usize],
    hole: u8,
    watch: &Watch,
) -> Result<Vec<[f32; 3]>> {
    let (width, height) = (base.width, base.height);
    let mut number = vec![usize::MAX; mask.grey.len()];
    inside.iter().enumerate().for_each(|(n, &i)| number[i] = n);
    let (mut sum, mut count) = ([0.0_f64; 3], 0.0_f64);
    let mut beside: Vec<Vec<Beside>> = Vec::with_capacity(inside.len());
    for &i in inside {
        let (x, y) = (i % width, i / width);
        let near = [(x > 0).then(|| i - 1), (x + 1 < width).then_some(i + 1), (y > 0).then(|| i - width)];
        let near = near.into_iter().chain([(y + 1 < height).then_some(i + width)]).flatten();
        let one = |j: usize| {
            if mask.grey[j] >= hole {
                return Beside::Hole(number[j]);
            }
            Beside::Known([0, 1, 2].map(|c| f32::from(base.rgb[3 * j + c]) - f32::from(fill.rgb[3 * j + c])))
        };
        let near: Vec<Beside> = near.map(one).collect();
        for known in near.iter().filter_map(|n| if let Beside::Known(off) = n { Some(off) } else { None }) {
            sum.iter_mut().zip(known).for_each(|(sum, v)| *sum += f64::from(*v));
            count += 1.0;
        }
        beside.push(near);
    }
    // It begins at the mean along the edge.
    let mut off = vec![sum.map(|s| (s / count.max(1.0)) as f32); inside.len()];
    let across = (inside.len() as f32).sqrt().max(2.0);
    let beyond = 2.0 / (1.0 + (std::f32::consts::PI / across).sin());
    for _ in 0..ROUNDS {
        let mut most = 0.0_f32;
        for (n, near) in beside.iter().enumerate() {
            if n % 65_536 == 0 {
                watch.check()?;
            }
            let mut mean = [0.0; 3];
            for neighbour in near {
                let value = match *neighbour {
                    Beside::Hole(other) => off[other],
                    Beside::Known(value) => value,
                };
                mean.iter_mut().zip(value).for_each(|(m, v)| *m += v / near.len() as f32);
            }
            for (c, mean) in mean.into_iter().enumerate() {
                let change = beyond * (mean - off[n][c]);
                off[n][c] += change;
                most = most.max(change.abs());
            }
        }
        if most < SETTLED {
            break;
        }
    }
    Ok(off)
}
