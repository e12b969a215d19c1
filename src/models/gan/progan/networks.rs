//! The two networks of a progressively growing GAN (Karras et al. 2018) and the plan of their growth.

use crate::models::common::Shape;
use crate::nn::{
    self, EqualConv, EqualLinear, Kind, Mode, Numbers, Plan, RECTIFIED, STRAIGHT, Tensor, Verdict, Window, double,
    halve, leaky_relu, pixel_norm,
};
use crate::weights::Arrays;
use anyhow::{Result, ensure};

/// Name of the buffer that says how far a network has grown: level and fade.
pub const PROGRESS: &str = "progress";

/// How far the networks have grown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Phase {
    /// Index in [`Shape::sides`] of the highest resolution in use.
    pub level: usize,
    /// Weight of that level in [0, 1]; the rest is the level before, enlarged.
    pub fade: f64,
}

impl Phase {
    /// Writes the phase to a network's buffer.
    pub fn note(self, numbers: &dyn Numbers, buffer: usize) {
        let _guard = nn::without_gradients();
        numbers.buffer(buffer).shallow_clone().copy_(&Tensor::from_slice(&[self.level as f32, self.fade as f32]));
    }

    /// Reads the phase from a network's buffer.
    pub fn of(numbers: &dyn Numbers, buffer: usize, levels: usize) -> Result<Self> {
        Self::from_numbers(&Vec::<f32>::try_from(numbers.buffer(buffer))?, levels)
    }

    /// Reads the phase from weights.
    pub fn from_arrays(arrays: &Arrays, levels: usize) -> Result<Self> {
        Self::from_numbers(&nn::check(arrays, PROGRESS, &[2])?.data, levels)
    }

    fn from_numbers(numbers: &[f32], levels: usize) -> Result<Self> {
        let sound =
            numbers.len() == 2 && (0.0..levels as f32).contains(&numbers[0]) && (0.0..=1.0).contains(&numbers[1]);
        ensure!(sound, "The weights say they have grown in a way that this size does not know.");
        Ok(Self { level: numbers[0] as usize, fade: f64::from(numbers[1]) })
    }

    /// Whether the level before is blended in.
    fn fades(self) -> bool {
        self.level > 0 && self.fade < 1.0
    }
}

/// The schedule of growth: a pure function of the step, so that a run can resume anywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Growth {
    /// Number of levels.
    pub levels: usize,
    /// Steps from one level to the next, at least 1.
    pub steps: u64,
    /// Steps of those over which a new level fades in.
    pub fading: u64,
}

impl Growth {
    /// The phase of a step.
    pub fn at(&self, step: u64) -> Phase {
        let level = (step / self.steps).min(self.levels as u64 - 1);
        let within = step - level * self.steps;
        let fade = if level > 0 && within < self.fading { (within + 1) as f64 / self.fading as f64 } else { 1.0 };
        Phase { level: level as usize, fade }
    }

    /// Whether a step is the first of a level above the first.
    pub fn grows(&self, step: u64) -> bool {
        step > 0 && self.at(step).level > self.at(step - 1).level
    }
}

/// The generator.
#[derive(Clone, Debug)]
pub struct Generator {
    dense: EqualLinear,
    first: EqualConv,
    blocks: Vec<[EqualConv; 2]>,
    to_rgb: Vec<EqualConv>,
    /// Number of the buffer [`PROGRESS`].
    pub progress: usize,
    shape: Shape,
}

impl Generator {
    /// Builds the plan and the handles.
    pub fn new(shape: Shape) -> (Plan, Self) {
        let mut plan = Plan::default();
        let sides = shape.sides();
        let (base, c) = (sides[0], shape.filters(sides[0]));
        let dense = EqualLinear::new(&mut plan, "dense", (shape.z_dim, c * base * base), RECTIFIED);
        let first = EqualConv::new(&mut plan, "first", (c, c), Window::SAME, RECTIFIED);
        let mut blocks = Vec::new();
        for (i, pair) in sides.windows(2).enumerate() {
            let (from, to) = (shape.filters(pair[0]), shape.filters(pair[1]));
            blocks.push([("conv1", from), ("conv2", to)].map(|(name, inputs)| {
                EqualConv::new(&mut plan, &format!("blocks.{i}.{name}"), (inputs, to), Window::SAME, RECTIFIED)
            }));
        }
        let rgb = |(i, side): (usize, &i64)| {
            let io = (shape.filters(*side), shape.channels);
            EqualConv::new(&mut plan, &format!("to_rgb.{i}"), io, Window::POINT, STRAIGHT)
        };
        let to_rgb = sides.iter().enumerate().map(rgb).collect();
        let progress = plan.buffer(PROGRESS, &[2], 0.0);
        (plan, Self { dense, first, blocks, to_rgb, progress, shape })
    }

    /// N×z latents, normalised by [`pixel_norm`] and scaled by the truncation → N×C×side×side of the phase's level, 32-bit, about
    /// [−1, 1] but not bounded.
    pub fn forward(&self, numbers: &dyn Numbers, z: &Tensor, phase: Phase) -> Tensor {
        let base = self.shape.sides()[0];
        let act = |x: &Tensor| pixel_norm(&leaky_relu(x));
        let x = self.dense.forward(numbers, z).view([z.size()[0], -1, base, base]);
        let mut x = act(&self.first.forward(numbers, &act(&nn::channels_last(&x))));
        let mut before = None;
        for (i, [one, two]) in self.blocks.iter().take(phase.level).enumerate() {
            if i + 1 == phase.level && phase.fades() {
                before = Some(double(&self.to_rgb[i].forward(numbers, &x).to_kind(Kind::Float)));
            }
            x = act(&two.forward(numbers, &act(&one.forward(numbers, &double(&x)))));
        }
        let now = self.to_rgb[phase.level].forward(numbers, &x).to_kind(Kind::Float);
        match before {
            Some(before) => before.lerp(&now, phase.fade),
            None => now,
        }
    }
}

/// The discriminator.
#[derive(Clone, Debug)]
pub struct Discriminator {
    from_rgb: Vec<EqualConv>,
    blocks: Vec<[EqualConv; 2]>,
    last: Verdict,
    /// Number of the buffer [`PROGRESS`].
    pub progress: usize,
}

impl Discriminator {
    /// Builds the plan and the handles.
    pub fn new(shape: Shape) -> (Plan, Self) {
        let mut plan = Plan::default();
        let sides = shape.sides();
        let mut from_rgb = Vec::new();
        for (i, side) in sides.iter().enumerate() {
            let io = (shape.channels, shape.filters(*side));
            from_rgb.push(EqualConv::new(&mut plan, &format!("from_rgb.{i}"), io, Window::POINT, RECTIFIED));
        }
        let mut blocks = Vec::new();
        for (i, pair) in sides.windows(2).enumerate() {
            let (to, from) = (shape.filters(pair[0]), shape.filters(pair[1]));
            blocks.push([("conv1", from), ("conv2", to)].map(|(name, outputs)| {
                EqualConv::new(&mut plan, &format!("blocks.{i}.{name}"), (from, outputs), Window::SAME, RECTIFIED)
            }));
        }
        let last = Verdict::new(&mut plan, shape.filters(sides[0]), sides[0]);
        let level = |i: usize| [Some(format!("from_rgb.{i}.")), i.checked_sub(1).map(|i| format!("blocks.{i}."))];
        plan.nearest((0..sides.len()).rev().flat_map(level).flatten().collect());
        let progress = plan.buffer(PROGRESS, &[2], 0.0);
        (plan, Self { from_rgb, blocks, last, progress })
    }

    /// N×C×side×side of the phase's level → N logits, 32-bit.
    pub fn forward(&self, numbers: &dyn Numbers, pictures: &Tensor, phase: Phase, mode: Mode) -> Tensor {
        let mut x = leaky_relu(&self.from_rgb[phase.level].forward(numbers, pictures));
        for (i, [one, two]) in self.blocks.iter().enumerate().take(phase.level).rev() {
            // Downsampling first: the second convolution then costs a quarter.
            x = leaky_relu(&two.forward(numbers, &halve(&leaky_relu(&one.forward(numbers, &x)))));
            if i + 1 == phase.level && phase.fades() {
                let before = leaky_relu(&self.from_rgb[i].forward(numbers, &halve(pictures)));
                x = before.lerp(&x, phase.fade);
            }
        }
        self.last.forward(numbers, &x, mode)
    }
}

/// Pictures of the full size at a phase's resolution: averaged down to its level and, while it fades in, blended with the level before.
pub fn shrink(pictures: &Tensor, side: i64, phase: Phase) -> Tensor {
    let by = pictures.size()[3] / side;
    let small = if by > 1 {
        pictures.avg_pool2d([by, by], [by, by], [0, 0], false, true, None)
    } else {
        pictures.shallow_clone()
    };
    if phase.fades() { double(&halve(&small)).lerp(&small, phase.fade) } else { small }
}

/// Pictures of any level at the full size, by nearest neighbour.
pub fn enlarge(pictures: &Tensor, size: i64) -> Tensor {
    if pictures.size()[3] == size {
        pictures.shallow_clone()
    } else {
        pictures.upsample_nearest2d([size, size], None, None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::{Device, Network, Precision};

    fn shape(size: usize) -> Shape {
        Shape { size, channels: 3, z_dim: 5, width: 3 }
    }

    #[test]
    fn growth_is_a_function_of_the_step() {
        let growth = Growth { levels: 3, steps: 10, fading: 4 };
        let at = |step| (growth.at(step).level, growth.at(step).fade);
        assert_eq!(
            [0, 9, 10, 12, 13, 14, 19].map(at),
            [(0, 1.0), (0, 1.0), (1, 0.25), (1, 0.75), (1, 1.0), (1, 1.0), (1, 1.0)]
        );
        assert_eq!([20, 23, 30, 1_000_000].map(at), [(2, 0.25), (2, 1.0), (2, 1.0), (2, 1.0)]);
        let grows: Vec<u64> = (0..100).filter(|&s| growth.grows(s)).collect();
        assert_eq!(grows, [10, 20]);
    }

    #[test]
    fn a_new_level_begins_as_the_one_before_and_ends_as_itself() {
        nn::seed_global(2);
        for size in [28, 32] {
            let ((g_plan, g), (d_plan, d)) = (Generator::new(shape(size)), Discriminator::new(shape(size)));
            let made = [g_plan, d_plan].map(|plan| Network::new(plan, Precision::Fp32, Device::Cpu).unwrap());
            let apart = |a: &Tensor, b: &Tensor| f64::try_from((a - b).abs().max()).unwrap();
            let z = pixel_norm(&Tensor::randn([4, 5], (Kind::Float, Device::Cpu)));
            let draw = |level, fade| g.forward(&made[0], &z, Phase { level, fade });
            let judge = |x: &Tensor, level, fade| d.forward(&made[1], x, Phase { level, fade }, Mode::Judge);
            for level in 1..shape(size).sides().len() {
                let (before, begin, end) = (draw(level - 1, 1.0), draw(level, 0.0), draw(level, 1.0));
                assert_eq!(end.size()[3], shape(size).sides()[level]);
                assert!(apart(&begin, &double(&before)) < 1e-5, "fade 0 is the level before, enlarged");
                assert!(apart(&draw(level, 1.0 - 1e-7), &end) < 1e-5, "fade 1 is the new level");
                assert!(apart(&draw(level, 0.5), &((&begin + &end) * 0.5)) < 1e-5, "half way is the middle");
                let x = Tensor::randn_like(&before);
                assert!(apart(&judge(&double(&x), level, 0.0), &judge(&x, level - 1, 1.0)) < 1e-4);
                let x = Tensor::randn_like(&end);
                assert!(apart(&judge(&x, level, 1.0 - 1e-7), &judge(&x, level, 1.0)) < 1e-4);
            }
        }
    }

    #[test]
    fn pictures_shrink_by_averaging_and_blend_while_a_level_fades_in() {
        let x = Tensor::arange(16, (Kind::Float, Device::Cpu)).view([1, 1, 4, 4]);
        let values = |x: &Tensor| Vec::<f32>::try_from(x.contiguous().view([-1])).unwrap();
        assert_eq!(values(&shrink(&x, 2, Phase { level: 0, fade: 0.0 })), [2.5, 4.5, 10.5, 12.5]);
        assert_eq!(values(&shrink(&x, 4, Phase { level: 1, fade: 1.0 })), values(&x));
        let half = values(&shrink(&x, 4, Phase { level: 1, fade: 0.5 }));
        assert_eq!(half[..4], [1.25, 1.75, 3.25, 3.75]);
        assert_eq!(
            values(&enlarge(&x.narrow(2, 0, 2).narrow(3, 0, 2), 4))[..8],
            [0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0, 1.0]
        );
    }
}
