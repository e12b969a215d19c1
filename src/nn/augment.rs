//! `DiffAugment` (Zhao et al. 2020): changes that the discriminator sees on real and generated pictures alike, and that gradients pass.

use tch::{Device, Kind, Tensor};

/// Uniform numbers a picture needs: brightness, saturation, contrast, shift and cut-out down and across.
const DRAWN: i64 = 7;

/// Which changes are made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Augment {
    /// Brightness ±0.5, saturation ×0 to ×2, contrast ×0.5 to ×1.5, of pictures in [−1, 1].
    pub colour: bool,
    /// Shifts of up to an eighth of the side, filled with 0.
    pub translation: bool,
    /// A square of half the side becomes 0.
    pub cutout: bool,
}

impl Augment {
    /// Names for [`Augment::from_word`].
    pub const WORDS: [&'static str; 4] = ["none", "translation", "colour,translation", "all"];

    /// Reads one of [`Augment::WORDS`]; unknown ones are none.
    pub fn from_word(word: &str) -> Self {
        let all = Self { colour: true, translation: true, cutout: true };
        match word {
            "translation" => Self { colour: false, cutout: false, ..all },
            "colour,translation" => Self { cutout: false, ..all },
            "all" => all,
            _ => Self::default(),
        }
    }

    /// Whether pictures stay as they are.
    pub fn is_none(self) -> bool {
        self == Self::default()
    }

    /// Draws the changes of `count` pictures from torch's global generator; nothing is drawn where there are none. Draw once a step: real
    /// and generated pictures then meet the same changes.
    pub fn draw(self, count: i64, device: Device) -> Draw {
        let wanted = if self.is_none() { 0 } else { count };
        Draw { what: self, uniform: Tensor::rand([wanted, DRAWN], (Kind::Float, device)) }
    }
}

/// The changes of one batch.
#[derive(Debug)]
pub struct Draw {
    what: Augment,
    /// N×7 in [0, 1).
    uniform: Tensor,
}

impl Draw {
    /// The N×C×H×W pictures in [−1, 1] with the changes made, in their own kind; N is the count drawn for.
    pub fn apply(&self, pictures: &Tensor) -> Tensor {
        let mut x = pictures.shallow_clone();
        if self.what.colour {
            x = self.recolour(&x);
        }
        if self.what.translation {
            x = self.shift(&x);
        }
        if self.what.cutout {
            x = self.cut(&x);
        }
        x
    }

    /// Column `at` of the uniform numbers, N×1×1×1.
    fn uniform(&self, at: i64) -> Tensor {
        self.uniform.select(1, at).view([-1, 1, 1, 1])
    }

    /// A whole number in [0, `below`) for each picture, N.
    fn whole(&self, at: i64, below: i64) -> Tensor {
        (self.uniform.select(1, at) * below as f64).to_kind(Kind::Int64).clamp_max(below - 1)
    }

    fn recolour(&self, x: &Tensor) -> Tensor {
        let kind = x.kind();
        let around = |x: &Tensor, over: &[i64], factor: Tensor| {
            let mean = x.mean_dim(over, true, kind);
            (x - &mean) * factor.to_kind(kind) + mean
        };
        let mut x = x + (self.uniform(0) - 0.5).to_kind(kind);
        if x.size()[1] > 1 {
            x = around(&x, &[1], self.uniform(1) * 2.0);
        }
        around(&x, &[1, 2, 3], self.uniform(2) + 0.5)
    }

    fn shift(&self, x: &Tensor) -> Tensor {
        let size = x.size();
        let (n, c, h, w) = (size[0], size[1], size[2], size[3]);
        // A border of zeros stands for everything outside.
        let padded = x.constant_pad_nd([1, 1, 1, 1]);
        let places = |at: i64, side: i64| {
            let reach = side / 8;
            let shift = self.whole(at, 2 * reach + 1) - reach + 1;
            (shift.view([-1, 1]) + Tensor::arange(side, (Kind::Int64, x.device()))).clamp(0, side + 1)
        };
        let rows = places(3, h).view([n, 1, h, 1]).expand([n, c, h, w + 2], false);
        let columns = places(4, w).view([n, 1, 1, w]).expand([n, c, h, w], false);
        padded.gather(2, &rows, false).gather(3, &columns, false)
    }

    fn cut(&self, x: &Tensor) -> Tensor {
        let size = x.size();
        let inside = |at: i64, side: i64| {
            let half = side / 2;
            let begin = self.whole(at, side + 1 - half % 2) - half / 2;
            let place = Tensor::arange(side, (Kind::Int64, x.device())) - begin.view([-1, 1]);
            place.ge(0).logical_and(&place.lt(half))
        };
        let (rows, columns) = (inside(5, size[2]), inside(6, size[3]));
        let hole = rows.unsqueeze(2).logical_and(&columns.unsqueeze(1)).unsqueeze(1);
        x * hole.logical_not().to_kind(x.kind())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two pictures of side 16 whose draws are these.
    fn draw(word: &str, uniform: [f32; 7]) -> Draw {
        let rows: Vec<f32> = uniform.into_iter().chain([0.5; 7]).collect();
        Draw { what: Augment::from_word(word), uniform: Tensor::from_slice(&rows).view([2, 7]) }
    }

    fn pictures(channels: i64) -> Tensor {
        let count = 2 * channels * 256;
        (Tensor::arange(count, (Kind::Float, Device::Cpu)) * 0.7).sin().view([2, channels, 16, 16])
    }

    fn apart(a: &Tensor, b: &Tensor) -> f64 {
        f64::try_from((a - b).abs().max()).unwrap()
    }

    const LOW: f32 = 0.0;
    const HIGH: f32 = 0.999_999_94;

    #[test]
    fn colours_change_within_their_ranges() {
        let colour = Augment { colour: true, ..Augment::default() };
        let with = |u: [f32; 7], x: &Tensor| Draw { what: colour, ..draw("none", u) }.apply(x);
        let (x, h) = (pictures(3), 0.5);
        assert!(apart(&with([h; 7], &x), &x) < 1e-5, "the middle of each range changes nothing");
        for (u, by) in [(LOW, -0.5), (HIGH, 0.5)] {
            let got = with([u, h, h, h, h, h, h], &x);
            assert!(apart(&got.get(0), &(x.get(0) + by)) < 1e-5, "brightness {by}");
            assert!(apart(&got.get(1), &x.get(1)) < 1e-5, "each picture has its own draw");
        }
        let grey = x.mean_dim([1i64].as_slice(), true, Kind::Float);
        for (u, factor) in [(LOW, 0.0), (HIGH, 2.0)] {
            let wanted = (&x - &grey) * factor + &grey;
            assert!(apart(&with([h, u, h, h, h, h, h], &x).get(0), &wanted.get(0)) < 1e-5, "saturation {factor}");
        }
        let mean = x.mean_dim([1i64, 2, 3].as_slice(), true, Kind::Float);
        for (u, factor) in [(LOW, 0.5), (HIGH, 1.5)] {
            let wanted = (&x - &mean) * factor + &mean;
            assert!(apart(&with([h, h, u, h, h, h, h], &x).get(0), &wanted.get(0)) < 1e-5, "contrast {factor}");
        }
        let x = pictures(1);
        assert!(apart(&with([h, LOW, h, h, h, h, h], &x), &x) < 1e-5, "grey pictures have no saturation");
    }

    #[test]
    fn shifts_reach_an_eighth_and_fill_with_zeros() {
        let x = pictures(2);
        for (down, across) in [(LOW, HIGH), (HIGH, 0.5), (0.5, 0.5)] {
            let got = draw("translation", [0.5, 0.5, 0.5, down, across, 0.5, 0.5]).apply(&x).get(0);
            let by = |u: f32| {
                if u == LOW {
                    -2
                } else if u == HIGH {
                    2
                } else {
                    0
                }
            };
            for (row, column) in [(0, 0), (1, 14), (7, 8), (15, 15), (13, 1)] {
                let (r, c) = (row + by(down), column + by(across));
                let inside = (0..16).contains(&r) && (0..16).contains(&c);
                let wanted = if inside { x.double_value(&[0, 1, r, c]) } else { 0.0 };
                assert!((got.double_value(&[1, row, column]) - wanted).abs() < 1e-7, "{row} {column}");
            }
        }
    }

    #[test]
    fn cutouts_are_squares_of_half_the_side() {
        let cutout = Augment { cutout: true, ..Augment::default() };
        let x = Tensor::ones([2, 1, 16, 16], (Kind::Float, Device::Cpu));
        // Centre at 0: a quarter of the square is inside; at 16: the same; in the middle: all of it.
        for (u, side) in [(LOW, 4.0), (HIGH, 4.0), (0.5, 8.0)] {
            let got = Draw { what: cutout, ..draw("none", [0.5, 0.5, 0.5, 0.5, 0.5, u, u]) }.apply(&x);
            let holes = 256.0 - f64::try_from(got.get(0).sum(Kind::Float)).unwrap();
            assert!((holes - side * side).abs() < 1e-6, "{u}: {holes}");
            assert!(
                got.get(0).double_value(&[
                    0,
                    if u == LOW {
                        0
                    } else if u == HIGH {
                        15
                    } else {
                        8
                    },
                    8
                ]) <= 1.0
            );
        }
    }

    #[test]
    fn none_is_the_identity_and_gradients_pass_all() {
        let x = pictures(3).set_requires_grad(true);
        let nothing = Augment::from_word("none");
        assert!(nothing.is_none() && apart(&nothing.draw(2, Device::Cpu).apply(&x), &x) == 0.0);
        assert!(Augment::WORDS[1..].iter().all(|w| !Augment::from_word(w).is_none()));
        // What is cut out or shifted away has no gradient, all else has: the sum of squares falls along it.
        for kind in [Kind::Float, Kind::BFloat16] {
            let changed = draw("all", [0.3, 0.8, 0.6, 0.1, 0.9, 0.2, 0.7]).apply(&x.to_kind(kind));
            assert_eq!(changed.kind(), kind);
            let loss = changed.to_kind(Kind::Float).square().sum(Kind::Float);
            let gradient = Tensor::run_backward(&[loss], &[&x], false, false).remove(0);
            let share = f64::try_from(gradient.abs().gt(1e-6).to_kind(Kind::Float).mean(Kind::Float)).unwrap();
            assert!(share > 0.5, "{share}");
        }
    }
}
