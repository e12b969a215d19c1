//! What a DCGAN promises in each of its shapes: it builds, steps, resumes, plays; and the default is the textbook's step, no more.

use super::*;
use crate::{
    latent,
    models::{
        Model,
        common::testing::{Trainer, batch, build, saved, set, shape, step},
    },
    nn::{Kind, Optimiser, losses},
    spec::Value,
};

/// Tiny networks with these settings.
fn knobs(shape: &DataShape, assignments: &[&str]) -> Knobs {
    set(&knobs::table(shape), &[&["width=4", "z_dim=8", "batch=8", "precision=fp32"], assignments].concat())
}

/// Each option at least once, beside every loss.
const SETTINGS: &[&[&str]] = &[
    &["loss=minimax", "r1=0.1", "diffaugment=translation"],
    &["loss=least-squares", "instance_noise=0.2", "upsampling=resize"],
    &["loss=hinge", "spectral_norm=on", "diffaugment=all", "r1=1"],
    &["loss=wasserstein", "gradient_penalty=10", "d_per_g=2", "optimiser=rmsprop"],
    &["loss=wasserstein", "gradient_penalty=10", "spectral_norm=on", "blocks=residual", "attention=8"],
    &["blocks=residual", "r1=0.1", "optimiser_d=sgd", "clip=1", "warmup=3"],
    &["blocks=residual", "upsampling=resize", "gradient_penalty=1", "diffaugment=colour,translation"],
    &["attention=16", "smoothing=0.1", "r1=0.1"],
    &["components=3"],
];

#[test]
fn every_shape_steps_plays_and_goes_on_bit_for_bit() {
    nn::use_threads(1);
    for (i, set) in SETTINGS.iter().enumerate() {
        for precision in ["fp32", "bf16"] {
            let shape = shape([28, 32][i % 2], 1 + 2 * (i / 2 % 2));
            let mut knobs = knobs(&shape, set);
            knobs.put("precision", Value::Text(precision.into()));
            let fresh = || build::<Dcgan>(&knobs, &shape);
            let batch = batch(&shape);
            let steps = |model: &mut Trainer<Dcgan>, from: u64| {
                for at in from..from + 2 {
                    let scalars = step(model, &batch, at);
                    assert!(scalars.iter().all(|s| s.1.is_finite()), "{set:?} {precision}: {scalars:?}");
                }
            };
            nn::seed_global(3);
            let mut straight = fresh();
            // Step 16 is one with R1.
            steps(&mut straight, 16);
            let middle = saved(&straight);
            steps(&mut straight, 18);
            nn::seed_global(4);
            let mut resumed = fresh();
            resumed.load(&middle).unwrap();
            assert!(saved(&resumed) == middle, "{set:?} {precision}");
            steps(&mut resumed, 18);
            assert!(saved(&straight) == saved(&resumed), "{set:?} {precision}");
            assert!(middle.files["generator"] != saved(&straight).files["generator"], "{set:?}: it learns");

            let at = StepInfo { step: 20, horizon: 100 };
            let tested = straight.test(&batch, &at).unwrap();
            assert!(tested.iter().all(|s| s.1.is_finite() && s.0.starts_with("test_")), "{tested:?}");
            let weights = straight.weights(20).unwrap();
            let mut player = (FAMILY.player)(&knobs, &shape, Device::Cpu).unwrap();
            assert!(player.play(&[Code::from_seed(1, 8)]).is_err(), "no weights yet");
            player.load_weights(&weights.raw, weights.discriminator.as_deref()).unwrap();
            let pictures = player.play(&[Code::from_seed(1, 8), Code::from_seed(2, 8)]).unwrap();
            // What is played is what the trainer would generate, give or take what bf16 rounds.
            let z: Vec<f32> = [1, 2].into_iter().flat_map(|seed| latent::normal(seed, 8)).collect();
            let z = Tensor::from_slice(&z).view([2, 8]);
            let led = straight.learner.mixed(&z);
            assert_eq!(led != z, set.contains(&"components=3"));
            let wanted = straight.learner.generator.forward(&straight.parts.generator.net, &led, Mode::Infer);
            let wanted = nn::to_pictures(&wanted.detach()).unwrap();
            let near = if precision == "fp32" { 1 } else { 6 };
            for (a, b) in pictures.iter().zip(&wanted) {
                assert!(a.rgb.iter().zip(b.rgb.iter()).all(|(a, b)| a.abs_diff(*b) <= near), "{set:?} {precision}");
            }
            let judged = player.judge(&pictures).unwrap().unwrap();
            assert!(judged.len() == 2 && judged.iter().all(|p| (0.0..=1.0).contains(p)));
            let ranks = player.rank(&[], &pictures).unwrap().unwrap();
            let chances: Vec<f32> =
                Vec::try_from(probability(straight.learner.live.game.loss, &Tensor::from_slice(&ranks))).unwrap();
            assert_eq!(chances, judged, "ranks are the logits behind the chances");
            assert!(player.load_weights(&weights.raw, Some(&weights.raw)).is_err(), "another network's numbers");
            player.load_weights(&weights.ema, None).unwrap();
            assert!(player.judge(&pictures).unwrap().is_none());
        }
    }
}

/// The default's step written out by hand, with the same networks: the same numbers, and nothing more is drawn.
#[test]
fn the_plain_step_is_the_textbooks_and_no_more() {
    nn::use_threads(1);
    let shape = shape(28, 1);
    let knobs = knobs(&shape, &[]);
    nn::seed_global(7);
    let mut model = build::<Dcgan>(&knobs, &shape);
    nn::seed_global(7);
    let mut by_hand = build::<Dcgan>(&knobs, &shape);
    let Dcgan { generator, discriminator, .. } = &by_hand.learner;
    assert!(matches!((generator, discriminator), (Either::Textbook(_), Either::Textbook(_))));
    let AdversarialPair { generator: g, discriminator: d } = &mut by_hand.parts;
    let batch = batch(&shape);
    nn::seed_global(8);
    let scalars = model.step(&batch, &StepInfo { step: 0, horizon: 100 }).unwrap();
    assert_eq!(
        scalars.iter().map(|s| s.0).collect::<Vec<_>>(),
        ["loss_d", "d_real", "d_fake", "grad_d", "loss_g", "grad_g"]
    );
    let next = Tensor::randn([4], (Kind::Float, Device::Cpu));

    nn::seed_global(8);
    let real = batch.tensor(Kind::Float, Device::Cpu).unwrap();
    let fake = generator.forward(&g.net, &Tensor::randn([8, 8], (Kind::Float, Device::Cpu)), Mode::Train);
    assert!(next == Tensor::randn([4], (Kind::Float, Device::Cpu)), "only the latents are drawn");
    let on_real = discriminator.forward(&d.net, &real, Mode::Train);
    let on_fake = discriminator.forward(&d.net, &fake.detach(), Mode::Train);
    let loss = losses::bce(&on_real, 1.0) + losses::bce(&on_fake, 0.0);
    let gradient = d.net.bank.gradient(&loss).unwrap();
    let _ = Optimiser::new(&d.net.bank, d.tuning.rule, d.tuning.lr).step(&mut d.net.bank, &gradient);
    let loss = losses::bce(&discriminator.forward(&d.net, &fake, Mode::Judge), 1.0);
    let gradient = g.net.bank.gradient(&loss).unwrap();
    let _ = Optimiser::new(&g.net.bank, g.tuning.rule, g.tuning.lr).step(&mut g.net.bank, &gradient);
    let (a, b) = (model.weights(1).unwrap(), by_hand.weights(1).unwrap());
    assert!(a.raw == b.raw && a.discriminator == b.discriminator);
}

#[test]
fn instance_noise_fades_and_penalties_come_when_they_are_due() {
    nn::use_threads(1);
    let shape = shape(28, 1);
    let batch = batch(&shape);
    let noisy = Live::read(&knobs(&shape, &["instance_noise=0.4"]));
    for (at, wanted) in [(0, 0.4), (50, 0.2), (100, 0.0), (700, 0.0)] {
        let view = noisy.view(8, Device::Cpu, &StepInfo { step: at, horizon: 100 });
        assert!((view.noise - wanted).abs() < 1e-12);
        let flat = Tensor::zeros([8, 1, 28, 28], (Kind::Float, Device::Cpu));
        let spread = f64::try_from(view.of(&flat).std(true)).unwrap();
        assert!((spread - wanted).abs() < 0.02, "{spread}");
    }
    let mut model = build::<Dcgan>(&knobs(&shape, &["r1=0.1", "gradient_penalty=10"]), &shape);
    for (at, r1) in [(0, true), (1, false), (15, false), (16, true)] {
        let scalars = step(&mut model, &batch, at);
        let has = |name: &str| scalars.iter().any(|s| s.0 == name);
        assert!(has("penalty_gradient") && has("penalty_r1") == r1, "{at}: {scalars:?}");
    }
    // A live knob switches it off at once.
    model.set_live(&knobs(&shape, &["gradient_penalty=10"])).unwrap();
    assert!(step(&mut model, &batch, 32).iter().all(|s| s.0 != "penalty_r1"));
}
