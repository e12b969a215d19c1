//! Plays a small style GAN: truncation towards the mean style, mixing of two styles, noise of a seed.

use super::{
    Decoded, Player, adversarial_pair,
    progan_nets::Shape,
    rows,
    style::dials,
    style_nets::{Discriminator, Generator},
};
use crate::{
    latent::{self, Code},
    nn::{self, Device, Frozen, Kind, Mode, Normalisation, Plan, Precision, Tensor},
    picture::Picture,
    spec::Knobs,
    weights::Arrays,
};
use anyhow::{Context, Result};

/// Generator and, once taken, discriminator.
pub struct StylePlayer {
    shape: Shape,
    precision: Precision,
    device: Device,
    normalisation: Normalisation,
    generator: (Plan, Generator),
    discriminator: (Plan, Discriminator),
    draws: Option<Frozen>,
    judges: Option<Frozen>,
    start: Knobs,
}

/// What a code's dials say.
struct Mix {
    seed: u64,
    from: usize,
    noise: f32,
}

impl StylePlayer {
    /// A player without weights.
    pub fn new(shape: Shape, depth: usize, normalisation: Normalisation, precision: Precision, device: Device) -> Self {
        let (generator, discriminator) = (Generator::new(shape, depth), Discriminator::new(shape));
        let start = Knobs::start(&dials());
        Self { shape, precision, device, normalisation, generator, discriminator, draws: None, judges: None, start }
    }

    fn mix(&self, code: &Code) -> Mix {
        let of = |id: &str| if code.dials.get(id).is_some() { &code.dials } else { &self.start };
        Mix {
            seed: of("mix_seed").int("mix_seed") as u64,
            from: of("mix_from").int("mix_from"),
            noise: of("noise").real("noise") as f32,
        }
    }

    /// Styles of latents, pulled to their mean by ψ (N×1): 1 leaves them, 0 is the mean.
    fn styles(&self, net: &Frozen, z: &Tensor, psi: &Tensor) -> Tensor {
        let mean = self.generator.1.mean(net);
        mean + (self.generator.1.map(net, z) - mean) * psi
    }

    /// One N×w style a layer: the code's own up to `mix_from`, that of `mix_seed` from there on.
    fn styles_by_layer(&self, net: &Frozen, z: &Tensor, codes: &[Code], mixes: &[Mix]) -> Vec<Tensor> {
        let psi: Vec<f32> = codes.iter().map(|code| code.psi).collect();
        let psi = Tensor::from_slice(&psi).view([-1, 1]).to_device(self.device);
        let own = self.styles(net, z, &psi);
        let layers = self.generator.1.layers();
        if mixes.iter().all(|mix| mix.seed == 0) {
            return self.generator.1.alike(&own);
        }
        let (n, z_dim) = (codes.len() as i64, self.shape.z_dim);
        let other: Vec<f32> = mixes.iter().flat_map(|mix| latent::normal(mix.seed, z_dim as usize)).collect();
        let other = self.styles(net, &Tensor::from_slice(&other).view([n, z_dim]).to_device(self.device), &psi);
        let by_layer = (0..layers).map(|layer| {
            let second: Vec<bool> = mixes.iter().map(|mix| mix.seed != 0 && layer >= mix.from).collect();
            let second = Tensor::from_slice(&second).view([-1, 1]).to_device(self.device);
            other.where_self(&second, &own)
        });
        by_layer.collect()
    }

    /// Noise of each code's own seed, different in each layer: N×1×side×side; none where nobody wants any.
    fn noise(&self, codes: &[Code], mixes: &[Mix], layer: usize, side: i64) -> Option<Tensor> {
        if mixes.iter().all(|mix| mix.noise == 0.0) {
            return None;
        }
        let one = |(code, mix): (&Code, &Mix)| {
            let numbers = latent::normal(latent::mix(&[code.noise_seed, layer as u64]), (side * side) as usize);
            numbers.into_iter().map(|v| v * mix.noise).collect::<Vec<_>>()
        };
        let all: Vec<f32> = codes.iter().zip(mixes).flat_map(one).collect();
        Some(Tensor::from_slice(&all).view([codes.len() as i64, 1, side, side]).to_device(self.device))
    }

    /// N×z latents → N×C×S×S pictures.
    fn draw(&self, z: &Tensor, codes: &[Code]) -> Result<Tensor> {
        let net = self.draws.as_ref().context("There are no weights to play yet.")?;
        let mixes: Vec<Mix> = codes.iter().map(|code| self.mix(code)).collect();
        let styles = self.styles_by_layer(net, z, codes, &mixes);
        let noise = |layer: usize, side: i64| self.noise(codes, &mixes, layer, side);
        Ok(self.generator.1.forward(net, &styles, &noise))
    }

    /// The discriminator's logits of pictures, where there is one.
    fn verdict(&self, pictures: &[Picture]) -> Result<Option<Tensor>> {
        let Some(net) = &self.judges else { return Ok(None) };
        if pictures.is_empty() {
            return Ok(Some(Tensor::zeros([0], (Kind::Float, self.device))));
        }
        let x = self.normalisation.from_pictures(
            pictures,
            self.shape.size,
            self.shape.channels as usize,
            Kind::Float,
            self.device,
        )?;
        Ok(Some(self.discriminator.1.forward(net, &x, Mode::Infer)))
    }
}

impl Player for StylePlayer {
    fn z_dim(&self) -> usize {
        self.shape.z_dim as usize
    }

    fn load_weights(&mut self, generator: &Arrays, discriminator: Option<&Arrays>) -> Result<()> {
        let read = |plan: &Plan, arrays: &Arrays| Frozen::read(plan, arrays, self.precision, self.device);
        let draws = read(&self.generator.0, generator)?;
        self.judges = discriminator.map(|arrays| read(&self.discriminator.0, arrays)).transpose()?;
        self.draws = Some(draws);
        Ok(())
    }

    fn play(&self, codes: &[Code]) -> Result<Vec<Picture>> {
        if codes.is_empty() {
            return Ok(Vec::new());
        }
        let _guard = nn::without_gradients();
        self.normalisation
            .to_pictures(&self.draw(&adversarial_pair::latents(codes, self.shape.z_dim, self.device)?, codes)?)
    }

    fn decode_differentiably(&self, z: &Tensor, codes: &[Code]) -> Result<Option<Decoded>> {
        rows::matched(z, codes, self.shape.z_dim)?;
        let pictures = self.draw(&z.f_to_device(self.device)?, codes)?;
        let judge = |net| self.discriminator.1.forward(net, &pictures, Mode::Infer);
        let logits = self.judges.as_ref().map(|net| judge(net));
        Ok(Some(Decoded { logits, pictures: self.normalisation.to_brightness(pictures) }))
    }

    fn judge(&self, pictures: &[Picture]) -> Result<Option<Vec<f32>>> {
        let _guard = nn::without_gradients();
        rows::numbers(self.verdict(pictures)?.map(|logits| logits.sigmoid()))
    }

    fn rank(&self, _codes: &[Code], pictures: &[Picture]) -> Result<Option<Vec<f32>>> {
        let _guard = nn::without_gradients();
        rows::numbers(self.verdict(pictures)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{nn::Network, spec::Value};

    const SHAPE: Shape = Shape { size: 28, channels: 1, z_dim: 6, width: 4 };

    /// A player whose noise and mean style are not 0.
    fn player() -> StylePlayer {
        let _guard = nn::without_gradients();
        nn::seed_global(11);
        let (plan, generator) = Generator::new(SHAPE, 2);
        let net = Network::new(plan, Precision::Fp32, Device::Cpu).unwrap();
        generator.note(&net, &(generator.map(&net, &Tensor::randn([64, 6], (Kind::Float, Device::Cpu))) * 100.0));
        let mut arrays = net.arrays(net.bank.master(), &net.noted()).unwrap();
        for (name, array) in &mut arrays {
            if name.ends_with("noise_strength") {
                array.data[0] = 0.3;
            }
        }
        let mut player = StylePlayer::new(SHAPE, 2, Normalisation::default(), Precision::Fp32, Device::Cpu);
        player.load_weights(&arrays, None).unwrap();
        player
    }

    fn code(seed: u64, dials: &[(&str, Value)]) -> Code {
        let mut code = Code { noise_seed: 5, ..Code::from_seed(seed, 6) };
        for (id, value) in dials {
            code.dials.put(id, value.clone());
        }
        code
    }

    /// The largest difference of two codes' pictures, in levels.
    fn apart(player: &StylePlayer, a: &Code, b: &Code) -> u8 {
        let pictures = player.play(&[a.clone(), b.clone()]).unwrap();
        let both = pictures[0].rgb.iter().zip(pictures[1].rgb.iter());
        both.map(|(a, b)| a.abs_diff(*b)).max().unwrap()
    }

    #[test]
    fn no_truncation_is_left_at_psi_1_and_psi_0_is_one_picture_for_all() {
        let player = player();
        let at = |seed, psi| Code { psi, ..code(seed, &[]) };
        assert!(apart(&player, &at(1, 0.0), &at(2, 0.0)) <= 1);
        assert!(apart(&player, &at(1, 1.0), &at(2, 1.0)) > 10);
        assert!(apart(&player, &at(1, 1.0), &at(1, 0.0)) > apart(&player, &at(1, 0.3), &at(1, 0.0)));
    }

    #[test]
    fn mixing_from_layer_0_is_the_other_style_and_from_the_end_is_none() {
        let player = player();
        let mixed = |from| code(1, &[("mix_seed", Value::Int(7)), ("mix_from", Value::Int(from))]);
        let (own, other) = (code(1, &[]), code(7, &[]));
        assert!(apart(&player, &mixed(0), &other) <= 1);
        assert!(apart(&player, &mixed(5), &own) <= 1, "28 pixels have layers 0 to 4");
        assert!(apart(&player, &mixed(2), &own) > 3 && apart(&player, &mixed(2), &other) > 3);
    }

    #[test]
    fn noise_follows_its_seed_and_its_dial() {
        let player = player();
        let with = |noise_seed, noise| Code { noise_seed, ..code(1, &[("noise", Value::Real(noise))]) };
        assert!(apart(&player, &with(1, 1.0), &with(2, 1.0)) > 3);
        assert!(apart(&player, &with(1, 0.0), &with(2, 0.0)) <= 1);
        assert!(apart(&player, &with(5, 1.0), &code(1, &[])) <= 1, "it starts at 1");
    }
}
