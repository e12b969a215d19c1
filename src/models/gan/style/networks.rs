//! The networks of a small style GAN (Karras et al. 2020): mapping, synthesis by modulated convolutions, a residual discriminator.

use crate::{
    models::common::{Plans, Shape},
    nn::{
        self, EqualConv, EqualLinear, Init, Kind, Mode, Modulated, Numbers, Plan, RECTIFIED, STRAIGHT, Storage, Tensor,
        Verdict, Window, halve, leaky_relu, pixel_norm, stretch,
    },
    spec::Knobs,
};

/// Learning rate multiplier of the mapping. The paper has 0.01, which has hardly any effect in short runs.
const MAPPING_PACE: f64 = 0.1;

/// Step size of the running mean style.
const NOTED: f64 = 0.01;

/// One modulated convolution with noise.
#[derive(Clone, Copy, Debug)]
struct Layer {
    conv: Modulated,
    strength: usize,
    doubles: bool,
}

impl Layer {
    fn forward(&self, numbers: &dyn Numbers, x: &Tensor, w: &Tensor, noise: Noise, index: usize) -> Tensor {
        let mut y = self.conv.forward(numbers, x, w);
        if self.doubles {
            // Upsampling behind the convolution, which then costs a quarter; it leaves a bias unchanged.
            y = stretch(&y);
        }
        let side = y.size()[3];
        match noise(index, side) {
            Some(noise) => {
                let strength = numbers.leaf(self.strength).view([1, 1, 1, 1]);
                leaky_relu(&(y + (noise * strength).to_kind(numbers.kind())))
            }
            None => leaky_relu(&y),
        }
    }
}

/// The noise of a layer by its index and side: N×1×side×side, 32-bit, or none.
pub type Noise<'a> = &'a dyn Fn(usize, i64) -> Option<Tensor>;

/// The generator: mapping and synthesis.
#[derive(Clone, Debug)]
pub struct Generator {
    mapping: Vec<EqualLinear>,
    mean: usize,
    constant: usize,
    layers: Vec<Layer>,
    to_rgb: Vec<Modulated>,
}

impl Generator {
    /// Builds the plan and the handles; `depth` layers map latents to styles of the same length.
    pub fn new(shape: Shape, depth: usize) -> (Plan, Self) {
        let mut plan = Plan::default();
        let (w, sides) = (shape.z_dim, shape.sides());
        let mut mapping = Vec::new();
        for i in 0..depth {
            let name = format!("mapping.{i}");
            mapping.push(EqualLinear::starting(&mut plan, &name, (w, w), RECTIFIED, 0.0, MAPPING_PACE));
        }
        let mean = plan.buffer("w_mean", &[w], 0.0);
        let (base, first) = (sides[0], shape.filters(sides[0]));
        let constant = plan.param("constant", &[1, first, base, base], Storage::ChannelsLast, Init::Normal(0.0, 1.0));
        let (mut layers, mut to_rgb) = (Vec::new(), Vec::new());
        let mut from = first;
        for (i, &side) in sides.iter().enumerate() {
            let to = shape.filters(side);
            let mut layer = |io, doubles| {
                let name = format!("layers.{}", layers.len());
                let conv = Modulated::new(&mut plan, &name, io, w, Window::SAME, true);
                let strength = plan.param(&format!("{name}.noise_strength"), &[1], Storage::Plain, Init::Constant(0.0));
                layers.push(Layer { conv, strength, doubles });
            };
            if i > 0 {
                layer((from, to), true);
            }
            layer((to, to), false);
            to_rgb.push(Modulated::new(
                &mut plan,
                &format!("to_rgb.{i}"),
                (to, shape.channels),
                w,
                Window::POINT,
                false,
            ));
            from = to;
        }
        (plan, Self { mapping, mean, constant, layers, to_rgb })
    }

    /// Number of layers that take a style: one at the lowest resolution, two at each further one.
    pub fn layers(&self) -> usize {
        self.layers.len()
    }

    /// One style for all layers.
    pub fn alike(&self, w: &Tensor) -> Vec<Tensor> {
        self.layers.iter().map(|_| w.shallow_clone()).collect()
    }

    /// Maps N×z latents, whose norm does not matter, to N×w styles, 32-bit.
    pub fn map(&self, numbers: &dyn Numbers, z: &Tensor) -> Tensor {
        let unit = pixel_norm(&z.to_kind(Kind::Float));
        self.mapping.iter().fold(unit, |x, layer| leaky_relu(&layer.forward(numbers, &x))).to_kind(Kind::Float)
    }

    /// The mean style, w numbers.
    pub fn mean<'a>(&self, numbers: &'a dyn Numbers) -> &'a Tensor {
        numbers.buffer(self.mean)
    }

    /// Updates the mean style with a batch of styles.
    pub fn note(&self, numbers: &dyn Numbers, w: &Tensor) {
        let _guard = nn::without_gradients();
        let mean = w.detach().mean_dim([0i64].as_slice(), false, Kind::Float);
        let _ = self.mean(numbers).shallow_clone().lerp_(&mean, NOTED);
    }

    /// Synthesises N×C×S×S pictures, 32-bit, about [−1, 1] but not bounded, from one N×w style per layer. `noise` is called once per layer.
    pub fn forward(&self, numbers: &dyn Numbers, styles: &[Tensor], noise: Noise) -> Tensor {
        let mut x = self.layers[0].forward(numbers, numbers.leaf(self.constant), &styles[0], noise, 0);
        let rgb = |i: usize, x: &Tensor| {
            let last = 2 * i;
            self.to_rgb[i].forward(numbers, x, &styles[last]).to_kind(Kind::Float)
        };
        let mut picture = rgb(0, &x);
        for (i, pair) in self.layers[1..].chunks_exact(2).enumerate() {
            for (layer, index) in pair.iter().zip(2 * i + 1..) {
                x = layer.forward(numbers, &x, &styles[index], noise, index);
            }
            picture = stretch(&picture) + rgb(i + 1, &x);
        }
        picture
    }
}

/// A residual block of two convolutions that halves the size.
#[derive(Clone, Copy, Debug)]
struct Block {
    one: EqualConv,
    two: EqualConv,
    straight: EqualConv,
}

/// The discriminator.
#[derive(Clone, Debug)]
pub struct Discriminator {
    from_rgb: EqualConv,
    blocks: Vec<Block>,
    last: Verdict,
}

impl Discriminator {
    /// Builds the plan and the handles.
    pub fn new(shape: Shape) -> (Plan, Self) {
        let mut plan = Plan::default();
        let sides = shape.sides();
        let io = (shape.channels, shape.filters(shape.size as i64));
        let from_rgb = EqualConv::new(&mut plan, "from_rgb", io, Window::POINT, RECTIFIED);
        let mut blocks = Vec::new();
        for (i, pair) in sides.windows(2).rev().enumerate() {
            let (from, to) = (shape.filters(pair[1]), shape.filters(pair[0]));
            let mut conv = |part: &str, outputs, window, power| {
                EqualConv::new(&mut plan, &format!("blocks.{i}.{part}"), (from, outputs), window, power)
            };
            // Half the usual variance for both branches, so that their sum keeps it.
            blocks.push(Block {
                one: conv("conv1", from, Window::SAME, RECTIFIED),
                two: conv("conv2", to, Window::SAME, RECTIFIED / 2.0),
                straight: conv("skip", to, Window::POINT, STRAIGHT / 2.0),
            });
        }
        let last = Verdict::new(&mut plan, shape.filters(sides[0]), sides[0]);
        (plan, Self { from_rgb, blocks, last })
    }

    /// N×C×S×S → N logits, 32-bit.
    pub fn forward(&self, numbers: &dyn Numbers, pictures: &Tensor, mode: Mode) -> Tensor {
        let mut x = leaky_relu(&self.from_rgb.forward(numbers, pictures));
        for block in &self.blocks {
            // Downsampling before the second convolution, which then costs a quarter.
            let inner = halve(&leaky_relu(&block.one.forward(numbers, &x)));
            x = leaky_relu(&block.two.forward(numbers, &inner)) + block.straight.forward(numbers, &halve(&x));
        }
        self.last.forward(numbers, &x, mode)
    }
}

/// Both networks and their sizes.
pub struct Nets {
    /// Sizes of pictures, latent and layers.
    pub shape: Shape,
    /// The generator.
    pub generator: Generator,
    /// The discriminator.
    pub discriminator: Discriminator,
}

impl Nets {
    /// Reads the knobs `size channels z_dim width mapping`.
    pub fn read(knobs: &Knobs) -> (Self, Plans) {
        let shape = Shape::read(knobs);
        let (g, generator) = Generator::new(shape, knobs.int("mapping").max(1));
        let (d, discriminator) = Discriminator::new(shape);
        (Self { shape, generator, discriminator }, (g, d).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::{Device, Network, Precision};

    #[test]
    fn outputs_keep_their_size_from_layer_to_layer() {
        nn::seed_global(7);
        let shape = Shape { size: 32, channels: 3, z_dim: 16, width: 8 };
        let ((g_plan, g), (d_plan, d)) = (Generator::new(shape, 3), Discriminator::new(shape));
        let made = [g_plan, d_plan].map(|plan| Network::new(plan, Precision::Fp32, Device::Cpu).unwrap());
        let options = (Kind::Float, Device::Cpu);
        let w = g.map(&made[0], &(Tensor::randn([32, 16], options) * 40.0));
        let size = |x: &Tensor| f64::try_from(x.square().mean(Kind::Float).sqrt()).unwrap();
        assert!((0.3..3.0).contains(&size(&w)), "the latent's length does not matter: {}", size(&w));
        let styles = g.alike(&w);
        assert_eq!((styles.len(), g.layers()), (7, 7));
        let x = g.forward(&made[0], &styles, &|_, side| Some(Tensor::randn([32, 1, side, side], options)));
        assert_eq!(x.size(), [32, 3, 32, 32]);
        assert!((0.3..6.0).contains(&size(&x)), "{}", size(&x));
        let logits = d.forward(&made[1], &Tensor::randn([32, 3, 32, 32], options), Mode::Judge);
        assert_eq!(logits.size(), [32]);
        assert!(size(&logits) < 10.0, "{}", size(&logits));
    }
}
