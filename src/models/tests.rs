//! What every family promises, by a loop over the table: it builds, steps, learns, saves, plays.

use super::*;
use crate::{latent::mix, nn::alone, picture::Pixels};

/// The family's tiny preset for a size.
pub(super) fn tiny(family: &Family, shape: &DataShape) -> Knobs {
    let mut knobs = Knobs::start(&(family.knobs)(shape));
    let preset = (family.presets)(shape).into_iter().find(|p| p.id == "tiny").expect("every family has a tiny preset");
    knobs.0.extend(preset.set.0);
    knobs.complete(&(family.knobs)(shape)).unwrap()
}

pub(super) fn shape(size: usize, channels: usize) -> DataShape {
    DataShape { count: 8, classes: 4, size, channels, paired: false, sides: None }
}

/// Eight pictures: a bright square that stands elsewhere in each.
fn pixels(shape: &DataShape) -> Pixels {
    let (s, c) = (shape.size, shape.channels);
    let mut pictures = Pixels::new(s, c);
    for i in 0..shape.count {
        let mut bytes = vec![20u8; s * s * c];
        for y in 0..s / 2 {
            for x in 0..s / 2 {
                let at = ((y + i % 4) * s + x + i / 2) * c;
                bytes[at..at + c].fill(230);
            }
        }
        pictures.push(&bytes);
    }
    pictures
}

pub(super) fn batch(shape: &DataShape) -> Batch {
    let index: Vec<u32> = (0..shape.count as u32).collect();
    let labels = Some(index.iter().map(|i| i % shape.classes as u32).collect());
    Batch { pictures: pixels(shape).into(), labels, index, ..Batch::default() }
}

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

pub(super) fn step(model: &mut dyn Model, batch: &Batch, step: u64) -> Vec<Scalar> {
    crate::nn::seed_global(mix(&[9, step]));
    model.step(batch, &At { step, horizon: 100 }).unwrap()
}

#[test]
fn every_family_steps_and_plays_at_every_size() {
    let _alone = alone();
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
                player.take(&weights.ema, weights.discriminator.as_deref()).unwrap();
                let pictures = player.play(&codes(family, model.as_ref(), player.as_ref(), &shape, 3)).unwrap();
                assert_eq!(pictures.len(), 3);
                assert!(pictures.iter().all(|p| p.width == size && p.height == size));
                let judged = player.judge(&pictures).unwrap();
                assert_eq!(judged.is_some(), (family.card)().can.discriminator, "the card keeps its promise");
                assert!(judged.unwrap_or_default().iter().all(|p| (0.0..=1.0).contains(p)));
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
    let _alone = alone();
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
            let save = |model: &dyn Model| {
                let mut checkpoint = Checkpoint::default();
                model.save(&mut checkpoint).unwrap();
                checkpoint
            };
            assert!(save(straight.as_ref()) == save(resumed.as_ref()), "{precision}");
        }
    }
}

#[test]
fn a_bad_checkpoint_is_refused_and_changes_nothing() {
    let _alone = alone();
    for family in FAMILIES {
        let shape = shape(28, 1);
        let knobs = tiny(family, &shape);
        let mut model = (family.build)(&knobs, &shape, Device::Cpu).unwrap();
        let mut good = Checkpoint::default();
        model.save(&mut good).unwrap();
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
        let mut after = Checkpoint::default();
        model.save(&mut after).unwrap();
        assert!(after == good);
    }
}

#[test]
fn every_family_learns_eight_pictures() {
    let _alone = alone();
    crate::nn::use_threads(1);
    for family in FAMILIES {
        let shape = shape(28, 1);
        let mut knobs = tiny(family, &shape);
        for (id, value) in [("ema", 0.0), ("lr", 5e-3)] {
            knobs.put(id, crate::spec::Value::Real(value));
        }
        crate::nn::seed_global(1);
        let mut model = (family.build)(&knobs, &shape, Device::Cpu).unwrap();
        let (pictures, batch) = (pixels(&shape), batch(&shape));
        let distance = |model: &dyn Model| {
            let weights = model.weights(0).unwrap();
            let mut player = (family.player)(&knobs, &shape, Device::Cpu).unwrap();
            player.take(&weights.ema, None).unwrap();
            let codes = codes(family, model, player.as_ref(), &shape, 16);
            let near = |p: &Picture| {
                let grey: Vec<f32> = p.rgb.chunks_exact(3).map(|p| f32::from(p[0])).collect();
                (0..8)
                    .map(|i| grey.iter().zip(pictures.bytes_of(i)).map(|(a, &b)| (a - f32::from(b)).abs()).sum::<f32>())
                    .fold(f32::MAX, f32::min)
                    / grey.len() as f32
            };
            player.play(&codes).unwrap().iter().map(near).sum::<f32>() / 16.0
        };
        let before = distance(model.as_ref());
        (0..300).for_each(|s| drop(step(model.as_mut(), &batch, s)));
        let after = distance(model.as_ref());
        assert!(
            after < before * 0.6,
            "{}: mean distance to the nearest picture {before} → {after}",
            (family.card)().id
        );
    }
}

/// Mean difference of pictures from what their codes draw, of 255 levels.
fn lost_on_the_way(player: &dyn Player, pictures: &[Picture]) -> f32 {
    let again = player.play(&player.encode(pictures).unwrap().unwrap()).unwrap();
    let pairs = pictures.iter().zip(&again).flat_map(|(a, b)| a.rgb.iter().zip(b.rgb.iter()));
    let (sum, count) = pairs.fold((0.0, 0), |(sum, n), (a, b)| (sum + f32::from(a.abs_diff(*b)), n + 1));
    sum / count as f32
}

#[test]
fn families_with_an_encoder_draw_their_pictures_again() {
    let _alone = alone();
    crate::nn::use_threads(1);
    for family in FAMILIES.iter().filter(|f| (f.card)().can.encoder) {
        let shape = shape(28, 1);
        let mut knobs = tiny(family, &shape);
        for (id, value) in [("ema", 0.0), ("lr", 5e-3)] {
            knobs.put(id, crate::spec::Value::Real(value));
        }
        crate::nn::seed_global(1);
        let mut model = (family.build)(&knobs, &shape, Device::Cpu).unwrap();
        let (pixels, batch) = (pixels(&shape), batch(&shape));
        let pictures: Vec<Picture> = (0..shape.count).map(|i| pixels.picture(i)).collect();
        let lost = |model: &dyn Model| {
            let mut player = (family.player)(&knobs, &shape, Device::Cpu).unwrap();
            player.take(&model.weights(0).unwrap().ema, None).unwrap();
            lost_on_the_way(player.as_ref(), &pictures)
        };
        let before = lost(model.as_ref());
        (0..300).for_each(|s| drop(step(model.as_mut(), &batch, s)));
        let after = lost(model.as_ref());
        assert!(after < before * 0.25, "{}: lost on the way {before} → {after}", (family.card)().id);
    }
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
const STEPS: u64 = 200;

/// The band that bf16 may leave: means of the losses over the second half of a run, within a fifth of those of fp32.
#[test]
fn losses_in_bf16_follow_those_in_fp32() {
    let _alone = alone();
    crate::nn::use_threads(1);
    for family in FAMILIES {
        let shape = shape(28, 1);
        let batch = batch(&shape);
        let means = ["fp32", "bf16"].map(|precision| {
            let mut knobs = tiny(family, &shape);
            knobs.put("precision", crate::spec::Value::Text(precision.into()));
            crate::nn::seed_global(3);
            let mut model = (family.build)(&knobs, &shape, Device::Cpu).unwrap();
            let mut sums = std::collections::BTreeMap::new();
            for step_number in 0..STEPS {
                crate::nn::seed_global(step_number);
                for (name, value) in step(model.as_mut(), &batch, step_number) {
                    if name.starts_with("loss") && step_number >= STEPS / 2 {
                        *sums.entry(name).or_insert(0.0) += value / (STEPS / 2) as f32;
                    }
                }
            }
            sums
        });
        for (name, fp32) in &means[0] {
            let bf16 = means[1][name];
            assert!(
                (bf16 - fp32).abs() < 0.2 * fp32.abs(),
                "{}: {name} {fp32} in fp32, {bf16} in bf16",
                (family.card)().id
            );
            assert!(bf16.to_bits() != fp32.to_bits(), "{name}: the two were calculated differently");
        }
    }
}

#[test]
fn a_likelihood_costs_its_nats_with_the_same_draws_each_time() {
    let _alone = alone();
    let mut likely = Vec::new();
    for family in FAMILIES {
        for channels in [1, 3] {
            let shape = shape(28, channels);
            let knobs = tiny(family, &shape);
            crate::nn::seed_global(1);
            let model = (family.build)(&knobs, &shape, Device::Cpu).unwrap();
            let mut player = (family.player)(&knobs, &shape, Device::Cpu).unwrap();
            let weights = model.weights(0).unwrap();
            player.take(&weights.ema, None).unwrap();
            let (pictures, labels) = (pixels(&shape), [0, 1, 2, 3, 0, 1, 2, 3]);
            let Some(found) = player.bound(&pictures, Some(&labels), 5).unwrap() else { continue };
            likely.push(((family.card)().id, channels, found.pixels));
            assert_eq!(found.nats.len(), 8);
            assert_eq!(player.bound(&pictures, Some(&labels), 5).unwrap().unwrap(), found);
            assert_ne!(player.bound(&pictures, Some(&labels), 6).unwrap().unwrap(), found);
            let each = found.nats.iter().sum::<f64>() / (8 * 28 * 28 * channels) as f64;
            // Fresh weights draw about middle grey: ln 2 for black or white, and a KL; a Gaussian of deviation ¼ spreads its mass over 256 levels.
            let wanted = if found.pixels == bound::BINARISED { 0.6..1.2 } else { 4.5..8.0 };
            assert!(wanted.contains(&each), "{} {channels}: {each}", (family.card)().id);
        }
    }
    let wanted = [
        ("vae", 1, bound::BINARISED),
        ("vae", 3, bound::LEVELS),
        ("cvae", 1, bound::BINARISED),
        ("cvae", 3, bound::LEVELS),
        ("mlp-vae", 1, bound::BINARISED),
        ("mlp-vae", 3, bound::BINARISED),
    ];
    assert_eq!(likely, wanted.map(|(id, channels, pixels)| (id.to_owned(), channels, pixels)));
}
