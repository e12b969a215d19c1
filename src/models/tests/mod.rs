//! What every family promises, by a loop over the table: it builds, steps, learns, saves, plays.

mod decode;
mod doctor;

use super::{
    FAMILIES, Family, Model, Player, StepInfo,
    common::{
        negative_elbo,
        testing::{batch, pixels, saved, shape, step, tiny},
    },
};
use crate::{
    latent::{Code, mix},
    nn::{
        Device,
        bars::{self, Bar, Judge},
    },
    picture::Picture,
    spec::{DataShape, Knobs},
    weights::Checkpoint,
};
use std::collections::BTreeMap;

/// Codes of a family's kind: of classes in turn where it knows classes, with an input where it takes one.
fn codes(family: &Family, model: &dyn Model, player: &dyn Player, shape: &DataShape, count: u64) -> Vec<Code> {
    let (can, examples) = ((family.card)().can, model.examples(&batch(shape)).unwrap());
    assert_eq!(examples.is_some(), can.inputs, "the card keeps its promise");
    let inputs = examples.map(|[inputs, _]| inputs).unwrap_or_default();
    (0..count)
        .map(|seed| Code {
            classes: if can.labels { vec![(seed as u32 % shape.classes as u32, 1.0)] } else { Vec::new() },
            input: inputs.get(seed as usize % shape.count).cloned(),
            ..Code::from_seed(seed, player.z_dim())
        })
        .collect()
}

#[test]
fn every_family_steps_and_plays_at_every_size() {
    crate::nn::use_threads(1);
    for family in FAMILIES {
        for size in [28, 32, 64, 128] {
            for channels in [1, 3] {
                let shape = shape(size, channels);
                let knobs = tiny(family, &shape);
                let mut model = (family.build)(&knobs, &shape, Device::Cpu).unwrap();
                let scalars = step(model.as_mut(), &batch(&shape), 0);
                assert!(scalars.len() >= 2 && scalars.iter().all(|s| s.1.is_finite()), "{scalars:?}");
                let weights = model.weights(1).unwrap();
                let mut player = (family.player)(&knobs, &shape, Device::Cpu).unwrap();
                assert!(player.play(&[Code::from_seed(1, player.z_dim())]).is_err(), "no weights yet");
                player.load_weights(&weights.ema, weights.discriminator.as_deref()).unwrap();
                let pictures = player.play(&codes(family, model.as_ref(), player.as_ref(), &shape, 3)).unwrap();
                assert_eq!(pictures.len(), 3);
                assert!(pictures.iter().all(|p| p.width == size && p.height == size));
                let judged = player.judge(&pictures).unwrap();
                assert_eq!(judged.is_some(), (family.card)().can.discriminator, "the card keeps its promise");
                assert!(judged.unwrap_or_default().iter().all(|p| (0.0..=1.0).contains(p)));
                // Of a run that is opened, players get the discriminator of its checkpoint, whether the family publishes it or not.
                let checkpoint = saved(model.as_ref());
                player.load_weights(checkpoint.file("ema").unwrap(), checkpoint.files.get("discriminator")).unwrap();
                let judged = player.judge(&pictures).unwrap();
                assert_eq!(judged.is_some(), (family.card)().can.discriminator, "the card keeps its promise");
                let encoded = player.encode(&pictures).unwrap();
                assert_eq!(encoded.is_some(), (family.card)().can.encoder, "the card keeps its promise");
                for code in encoded.unwrap_or_default() {
                    assert_eq!(code.z.len(), player.z_dim());
                }
                assert!(player.importance().is_none_or(|all| all.len() == player.z_dim()));
                let mut wrong = codes(family, model.as_ref(), player.as_ref(), &shape, 1);
                wrong[0].z.push(0.0);
                assert!(player.play(&wrong).is_err(), "a latent of another length");
            }
        }
    }
}

#[test]
fn every_family_goes_on_from_a_checkpoint_bit_for_bit() {
    crate::nn::use_threads(1);
    for family in FAMILIES {
        for precision in ["fp32", "bf16"] {
            let shape = shape(28, 1);
            let mut knobs = tiny(family, &shape);
            knobs.put("precision", crate::spec::Value::Text(precision.into()));
            let build = || (family.build)(&knobs, &shape, Device::Cpu).unwrap();
            let batch = batch(&shape);
            crate::nn::seed_global(5);
            let mut straight = build();
            (0..4).for_each(|s| drop(step(straight.as_mut(), &batch, s)));
            let mut middle = Checkpoint { step: 4, ..Checkpoint::default() };
            straight.save(&mut middle).unwrap();
            (4..8).for_each(|s| drop(step(straight.as_mut(), &batch, s)));
            crate::nn::seed_global(6);
            let mut resumed = build();
            resumed.load(&middle).unwrap();
            (4..8).for_each(|s| drop(step(resumed.as_mut(), &batch, s)));
            assert!(saved(straight.as_ref()) == saved(resumed.as_ref()), "{precision}");
        }
    }
}

#[test]
fn a_bad_checkpoint_is_refused_and_changes_nothing() {
    for family in FAMILIES {
        let shape = shape(28, 1);
        let knobs = tiny(family, &shape);
        let mut model = (family.build)(&knobs, &shape, Device::Cpu).unwrap();
        let good = saved(model.as_ref());
        let stems: Vec<_> = good.files.keys().cloned().collect();
        for stem in &stems {
            let mut missing_file = good.clone();
            missing_file.files.remove(stem);
            let name = good.files[stem].keys().next_back().unwrap().clone();
            let mut missing_tensor = good.clone();
            missing_tensor.files.get_mut(stem).unwrap().remove(&name);
            let mut wrong_shape = good.clone();
            wrong_shape.files.get_mut(stem).unwrap().get_mut(&name).unwrap().shape.push(1);
            for bad in [missing_file, missing_tensor, wrong_shape] {
                let why = model.load(&bad).unwrap_err().to_string();
                assert!(why.ends_with('.') && !why.contains('\n'), "{why}");
            }
        }
        assert!(saved(model.as_ref()) == good);
    }
}

/// A family's tiny networks after some steps on eight pictures, and a player of the average of their weights.
fn learned(family: &Family, seed: u64, steps: u64) -> (Box<dyn Model>, Box<dyn Player>) {
    crate::nn::use_threads(bars::threads());
    let shape = shape(28, 1);
    let mut knobs = tiny(family, &shape);
    for (id, value) in [("ema", 0.0), ("lr", 5e-3)] {
        knobs.put(id, crate::spec::Value::Real(value));
    }
    crate::nn::seed_global(seed);
    let mut model = (family.build)(&knobs, &shape, Device::Cpu).unwrap();
    let batch = batch(&shape);
    for step in 0..steps {
        crate::nn::seed_global(mix(&[seed, step]));
        model.step(&batch, &StepInfo { step, horizon: 100 }).unwrap();
    }
    let mut player = (family.player)(&knobs, &shape, Device::Cpu).unwrap();
    player.load_weights(&model.weights(steps).unwrap().ema, None).unwrap();
    (model, player)
}

/// Mean difference of 16 drawn pictures from the nearest of the eight real ones, in levels.
fn distance_to_the_nearest(family: &Family, model: &dyn Model, player: &dyn Player) -> f64 {
    let shape = shape(28, 1);
    let real = pixels(&shape);
    let near = |p: &Picture| {
        let to = |i: usize| -> f64 {
            p.rgb.chunks_exact(3).zip(real.bytes_of(i)).map(|(a, &b)| f64::from(a[0].abs_diff(b))).sum()
        };
        (0..8).map(to).fold(f64::MAX, f64::min) / real.bytes_of(0).len() as f64
    };
    let drawn = player.play(&codes(family, model, player, &shape, 16)).unwrap();
    drawn.iter().map(near).sum::<f64>() / drawn.len() as f64
}

/// Mean difference of the eight pictures from what their codes draw, in levels.
fn lost_on_the_way(player: &dyn Player) -> f64 {
    let pixels = pixels(&shape(28, 1));
    let pictures: Vec<Picture> = (0..pixels.count).map(|i| pixels.picture(i)).collect();
    let again = player.play(&player.encode(&pictures).unwrap().unwrap()).unwrap();
    let bytes = |all: &[Picture]| all.iter().flat_map(|p| p.rgb.to_vec()).collect::<Vec<_>>();
    let (a, b) = (bytes(&pictures), bytes(&again));
    a.iter().zip(&b).map(|(a, b)| f64::from(a.abs_diff(*b))).sum::<f64>() / a.len() as f64
}

/// Against networks that have learned nothing: other fresh ones are the plant.
#[test]
fn every_family_learns_eight_pictures_and_codes_lead_back_to_them() {
    let mut judge = Judge::new("every_family_learns_eight_pictures_and_codes_lead_back_to_them");
    for family in FAMILIES {
        let (card, seed) = ((family.card)(), bars::seed(1));
        let figures = [learned(family, seed, 0), learned(family, seed + 1, 0), learned(family, seed, 400)].map(
            |(model, player)| {
                let lost = if card.can.encoder { lost_on_the_way(player.as_ref()) } else { f64::NAN };
                (distance_to_the_nearest(family, model.as_ref(), player.as_ref()), lost)
            },
        );
        let [(far, all), fresh, trained] = figures;
        // Untrained ProGANs differ most among themselves, trained MLP-GANs most from seed to seed.
        let bar = if card.id == "progan" { 0.5 } else { 0.57 };
        let nearer = |now: f64| [("distance, share of untrained", now / far, Bar::Below(bar))];
        judge.passes(&card.id, &nearer(trained.0));
        judge.fails(&card.id, "untrained", &nearer(fresh.0));
        if card.can.encoder {
            let back = |now: f64| [("lost on the way, share of untrained", now / all, Bar::Below(0.5))];
            judge.passes(&card.id, &back(trained.1));
            judge.fails(&card.id, "untrained", &back(fresh.1));
        }
    }
    judge.close();
}

#[test]
fn presets_hold_values_that_their_knobs_accept() {
    for family in FAMILIES {
        let shape = DataShape::default();
        for preset in (family.presets)(&shape) {
            preset.set.complete(&(family.knobs)(&shape)).unwrap();
        }
    }
}

/// Steps over which number formats are compared.
const STEPS: u64 = 40;

/// Means of a run's losses over its second half.
fn losses(family: &Family, set: &[(&str, crate::spec::Value)]) -> BTreeMap<&'static str, f64> {
    let shape = shape(28, 1);
    let batch = batch(&shape);
    let mut knobs = tiny(family, &shape);
    for (id, value) in set {
        knobs.put(id, value.clone());
    }
    crate::nn::seed_global(bars::seed(3));
    let mut model = (family.build)(&knobs, &shape, Device::Cpu).unwrap();
    let mut sums = BTreeMap::new();
    for step_number in 0..STEPS {
        crate::nn::seed_global(mix(&[bars::seed(9), step_number]));
        let scalars = model.step(&batch, &StepInfo { step: step_number, horizon: 100 }).unwrap();
        for (name, value) in scalars.into_iter().filter(|s| s.0.starts_with("loss") && step_number >= STEPS / 2) {
            *sums.entry(name).or_insert(0.0) += f64::from(value) / (STEPS / 2) as f64;
        }
    }
    sums
}

/// How far bf16 is from fp32 is measured by how far weights are that stand still, as those of a bf16 run would whose updates are
/// rounded away.
#[test]
fn losses_in_bf16_follow_those_in_fp32() {
    let mut judge = Judge::new("losses_in_bf16_follow_those_in_fp32");
    crate::nn::use_threads(bars::threads());
    for family in FAMILIES {
        let precision = |word: &str| ("precision", crate::spec::Value::Text(word.into()));
        let still = ["lr", "lr_d"].map(|id| (id, crate::spec::Value::Real(1e-9)));
        let (fp32, bf16) = (losses(family, &[precision("fp32")]), losses(family, &[precision("bf16")]));
        let stuck = losses(family, &[&[precision("fp32")], &still[..]].concat());
        let apart = |other: &BTreeMap<&str, f64>| {
            fp32.iter().map(|(name, value)| (other[name] - value).abs() / value.abs()).fold(0.0, f64::max)
        };
        let id = (family.card)().id;
        let share = apart(&bf16) / apart(&stuck);
        judge.passes(&id, &[("largest difference of a loss, share of stuck weights", share, Bar::Below(0.5))]);
        assert!(fp32.iter().all(|(name, value)| bf16[name].to_bits() != value.to_bits()), "{id}: one calculation");
    }
    judge.close();
}

#[test]
fn a_likelihood_costs_its_nats_with_the_same_draws_each_time() {
    let mut likely = Vec::new();
    for family in FAMILIES {
        for channels in [1, 3] {
            let shape = shape(28, channels);
            let knobs = tiny(family, &shape);
            crate::nn::seed_global(1);
            let model = (family.build)(&knobs, &shape, Device::Cpu).unwrap();
            let mut player = (family.player)(&knobs, &shape, Device::Cpu).unwrap();
            let weights = model.weights(0).unwrap();
            player.load_weights(&weights.ema, None).unwrap();
            let (pictures, labels) = (pixels(&shape), [0, 1, 2, 3, 0, 1, 2, 3]);
            let Some(found) = player.negative_elbo(&pictures, Some(&labels), 5).unwrap() else { continue };
            likely.push(((family.card)().id, channels, found.pixels));
            assert_eq!(found.nats.len(), 8);
            assert_eq!(player.negative_elbo(&pictures, Some(&labels), 5).unwrap().unwrap(), found);
            assert_ne!(player.negative_elbo(&pictures, Some(&labels), 6).unwrap().unwrap(), found);
            let each = found.nats.iter().sum::<f64>() / (8 * 28 * 28 * channels) as f64;
            // Fresh weights draw about middle grey: ln 2 for black or white, and a KL; a Gaussian of deviation ¼ spreads its mass over 256 levels.
            let wanted = if found.pixels == negative_elbo::BINARISED { 0.6..1.2 } else { 4.5..8.0 };
            assert!(wanted.contains(&each), "{} {channels}: {each}", (family.card)().id);
        }
    }
    let wanted = [
        ("vae", 1, negative_elbo::BINARISED),
        ("vae", 3, negative_elbo::LEVELS),
        ("cvae", 1, negative_elbo::BINARISED),
        ("cvae", 3, negative_elbo::LEVELS),
        ("mlp-vae", 1, negative_elbo::BINARISED),
        ("mlp-vae", 3, negative_elbo::BINARISED),
    ];
    assert_eq!(likely, wanted.map(|(id, channels, pixels)| (id.to_owned(), channels, pixels)));
}

#[test]
fn every_family_draws_within_the_brightness_it_is_normalised_to() {
    for family in FAMILIES {
        let id = (family.card)().id;
        let shape = shape(28, 1);
        let (table, mut knobs) = ((family.knobs)(&shape), tiny(family, &shape));
        if knobs.get("normalise").is_none() {
            // Pictures of pictures: inputs and targets would need two of them.
            continue;
        }
        for set in ["norm_mean=#646464", "norm_std=#0a0a0a", "norm_reach=2"] {
            knobs.set(&table, set).unwrap();
        }
        let drawn = |knobs: &Knobs| {
            crate::nn::seed_global(3);
            let model = (family.build)(knobs, &shape, Device::Cpu).unwrap();
            let mut player = (family.player)(knobs, &shape, Device::Cpu).unwrap();
            player.load_weights(&model.weights(0).unwrap().ema, None).unwrap();
            player.play(&[Code::from_seed(1, player.z_dim())]).unwrap().remove(0)
        };
        let plain = drawn(&knobs);
        knobs.set(&table, "normalise=given").unwrap();
        let within = drawn(&knobs);
        assert!(within.rgb.iter().all(|v| (80..=120).contains(v)), "{id}: 100 ± 20 is all there is");
        // −1..1 became 80..120: what is brighter in one is not darker in the other.
        let wanted = |v: u8| 100.0 + 20.0 * (f32::from(v) / 127.5 - 1.0);
        assert!(plain.rgb.iter().zip(&*within.rgb).all(|(&a, &b)| (wanted(a) - f32::from(b)).abs() < 0.7), "{id}");
    }
}
