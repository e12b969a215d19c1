//! Decoding of a small style GAN: truncation towards the mean style, mixing of two styles, noise of a seed.

use super::networks::Nets;
use crate::{
    latent::{self, Code},
    models::common::prelude::*,
    nn::{Device, Frozen, Mode, Numbers, Tensor},
    spec::{DataShape, Knob, Knobs},
};
use anyhow::Result;

/// The dials `mix_seed mix_from noise`.
pub fn dials() -> Vec<Knob> {
    vec![
        knobs::model("mix_seed", "Second style", int(0, 999, 0))
            .help("Seed of a second style to mix in; 0 mixes nothing.")
            .live(),
        knobs::model("mix_from", "Mix from layer", int(0, 10, 2))
            .help("The first layer that takes the second style. Low numbers bring its shape, high ones only its stroke and colour.")
            .live(),
        knobs::live("noise", "Noise", real(0.0, 1.0, 1.0))
            .help("How much of the learned noise is added in each layer: small details that no slider sets."),
    ]
}

/// The values of a code's dials.
struct Mix {
    seed: u64,
    from: usize,
    noise: f32,
}

impl Mix {
    fn of(code: &Code) -> Self {
        let mut set = Knobs::start(&dials());
        set.0.extend(code.dials.0.clone());
        Self { seed: set.int("mix_seed") as u64, from: set.int("mix_from"), noise: set.real("noise") as f32 }
    }
}

impl Networks for Nets {
    fn plan(knobs: &Knobs, _: &DataShape, _: Device) -> Result<(Self, Plans)> {
        Ok(Self::read(knobs))
    }
}

impl Nets {
    /// Styles of latents, interpolated towards their mean by ψ (N×1): 1 leaves them, 0 is the mean (the truncation trick).
    fn styles(&self, net: &Frozen, z: &Tensor, psi: &Tensor) -> Tensor {
        let mean = self.generator.mean(net);
        mean + (self.generator.map(net, z) - mean) * psi
    }

    /// One N×w style per layer: the code's own before `mix_from`, that of `mix_seed` from there on.
    fn styles_by_layer(&self, net: &Frozen, z: &Tensor, codes: &[Code], mixes: &[Mix]) -> Result<Vec<Tensor>> {
        let psi = rows::truncations(codes, net.device())?;
        let own = self.styles(net, z, &psi);
        let layers = self.generator.layers();
        if mixes.iter().all(|mix| mix.seed == 0) {
            return Ok(self.generator.alike(&own));
        }
        let (n, z_dim) = (codes.len() as i64, self.shape.z_dim);
        let other: Vec<f32> = mixes.iter().flat_map(|mix| latent::normal(mix.seed, z_dim as usize)).collect();
        let other = self.styles(net, &Tensor::from_slice(&other).view([n, z_dim]).to_device(net.device()), &psi);
        let by_layer = (0..layers).map(|layer| {
            let second: Vec<bool> = mixes.iter().map(|mix| mix.seed != 0 && layer >= mix.from).collect();
            let second = Tensor::from_slice(&second).view([-1, 1]).to_device(net.device());
            other.where_self(&second, &own)
        });
        Ok(by_layer.collect())
    }
}

/// Noise of each code's own seed, different in each layer: N×1×side×side; `None` where all noise dials are 0.
fn noise(codes: &[Code], mixes: &[Mix], layer: usize, side: i64, device: Device) -> Option<Tensor> {
    if mixes.iter().all(|mix| mix.noise == 0.0) {
        return None;
    }
    let one = |(code, mix): (&Code, &Mix)| {
        let numbers = latent::normal(latent::mix(&[code.noise_seed, layer as u64]), (side * side) as usize);
        numbers.into_iter().map(|v| v * mix.noise).collect::<Vec<_>>()
    };
    let all: Vec<f32> = codes.iter().zip(mixes).flat_map(one).collect();
    Some(Tensor::from_slice(&all).view([codes.len() as i64, 1, side, side]).to_device(device))
}

impl Decoder for Nets {
    type Loaded = Frozen;

    fn load(&self, source: &Source) -> Result<Frozen> {
        source.frozen()
    }

    fn decode(&self, net: &Frozen, z: &Tensor, codes: &[Code]) -> Result<Tensor> {
        let mixes: Vec<Mix> = codes.iter().map(Mix::of).collect();
        let styles = self.styles_by_layer(net, z, codes, &mixes)?;
        let noise = |layer: usize, side: i64| noise(codes, &mixes, layer, side, net.device());
        Ok(self.generator.forward(net, &styles, &noise))
    }

    fn logits(&self, net: &Frozen, pictures: &Tensor, _: Option<&[Code]>) -> Result<Tensor> {
        Ok(self.discriminator.forward(net, pictures, Mode::Infer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        models::{
            Player,
            common::testing::{NetPlayer, plain},
        },
        nn::{self, Kind, Network, Precision},
        spec::Value,
    };

    /// A player whose noise and mean style are not 0.
    fn player() -> NetPlayer<Nets> {
        let _guard = nn::without_gradients();
        nn::seed_global(11);
        let sizes = [("size", 28), ("channels", 1), ("z_dim", 6), ("width", 4), ("mapping", 2)];
        let mut knobs = Knobs(sizes.map(|(id, value)| (id.to_owned(), Value::Int(value))).into());
        knobs.put("precision", Value::Text("fp32".into()));
        let (nets, plans) = Nets::read(&knobs);
        let net = Network::new(plans.generator, Precision::Fp32, Device::Cpu).unwrap();
        let generator = &nets.generator;
        generator.note(&net, &(generator.map(&net, &Tensor::randn([64, 6], (Kind::Float, Device::Cpu))) * 100.0));
        let mut arrays = net.arrays(net.bank.master(), &net.noted()).unwrap();
        for (name, array) in &mut arrays {
            if name.ends_with("noise_strength") {
                array.data[0] = 0.3;
            }
        }
        let mut player = NetPlayer::new(&knobs, &plain(2, 28, 1), Device::Cpu).unwrap();
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
    fn apart(player: &NetPlayer<Nets>, a: &Code, b: &Code) -> u8 {
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
