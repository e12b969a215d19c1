//! The DCGAN's networks in every shape but the textbook's: resize-convolutions, residual blocks, self-attention, spectral norm.

use super::textbook::Forward;
use crate::{
    models::common::Shape,
    nn::{
        Attention, Conv, Fall, Filter, Init, Kind, Linear, Mode, Norm, Numbers, Plan, Rise, Tensor, Window, double,
        leaky_relu,
    },
    spec::Knobs,
};

/// The normalisation of the discriminator's layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Norms {
    /// Batch norm, as in the textbook.
    Batch,
    /// Spectral norm of the weights (Miyato et al. 2018).
    Spectral,
    /// None, for use with a gradient penalty: it needs gradients of single pictures, which batch norm would mix.
    Bare,
}

/// What the networks are built of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Upsampling by nearest neighbour and a 3×3 convolution (Odena et al. 2016) instead of transposed convolutions.
    pub resize: bool,
    /// Residual blocks (Gulrajani et al. 2017).
    pub residual: bool,
    /// Self-attention (Zhang et al. 2019) on the map of this side: 8 or 16 (7 or 14 for pictures of 28).
    pub attention: Option<i64>,
    /// The discriminator's norms.
    pub norms: Norms,
}

impl Options {
    /// Reads the knobs `upsampling blocks attention spectral_norm gradient_penalty`.
    pub fn read(knobs: &Knobs) -> Self {
        // The choice "none" is not a number.
        let attention = knobs.get_int("attention").unwrap_or(0) as i64;
        Self {
            resize: knobs.text("upsampling") == "resize",
            residual: knobs.text("blocks") == "residual",
            attention: (attention > 0).then_some(attention),
            norms: if knobs.flag("spectral_norm") {
                Norms::Spectral
            } else if knobs.real("gradient_penalty") > 0.0 {
                Norms::Bare
            } else {
                Norms::Batch
            },
        }
    }

    /// Whether the generator is the textbook's.
    pub fn plain_generator(self) -> bool {
        !self.resize && !self.residual && self.attention.is_none()
    }

    /// Whether the discriminator is the textbook's.
    pub fn plain_discriminator(self) -> bool {
        !self.residual && self.attention.is_none() && self.norms == Norms::Batch
    }

    /// Whether attention stands behind the map of this side.
    fn attends(self, shape: &Shape, side: i64) -> bool {
        self.attention.is_some_and(|wanted| side == if shape.size == 28 { wanted / 8 * 7 } else { wanted })
    }
}

/// Initialisation of the paper's convolutions.
const TEXTBOOK: Init = Init::Normal(0.0, 0.02);

/// An upsampling block of the generator.
enum UpBlock {
    Plain { conv: Conv, norm: Option<Norm>, resize: bool },
    Residual(Rise),
}

impl UpBlock {
    fn forward(&self, numbers: &dyn Numbers, x: &Tensor, mode: Mode) -> Tensor {
        match self {
            Self::Residual(block) => block.forward(numbers, x, mode),
            Self::Plain { conv, norm, resize } => {
                let y = if *resize { conv.forward(numbers, &double(x)) } else { conv.forward(numbers, x) };
                norm.as_ref().map_or_else(|| y.shallow_clone(), |norm| norm.forward(numbers, &y, mode).relu())
            }
        }
    }
}

/// The generator: a projection to the first map, then upsampling blocks.
pub struct RichGenerator {
    project: Linear,
    /// The norm behind the projection, with plain blocks.
    begin: Option<Norm>,
    doublings: Vec<(Option<Attention>, UpBlock)>,
    /// The norm and convolution behind the last block, with residual blocks.
    end: Option<(Norm, Conv)>,
    first: i64,
}

impl RichGenerator {
    /// Plans `project`, `norm`, `up1.…`, `attention.…` and, with residual blocks, `last_norm` and `last`.
    pub fn new(plan: &mut Plan, shape: &Shape, options: Options) -> Self {
        let (first, widths) = shape.maps();
        let start = if options.residual { Init::Normal(0.0, (shape.z_dim as f64).sqrt().recip()) } else { TEXTBOOK };
        let inputs = widths[0] * first * first;
        let project = Linear::starting(plan, "project", shape.z_dim, inputs, start, Init::Constant(0.0));
        let begin = (!options.residual).then(|| Norm::new(plan, "norm", widths[0]));
        let mut doublings = Vec::new();
        for (i, &from) in widths.iter().enumerate() {
            let attention = options.attends(shape, first << i).then(|| Attention::new(plan, "attention", from, false));
            let next = widths.get(i + 1).copied();
            let name = format!("up{}", i + 1);
            let block = if options.residual {
                UpBlock::Residual(Rise::new(plan, &name, (from, next.unwrap_or(from)), !options.resize))
            } else {
                let (conv, sides) = (format!("{name}.conv"), (from, next.unwrap_or(shape.channels)));
                let conv = if options.resize {
                    Conv::new(plan, &conv, sides, Window::SAME, TEXTBOOK)
                } else {
                    Conv::transposed(plan, &conv, sides, Window::HALVE, TEXTBOOK)
                };
                let norm = next.map(|width| Norm::new(plan, &format!("{name}.norm"), width));
                UpBlock::Plain { conv, norm, resize: options.resize }
            };
            doublings.push((attention, block));
        }
        let end = options.residual.then(|| {
            let width = widths[widths.len() - 1];
            let norm = Norm::new(plan, "last_norm", width);
            (norm, Conv::biased(plan, "last", (width, shape.channels), Window::SAME))
        });
        Self { project, begin, doublings, end, first }
    }
}

impl Forward for RichGenerator {
    /// Pictures in [−1, 1] from an N×z tensor: N×C×S×S, 32-bit.
    fn forward(&self, numbers: &dyn Numbers, z: &Tensor, mode: Mode) -> Tensor {
        let mut x = self.project.forward(numbers, z).view([z.size()[0], -1, self.first, self.first]);
        if let Some(norm) = &self.begin {
            x = norm.forward(numbers, &x, mode).relu();
        }
        for (attention, block) in &self.doublings {
            if let Some(attention) = attention {
                x = attention.forward(numbers, &x, mode);
            }
            x = block.forward(numbers, &x, mode);
        }
        if let Some((norm, conv)) = &self.end {
            x = conv.forward(numbers, &norm.forward(numbers, &x, mode).relu());
        }
        x.to_kind(Kind::Float).tanh()
    }
}

/// A downsampling block of the discriminator.
enum DownBlock {
    Plain { conv: Filter, norm: Option<Norm> },
    Residual(Fall),
}

impl DownBlock {
    fn forward(&self, numbers: &dyn Numbers, x: &Tensor, mode: Mode) -> Tensor {
        match self {
            Self::Residual(block) => block.forward(numbers, x, mode),
            Self::Plain { conv, norm } => {
                let y = conv.forward(numbers, x, mode);
                leaky_relu(&norm.as_ref().map_or_else(|| y.shallow_clone(), |norm| norm.forward(numbers, &y, mode)))
            }
        }
    }
}

/// The discriminator: downsampling blocks, then one number from the last map.
pub struct RichDiscriminator {
    halvings: Vec<(DownBlock, Option<Attention>)>,
    last: Filter,
    residual: bool,
}

impl RichDiscriminator {
    /// Plans `down1.…`, `attention.…` and `last`.
    pub fn new(plan: &mut Plan, shape: &Shape, options: Options) -> Self {
        let (first, mut widths) = shape.maps();
        widths.reverse();
        let spectral = options.norms == Norms::Spectral;
        let mut halvings = Vec::new();
        let (mut from, mut side) = (shape.channels, shape.size as i64);
        for (i, &to) in widths.iter().enumerate() {
            let (name, pictures) = (format!("down{}", i + 1), i == 0);
            let block = match (options.residual, options.norms) {
                (true, Norms::Batch) => DownBlock::Residual(Fall::normed(plan, &name, (from, to), pictures)),
                (true, _) => DownBlock::Residual(Fall::new(plan, &name, (from, to), pictures, spectral)),
                (false, norms) => {
                    // Without norms the initialisation has to keep the variance (He et al. 2015).
                    let even = Init::Normal(0.0, (2.0 / (16 * from) as f64).sqrt());
                    let start = if norms == Norms::Bare { even } else { TEXTBOOK };
                    let conv = Filter::new(plan, &format!("{name}.conv"), (from, to), Window::HALVE, start, spectral);
                    let normed = norms == Norms::Batch && !pictures;
                    DownBlock::Plain { conv, norm: normed.then(|| Norm::new(plan, &format!("{name}.norm"), to)) }
                }
            };
            (from, side) = (to, side / 2);
            let attention = options.attends(shape, side).then(|| Attention::new(plan, "attention", to, spectral));
            halvings.push((block, attention));
        }
        let whole = Window { side: first, stride: 1, padding: 0 };
        let last = Filter::new(plan, "last", (from, 1), whole, TEXTBOOK, spectral);
        Self { halvings, last, residual: options.residual }
    }
}

impl Forward for RichDiscriminator {
    /// N logits, 32-bit, of N×C×S×S pictures in [−1, 1]; positive means "looks real".
    fn forward(&self, numbers: &dyn Numbers, pictures: &Tensor, mode: Mode) -> Tensor {
        let mut x = pictures.to_kind(numbers.kind());
        for (block, attention) in &self.halvings {
            x = block.forward(numbers, &x, mode);
            if let Some(attention) = attention {
                x = attention.forward(numbers, &x, mode);
            }
        }
        if self.residual {
            x = leaky_relu(&x);
        }
        self.last.forward(numbers, &x, mode).to_kind(Kind::Float).view([pictures.size()[0]])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::{Device, Network, Precision};

    /// Every network but the textbook's.
    fn all_options() -> Vec<Options> {
        let mut all = Vec::new();
        for (resize, residual) in [(false, false), (true, false), (false, true), (true, true)] {
            for attention in [None, Some(8), Some(16)] {
                for norms in [Norms::Batch, Norms::Spectral, Norms::Bare] {
                    all.push(Options { resize, residual, attention, norms });
                }
            }
        }
        all
    }

    #[test]
    fn every_shape_has_its_sides_and_attention_stands_once() {
        let z = Tensor::randn([2, 5], (Kind::Float, Device::Cpu));
        for size in [28, 32, 64] {
            for options in all_options() {
                let shape = Shape { size, channels: 1 + 2 * i64::from(options.resize), z_dim: 5, width: 2 };
                let (mut plan_g, mut plan_d) = (Plan::default(), Plan::default());
                let g = RichGenerator::new(&mut plan_g, &shape, options);
                let d = RichDiscriminator::new(&mut plan_d, &shape, options);
                let [numbers_g, numbers_d] =
                    [plan_g, plan_d].map(|plan| Network::new(plan, Precision::Fp32, Device::Cpu).unwrap());
                let x = g.forward(&numbers_g, &z, Mode::Train);
                assert_eq!(x.size(), [2, shape.channels, size as i64, size as i64], "{options:?}");
                assert_eq!(d.forward(&numbers_d, &x, Mode::Train).size(), [2]);
                for network in [&numbers_g, &numbers_d] {
                    let arrays = network.arrays(network.bank.master(), &network.noted()).unwrap();
                    let gammas = arrays.keys().filter(|name| name.as_str() == "attention.gamma").count();
                    assert_eq!(gammas, usize::from(options.attention.is_some()), "{size} {options:?}");
                }
                let arrays = numbers_d.arrays(numbers_d.bank.master(), &numbers_d.noted()).unwrap();
                let has = |part: &str| arrays.keys().any(|name| name.ends_with(part));
                assert_eq!(has("weight_u"), options.norms == Norms::Spectral);
                assert_eq!(has("running_mean"), options.norms == Norms::Batch);
            }
        }
    }
}
