//! A Gaussian mixture as the latent distribution, so that fewer pictures lie between two kinds.

use crate::{
    latent,
    models::common::{mixture::Mixture, prelude::*},
    nn::{Device, Kind, Tensor},
    spec::{Knob, Knobs},
};

/// Seed of the components' means: constant, so that no file has to store them.
const MEANS: u64 = 0x15_1a5d;
/// A component's standard deviation; that of the means is chosen so that the whole mixture has variance 1.
const DEVIATION: f64 = 0.5;

/// A mixture of Gaussians that a generator draws from (Gurumurthy et al. 2017; Ben-Yosef & Weinshall 2018). The support
/// of a single Gaussian is connected, so that a continuous generator has to draw something between separate kinds of pictures; between two
/// components of a mixture there is hardly any probability.
#[derive(Debug)]
pub struct MixtureLatent {
    mixture: Mixture,
    means: Tensor,
}

/// The knob `components`.
pub fn knob() -> Knob {
    knobs::model("components", "Latent components", int(1, 100, 1))
        .help("How many Gaussians the latent is a mixture of. With more, such as 50 at a latent size of 16, less is drawn that lies between two kinds of pictures, and sliders pass quickly from one kind to the next. 1 is the textbook's.")
}

impl MixtureLatent {
    /// Reads the knobs `components` and `z_dim`; `None` for a single Gaussian.
    pub fn read(knobs: &Knobs, device: Device) -> Option<Self> {
        let (count, width) = (knobs.int("components") as i64, knobs.int("z_dim") as i64);
        (count > 1).then(|| Self::new(count, width, device))
    }

    /// `count` equally likely Gaussians in `width` dimensions around means that are themselves normal: mean 0, variance 1 on the whole.
    fn new(count: i64, width: i64, device: Device) -> Self {
        let means = Tensor::from_slice(&latent::normal(MEANS, (count * width) as usize)).view([count, width]);
        let means = means.to_device(device) * (1.0 - DEVIATION * DEVIATION).sqrt();
        Self { mixture: Mixture::round(&means, DEVIATION), means }
    }

    /// Draws `n` latents from torch's global generator, N×z.
    pub fn draw(&self, n: i64) -> Tensor {
        let which = Tensor::randint(self.means.size()[0], [n], (Kind::Int64, self.means.device()));
        let centre = self.means.index_select(0, &which);
        &centre + centre.randn_like() * DEVIATION
    }

    /// Maps standard normal rows, N×z, continuously to latents of the mixture; see [`Mixture::codes`].
    pub fn latents(&self, z: &Tensor) -> Tensor {
        self.mixture.codes(z)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How far each row is from the nearest mean, in deviations a dimension.
    fn apart(mixture: &MixtureLatent, rows: &Tensor) -> Tensor {
        let gaps = (rows.unsqueeze(1) - mixture.means.unsqueeze(0)).square().mean_dim(2, false, Kind::Float).sqrt();
        gaps.min_dim(1, false).0 / DEVIATION
    }

    fn mean(x: &Tensor) -> f64 {
        x.mean(Kind::Float).double_value(&[])
    }

    #[test]
    fn components_are_as_wide_as_they_say_and_together_about_standard() {
        crate::nn::seed_global(3);
        let mixture = MixtureLatent::new(60, 16, Device::Cpu);
        let drawn = mixture.draw(4000);
        assert_eq!(drawn.size(), [4000, 16]);
        // 60 means have a mean of their own: 0.87 / √60 on average.
        assert!(mean(&drawn).abs() < 0.1 && (mean(&drawn.square()) - 1.0).abs() < 0.1, "{drawn:?}");
        assert!((mean(&apart(&mixture, &drawn)) - 1.0).abs() < 0.06);
        let single = MixtureLatent::new(2, 5, Device::Cpu);
        let rows = single.draw(4000);
        let gaps = (rows.unsqueeze(1) - single.means.unsqueeze(0)).square().mean_dim(2, false, Kind::Float);
        let first = gaps.select(1, 0).lt_tensor(&gaps.select(1, 1)).to_kind(Kind::Float);
        assert!((mean(&first) - 0.5).abs() < 0.05, "both components are as likely");
    }

    #[test]
    fn sliders_lead_to_the_components_that_training_drew_from() {
        let mixture = MixtureLatent::new(50, 16, Device::Cpu);
        let z = Tensor::from_slice(&latent::normal(7, 800 * 16)).view([800, 16]);
        let led = mixture.latents(&z);
        let off = apart(&mixture, &led);
        assert!((mean(&off) - 1.0).abs() < 0.12, "{}", mean(&off));
        // Hardly anything lies in between; of plain normal numbers much does.
        let between = |off: &Tensor| mean(&off.gt(1.8).to_kind(Kind::Float));
        assert!(
            between(&off) < 0.03 && between(&apart(&mixture, &z)) > 0.3,
            "{} {}",
            between(&off),
            between(&apart(&mixture, &z))
        );
        assert!((&led - mixture.latents(&z)).abs().max().double_value(&[]) == 0.0, "the same sliders, the same latent");
    }

    #[test]
    fn one_component_is_the_textbooks_latent() {
        let mut knobs = Knobs::default();
        for (components, some) in [(1, false), (2, true)] {
            knobs.put("components", crate::spec::Value::Int(components));
            knobs.put("z_dim", crate::spec::Value::Int(4));
            assert_eq!(MixtureLatent::read(&knobs, Device::Cpu).is_some(), some);
        }
    }
}
