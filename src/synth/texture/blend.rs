//! How a block is laid over what is there: sharp along the seam, but without a step in light across it.
//!
//! Differences between the new and the old that are smooth are spread over a band along the seam; the rest changes at the seam itself, as
//! in the two-band blend of Burt and Adelson (1983). Large differences, where there is a thing on one side only, are left as they are.

use super::cut::Side;

/// Bytes that differ by more than this are different things rather than another light.
const ANOTHER_THING: i32 = 32;

/// What is laid over what. All parts have `size`; `old` counts where the side is not [`Side::New`].
pub(super) struct Overlay<'a> {
    pub size: [usize; 2],
    pub old: &'a [[u8; 3]],
    pub new: &'a [[u8; 3]],
    pub sides: &'a [Side],
    /// Pixels that the new block covers.
    pub covers: &'a [bool],
}

/// The colours of the block after it is laid: a band of `radius` pixels on both sides of the seam is smoothed; 0 copies pixel by pixel.
pub(super) fn blend(overlay: &Overlay, radius: usize) -> Vec<[u8; 3]> {
    let Overlay { size, old, new, sides, covers } = overlay;
    let pick = |i: usize| if covers[i] { new[i] } else { old[i] };
    if radius == 0 {
        return (0..old.len()).map(pick).collect();
    }
    let share = shares(*size, sides, covers, radius);
    let step = smooth_step(overlay, radius);
    let hard = if radius > 1 { soft(covers, *size) } else { covers.iter().map(|&c| f32::from(u8::from(c))).collect() };
    (0..old.len())
        .map(|i| match sides[i] {
            Side::Old => old[i],
            Side::New => shifted(new[i], step[i].map(|s| s * (share[i] - 1.0))),
            Side::Open => {
                let mix = |c: usize| {
                    let (a, b, s) = (f32::from(old[i][c]), f32::from(new[i][c]), step[i][c]);
                    (a + hard[i] * (b - a - s) + share[i] * s).round().clamp(0.0, 255.0) as u8
                };
                [mix(0), mix(1), mix(2)]
            }
        })
        .collect()
}

fn shifted(colour: [u8; 3], by: [f32; 3]) -> [u8; 3] {
    [0, 1, 2].map(|c| (f32::from(colour[c]) + by[c]).round().clamp(0.0, 255.0) as u8)
}

/// The seam softened by one pixel, where both sides are known.
fn soft(covers: &[bool], [w, h]: [usize; 2]) -> Vec<f32> {
    (0..w * h)
        .map(|i| {
            let (x, y) = (i % w, i / w);
            let (xs, ys) = (x.saturating_sub(1)..(x + 2).min(w), y.saturating_sub(1)..(y + 2).min(h));
            let all = xs.len() * ys.len();
            let new = ys.flat_map(|y| xs.clone().map(move |x| y * w + x)).filter(|&i| covers[i]).count();
            new as f32 / all as f32
        })
        .collect()
}

/// The share of the new light: ½ at the seam, 0 and 1 at `radius` from it; 0 where the old stays for certain, 1 where there is only new.
fn shares(size: [usize; 2], sides: &[Side], covers: &[bool], radius: usize) -> Vec<f32> {
    let far = radius as f32 + 1.0;
    let to_old = distances(size, covers.iter().map(|c| !c), far);
    let to_new = distances(size, covers.iter().copied(), far);
    let to_fixed = distances(size, sides.iter().map(|s| *s == Side::Old), far);
    let to_only = distances(size, sides.iter().map(|s| *s == Side::New), far);
    let r = radius as f32;
    (0..sides.len())
        .map(|i| {
            let seam = 0.5 + 0.5 * if covers[i] { to_old[i] - 0.5 } else { 0.5 - to_new[i] } / r;
            let (most, least) = ((to_fixed[i] / r).min(1.0), (1.0 - to_only[i] / r).max(0.0));
            match sides[i] {
                Side::Old => 0.0,
                Side::New => most,
                Side::Open if most < least => 0.5 * (most + least),
                Side::Open => seam.clamp(least, most),
            }
        })
        .collect()
}

/// Distance of each pixel to the nearest marked one, up to `far`: city blocks with diagonals of 1.4.
pub(super) fn distances([w, h]: [usize; 2], marked: impl Iterator<Item = bool>, far: f32) -> Vec<f32> {
    let mut d: Vec<f32> = marked.map(|m| if m { 0.0 } else { far }).collect();
    let relax = |d: &mut Vec<f32>, x: usize, y: usize, steps: [(isize, isize, f32); 4]| {
        for (dx, dy, length) in steps {
            let (near_x, near_y) = (x as isize + dx, y as isize + dy);
            if near_x >= 0 && near_y >= 0 && near_x < w as isize && near_y < h as isize {
                d[y * w + x] = d[y * w + x].min(d[near_y as usize * w + near_x as usize] + length);
            }
        }
    };
    for i in 0..w * h {
        relax(&mut d, i % w, i / w, [(-1, 0, 1.0), (0, -1, 1.0), (-1, -1, 1.4), (1, -1, 1.4)]);
    }
    for i in (0..w * h).rev() {
        relax(&mut d, i % w, i / w, [(1, 0, 1.0), (0, 1, 1.0), (1, 1, 1.4), (-1, 1, 1.4)]);
    }
    d
}

/// The smooth part of new − old: the mean over a square of `radius`, of the pixels where both are known and are about the same.
fn smooth_step(overlay: &Overlay, radius: usize) -> Vec<[f32; 3]> {
    let [w, h] = overlay.size;
    let mut sums = vec![[0i32; 4]; (w + 1) * (h + 1)];
    for y in 0..h {
        let mut row = [0i32; 4];
        for x in 0..w {
            let i = y * w + x;
            let apart = |c: usize| i32::from(overlay.new[i][c]) - i32::from(overlay.old[i][c]);
            let apart = [apart(0), apart(1), apart(2)];
            if overlay.sides[i] != Side::New && apart.iter().all(|d| d.abs() <= ANOTHER_THING) {
                row = [row[0] + apart[0], row[1] + apart[1], row[2] + apart[2], row[3] + 1];
            }
            let above = sums[y * (w + 1) + x + 1];
            sums[(y + 1) * (w + 1) + x + 1] = [0, 1, 2, 3].map(|c| above[c] + row[c]);
        }
    }
    (0..w * h)
        .map(|i| {
            let (x, y) = (i % w, i / w);
            let (x0, x1, y0, y1) =
                (x.saturating_sub(radius), (x + radius + 1).min(w), y.saturating_sub(radius), (y + radius + 1).min(h));
            let at = |x: usize, y: usize, c: usize| sums[y * (w + 1) + x][c];
            let sum = |c: usize| at(x1, y1, c) - at(x0, y1, c) - at(x1, y0, c) + at(x0, y0, c);
            // With few pixels to go by, less is smoothed.
            let count = sum(3).max((radius * radius) as i32) as f32;
            [0, 1, 2].map(|c| sum(c) as f32 / count)
        })
        .collect()
}
