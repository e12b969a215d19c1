//! What every family that decodes differentiably promises: the pictures it plays, and a gradient that is the slope.

use super::{batch, shape, step, tiny};
use crate::{
    latent::Code,
    models::{FAMILIES, Family, Player, family},
    nn::{Device, Kind, Tensor, without_gradients},
};

/// A player of the family that has seen a few steps, and codes for it.
fn player(family: &Family, channels: usize) -> (Box<dyn Player>, Vec<Code>) {
    let shape = shape(32, channels);
    let mut knobs = tiny(family, &shape);
    knobs.put("precision", crate::spec::Value::Text("fp32".into()));
    crate::nn::seed_global(2);
    let mut model = (family.build)(&knobs, &shape, Device::Cpu).unwrap();
    for at in 0..3 {
        step(model.as_mut(), &batch(&shape), at);
    }
    let weights = model.weights(3).unwrap();
    let mut player = (family.player)(&knobs, &shape, Device::Cpu).unwrap();
    player.load_weights(&weights.raw, weights.discriminator.as_deref()).unwrap();
    let code = |seed: u64| Code {
        psi: 0.5 + 0.25 * seed as f32,
        classes: if (family.card)().can.labels { vec![(seed as u32, 1.0)] } else { Vec::new() },
        ..Code::from_seed(seed, player.z_dim())
    };
    let codes = (0..3).map(code).collect();
    (player, codes)
}

fn rows(codes: &[Code]) -> Tensor {
    let flat: Vec<f32> = codes.iter().flat_map(|code| code.z.clone()).collect();
    Tensor::from_slice(&flat).view([codes.len() as i64, -1])
}

fn decodes() -> impl Iterator<Item = &'static Family> {
    // A flow takes many passes, and its latent is the smaller part of its noise; what starts from pictures has no latent.
    FAMILIES.iter().filter(|family| !["flow", "pix2pix"].contains(&(family.card)().id.as_str()))
}

#[test]
fn dreams_are_the_pictures_that_are_played() {
    crate::nn::use_threads(1);
    for family in decodes() {
        for channels in [1, 3] {
            let (player, codes) = player(family, channels);
            let id = (family.card)().id;
            let decode_differentiably = player
                .decode_differentiably(&rows(&codes), &codes)
                .unwrap()
                .unwrap_or_else(|| panic!("{id} does not decode differentiably"));
            assert_eq!(decode_differentiably.pictures.size(), [3, channels as i64, 32, 32], "{id}");
            let (dreamt, shown) =
                (crate::nn::to_pictures(&decode_differentiably.pictures).unwrap(), player.play(&codes).unwrap());
            for (a, b) in dreamt.iter().zip(&shown) {
                assert!(a.rgb.iter().zip(b.rgb.iter()).all(|(a, b)| a.abs_diff(*b) <= 1), "{id}");
            }
            assert_eq!(decode_differentiably.logits.is_some(), (family.card)().can.discriminator, "{id}");
            assert!(decode_differentiably.logits.is_none_or(|logits| logits.size() == [3]), "{id}");
            assert!(
                player.decode_differentiably(&rows(&codes[..2]), &codes).is_err(),
                "{id}: two latents for three codes"
            );
        }
    }
}

#[test]
fn the_gradient_of_a_dream_is_its_slope() {
    crate::nn::use_threads(1);
    for family in decodes() {
        let (player, codes) = player(family, 1);
        let id = (family.card)().id;
        let weights = Tensor::from_slice(&latent_weights(32 * 32)).view([1, 1, 32, 32]);
        let of = |z: &Tensor| {
            let decode_differentiably = player.decode_differentiably(z, &codes).unwrap().unwrap();
            let judged =
                decode_differentiably.logits.map_or_else(|| Tensor::from(0f32), |logits| logits.sum(Kind::Float));
            (decode_differentiably.pictures * &weights).sum(Kind::Double) + judged.to_kind(Kind::Double) * 0.1
        };
        let z = rows(&codes).set_requires_grad(true);
        let slope = Tensor::run_backward(&[of(&z)], &[&z], false, false).remove(0);
        let _guard = without_gradients();
        let way = Tensor::from_slice(&crate::latent::normal(77, z.numel())).view_as(&z);
        let told = (&slope * &way).sum(Kind::Double).double_value(&[]);
        let ahead = |by: f64| of(&(z.detach() + &way * by)).double_value(&[]);
        // A kink of a rectifier may lie within one stride: the best of some.
        let off = [3e-2, 1e-2, 3e-3, 1e-3, 3e-4, 1e-4].map(|by| ((ahead(by) - ahead(-by)) / (2.0 * by) - told).abs());
        let best = off.into_iter().fold(f64::MAX, f64::min);
        assert!(best < 0.03 * told.abs() + 2e-4, "{id}: {told}, {off:?}");
        assert!(told != 0.0, "{id} moves");
    }
}

fn latent_weights(n: usize) -> Vec<f32> {
    crate::latent::normal(5, n).into_iter().map(|v| v / 32.0).collect()
}

#[test]
fn a_dream_within_a_border_is_what_is_played_there() {
    crate::nn::use_threads(1);
    let family = family("mlp-gan").unwrap();
    let data = shape(28, 3);
    let table = (family.knobs)(&data);
    let mut knobs = tiny(family, &data);
    for set in ["normalise=given", "norm_mean=#805030", "norm_std=#102030", "norm_reach=2"] {
        knobs.set(&table, set).unwrap();
    }
    crate::nn::seed_global(4);
    let model = (family.build)(&knobs, &data, Device::Cpu).unwrap();
    let mut player = (family.player)(&knobs, &data, Device::Cpu).unwrap();
    player.load_weights(&model.weights(0).unwrap().raw, None).unwrap();
    let codes: Vec<_> = (0..2).map(|seed| Code::from_seed(seed, player.z_dim())).collect();
    let decode_differentiably = player.decode_differentiably(&rows(&codes), &codes).unwrap().unwrap();
    let (dreamt, shown) =
        (crate::nn::to_pictures(&decode_differentiably.pictures).unwrap(), player.play(&codes).unwrap());
    assert!(dreamt.iter().zip(&shown).all(|(a, b)| a.rgb.iter().zip(b.rgb.iter()).all(|(a, b)| a.abs_diff(*b) <= 1)));
    assert!(shown[0].rgb.chunks_exact(3).all(|p| p[2] < p[0]), "the border colours it");
}
