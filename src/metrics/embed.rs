//! Eyes that need no training: strided convolutions with random weights, and the pixels themselves.

use super::BLOCK;
use crate::{latent, nn, picture::Pixels};
use anyhow::{Result, ensure};
use tch::{Device, Kind, Tensor};

/// Name of [`Strided`] with the usual seed, as kept with each score.
pub const STRIDED: &str = "strided-64";
/// The seed that [`STRIDED`] stands for: scores through other seeds are not comparable with it.
pub const SEED: u64 = 64;
/// Name of [`pixels`].
pub const PIXELS: &str = "pixels";
/// Numbers of an embedded picture.
pub const WIDTH: usize = 64;
/// Slope of the leaky rectifier below 0.
const LEAK: f64 = 0.2;

/// A random network: 3×3 convolutions of stride 2 with leaky rectifiers down to 4×4, then one convolution over all that is left. Kaiming
/// initialised, without biases, never trained; the same seed gives the same network for good.
#[derive(Clone, Debug, PartialEq)]
pub struct Strided {
    size: usize,
    channels: usize,
    /// Weights and their shape, from the picture on.
    layers: Vec<(Vec<f32>, [i64; 4])>,
}

impl Strided {
    /// The network for pictures of this shape. Use [`SEED`] for scores named [`STRIDED`].
    pub fn new(channels: usize, size: usize, seed: u64) -> Self {
        let (mut left, mut inputs, mut layers) = (size.max(1), channels, Vec::new());
        let mut add = |inputs: usize, outputs: usize, kernel: usize, gain: f64| {
            let fan_in = inputs * kernel * kernel;
            let mut rng = latent::rng(latent::mix(&[seed, layers.len() as u64]), 0);
            let scale = (gain / (fan_in as f64).sqrt()) as f32;
            let weights = latent::normals(&mut rng, outputs * fan_in).into_iter().map(|v| v * scale).collect();
            layers.push((weights, [outputs, inputs, kernel, kernel].map(|n| n as i64)));
        };
        while left > 4 {
            let outputs = if inputs == channels { WIDTH / 2 } else { WIDTH };
            add(inputs, outputs, 3, (2.0 / (1.0 + LEAK * LEAK)).sqrt());
            (left, inputs) = (left.div_ceil(2), outputs);
        }
        add(inputs, WIDTH, left, 1.0);
        Self { size, channels, layers }
    }

    /// The pictures as N×64 `f32` on the processor, some hundred at a time.
    ///
    /// # Errors
    /// Pictures of another shape than the network's, or none.
    pub fn embed(&self, pixels: &Pixels) -> Result<Tensor> {
        ensure!(pixels.count > 0, "There are no pictures to measure.");
        ensure!(
            pixels.size == self.size && pixels.channels == self.channels,
            "The measure was made for pictures of {0}×{0} px in {1} channels; these have {2}×{2} px in {3}.",
            self.size,
            self.channels,
            pixels.size,
            pixels.channels
        );
        let _guard = nn::without_gradients();
        let mut weights = Vec::new();
        for (values, shape) in &self.layers {
            weights.push(Tensor::f_from_slice(values)?.f_view(*shape)?);
        }
        let at_once = (BLOCK / 16 / pixels.stride()).clamp(1, 512);
        let mut rows = Vec::new();
        for start in (0..pixels.count).step_by(at_once) {
            let index: Vec<u32> = (start..pixels.count.min(start + at_once)).map(|i| i as u32).collect();
            let mut x = nn::from_pixels(&pixels.gather(&index), Kind::Float, Device::Cpu)?.f_contiguous()?;
            for weight in &weights[..weights.len() - 1] {
                let y = x.f_conv2d(weight, None::<&Tensor>, 2, 1, 1, 1)?;
                x = y.f_maximum(&y.f_mul_scalar(LEAK)?)?;
            }
            let last = &weights[weights.len() - 1];
            rows.push(x.f_conv2d(last, None::<&Tensor>, 1, 0, 1, 1)?.f_view([-1, WIDTH as i64])?);
        }
        Ok(Tensor::f_cat(&rows, 0)?)
    }
}

/// The pixels themselves as N×(S·S·C) `f32` from 0 to 1, on the processor.
///
/// # Errors
/// No pictures.
pub fn pixels(pixels: &Pixels) -> Result<Tensor> {
    ensure!(pixels.count > 0, "There are no pictures to measure.");
    let rows = Tensor::f_from_slice(&pixels.bytes)?.f_view([pixels.count as i64, -1])?;
    Ok(rows.f_to_kind(Kind::Float)?.f_div_scalar(255.0)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{prdc::prdc, reference::pictures};

    #[test]
    fn every_shape_becomes_sixty_four_lively_numbers() {
        for (size, channels) in [(4, 1), (16, 3), (28, 1), (32, 3), (64, 1), (128, 3)] {
            let pixels = pictures(9, size, channels, 3, 0);
            let strided = Strided::new(channels, size, SEED);
            let x = strided.embed(&pixels).unwrap();
            assert_eq!((x.size(), x.kind()), (vec![9, 64], Kind::Float));
            let spread = f64::try_from(x.std(false)).unwrap();
            assert!((0.1..3.0).contains(&spread), "{size} px: {spread}");
            let one = strided.embed(&pixels.gather(&[4])).unwrap();
            let apart = f64::try_from((one - x.narrow(0, 4, 1)).abs().max()).unwrap();
            assert!(apart < 1e-5, "a picture's numbers do not depend on its company: {apart}");
        }
        assert!(Strided::new(1, 28, SEED).embed(&pictures(1, 32, 1, 3, 0)).is_err());
        assert!(Strided::new(1, 28, SEED).embed(&Pixels::new(28, 1)).is_err());
    }

    #[test]
    fn a_name_stands_for_one_network_for_good() {
        let (grey, again) = (Strided::new(1, 28, SEED), Strided::new(1, 28, SEED));
        assert!(grey == again && grey != Strided::new(1, 28, SEED + 1));
        assert_eq!(grey.layers.iter().map(|l| l.1).collect::<Vec<_>>(), SHAPES);
        let x = grey.embed(&pictures(1, 28, 1, 3, 1)).unwrap();
        let first: Vec<f32> = Vec::try_from(x.narrow(1, 0, 4).reshape([-1])).unwrap();
        assert!(first.iter().zip(PINNED).all(|(a, b)| (a - b).abs() < 1e-4), "{first:?}");
    }

    const SHAPES: [[i64; 4]; 4] = [[32, 1, 3, 3], [64, 32, 3, 3], [64, 64, 3, 3], [64, 64, 4, 4]];
    const PINNED: [f32; 4] = [0.126_326, -0.052_172, -0.128_977, 0.001_033];

    #[test]
    fn repeated_pictures_are_seen_through_it_and_through_pixels() {
        let (real, fresh) = (pictures(60, 16, 1, 5, 2), pictures(60, 16, 1, 6, 2));
        let repeated = fresh.gather(&[0; 60]);
        let strided = Strided::new(1, 16, SEED);
        for embed in [&|p: &Pixels| strided.embed(p).unwrap(), &|p: &Pixels| pixels(p).unwrap()]
            as [&dyn Fn(&Pixels) -> Tensor; 2]
        {
            let [alive, dead] = [&fresh, &repeated].map(|set| prdc(&embed(&real), &embed(set), 5).unwrap());
            assert!(alive.coverage > 0.8 && dead.coverage < 0.4 && dead.recall < 1e-12, "{alive:?} {dead:?}");
        }
        let x = pixels(&Pixels { count: 2, size: 1, channels: 1, bytes: vec![0, 255] }).unwrap();
        assert_eq!(Vec::<f32>::try_from(x.reshape([-1])).unwrap(), [0.0, 1.0]);
    }
}
