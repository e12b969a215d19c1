//! Tests of the fully connected variational autoencoder.

use super::*;
use crate::{
    models::{
        Model, Player,
        common::testing::{NetPlayer, batch_of, build, plain, set},
    },
    nn::{Network, Precision},
};

/// What `tests/references/mlp_vae.py` calculated in 64-bit on the weights and pictures of [`wave`].
const REFERENCE: &str = include_str!("../../../../tests/references/mlp_vae.json");

/// The reference script's numbers: scale·sin(0.7·(seed + 1) + (0.37 + 0.113·seed)·i).
fn wave(seed: usize, shape: &[i64], scale: f64) -> Tensor {
    let count = shape.iter().product::<i64>();
    let (begin, pace) = (0.7 * (seed as f64 + 1.0), 0.37 + 0.113 * seed as f64);
    let values: Vec<f64> = (0..count).map(|i| scale * (begin + pace * i as f64).sin()).collect();
    Tensor::from_slice(&values).to_kind(Kind::Float).view(shape)
}

#[test]
fn kl_and_elbo_are_those_of_the_reference() {
    let (nets, plan) = MlpVae::sized(Frame { size: 28, channels: 1 }, 12, 5, false);
    let mut net = Network::new(plan, Precision::Fp32, Device::Cpu).unwrap();
    let mut arrays = net.arrays(net.bank.master(), &net.noted()).unwrap();
    let names = ["fc1", "fc21", "fc22", "fc3", "fc4"];
    for (i, name) in names.iter().enumerate() {
        for (part, offset, scale) in [("weight", 0, 0.3), ("bias", 10, 0.2)] {
            let array = arrays.get_mut(&format!("{name}.{part}")).unwrap();
            let shape: Vec<i64> = array.shape.iter().map(|&n| n as i64).collect();
            *array = nn::to_array(&wave(i + offset, &shape, scale)).unwrap();
        }
    }
    let (parameters, noted) = net.read(&arrays).unwrap();
    net.take(&parameters, &noted);
    let rows = wave(20, &[3, 784], 0.5) + 0.5;
    let terms = nets.terms(&net, &rows, &wave(30, &[3, 5], 1.0));
    let reference: serde_json::Value = serde_json::from_str(REFERENCE).unwrap();
    let near = |got: &Tensor, wanted: &serde_json::Value, what: &str| {
        let (got, wanted) = (f64::try_from(got).unwrap(), wanted.as_f64().unwrap());
        assert!((got - wanted).abs() < 1e-5 * wanted.abs().max(1.0), "{what}: {got} where {wanted} is right");
    };
    near(&terms.reconstruction, &reference["reconstruction"], "reconstruction");
    near(&loss(&terms).0, &reference["negative_elbo"], "negative ELBO");
    for i in 0..5 {
        near(&terms.kl_each.get(i), &reference["kl"][i as usize], "KL");
    }
}

fn grey() -> (DataShape, Knobs, Batch) {
    let shape = plain(8, 28, 1);
    let knobs = set(&family_knobs(&shape), &["hidden=16", "z_dim=4", "precision=fp32"]);
    (shape, knobs, batch_of(8, 28, 1, |i, p| ((p * (i + 3)) % 256) as u8))
}

#[test]
fn held_out_pictures_are_measured_with_the_same_draws_each_time() {
    let (shape, knobs, batch) = grey();
    let model = build::<MlpVae>(&knobs, &shape);
    let at = StepInfo { step: 0, horizon: 1 };
    let first = model.test(&batch, &at).unwrap();
    let _ = Tensor::randn([3], (Kind::Float, Device::Cpu));
    assert_eq!(first, model.test(&batch, &StepInfo { step: 9, ..at }).unwrap());
    assert_eq!(first[0].0, "test_loss");
    // Fresh weights know nothing: about ln 2 a pixel.
    assert!((first[0].1 - 784.0 * 2f32.ln()).abs() < 30.0, "{first:?}");
}

#[test]
fn the_loss_is_reconstruction_and_kl_and_importance_follows_the_kl() {
    let (shape, knobs, batch) = grey();
    let mut model = build::<MlpVae>(&knobs, &shape);
    let scalars = model.step(&batch, &StepInfo { step: 0, horizon: 1 }).unwrap();
    let names: Vec<_> = scalars.iter().map(|s| s.0).collect();
    assert_eq!(names, ["loss", "reconstruction", "kl", "active_units", "grad"]);
    assert!((scalars[0].1 - scalars[1].1 - scalars[2].1).abs() < 1e-2);
    let mut player = NetPlayer::<MlpVae>::new(&knobs, &shape, Device::Cpu).unwrap();
    player.load_weights(&model.weights(1).unwrap().raw, None).unwrap();
    let importance = player.importance().unwrap();
    let noted = importance.iter().sum::<f32>();
    assert!((noted - KL_PACE as f32 * scalars[2].1).abs() < 1e-5, "{noted}");
}
