//! Takes the seams out of a fill made of patches: its colours are moved so that neighbours step as they do inside the patches (gradients
//! voted for as in Darabi et al. 2012, solved as in Pérez et al. 2003).

use super::{
    field::Field,
    grid::{Rows, for_rows},
    hole::Window,
    pyramid::Level,
    solve::Problem,
    vote::{Sharpness, steps},
};
use crate::{
    picture::{Mask, Picture},
    synth::Watch,
};
use anyhow::Result;

/// How strongly the fill's own colours hold: a correction fades over 1 / √ of it, in pixels.
const HOLD: f64 = 0.004;

/// The level's picture, corrected in the hole.
pub fn seamless(level: &Level, field: &Field, sharpness: Sharpness, watch: &mut Watch) -> Result<Picture> {
    let (picture, mask): (Picture, Mask) = (level.picture(), level.mask());
    let right = steps(level, field, sharpness, [1, 0], watch.stop());
    let below = steps(level, field, sharpness, [0, 1], watch.stop());
    watch.check()?;
    let window = Window::around(&mask, 1);
    let hole = window.holes(&mask);
    let mut u = Rows::of(&picture, window);
    // What each pixel's four steps lack of those that are asked for.
    let mut wanted = Rows::new(window.width, window.height);
    for_rows(&mut wanted, |y, c, out| {
        let (w, x0, py) = (window.width, window.x, window.y + y);
        let own = u.row(y, c);
        let lack = |step: f64, asked: f64| if asked.is_nan() { 0.0 } else { step - asked };
        for x in 0..w {
            if x + 1 < w {
                out[x] += lack(own[x + 1] - own[x], right.row(py, c)[x0 + x]);
            }
            if x > 0 {
                out[x] -= lack(own[x] - own[x - 1], right.row(py, c)[x0 + x - 1]);
            }
            if y + 1 < window.height {
                out[x] += lack(u.row(y + 1, c)[x] - own[x], below.row(py, c)[x0 + x]);
            }
            if y > 0 {
                out[x] -= lack(own[x] - u.row(y - 1, c)[x], below.row(py - 1, c)[x0 + x]);
            }
        }
    });
    let mut correction = Rows::new(window.width, window.height);
    Problem::screened(window, hole.clone(), HOLD, wanted).solve(&mut correction, 1e-3, 50, watch)?;
    u.add(&correction, 1.0);
    Ok(u.put(&picture, window, &hole))
}
