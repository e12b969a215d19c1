//! Class-conditional generator and discriminator of two kinds: with a concatenated label embedding (Mirza & Osindero 2014), or with
//! conditional batch norm and a projection discriminator with spectral norm (Miyato & Koyama 2018).

use crate::models::common::Shape;
use crate::nn::{
    Conv, Embedding, Init, Kind, Linear, Mode, NORM_EPSILON, Norm, Numbers, Plan, SpectralConv, Storage, Tensor,
    Window, channels_last, leaky_relu, normalised,
};

/// Initialisation of the weights, as in DCGAN.
const START: Init = Init::Normal(0.0, 0.02);
/// Length of a label's embedding beside the latent.
const LABEL: i64 = 32;

/// How the networks are conditioned on the class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conditioning {
    /// Conditional batch norm in the generator, a projection in the discriminator.
    Projection,
    /// Concatenated to the inputs.
    Concat,
}

/// Sizes of both networks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClassShape {
    /// Sizes of pictures, latent and layers.
    pub shape: Shape,
    /// Number of classes.
    pub classes: i64,
    /// How the networks are conditioned on it.
    pub conditioning: Conditioning,
}

/// Batch normalisation whose scale and shift depend on the class.
#[derive(Clone, Copy, Debug)]
struct ClassNorm {
    scale: usize,
    shift: usize,
    mean: usize,
    var: usize,
}

impl ClassNorm {
    fn new(plan: &mut Plan, name: &str, classes: i64, channels: i64) -> Self {
        let shape = [classes, channels];
        Self {
            scale: plan.param(&format!("{name}.weight"), &shape, Storage::Plain, Init::Normal(1.0, 0.02)),
            shift: plan.param(&format!("{name}.bias"), &shape, Storage::Plain, Init::Constant(0.0)),
            mean: plan.buffer(&format!("{name}.running_mean"), &[channels], 0.0),
            var: plan.buffer(&format!("{name}.running_var"), &[channels], 1.0),
        }
    }

    fn forward(&self, numbers: &dyn Numbers, x: &Tensor, classes: &Tensor, mode: Mode) -> Tensor {
        let noted = (mode != Mode::Judge).then(|| (numbers.buffer(self.mean), numbers.buffer(self.var)));
        let (mean, var) = (noted.map(|n| n.0), noted.map(|n| n.1));
        let none = None::<&Tensor>;
        let even = x.batch_norm(none, none, mean, var, mode != Mode::Infer, 0.1, NORM_EPSILON, true);
        let of = |table: usize| classes.matmul(numbers.leaf(table)).to_kind(x.kind()).unsqueeze(-1).unsqueeze(-1);
        of(self.shift).addcmul(&even, &of(self.scale))
    }
}

/// Either kind of norm behind a generator's layer.
#[derive(Clone, Copy, Debug)]
enum AnyNorm {
    Plain(Norm),
    Class(ClassNorm),
}

/// The generator.
#[derive(Clone, Debug)]
pub struct Generator {
    label: Embedding,
    first: Linear,
    side: i64,
    /// The norm of each map, and the upsampling convolution behind it.
    stages: Vec<(AnyNorm, Conv)>,
}

impl Generator {
    /// Plans `label` and `fc`, then `norm1 up1 norm2 up2 …`; the last convolution draws the picture. The label's embedding is concatenated
    /// with the latent in both modes: through norms alone a class takes hundreds of steps to change more than the contrast.
    pub fn new(of: &ClassShape) -> (Plan, Self) {
        let mut plan = Plan::default();
        let (shape, concat) = (of.shape, of.conditioning == Conditioning::Concat);
        let (side, mut maps) = shape.maps();
        let label = Embedding::new(&mut plan, "label", of.classes, LABEL);
        let (rest, outputs) = (Init::Constant(0.0), maps[0] * side * side);
        let first = Linear::starting(&mut plan, "fc", shape.z_dim + LABEL, outputs, START, rest);
        maps.push(shape.channels);
        let mut stages = Vec::new();
        for (i, pair) in maps.windows(2).enumerate() {
            let (name, last) = (format!("norm{}", i + 1), i + 2 == maps.len());
            let norm = if concat {
                AnyNorm::Plain(Norm::new(&mut plan, &name, pair[0]))
            } else {
                AnyNorm::Class(ClassNorm::new(&mut plan, &name, of.classes, pair[0]))
            };
            let name = format!("up{}", i + 1);
            let conv = Conv::transposed(&mut plan, &name, (pair[0], pair[1]), Window::HALVE, START);
            let conv = if last { conv.with_bias(&mut plan, &name, pair[1], rest) } else { conv };
            stages.push((norm, conv));
        }
        (plan, Self { label, first, side, stages })
    }

    /// N×z latents and N×K weights of classes → N×C×S×S pictures in [−1, 1], 32-bit.
    pub fn forward(&self, numbers: &dyn Numbers, z: &Tensor, classes: &Tensor, mode: Mode) -> Tensor {
        let input = Tensor::cat(&[z.shallow_clone(), self.label.forward(numbers, classes)], 1);
        let flat = self.first.forward(numbers, &input);
        let mut x = channels_last(&flat.view([z.size()[0], -1, self.side, self.side]));
        for (norm, conv) in &self.stages {
            let normed = match norm {
                AnyNorm::Plain(norm) => norm.forward(numbers, &x, mode),
                AnyNorm::Class(norm) => norm.forward(numbers, &x, classes, mode),
            };
            x = conv.forward(numbers, &normed.relu());
        }
        x.to_kind(Kind::Float).tanh()
    }
}

/// The head of a projection discriminator for features h: ψ(h) + ⟨V·y, h⟩, both parts with spectral norm.
#[derive(Clone, Copy, Debug)]
struct Projection {
    linear: SpectralConv,
    table: usize,
    direction: usize,
}

impl Projection {
    /// Plans `linear` and `embedding`.
    fn new(plan: &mut Plan, classes: i64, features: i64) -> Self {
        Self {
            linear: SpectralConv::new(plan, "linear", (features, 1), Window::POINT, START),
            table: plan.param("embedding.weight", &[classes, features], Storage::Plain, START),
            direction: plan.buffer("embedding.weight_u", &[classes], 1.0),
        }
    }

    /// N×F×1×1 features and R×K weights of classes → N×R logits, one for each picture and row of classes, 32-bit.
    fn all(&self, numbers: &dyn Numbers, features: &Tensor, classes: &Tensor, mode: Mode) -> Tensor {
        let (plain, features, directions) = self.terms(numbers, features, classes, mode);
        plain.view([-1, 1]) + features.matmul(&directions.transpose(0, 1))
    }

    /// The same for N×K weights of classes, a row for each picture → N logits.
    fn each(&self, numbers: &dyn Numbers, features: &Tensor, classes: &Tensor, mode: Mode) -> Tensor {
        let (plain, features, directions) = self.terms(numbers, features, classes, mode);
        plain + (features * directions).sum_dim_intlist([1i64].as_slice(), false, Kind::Float)
    }

    /// ψ(h) as N numbers, h as N×F and V·y as rows of F numbers, all 32-bit.
    fn terms(&self, numbers: &dyn Numbers, h: &Tensor, classes: &Tensor, mode: Mode) -> (Tensor, Tensor, Tensor) {
        let plain = self.linear.forward(numbers, h, mode).to_kind(Kind::Float).view([-1]);
        let table = normalised(numbers.leaf(self.table), numbers.buffer(self.direction), mode);
        (plain, h.to_kind(Kind::Float).flatten(1, -1), classes.matmul(&table))
    }
}

/// The two kinds of discriminator.
#[derive(Clone, Debug)]
enum Body {
    Projection { layers: Vec<SpectralConv>, head: Projection },
    Concat { label: Embedding, layers: Vec<(Conv, Option<Norm>)>, last: Conv },
}

/// The discriminator.
#[derive(Clone, Debug)]
pub struct Discriminator {
    size: i64,
    body: Body,
}

impl Discriminator {
    /// Plans `conv1 conv2 …` that halve the picture, then `features`, `linear` and `embedding`; in concat mode `label` (a plane for each
    /// class), `conv1`, `conv2` with `norm2`, … and `last`.
    pub fn new(of: &ClassShape) -> (Plan, Self) {
        let mut plan = Plan::default();
        let (shape, size) = (of.shape, of.shape.size as i64);
        let (least, mut maps) = shape.maps();
        maps.reverse();
        let (whole, top) = (Window { side: least, stride: 1, padding: 0 }, maps[maps.len() - 1]);
        let planes = shape.channels + i64::from(of.conditioning == Conditioning::Concat);
        maps.insert(0, planes);
        let names = (1..maps.len()).map(|i| (format!("conv{i}"), format!("norm{i}")));
        let sides = names.zip(maps.windows(2).map(|pair| (pair[0], pair[1])));
        let body = match of.conditioning {
            Conditioning::Projection => {
                let mut layers: Vec<_> =
                    sides.map(|((c, _), s)| SpectralConv::new(&mut plan, &c, s, Window::HALVE, START)).collect();
                layers.push(SpectralConv::new(&mut plan, "features", (top, top), whole, START));
                Body::Projection { layers, head: Projection::new(&mut plan, of.classes, top) }
            }
            Conditioning::Concat => {
                let label = Embedding::new(&mut plan, "label", of.classes, size * size);
                let mut layers = Vec::new();
                for (i, ((c, n), s)) in sides.enumerate() {
                    let conv = Conv::new(&mut plan, &c, s, Window::HALVE, START);
                    layers.push((conv, (i > 0).then(|| Norm::new(&mut plan, &n, s.1))));
                }
                Body::Concat { label, layers, last: Conv::new(&mut plan, "last", (top, 1), whole, START) }
            }
        };
        (plan, Self { size, body })
    }

    /// N×C×S×S pictures and N×K weights of classes → N logits, 32-bit.
    pub fn forward(&self, numbers: &dyn Numbers, x: &Tensor, classes: &Tensor, mode: Mode) -> Tensor {
        match &self.body {
            Body::Projection { layers, head } => head.each(numbers, &features(layers, numbers, x, mode), classes, mode),
            Body::Concat { label, layers, last } => {
                let plane = label.forward(numbers, classes).view([-1, 1, self.size, self.size]).to_kind(x.kind());
                let mut x = channels_last(&Tensor::cat(&[x.shallow_clone(), plane], 1));
                for (conv, norm) in layers {
                    let y = conv.forward(numbers, &x);
                    x = leaky_relu(&norm.as_ref().map_or_else(|| y.shallow_clone(), |n| n.forward(numbers, &y, mode)));
                }
                last.forward(numbers, &x).to_kind(Kind::Float).view([-1])
            }
        }
    }

    /// Whether it has batch norms, so that real and generated pictures need batches of their own.
    pub fn is_normed_by_batch(&self) -> bool {
        matches!(self.body, Body::Concat { .. })
    }

    /// N×C×S×S pictures and R×K weights of classes → N logits: the highest over the rows for each picture, with running statistics.
    pub fn best(&self, numbers: &dyn Numbers, x: &Tensor, classes: &Tensor) -> Tensor {
        let (n, r) = (x.size()[0], classes.size()[0]);
        let all = match &self.body {
            Body::Projection { layers, head } => {
                head.all(numbers, &features(layers, numbers, x, Mode::Infer), classes, Mode::Infer)
            }
            Body::Concat { .. } => {
                let pictures = x.repeat_interleave_self_int(r, 0, None);
                self.forward(numbers, &pictures, &classes.repeat([n, 1]), Mode::Infer).view([n, r])
            }
        };
        all.amax([1i64].as_slice(), false)
    }
}

fn features(layers: &[SpectralConv], numbers: &dyn Numbers, x: &Tensor, mode: Mode) -> Tensor {
    layers.iter().fold(x.shallow_clone(), |x, layer| leaky_relu(&layer.forward(numbers, &x, mode)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        nn::{Device, Frozen, Network, Precision},
        weights::{Array, Arrays},
    };

    fn tensor(numbers: &[f32], shape: &[i64]) -> Tensor {
        Tensor::from_slice(numbers).view(shape)
    }

    #[test]
    fn a_projection_is_that_of_the_hand() {
        let mut plan = Plan::default();
        let head = Projection::new(&mut plan, 2, 2);
        let array = |shape: &[usize], data: &[f32]| Array { shape: shape.to_vec(), data: data.to_vec() };
        // ψ = (3, 4) has length 5: (0.6, 0.8)·(1, 3) + 0.5 = 3.5. V's largest singular value is 2: rows (1, 0) and (0, ½).
        let arrays = Arrays::from([
            ("linear.weight".into(), array(&[1, 2, 1, 1], &[3.0, 4.0])),
            ("linear.bias".into(), array(&[1], &[0.5])),
            ("linear.weight_u".into(), array(&[1], &[1.0])),
            ("embedding.weight".into(), array(&[2, 2], &[2.0, 0.0, 0.0, 1.0])),
            ("embedding.weight_u".into(), array(&[2], &[1.0, 0.0])),
        ]);
        let frozen = Frozen::read(&plan, &arrays, Precision::Fp32, Device::Cpu).unwrap();
        let h = tensor(&[1.0, 3.0, 1.0, 3.0, 1.0, 3.0], &[3, 2, 1, 1]);
        let classes = tensor(&[1.0, 0.0, 0.0, 1.0, 0.5, 0.5], &[3, 2]);
        let wanted = [4.5, 5.0, 4.75];
        let each: Vec<f32> = Vec::try_from(head.each(&frozen, &h, &classes, Mode::Infer)).unwrap();
        let all: Vec<f32> =
            Vec::try_from(head.all(&frozen, &h.narrow(0, 0, 1), &classes, Mode::Infer).view([-1])).unwrap();
        for (got, wanted) in each.iter().chain(&all).zip(wanted.iter().cycle()) {
            assert!((got - wanted).abs() < 1e-5, "{each:?} {all:?}");
        }
    }

    #[test]
    fn scale_and_shift_are_those_of_the_class() {
        let mut plan = Plan::default();
        let norm = ClassNorm::new(&mut plan, "n", 2, 1);
        let array = |shape: &[usize], data: &[f32]| Array { shape: shape.to_vec(), data: data.to_vec() };
        let arrays = Arrays::from([
            ("n.weight".into(), array(&[2, 1], &[2.0, 10.0])),
            ("n.bias".into(), array(&[2, 1], &[0.5, -1.0])),
            ("n.running_mean".into(), array(&[1], &[3.0])),
            ("n.running_var".into(), array(&[1], &[4.0])),
        ]);
        let frozen = Frozen::read(&plan, &arrays, Precision::Fp32, Device::Cpu).unwrap();
        let x = tensor(&[5.0, 5.0, 5.0], &[3, 1, 1, 1]);
        let classes = tensor(&[1.0, 0.0, 0.0, 1.0, 0.5, 0.5], &[3, 2]);
        let y: Vec<f32> = Vec::try_from(norm.forward(&frozen, &x, &classes, Mode::Infer).view([-1])).unwrap();
        // (5 − 3) / √4 = 1.
        assert!(y.iter().zip([2.5, 9.0, 5.75]).all(|(a, b)| (a - b).abs() < 1e-4), "{y:?}");
    }

    #[test]
    fn both_kinds_have_their_shapes_and_judge_by_the_best_class() {
        for conditioning in [Conditioning::Projection, Conditioning::Concat] {
            for precision in [Precision::Fp32, Precision::Bf16] {
                let sizes = Shape { size: 32, channels: 3, z_dim: 5, width: 2 };
                let shape = ClassShape { shape: sizes, classes: 3, conditioning };
                let ((plan, g), (d_plan, d)) = (Generator::new(&shape), Discriminator::new(&shape));
                let generator = Network::new(plan, precision, Device::Cpu).unwrap();
                let critic = Network::new(d_plan, precision, Device::Cpu).unwrap();
                let z = Tensor::randn([4, 5], (Kind::Float, Device::Cpu));
                let classes = Tensor::eye(3, (Kind::Float, Device::Cpu));
                let rows = classes.index_select(0, &Tensor::from_slice(&[0i64, 1, 2, 0]));
                let x = g.forward(&generator, &z, &rows, Mode::Train);
                assert_eq!(x.size(), [4, 3, 32, 32]);
                assert_eq!(g.forward(&generator, &z, &rows, Mode::Infer).size(), [4, 3, 32, 32]);
                assert_eq!(d.forward(&critic, &x, &rows, Mode::Train).size(), [4]);
                let best = d.best(&critic, &x, &classes);
                let each = |k: i64| d.forward(&critic, &x, &classes.narrow(0, k, 1).repeat([4, 1]), Mode::Infer);
                let highest = Tensor::stack(&[each(0), each(1), each(2)], 0).amax([0i64].as_slice(), false);
                assert!(f64::try_from((best - highest).abs().max()).unwrap() < 1e-2);
            }
        }
    }
}
