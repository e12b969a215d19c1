//! The network and the likelihoods of variational autoencoders (Kingma & Welling 2014), with classes or without.

use crate::{
    models::{
        autoencoder::{
            conv_layers::{self, ConvDecoder, ConvEncoder, ConvShape},
            elbo::{Posterior, Terms},
        },
        common::mixture::FittedMixture,
    },
    nn::{self, Kind, Linear, Numbers, Plan, Tensor, losses},
    spec::Knobs,
};

/// Decay of the running KL per batch.
const DECAY: f64 = 0.99;
/// Bounds of the posterior's log variance, beyond which its exponential is numerically useless.
const LOG_VAR: (f64, f64) = (-20.0, 10.0);

/// The distribution of pixels given the decoder's logits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Likelihood {
    /// Each grey level is the probability of a white pixel.
    Bernoulli,
    /// Each grey level is normal around the decoded one with this standard deviation, black to white being 1.
    Gaussian(f64),
}

impl Likelihood {
    /// Reads `likelihood` and `sigma`.
    pub fn read(knobs: &Knobs) -> Self {
        match knobs.text("likelihood") {
            "gaussian" => Self::Gaussian(knobs.real("sigma").max(1e-3)),
            _ => Self::Bernoulli,
        }
    }

    /// −log p(x|z) of each picture in nats, summed over all its pixels and colours: N numbers. The Gaussian's
    /// normalising constant is left out.
    pub fn each(self, logits: &Tensor, x: &Tensor) -> Tensor {
        let levels = conv_layers::levels(x);
        let pixels = match self {
            Self::Bernoulli => losses::bce_each(logits, &levels),
            Self::Gaussian(sigma) => (logits.sigmoid() - levels).square() * (0.5 / (sigma * sigma)),
        };
        pixels.sum_dim_intlist([1i64, 2, 3].as_slice(), false, Kind::Float)
    }
}

/// Encoder, posterior and decoder as handles into one plan.
#[derive(Clone, Debug)]
pub struct Net {
    /// The encoder, up to its features.
    pub encoder: ConvEncoder,
    mean: Linear,
    log_var: Linear,
    decoder: ConvDecoder,
    kl: usize,
    kl_weight: usize,
    /// The distribution of the training pictures' codes, for models without classes.
    pub codes: Option<FittedMixture>,
}

impl Net {
    /// Plans `encoder.…`, `encoder.mean`, `encoder.log_var`, `decoder.…`, the running KL per dimension in `kl.sum` and `kl.weight`, and
    /// without classes `codes.…`.
    pub fn plan(shape: &ConvShape) -> (Plan, Self) {
        let mut plan = Plan::default();
        let encoder = ConvEncoder::new(&mut plan, shape);
        let mean = Linear::new(&mut plan, "encoder.mean", shape.hidden, shape.z_dim);
        let log_var = Linear::new(&mut plan, "encoder.log_var", shape.hidden, shape.z_dim);
        let decoder = ConvDecoder::new(&mut plan, shape);
        let kl = plan.buffer("kl.sum", &[shape.z_dim], 0.0);
        let kl_weight = plan.buffer("kl.weight", &[1], 0.0);
        let codes = (shape.classes == 0).then(|| FittedMixture::new(&mut plan, "codes", shape.z_dim));
        (plan, Self { encoder, mean, log_var, decoder, kl, kl_weight, codes })
    }

    /// The posterior of pictures given their features and, for conditional models, N×classes rows.
    pub fn posterior(&self, numbers: &dyn Numbers, features: &Tensor, classes: Option<&Tensor>) -> Posterior {
        let dense = self.encoder.dense(numbers, features, classes);
        let head = |layer: &Linear| layer.forward(numbers, &dense).to_kind(Kind::Float);
        Posterior { mean: head(&self.mean), log_var: head(&self.log_var).clamp(LOG_VAR.0, LOG_VAR.1) }
    }

    /// Decodes N×z codes and, for conditional models, N×classes rows to N×C×S×S logits, 32-bit.
    pub fn decode(&self, numbers: &dyn Numbers, z: &Tensor, classes: Option<&Tensor>) -> Tensor {
        self.decoder.forward(numbers, z, classes)
    }

    /// The terms of pictures in [−1, 1] for N×z standard normal noise.
    pub fn terms(
        &self,
        numbers: &dyn Numbers,
        x: &Tensor,
        classes: Option<&Tensor>,
        noise: &Tensor,
        likelihood: Likelihood,
    ) -> Terms {
        let posterior = self.posterior(numbers, &self.encoder.features(numbers, x), classes);
        let logits = self.decode(numbers, &posterior.sample(noise), classes);
        Terms {
            reconstruction: likelihood.each(&logits, x).mean(Kind::Float),
            kl_each: posterior.kl_each().mean_dim(0, false, Kind::Float),
            codes: posterior.mean,
        }
    }

    /// Updates the running KL with a batch's KL per dimension.
    pub fn note(&self, numbers: &dyn Numbers, kl_each: &Tensor) {
        let _guard = nn::without_gradients();
        // A weighted sum and the sum of weights, both begun at 0: their ratio is right for averaged networks and from the first batch on.
        let _ = numbers.buffer(self.kl).shallow_clone().lerp_(&kl_each.detach(), 1.0 - DECAY);
        let one = kl_each.detach().new_ones([1], (Kind::Float, kl_each.device()));
        let _ = numbers.buffer(self.kl_weight).shallow_clone().lerp_(&one, 1.0 - DECAY);
    }

    /// The running KL per dimension in nats; 0 before the first update.
    pub fn noted(&self, numbers: &dyn Numbers) -> Tensor {
        numbers.buffer(self.kl) / numbers.buffer(self.kl_weight).clamp_min(f64::from(f32::MIN_POSITIVE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        nn::{Device, Frozen, Precision},
        picture::Pixels,
        weights::Arrays,
    };

    /// The numbers that `tests/references/vae_elbo.py` prints.
    const REFERENCE: &str = include_str!("../../../../tests/references/vae_elbo.txt");

    fn reference(case: &str) -> Vec<f64> {
        let line = REFERENCE.lines().find(|l| l.split_whitespace().next() == Some(case)).unwrap();
        line.split_whitespace().skip(1).map(|n| n.parse().unwrap()).collect()
    }

    /// The weights of the script: a sine of its own for each tensor, by the order of names.
    fn weights(plan: Plan) -> Arrays {
        let net = nn::Network::new(plan, Precision::Fp32, Device::Cpu).unwrap();
        let mut arrays = net.arrays(net.bank.master(), &net.noted()).unwrap();
        let learned = arrays.iter_mut().filter(|(name, _)| !name.starts_with("kl.") && !name.starts_with("codes."));
        for (place, (_, array)) in learned.enumerate() {
            for (i, v) in array.data.iter_mut().enumerate() {
                *v = (0.5 * (0.7 * i as f64 + place as f64).sin()) as f32;
            }
        }
        arrays
    }

    #[test]
    fn the_bound_is_that_of_a_plain_calculation() {
        let cases = [
            ("bernoulli28", 28, 1, 0, Likelihood::Bernoulli),
            ("gaussian32", 32, 3, 0, Likelihood::Gaussian(0.25)),
            ("classes28", 28, 1, 3, Likelihood::Bernoulli),
        ];
        for (name, size, channels, classes, likelihood) in cases {
            let shape = ConvShape { size, channels, z_dim: 3, width: 4, hidden: 8, classes };
            let (plan, net) = Net::plan(&shape);
            let frozen = Frozen::read(&plan, &weights(plan.clone()), Precision::Fp32, Device::Cpu).unwrap();
            let count = 2 * size * size * channels as usize;
            let bytes = (0..count).map(|i| ((i * 37 + 11) % 256) as u8).collect();
            let pixels = Pixels { count: 2, size, channels: channels as usize, bytes };
            let x = nn::from_pixels(&pixels, Kind::Float, Device::Cpu).unwrap();
            let noise: Vec<f32> = (0..6).map(|i| (1.3 * f64::from(i)).cos() as f32).collect();
            let noise = Tensor::from_slice(&noise).view([2, 3]);
            let rows = (classes > 0).then(|| nn::one_hot(&[2, 0], classes as usize, Device::Cpu));
            let terms = net.terms(&frozen, &x, rows.as_ref(), &noise, likelihood);
            let mut got = vec![f64::try_from(&terms.reconstruction).unwrap()];
            got.extend(Vec::<f64>::try_from(terms.kl_each.to_kind(Kind::Double)).unwrap());
            let wanted = reference(name);
            assert_eq!(got.len(), wanted.len());
            for (got, wanted) in got.iter().zip(&wanted) {
                assert!((got - wanted).abs() < 1e-4 * wanted.abs().max(0.1), "{name}: {got}, not {wanted}");
            }
        }
    }

    #[test]
    fn likelihoods_are_sums_over_the_picture() {
        let logits = Tensor::zeros([2, 1, 1, 2], (Kind::Float, Device::Cpu));
        let x = Tensor::from_slice(&[-1.0f32, 1.0, 0.0, 1.0]).view([2, 1, 1, 2]);
        let flat = |l: Likelihood| Vec::<f64>::try_from(l.each(&logits, &x).to_kind(Kind::Double)).unwrap();
        // σ(0) = ½: two pixels of ln 2 each; and (½² + ½²) / (2·½²), (0 + ½²) / (2·½²).
        assert!(flat(Likelihood::Bernoulli).iter().all(|v| (v - 2.0 * 2f64.ln()).abs() < 1e-6));
        let gaussian = flat(Likelihood::Gaussian(0.5));
        assert!((gaussian[0] - 1.0).abs() < 1e-6 && (gaussian[1] - 0.5).abs() < 1e-6);
    }

    #[test]
    fn the_running_kl_is_a_weighted_mean() {
        let shape = ConvShape { size: 28, channels: 1, z_dim: 2, width: 4, hidden: 8, classes: 0 };
        let (plan, net) = Net::plan(&shape);
        let numbers = nn::Network::new(plan, Precision::Fp32, Device::Cpu).unwrap();
        let noted = || Vec::<f32>::try_from(net.noted(&numbers)).unwrap();
        assert_eq!(noted(), [0.0, 0.0]);
        net.note(&numbers, &Tensor::from_slice(&[3.0f32, 1.0]));
        assert!(noted().iter().zip([3.0, 1.0]).all(|(a, b)| (a - b).abs() < 1e-5), "the first counts in full");
        net.note(&numbers, &Tensor::from_slice(&[0.0f32, 1.0]));
        // Weights 0.99 and 1.
        assert!(noted().iter().zip([3.0 * 0.99 / 1.99, 1.0]).all(|(a, b)| (a - b).abs() < 1e-5));
    }
}
