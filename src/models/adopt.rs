//! Transfer of another run's weights: those whose name and shape agree are copied, everything else keeps its initial values.

use super::{common::Model, gan::progan::PROGRESS};
use crate::weights::{Arrays, Checkpoint};
use anyhow::{Result, ensure};

/// The file of latents that belong to one picture each.
const LATENTS: &str = "latents";
/// The file of averages; it follows the generator.
const AVERAGE: &str = "ema";
/// The generator's file.
const GENERATOR: &str = "generator";

/// What [`adopt`] copied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Adopted {
    /// Number of tensors that were copied.
    pub taken: usize,
    /// The tensors that keep their initial values: `discriminator main.0.weight`, or `discriminator` where the whole file was missing.
    pub fresh: Vec<String>,
}

/// Copies the weights of a checkpoint into a model of the same family that has just been built, as far as names and shapes agree. Its
/// optimisers stay as they are, and its average becomes the generator's weights. `same_pictures` says whether the latents of single
/// pictures are copied too. An error when nothing fits; the model is then unchanged.
pub fn adopt(model: &mut dyn Model, from: &Checkpoint, same_pictures: bool) -> Result<Adopted> {
    let mut own = Checkpoint::default();
    model.save(&mut own)?;
    let mut adopted = Adopted::default();
    for (stem, arrays) in &mut own.files {
        let is_network = stem != AVERAGE && !stem.starts_with("optimiser") && (stem != LATENTS || same_pictures);
        if is_network {
            take(stem, arrays, theirs(from, stem), &mut adopted);
        }
    }
    ensure!(
        adopted.taken > 0,
        "None of these weights fit the networks that were asked for; choose the same width and other settings of the model."
    );
    if let (Some(generator), Some(average)) = (own.files.get(GENERATOR).cloned(), own.files.get_mut(AVERAGE)) {
        *average = generator;
    }
    model.load(&own)?;
    Ok(adopted)
}

/// The arrays of one of a checkpoint's networks; starters have an averaged generator only.
fn theirs<'a>(from: &'a Checkpoint, stem: &str) -> Option<&'a Arrays> {
    from.files.get(stem).or_else(|| from.files.get(AVERAGE).filter(|_| stem == GENERATOR))
}

fn take(stem: &str, own: &mut Arrays, theirs: Option<&Arrays>, adopted: &mut Adopted) {
    let Some(theirs) = theirs else { return adopted.fresh.push(stem.to_owned()) };
    // The progress of growth belongs to a run's steps, which begin at 0.
    for (name, array) in own.iter_mut().filter(|(name, _)| *name != PROGRESS) {
        match theirs.get(name).filter(|other| other.shape == array.shape) {
            Some(other) => {
                array.clone_from(other);
                adopted.taken += 1;
            }
            None => adopted.fresh.push(format!("{stem} {name}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        models::{
            FAMILIES, Family,
            common::testing::{batch, saved as state, shape, step, tiny},
        },
        nn::{Device, seed_global, use_threads},
        spec::{DataShape, Knobs, Value},
    };

    fn build(family: &Family, knobs: &Knobs, shape: &DataShape, seed: u64) -> Box<dyn Model> {
        seed_global(seed);
        (family.build)(knobs, shape, Device::Cpu).unwrap()
    }

    #[test]
    fn every_family_begins_with_all_numbers_of_another_run_and_a_fresh_optimiser() {
        use_threads(1);
        for family in FAMILIES {
            let shape = shape(28, 1);
            let knobs = tiny(family, &shape);
            let mut old = build(family, &knobs, &shape, 1);
            (0..3).for_each(|s| drop(step(old.as_mut(), &batch(&shape), s)));
            let (old, mut new) = (state(old.as_ref()), build(family, &knobs, &shape, 2));
            let before = state(new.as_ref());
            let adopted = adopt(new.as_mut(), &old, true).unwrap();
            let after = state(new.as_ref());
            assert!(adopted.taken > 3 && adopted.fresh.is_empty(), "{:?}", adopted.fresh);
            for (stem, arrays) in &after.files {
                if stem.starts_with("optimiser") {
                    assert!(*arrays == before.files[stem], "{stem} is fresh");
                    continue;
                }
                let wanted = if stem == AVERAGE { &after.files[GENERATOR] } else { &old.files[stem] };
                for (name, array) in arrays.iter().filter(|(name, _)| *name != PROGRESS) {
                    assert!(*array == wanted[name], "{} {stem} {name}", (family.card)().id);
                }
            }
            assert_eq!(after.facts, before.facts);
            assert!(step(new.as_mut(), &batch(&shape), 0).iter().all(|s| s.1.is_finite()));
        }
    }

    #[test]
    fn what_does_not_fit_begins_anew_and_is_named() {
        use_threads(1);
        let family = &FAMILIES[0];
        let (grey, colour) = (shape(32, 1), shape(32, 3));
        let mut old = state(build(family, &tiny(family, &grey), &grey, 1).as_ref());
        let mut new = build(family, &tiny(family, &colour), &colour, 2);
        let before = state(new.as_ref());
        let adopted = adopt(new.as_mut(), &old, false).unwrap();
        assert_eq!(adopted.fresh, ["discriminator main.0.weight", "generator main.9.weight"]);
        let after = state(new.as_ref());
        assert!(after.files["generator"]["main.9.weight"] == before.files["generator"]["main.9.weight"]);
        assert!(after.files["generator"]["main.3.weight"] == old.files["generator"]["main.3.weight"]);
        old.files.retain(|stem, _| stem == AVERAGE);
        let mut new = build(family, &tiny(family, &grey), &grey, 3);
        assert_eq!(adopt(new.as_mut(), &old, false).unwrap().fresh, ["discriminator"], "as with a starter");
        let mut wide = tiny(family, &grey);
        for (id, value) in [("width", 5), ("z_dim", 9)] {
            wide.put(id, Value::Int(value));
        }
        let mut other = build(family, &wide, &grey, 2);
        let before = state(other.as_ref());
        assert!(adopt(other.as_mut(), &old, false).unwrap_err().to_string().starts_with("None of these weights fit"));
        assert!(state(other.as_ref()) == before);
    }

    #[test]
    fn latents_of_other_pictures_mean_nothing() {
        let family = FAMILIES.iter().find(|f| (f.card)().id == "glo").unwrap();
        let shape = shape(28, 1);
        let knobs = tiny(family, &shape);
        let old = state(build(family, &knobs, &shape, 1).as_ref());
        for same in [true, false] {
            let mut new = build(family, &knobs, &shape, 2);
            adopt(new.as_mut(), &old, same).unwrap();
            assert_eq!(state(new.as_ref()).files[LATENTS] == old.files[LATENTS], same);
        }
    }

    /// The first layers of each family's discriminator: what `freeze_d=2` keeps, by the beginnings of the names.
    const NEAR: &[(&str, &[&str])] = &[
        ("dcgan", &["main.0.", "main.2.", "main.3."]),
        ("cgan", &["conv1.", "conv2.", "norm2.", "label."]),
        ("progan", &["from_rgb.2.", "blocks.1.conv1."]),
        ("style-gan-lite", &["from_rgb.", "blocks.0.conv1."]),
        ("mlp-gan", &["model.0.", "model.2."]),
        ("pix2pix", &["main.0.", "main.1."]),
    ];

    #[test]
    fn the_first_layers_of_every_discriminator_can_be_frozen() {
        use_threads(1);
        let shape = shape(28, 1);
        let with = |family: &&Family| (family.knobs)(&shape).iter().any(|k| k.id == "freeze_d");
        let families: Vec<&Family> = FAMILIES.iter().filter(with).collect();
        assert_eq!(families.len(), NEAR.len());
        for family in families {
            let id = (family.card)().id;
            let near = NEAR.iter().find(|n| n.0 == id).unwrap().1;
            for (optimiser, frozen) in [("adamw", 2), ("sgd", 2), ("adamw", 0)] {
                let mut knobs = tiny(family, &shape);
                for (knob, value) in [
                    ("optimiser", Value::Text(optimiser.into())),
                    ("weight_decay", Value::Real(0.1)),
                    ("freeze_d", Value::Int(frozen)),
                    ("fade_share", Value::Real(0.0)),
                    ("steps_per_scale", Value::Int(1)),
                ] {
                    if knobs.get(knob).is_some() {
                        knobs.put(knob, value);
                    }
                }
                let mut model = build(family, &knobs, &shape, 4);
                let before = state(model.as_ref());
                (0..4).for_each(|s| drop(step(model.as_mut(), &batch(&shape), s)));
                let after = state(model.as_ref());
                let (now, then) = (&after.files["discriminator"], &before.files["discriminator"]);
                let noted = ["running_mean", "running_var", "minibatch_std", "weight_u", PROGRESS];
                for name in now.keys().filter(|name| noted.iter().all(|n| !name.ends_with(n))) {
                    let kept = frozen > 0 && near.iter().any(|start| name.starts_with(start));
                    let bits = |a: &Arrays| a[name].data.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
                    // A bias before a norm has no slope, and one that begins at 0 does not decay.
                    let idle = then[name].data.iter().all(|v| *v == 0.0);
                    assert!(kept == (bits(now) == bits(then)) || (idle && !kept), "{id} {optimiser} {frozen}: {name}");
                }
                assert!(after.files["generator"] != before.files["generator"]);
            }
        }
    }
}
