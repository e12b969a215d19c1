//! What generated pictures are measured against: fixed pictures of a run's data, and what pictures it never saw reach.

use crate::{
    data::Loaded,
    latent::{below, mix, permutation, rng},
    metrics::{
        embed::{self, Strided},
        nearest, prdc, swd,
    },
    nn::Tensor,
    picture::Pixels,
};
use anyhow::{Context, Result};

/// A measured number by the name of its curve.
pub type Found = (&'static str, f64);

/// Pictures on each side.
pub const COUNT: usize = 512;
/// Least number of training pictures for a measurement.
pub const LEAST: usize = 16;
/// Least number of unseen pictures for a floor.
const UNSEEN: usize = 64;
/// Number of pictures, on each side, whose nearest training picture is sought.
const SOUGHT: usize = 128;
/// Most bytes that the search compares; it decides among how many training pictures the nearest one is sought.
const COMPARED: usize = 400_000_000;
/// Neighbours that make a picture's surroundings.
const NEIGHBOURS: usize = 5;
/// Separates the seeds drawn for measuring from those for training.
const STREAM: u64 = 0x4c49_4748;

/// The parts of a measurement, each a moment's work.
pub const PARTS: usize = 4;

/// The fixed side of all measurements of a run.
pub struct Reference {
    fingerprint: String,
    count: usize,
    seed: u64,
    strided: Strided,
    /// Pictures to learn from.
    real: Pixels,
    /// Their classes, where there are any.
    pub labels: Vec<u32>,
    /// The training pictures among which the nearest one is sought; they include `real`.
    many: Pixels,
    /// As many that training never saw, if there are enough; pictures that are not among the former ones otherwise.
    unseen: Option<Pixels>,
    embedded: Option<Tensor>,
    variance: f64,
    /// Parts of the floor that are done.
    done: usize,
    /// What unseen pictures reach, by the names of the curves.
    floors: Vec<Found>,
    /// How far unseen pictures are from the nearest one.
    apart: Option<f64>,
}

impl Reference {
    /// Chooses the pictures, at most `most` on each side. `None` when there are too few. The floor is measured by [`Reference::go_on`].
    pub fn new(data: &Loaded, most: usize) -> Option<Self> {
        let (train, test) = (&data.train.pixels, &data.test.pixels);
        let held_out = test.count >= UNSEEN;
        let mut count = COUNT.min(most).min(train.count);
        if held_out {
            // As many on both sides: the distances depend on it.
            count = count.min(test.count);
        }
        if count < LEAST {
            return None;
        }
        let seed = mix(&[STREAM, count as u64]);
        let order = permutation(&mut rng(seed, 0), train.count);
        let sought = count.min(SOUGHT);
        let fit = (COMPARED / (sought * train.stride()).max(1)).clamp(count, train.count);
        // Without held-out pictures, others must be left over.
        let fit = if held_out { fit } else { fit.min(train.count.saturating_sub(count).max(count)) };
        let unseen = if held_out {
            Some(test.gather(&permutation(&mut rng(seed, 1), test.count)[..count]))
        } else {
            order.get(fit..fit + count).filter(|left| left.len() >= UNSEEN).map(|left| train.gather(left))
        };
        let real = train.gather(&order[..count]);
        let labels = order[..count].iter().filter_map(|&i| data.train.labels.get(i as usize).copied()).collect();
        Some(Self {
            fingerprint: data.fingerprint.clone(),
            count: most,
            seed,
            strided: Strided::new(train.channels, train.size, embed::SEED),
            variance: variance(&real).max(f64::MIN_POSITIVE),
            real,
            labels,
            many: train.gather(&order[..fit]),
            unseen,
            embedded: None,
            done: 0,
            floors: Vec::new(),
            apart: None,
        })
    }

    /// Whether it was made from these data for this number of pictures.
    pub fn suits(&self, data: &Loaded, most: usize) -> bool {
        self.fingerprint == data.fingerprint && self.count == most
    }

    /// Pictures on each side.
    pub fn count(&self) -> usize {
        self.real.count
    }

    /// Makes the next part of it ready; true when all of it is.
    pub fn go_on(&mut self) -> Result<bool> {
        if self.embedded.is_none() {
            self.embedded = Some(self.strided.embed(&self.real)?);
            return Ok(false);
        }
        let Some(unseen) = self.unseen.take_if(|_| self.done < PARTS) else { return Ok(true) };
        let found = self.part(&unseen, self.done);
        self.unseen = Some(unseen);
        for (name, value) in found? {
            if name == NEAREST {
                self.apart = Some(value.max(f64::MIN_POSITIVE));
            }
            // By definition: the curve is relative to this very distance.
            self.floors.push((floor_of(name), if name == NEAREST { 1.0 } else { value }));
        }
        self.done += 1;
        Ok(self.done == PARTS)
    }

    /// One part of the measurement of some pictures, [`Reference::count`] of them.
    pub fn measure(&self, fake: &Pixels, part: usize) -> Result<Vec<Found>> {
        let mut found = self.part(fake, part)?;
        // How far it is says little without knowing how far unseen pictures are.
        found.retain(|(name, _)| *name != NEAREST || self.apart.is_some());
        for (_, value) in found.iter_mut().filter(|(name, _)| *name == NEAREST) {
            *value /= self.apart.unwrap_or(1.0);
        }
        Ok(found)
    }

    /// What unseen pictures reach, as curves of their own.
    pub fn floors(&self) -> &[Found] {
        &self.floors
    }

    fn part(&self, pictures: &Pixels, part: usize) -> Result<Vec<Found>> {
        match part {
            0 => Ok(vec![("swd", swd::sliced_wasserstein(&self.real, pictures, &swd::Plan::light(self.seed))?)]),
            1 => {
                let real = self.embedded.as_ref().context("The real pictures are not embedded yet.")?;
                let found = prdc::prdc(real, &self.strided.embed(pictures)?, NEIGHBOURS)?;
                Ok(vec![("coverage", found.coverage), ("recall", found.recall)])
            }
            2 => Ok(vec![("variance", variance(pictures) / self.variance)]),
            _ => {
                let some: Vec<u32> = (0..pictures.count.min(SOUGHT) as u32).collect();
                let apart = nearest::distances(&pictures.gather(&some), &self.many)?;
                Ok(vec![(NEAREST, apart.iter().map(|(d, _)| d).sum::<f64>() / apart.len().max(1) as f64)])
            }
        }
    }
}

const NEAREST: &str = "nearest";

fn floor_of(name: &str) -> &'static str {
    match name {
        "swd" => "floor_swd",
        "coverage" => "floor_coverage",
        "recall" => "floor_recall",
        "variance" => "floor_variance",
        _ => "floor_nearest",
    }
}

/// How much the pictures differ: the variance of each value over the pictures, on average, in levels squared.
fn variance(pictures: &Pixels) -> f64 {
    let (count, stride) = (pictures.count as u64, pictures.stride());
    if count == 0 || stride == 0 {
        return 0.0;
    }
    let (mut sum, mut squares) = (vec![0_u64; stride], vec![0_u64; stride]);
    for picture in pictures.bytes.chunks_exact(stride) {
        for ((sum, squares), &v) in sum.iter_mut().zip(&mut squares).zip(picture) {
            *sum += u64::from(v);
            *squares += u64::from(v) * u64::from(v);
        }
    }
    // In whole numbers n·Σx² − (Σx)² is exact, and 0 when all are alike.
    let whole: u64 = sum.iter().zip(&squares).map(|(sum, squares)| count * squares - sum * sum).sum();
    whole as f64 / (count * count) as f64 / stride as f64
}

/// A seed for the code of picture `index`, the same at every measurement of a run.
pub fn seed_of(run_seed: u64, index: usize) -> u64 {
    mix(&[run_seed, STREAM, index as u64])
}

/// A class for picture `index`: that of a real one, so that generated classes are as frequent as real ones.
pub fn class_of(labels: &[u32], classes: usize, index: usize) -> Option<u32> {
    let drawn = || below(&mut rng(STREAM, index as u64), classes) as u32;
    (classes > 0).then(|| labels.get(index).copied().unwrap_or_else(drawn))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        data::{self, NoWatch},
        spec::DataSpec,
    };

    fn loaded(count: usize) -> Loaded {
        let source = format!("shapes:{count}");
        let spec = DataSpec { source, size: 28, channels: 1, seed: 5, ..DataSpec::default() };
        data::open(&spec.source).unwrap().load(&spec, &mut NoWatch).unwrap()
    }

    fn ready(data: &Loaded) -> Reference {
        let mut reference = Reference::new(data, COUNT).unwrap();
        while !reference.go_on().unwrap() {}
        reference
    }

    fn all(reference: &Reference, pictures: &Pixels) -> Vec<Found> {
        (0..PARTS).flat_map(|part| reference.measure(pictures, part).unwrap()).collect()
    }

    fn named(found: &[Found], name: &str) -> f64 {
        found.iter().find(|f| f.0 == name).unwrap_or_else(|| panic!("{name} in {found:?}")).1
    }

    #[test]
    fn variance_by_hand() {
        // Values 0 and 2: variance 1; values 5 and 5: 0; on average 1/2.
        let pictures = Pixels { count: 2, size: 1, channels: 2, bytes: vec![0, 5, 2, 5] };
        assert!((variance(&pictures) - 0.5).abs() < 1e-12);
        assert!(variance(&Pixels { count: 3, size: 1, channels: 1, bytes: vec![255; 3] }).abs() < 1e-12);
    }

    #[test]
    fn held_out_pictures_set_the_floor_and_worse_ones_are_measured_to_be_worse() {
        let data = loaded(800);
        assert_eq!(data.test.pixels.count, 80);
        let reference = ready(&data);
        assert_eq!((reference.count(), reference.labels.len()), (80, 80), "as many as are held out");
        let floors = reference.floors();
        let names: Vec<_> = floors.iter().map(|f| f.0).collect();
        assert_eq!(names, ["floor_swd", "floor_coverage", "floor_recall", "floor_variance", "floor_nearest"]);
        assert!((named(floors, "floor_nearest") - 1.0).abs() < 1e-12);
        assert!((0.5..2.0).contains(&named(floors, "floor_variance")), "{floors:?}");
        // The same picture again and again, and the very pictures it learned from.
        let same = data.test.pixels.gather(&[3; 80]);
        let copies = data.train.pixels.gather(&permutation(&mut rng(reference.seed, 0), 800)[..80]);
        let (same, copies) = (all(&reference, &same), all(&reference, &copies));
        assert!(named(&same, "variance").abs() < 1e-12 && (named(&copies, "variance") - 1.0).abs() < 1e-9);
        assert!(named(&copies, "nearest").abs() < 1e-9, "a copy is no distance away: {copies:?}");
        assert!(named(&same, "swd") > 1.5 * named(floors, "floor_swd"), "{same:?} {floors:?}");
        assert!(named(&copies, "swd") < named(floors, "floor_swd"));
        assert!(named(&same, "coverage") < named(floors, "floor_coverage") && named(&same, "recall") < 0.1);
        assert!((named(&copies, "coverage") - 1.0).abs() < 1e-9);
    }

    #[test]
    fn few_pictures_are_measured_without_a_floor_and_very_few_not_at_all() {
        let reference = ready(&loaded(64));
        assert!(reference.floors().is_empty() && reference.count() == 64);
        let found = all(&reference, &reference.real);
        assert_eq!(found.iter().map(|f| f.0).collect::<Vec<_>>(), ["swd", "coverage", "recall", "variance"]);
        assert!(Reference::new(&loaded(64), LEAST - 1).is_none());
        let own = ready(&loaded(300));
        assert_eq!((own.count(), own.many.count), (300, 300), "30 held-out ones are too few, and no others are left");
        let small = ready(&Loaded { test: data::Split::default(), ..loaded(2_000) });
        assert_eq!(small.floors().len(), 5, "others that are left over take their place");
        assert_eq!(small.many.count + small.count(), 2_000);
    }

    #[test]
    fn classes_are_as_frequent_as_real_ones() {
        assert_eq!((0..3).map(|i| class_of(&[4, 4, 1], 5, i)).collect::<Vec<_>>(), [Some(4), Some(4), Some(1)]);
        assert_eq!(class_of(&[4], 0, 0), None);
        assert!(class_of(&[], 5, 9).is_some_and(|c| c < 5));
        assert_ne!(seed_of(1, 0), seed_of(1, 1));
    }
}
