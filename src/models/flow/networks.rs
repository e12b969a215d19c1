//! The flow's U-Net, which predicts a velocity for each pixel; time and class modulate its blocks (`FiLM`).

use crate::{
    nn::{Conv, Device, Embedding, Init, Kind, Linear, NORM_EPSILON, Numbers, Plan, Storage, Tensor, Window, double},
    spec::{DataShape, Knobs},
};

/// Length of the sinusoidal time embedding (Vaswani et al. 2017).
const TIME: i64 = 64;
/// Assumed root mean square of pixels; see [`UNet::forward`].
const SPREAD: f64 = 0.7;

/// What the network is built from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Side of the pictures: 28, 32, 64 or 128.
    pub size: i64,
    /// 1 or 3.
    pub channels: i64,
    /// Filters of the largest maps.
    pub width: i64,
    /// Number of classes; 0 is none.
    pub classes: i64,
    /// Whether there is self-attention on the smallest maps.
    pub attention: bool,
}

impl Shape {
    /// Reads the knobs `size channels width attention`.
    pub fn read(knobs: &Knobs, data: &DataShape) -> Self {
        Self {
            size: knobs.int("size") as i64,
            channels: knobs.int("channels") as i64,
            width: knobs.int("width") as i64,
            classes: data.classes as i64,
            attention: knobs.flag("attention"),
        }
    }

    /// Side of the patches that become one pixel of the largest maps; maps of 14 to 32 pixels are cheap and have a large receptive field.
    fn patch(&self) -> i64 {
        if self.size > 64 { 4 } else { 2 }
    }

    /// Filters of each resolution, the largest maps first; each has half the side of the one before.
    fn levels(&self) -> Vec<i64> {
        let multiples: &[i64] = if self.size > 32 { &[1, 2, 4] } else { &[1, 2] };
        multiples.iter().map(|m| m * self.width).collect()
    }
}

/// Handles of all layers.
pub struct UNet {
    shape: Shape,
    stem: Conv,
    time: [Linear; 2],
    label: Option<Embedding>,
    film: Linear,
    /// A block for each resolution, and the downsampling convolution behind it.
    down: Vec<(Block, Option<Conv>)>,
    attention: Option<Attention>,
    middle: Block,
    /// From small to large: the convolution that fits the smaller maps to the skip connection's channels, and the block that joins both.
    up: Vec<(Conv, Block)>,
    norm: Norm,
    head: Conv,
}

impl UNet {
    /// The plan and the handles into it.
    pub fn new(shape: Shape) -> (Plan, Self) {
        let (mut plan, levels, patch) = (Plan::default(), shape.levels(), shape.patch());
        let plan_ref = &mut plan;
        let embedding = 4 * shape.width;
        let window = Window { side: patch + 4, stride: patch, padding: 2 };
        let stem = Conv::biased(plan_ref, "stem", (shape.channels, levels[0]), window);
        let time =
            [Linear::new(plan_ref, "time.0", TIME, embedding), Linear::new(plan_ref, "time.2", embedding, embedding)];
        let label = (shape.classes > 0).then(|| Embedding::new(plan_ref, "label", shape.classes, embedding));
        let mut films = 0;
        let mut down = Vec::new();
        for (i, &own) in levels.iter().enumerate() {
            let block = Block::new(plan_ref, &format!("down.{i}"), (own, own), &mut films);
            let halve = levels
                .get(i + 1)
                .map(|&next| Conv::biased(plan_ref, &format!("down.{i}.halve"), (own, next), Window::HALVE));
            down.push((block, halve));
        }
        let deepest = levels[levels.len() - 1];
        let attention = shape.attention.then(|| Attention::new(plan_ref, "middle.attention", deepest));
        let middle = Block::new(plan_ref, "middle", (deepest, deepest), &mut films);
        let mut up = Vec::new();
        for (i, pair) in levels.windows(2).enumerate().rev() {
            let fit = Conv::biased(plan_ref, &format!("up.{i}.fit"), (pair[1], pair[0]), Window::POINT);
            up.push((fit, Block::new(plan_ref, &format!("up.{i}"), (2 * pair[0], pair[0]), &mut films)));
        }
        let film = Linear::new(plan_ref, "film", embedding, films);
        let norm = Norm::new(plan_ref, "head.norm", levels[0]);
        let out = shape.channels * patch * patch;
        let head = zero_conv(plan_ref, "head.conv", (levels[0], out));
        (plan, Self { shape, stem, time, label, film, down, attention, middle, up, norm, head })
    }

    /// The velocity at N×C×S×S noisy pictures and N times in [0, 1]; N×C×S×S, 32-bit. `classes` are N×classes weights; a row of zeros
    /// means no class.
    ///
    /// As in Karras et al. 2022 the network adds to the best guess that is linear in the picture: for pixels of root mean square s the
    /// velocity is c·x + r·F(x·i), with i = 1/√((1−t)² + t²s²), r = s·i, c = (t·s² − (1−t))·i². So it need not learn the identity.
    pub fn forward(&self, numbers: &dyn Numbers, x: &Tensor, t: &Tensor, classes: Option<&Tensor>) -> Tensor {
        let (x, t) = (x.to_kind(Kind::Float), t.to_kind(Kind::Float).view([-1, 1, 1, 1]));
        let (rest, power) = (1.0f64 - &t, SPREAD * SPREAD);
        let scale = (rest.square() + t.square() * power).rsqrt();
        let linear = (&t * power - &rest) * scale.square();
        let drawn = self.network(numbers, &(&x * &scale), &t, classes).to_kind(Kind::Float);
        (&x * linear).addcmul(&drawn, &(scale * SPREAD))
    }

    fn network(&self, numbers: &dyn Numbers, x: &Tensor, t: &Tensor, classes: Option<&Tensor>) -> Tensor {
        let mut embedding =
            self.time[1].forward(numbers, &self.time[0].forward(numbers, &time_embedding(t, numbers.device())).silu());
        if let (Some(label), Some(rows)) = (&self.label, classes) {
            embedding += label.forward(numbers, rows).to_kind(numbers.kind());
        }
        let film = self.film.forward(numbers, &embedding.silu()).unsqueeze(-1).unsqueeze(-1);
        let mut x = self.stem.forward(numbers, x);
        let mut across = Vec::new();
        for (block, halve) in &self.down {
            x = block.forward(numbers, &x, &film);
            if let Some(halve) = halve {
                let smaller = halve.forward(numbers, &x);
                across.push(std::mem::replace(&mut x, smaller));
            }
        }
        if let Some(attention) = &self.attention {
            x = attention.forward(numbers, &x);
        }
        x = self.middle.forward(numbers, &x, &film);
        for ((fit, block), skipped) in self.up.iter().zip(across.into_iter().rev()) {
            let larger = double(&fit.forward(numbers, &x));
            x = block.forward(numbers, &Tensor::cat(&[larger, skipped], 1), &film);
        }
        let patches = self.head.forward(numbers, &self.norm.forward(numbers, &x).silu());
        patches.pixel_shuffle(self.shape.patch())
    }
}

/// The sinusoidal embedding of N times, N×64: the highest frequency is 1000 radians from noise to data, the lowest a tenth of one.
fn time_embedding(t: &Tensor, device: Device) -> Tensor {
    let half = TIME / 2;
    let pitch = (Tensor::arange(half, (Kind::Float, device)) * (-(10_000f64).ln() / half as f64)).exp() * 1000.0;
    let angle = t.view([-1, 1]) * pitch;
    Tensor::cat(&[angle.sin(), angle.cos()], 1)
}

/// A 3×3 convolution initialised to 0, so that its residual branch begins as the identity.
fn zero_conv(plan: &mut Plan, name: &str, channels: (i64, i64)) -> Conv {
    let zero = Init::Constant(0.0);
    Conv::new(plan, name, channels, Window::SAME, zero).with_bias(plan, name, channels.1, zero)
}

/// Layer normalisation (Ba et al. 2016) of each pixel's channels, in one pass over channels-last memory.
struct Norm {
    scale: usize,
    shift: usize,
}

impl Norm {
    fn new(plan: &mut Plan, name: &str, channels: i64) -> Self {
        let mut part = |part: &str, start| {
            plan.param(&format!("{name}.{part}"), &[channels], Storage::Plain, Init::Constant(start))
        };
        Self { scale: part("weight", 1.0), shift: part("bias", 0.0) }
    }

    fn forward(&self, numbers: &dyn Numbers, x: &Tensor) -> Tensor {
        let part = |index| numbers.leaf(index).to_kind(x.kind());
        normal(x, Some((part(self.scale), part(self.shift))))
    }
}

/// N×C×H×W with mean 0 and variance 1 over C at each pixel, before a scale and a shift.
fn normal(x: &Tensor, affine: Option<(Tensor, Tensor)>) -> Tensor {
    let (scale, shift) = affine.unzip();
    let inner = x.permute([0, 2, 3, 1]);
    inner.layer_norm([x.size()[1]], scale, shift, NORM_EPSILON, false).permute([0, 3, 1, 2])
}

/// A residual block: norm, `SiLU`, 3×3, twice; time and class scale and shift what the second norm gives (`FiLM`, Perez et al. 2018).
struct Block {
    norm: Norm,
    convs: [Conv; 2],
    skip: Option<Conv>,
    /// Position of the block's scales and shifts among those of all blocks, and its number of output channels.
    film: i64,
    channels: i64,
}

impl Block {
    fn new(plan: &mut Plan, name: &str, (inputs, outputs): (i64, i64), films: &mut i64) -> Self {
        let film = *films;
        *films += 2 * outputs;
        Self {
            norm: Norm::new(plan, &format!("{name}.norm"), inputs),
            convs: [
                Conv::biased(plan, &format!("{name}.conv1"), (inputs, outputs), Window::SAME),
                zero_conv(plan, &format!("{name}.conv2"), (outputs, outputs)),
            ],
            skip: (inputs != outputs)
                .then(|| Conv::biased(plan, &format!("{name}.pass"), (inputs, outputs), Window::POINT)),
            film,
            channels: outputs,
        }
    }

    fn forward(&self, numbers: &dyn Numbers, x: &Tensor, film: &Tensor) -> Tensor {
        let inner = self.convs[0].forward(numbers, &self.norm.forward(numbers, x).silu());
        let scale = film.narrow(1, self.film, self.channels) + 1.0;
        let shift = film.narrow(1, self.film + self.channels, self.channels);
        let inner = self.convs[1].forward(numbers, &shift.addcmul(&normal(&inner, None), &scale).silu());
        match &self.skip {
            Some(skip) => inner + skip.forward(numbers, x),
            None => inner + x,
        }
    }
}

/// Multi-head self-attention over all pixels with a residual connection.
struct Attention {
    norm: Norm,
    qkv: Linear,
    out: Linear,
    heads: i64,
}

impl Attention {
    fn new(plan: &mut Plan, name: &str, channels: i64) -> Self {
        let zero = Init::Constant(0.0);
        Self {
            norm: Norm::new(plan, &format!("{name}.norm"), channels),
            qkv: Linear::new(plan, &format!("{name}.qkv"), channels, 3 * channels),
            out: Linear::starting(plan, &format!("{name}.out"), channels, channels, zero, zero),
            // Heads of at least 32 channels; a single head where the channels are not divisible.
            heads: Some(channels / 32).filter(|h| *h > 0 && channels % h == 0).unwrap_or(1),
        }
    }

    fn forward(&self, numbers: &dyn Numbers, x: &Tensor) -> Tensor {
        let (count, channels, height, width) = x.size4().unwrap_or_default();
        let (places, depth) = (height * width, channels / self.heads);
        let pixels = self.norm.forward(numbers, x).permute([0, 2, 3, 1]).reshape([count, places, channels]);
        let asked = self.qkv.forward(numbers, &pixels).view([count, places, 3, self.heads, depth]);
        let asked = asked.permute([2, 0, 3, 1, 4]);
        let (query, key, value) = (asked.get(0) * (depth as f64).sqrt().recip(), asked.get(1), asked.get(2));
        let weights = query.matmul(&key.transpose(-2, -1)).softmax(-1, None);
        let found = weights.matmul(&value).permute([0, 2, 1, 3]).reshape([count, places, channels]);
        x + self.out.forward(numbers, &found).view([count, height, width, channels]).permute([0, 3, 1, 2])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::{Network, Precision};

    fn shape(size: i64, classes: i64) -> Shape {
        Shape { size, channels: 3, width: 4, classes, attention: true }
    }

    #[test]
    fn it_begins_as_the_best_linear_guess() {
        for size in [28, 32, 64, 128] {
            let (plan, net) = UNet::new(shape(size, 0));
            let network = Network::new(plan, Precision::Fp32, Device::Cpu).unwrap();
            let x = Tensor::ones([3, 3, size, size], (Kind::Float, Device::Cpu));
            let t = Tensor::from_slice(&[0.0f32, 0.5, 1.0]);
            let _guard = crate::nn::without_gradients();
            let v = net.forward(&network, &x, &t, None);
            assert_eq!(v.size(), [3, 3, size, size]);
            // c = (t·0.49 − (1 − t)) / ((1 − t)² + 0.49·t²): −1 at noise, 1 at data.
            for (i, wanted) in [-1.0, (0.245 - 0.5) / (0.25 + 0.1225), 1.0].into_iter().enumerate() {
                let apart = f64::try_from((v.get(i as i64) - wanted).abs().max()).unwrap();
                assert!(apart < 1e-5, "{size}: {apart} at {i}");
            }
        }
    }

    #[test]
    fn times_and_classes_are_told_apart_and_no_class_is_a_row_of_zeros() {
        crate::nn::seed_global(1);
        let (plan, net) = UNet::new(shape(28, 2));
        let mut network = Network::new(plan, Precision::Fp32, Device::Cpu).unwrap();
        // Some layers are initialised to 0: perturb them.
        network.bank.update(|master| drop(master.g_add_(&(master.randn_like() * 0.1))));
        let _guard = crate::nn::without_gradients();
        let x = Tensor::from_slice(&crate::latent::normal(1, 3 * 28 * 28)).view([1, 3, 28, 28]);
        let at = |t: f32, classes: Option<[f32; 2]>| {
            let rows = classes.map(|c| Tensor::from_slice(&c).view([1, 2]));
            net.network(&network, &x, &Tensor::from_slice(&[t]), rows.as_ref())
        };
        let apart = |a: &Tensor, b: &Tensor| f64::try_from((a - b).abs().max()).unwrap();
        let unnamed = at(0.3, None);
        assert!(apart(&unnamed, &at(0.3, Some([0.0, 0.0]))) < 1e-6);
        assert!(apart(&unnamed, &at(0.4, None)) > 1e-4);
        let (first, second) = (at(0.3, Some([1.0, 0.0])), at(0.3, Some([0.0, 1.0])));
        assert!(apart(&first, &second) > 1e-4 && apart(&first, &unnamed) > 1e-4);
    }
}
