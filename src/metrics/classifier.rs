//! A small classifier that the program trains itself, whose eyes the measures of labelled data look through.

use crate::{
    data::{Batches, Split},
    failure::Failure,
    latent::{self, mix},
    nn::{
        self, Conv, Device, Frozen, Init, Kind, Linear, Mode, NORM_EPSILON, Network, Numbers, Optimiser, Plan,
        Precision, Rule, Storage, Tensor, Window, losses,
    },
    picture::Pixels,
    weights::{Array, Arrays},
};
use anyhow::{Context, Result, bail, ensure};

/// Goes up whenever the same data would give another classifier, so that a kept one is not taken for it.
pub const VERSION: u32 = 1;

/// Numbers that the last layer but one says of a picture.
pub const FEATURES: i64 = 64;

/// Seed of its first weights, its batches and its shifts.
const SEED: u64 = 0x00c1_a551;
/// Pictures a step at most; small sets have a twentieth of them, so that there are steps enough.
const BATCH: usize = 128;
/// Largest learning rate: the schedule rises to it and falls to 0.
const PEAK: f64 = 3e-3;
/// Share of the steps in which the rate rises.
const WARM: f64 = 0.2;
/// It looks at no more pixels a side: larger pictures are halved first.
const SHARPEST: i64 = 48;
/// Pictures judged at once.
const ROUND: usize = 250;
/// The name under which its held-out accuracy is kept beside the weights.
const ACCURACY: &str = "held_out_accuracy";

/// What the classifier says of some pictures.
pub struct Seen {
    /// Features of each, N×[`FEATURES`], 32-bit.
    pub features: Tensor,
    /// Probabilities of the classes, N×K, 32-bit.
    pub chances: Tensor,
}

/// Three convolutions and two linear layers with batch normalisation, after `LeCun` et al. (1998).
pub struct Classifier {
    nets: Nets,
    numbers: Frozen,
    arrays: Arrays,
    accuracy: Option<f64>,
    device: Device,
}

impl Classifier {
    /// Learns the classes of a training split; the same data give the same classifier on the same machine. Its steps are bounded by
    /// the number of pictures it looks at, so it takes seconds for small sets and a minute or two for large ones. `watch` is told
    /// steps done and steps in all, and ends the learning with an error when it answers `false`.
    pub fn train(
        train: &Split,
        test: &Split,
        classes: usize,
        device: Device,
        watch: &mut dyn FnMut(usize, usize) -> bool,
    ) -> Result<Self> {
        Self::learned((train, test), classes, device, effort(&train.pixels), watch)
    }

    /// Learns for a given number of pictures in all.
    fn learned(
        (train, test): (&Split, &Split),
        classes: usize,
        device: Device,
        effort: usize,
        watch: &mut dyn FnMut(usize, usize) -> bool,
    ) -> Result<Self> {
        let pixels = &train.pixels;
        ensure!(classes >= 2 && train.labels.len() == pixels.count, "These data carry no classes to learn.");
        ensure!(train.labels.iter().all(|&l| (l as usize) < classes), "A picture has a class that is not named.");
        let (plan, nets) = Nets::plan(pixels.size, pixels.channels, classes);
        // It learns as quickly as the machine can, and looks in 32 bits.
        let mut net = Network::new(plan, Precision::from_word("auto", device), device)?;
        let (parameters, noted) = net.read(&begun(net.arrays(net.bank.master(), &net.noted())?))?;
        net.take(&parameters, &noted);
        let rule = Rule::Adam { betas: (0.9, 0.99), decay: 1e-3 };
        let mut optimiser = Optimiser::new(&net.bank, rule, PEAK);
        let mut order = Batches::new(pixels.count, (pixels.count / 20).clamp(16, BATCH), SEED);
        let steps = effort.div_ceil(order.effective_batch());
        for step in 0..steps {
            if !watch(step, steps) {
                bail!(Failure::Cancelled);
            }
            let index = order.indices_at(step as u64);
            let shown = shifted(&pixels.gather(&index), mix(&[SEED, step as u64]));
            let wanted: Vec<i64> = index.iter().map(|&i| i64::from(train.labels[i as usize])).collect();
            let wanted = Tensor::f_from_slice(&wanted)?.f_to_device(device)?;
            let (_, logits) = nets.forward(&net, &nn::from_pixels(&shown, Kind::Float, device)?, Mode::Train);
            let gradient = net.bank.gradient(&losses::cross_entropy(&logits, &wanted))?;
            optimiser.lr = rate(step, steps);
            let _ = optimiser.step(&mut net.bank, &gradient);
        }
        let arrays = net.arrays(net.bank.master(), &net.noted())?;
        let mut learned = Self::build(arrays, None, (pixels.size, pixels.channels, classes), device)?;
        learned.accuracy = learned.share_right(test)?;
        let kept = learned.accuracy.map_or(-1.0, |a| a as f32);
        learned.arrays.insert(ACCURACY.into(), Array { shape: vec![1], data: vec![kept] });
        Ok(learned)
    }

    /// One that was kept as [`Classifier::arrays`], for pictures of this size and these channels. An error when the arrays are
    /// those of another.
    pub fn read(arrays: &Arrays, size: usize, channels: usize, classes: usize, device: Device) -> Result<Self> {
        let kept = arrays.get(ACCURACY).and_then(|a| a.data.first().copied());
        let kept = kept.context("The classifier that was kept lacks its accuracy.")?;
        let accuracy = (0.0..=1.0).contains(&kept).then(|| f64::from(kept));
        Self::build(arrays.clone(), accuracy, (size, channels, classes), device)
    }

    fn build(
        arrays: Arrays,
        accuracy: Option<f64>,
        (size, channels, classes): (usize, usize, usize),
        device: Device,
    ) -> Result<Self> {
        let (plan, nets) = Nets::plan(size, channels, classes);
        let numbers = Frozen::read(&plan, &arrays, Precision::Fp32, device)?;
        Ok(Self { nets, numbers, arrays, accuracy, device })
    }

    /// All that has to be kept of it.
    pub fn arrays(&self) -> &Arrays {
        &self.arrays
    }

    /// Share of the held-out pictures that it put in their class; `None` when none were held out.
    pub fn accuracy(&self) -> Option<f64> {
        self.accuracy
    }

    /// How many classes it tells apart.
    pub fn classes(&self) -> usize {
        self.nets.classes
    }

    /// What it says of pictures of its size and channels.
    pub fn look(&self, pixels: &Pixels) -> Result<Seen> {
        let _guard = nn::without_gradients();
        ensure!(
            (pixels.size, pixels.channels) == (self.nets.size, self.nets.channels),
            "The classifier looks at pictures of another size."
        );
        let (mut features, mut chances) = (Vec::new(), Vec::new());
        let all: Vec<u32> = (0..pixels.count as u32).collect();
        for round in all.chunks(ROUND) {
            let x = nn::from_pixels(&pixels.gather(round), Kind::Float, self.device)?;
            let (seen, logits) = self.nets.forward(&self.numbers, &x, Mode::Infer);
            features.push(seen.to_device(Device::Cpu));
            chances.push(logits.softmax(1, Kind::Float).to_device(Device::Cpu));
        }
        ensure!(!features.is_empty(), "There are no pictures to look at.");
        Ok(Seen { features: Tensor::cat(&features, 0), chances: Tensor::cat(&chances, 0) })
    }

    /// Share of a split's pictures that it puts in their class; `None` when there are none.
    pub fn share_right(&self, split: &Split) -> Result<Option<f64>> {
        if split.pixels.count == 0 || split.labels.len() != split.pixels.count {
            return Ok(None);
        }
        let guesses = self.look(&split.pixels)?.classes()?;
        let right = guesses.iter().zip(&split.labels).filter(|(guess, label)| guess == label).count();
        Ok(Some(right as f64 / split.labels.len() as f64))
    }
}

impl Seen {
    /// The likeliest class of each picture.
    pub fn classes(&self) -> Result<Vec<u32>> {
        let best: Vec<i64> = Vec::try_from(self.chances.argmax(1, false))?;
        Ok(best.into_iter().map(|class| class as u32).collect())
    }

    /// How sure it is of each picture's likeliest class, in [0, 1].
    pub fn sureness(&self) -> Result<Vec<f32>> {
        Ok(Vec::try_from(self.chances.amax([1i64].as_slice(), false))?)
    }
}

/// Pictures looked at while learning: a few times all of them, those of a small set more often, within bounds.
fn effort(pixels: &Pixels) -> usize {
    let (times, most) = if pixels.channels == 1 { (3, 200_000) } else { (4, 220_000) };
    (pixels.count * times).max((pixels.count * 20).min(40_000)).clamp(8_000, most)
}

/// The learning rate of a step: up in a line, down along a cosine.
fn rate(step: usize, steps: usize) -> f64 {
    let at = (step as f64 + 0.5) / steps as f64;
    let share = if at < WARM {
        at / WARM
    } else {
        f64::midpoint(1.0, ((at - WARM) / (1.0 - WARM) * std::f64::consts::PI).cos())
    };
    PEAK * share
}

/// Weights to begin with, drawn from the program's own noise (He et al. 2015): torch's generator belongs to the trainer.
fn begun(mut arrays: Arrays) -> Arrays {
    for (place, (_, array)) in arrays.iter_mut().enumerate().filter(|(_, (_, a))| a.shape.len() > 1) {
        let reach: usize = array.shape[1..].iter().product();
        let scale = (2.0 / reach as f32).sqrt();
        let draws = latent::normal(mix(&[SEED, place as u64]), array.data.len());
        array.data = draws.into_iter().map(|v| v * scale).collect();
    }
    arrays
}

/// Each picture moved by up to a fourteenth of its side; what comes in from outside repeats the edge.
fn shifted(pixels: &Pixels, seed: u64) -> Pixels {
    let Pixels { count, size, channels, .. } = *pixels;
    let most = size / 14;
    let mut rng = latent::rng(seed, 0);
    let mut moved = Pixels::new(size, channels);
    let mut bytes = vec![0; pixels.stride()];
    for picture in 0..count {
        let [across, down] = [0, 1].map(|_| latent::below(&mut rng, 2 * most + 1));
        let from = pixels.bytes_of(picture);
        let inside = |at: usize, by: usize| (at + by).saturating_sub(most).min(size - 1);
        for y in 0..size {
            let row = &from[inside(y, down) * size * channels..][..size * channels];
            for x in 0..size {
                let (to, source) = ((y * size + x) * channels, inside(x, across) * channels);
                bytes[to..to + channels].copy_from_slice(&row[source..source + channels]);
            }
        }
        moved.push(&bytes);
    }
    moved
}

/// Batch normalisation that begins at 1 and 0; [`nn::Norm`] draws its start from torch's generator.
struct Norm {
    scale: usize,
    shift: usize,
    mean: usize,
    var: usize,
}

impl Norm {
    fn new(plan: &mut Plan, name: &str, width: i64) -> Self {
        let mut constant =
            |part: &str, v| plan.param(&format!("{name}.{part}"), &[width], Storage::Plain, Init::Constant(v));
        let (scale, shift) = (constant("weight", 1.0), constant("bias", 0.0));
        let mean = plan.buffer(&format!("{name}.running_mean"), &[width], 0.0);
        Self { scale, shift, mean, var: plan.buffer(&format!("{name}.running_var"), &[width], 1.0) }
    }

    fn forward(&self, numbers: &dyn Numbers, x: &Tensor, mode: Mode) -> Tensor {
        let (scale, shift) = (numbers.leaf(self.scale), numbers.leaf(self.shift));
        let (mean, var) = (numbers.buffer(self.mean), numbers.buffer(self.var));
        x.batch_norm(Some(scale), Some(shift), Some(mean), Some(var), mode != Mode::Infer, 0.1, NORM_EPSILON, true)
    }
}

/// The layers as handles into one plan.
struct Nets {
    size: usize,
    channels: usize,
    classes: usize,
    convs: [(Conv, Norm); 3],
    dense: Linear,
    norm: Norm,
    last: Linear,
}

/// Side of the map that the linear layers see.
const MAP: i64 = 3;

impl Nets {
    fn plan(size: usize, channels: usize, classes: usize) -> (Plan, Self) {
        let mut plan = Plan::default();
        let width = if channels == 1 { 16 } else { 24 };
        let mut inputs = channels as i64;
        let convs = [1, 2, 4].map(|times| {
            let (name, outputs) = (format!("conv{times}"), width * times);
            let conv = Conv::new(&mut plan, &name, (inputs, outputs), Window::SAME, Init::Constant(0.0));
            inputs = outputs;
            (conv, Norm::new(&mut plan, &format!("{name}.norm"), outputs))
        });
        let zero = Init::Constant(0.0);
        let dense = Linear::starting(&mut plan, "dense", inputs * MAP * MAP, FEATURES, zero, zero);
        let norm = Norm::new(&mut plan, "dense.norm", FEATURES);
        let last = Linear::starting(&mut plan, "last", FEATURES, classes as i64, zero, zero);
        (plan, Self { size, channels, classes, convs, dense, norm, last })
    }

    /// N×C×S×S in [−1, 1] → features N×[`FEATURES`] and logits N×K.
    fn forward(&self, numbers: &dyn Numbers, x: &Tensor, mode: Mode) -> (Tensor, Tensor) {
        let mut x = x.shallow_clone();
        while x.size()[3] > SHARPEST {
            x = x.avg_pool2d([2, 2], [2, 2], [0, 0], false, true, None::<i64>);
        }
        for (conv, norm) in &self.convs {
            let wide = norm.forward(numbers, &conv.forward(numbers, &x), mode).relu();
            x = wide.max_pool2d([2, 2], [2, 2], [0, 0], [1, 1], false);
        }
        let flat = x.adaptive_avg_pool2d([MAP, MAP]).contiguous().view([x.size()[0], -1]);
        let features = self.norm.forward(numbers, &self.dense.forward(numbers, &flat), mode).relu();
        let logits = self.last.forward(numbers, &features).to_kind(Kind::Float);
        (features.to_kind(Kind::Float), logits)
    }
}

#[cfg(test)]
#[path = "classifier_tests.rs"]
mod tests;
