//! Loads batches for the trainer, on a thread of its own where that is worth it.

use crate::{
    data::{self, Loaded},
    models::Batch,
    nn::{self, Device, Normalisation, Store},
    picture::Pixels,
    spec::{Augment, Card, Knobs},
};
use anyhow::Result;
use crossbeam_channel::{Receiver, bounded};
use std::sync::Arc;

/// How the pictures of a run vary from step to step, and how they become tensors.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Variety {
    how: Augment,
    /// The family draws from the inputs of the data: they move with their pictures.
    inputs: bool,
    normalisation: Normalisation,
}

impl Variety {
    /// Reads augmentation and normalisation from a family's knobs.
    pub fn new(knobs: &Knobs, card: &Card) -> Self {
        let normalisation = Normalisation::read(knobs);
        Self { how: Augment::from_knobs(knobs), inputs: card.can.inputs, normalisation }
    }
}

/// Batches of a run from a step on. Which pictures a step sees, and how they vary, depends on (seed, step), the size of the batch and the
/// variety alone.
pub struct BatchLoader {
    loaded: Arc<Loaded>,
    seed: u64,
    batch: usize,
    device: Device,
    variety: Variety,
    way: Way,
}

/// How batches come about.
enum Way {
    /// Gathered ahead on a thread of their own, as plain bytes.
    Ahead(Receiver<Batch>),
    /// Gathered on the device, where the whole set lives.
    Resident { store: Store, inputs: Option<Store>, order: data::Batches, step: u64 },
}

/// Batches that wait ready.
const AHEAD: usize = 2;
/// With fewer held-out pictures than this, examples come from those to train on.
const FEW: usize = 4;

impl BatchLoader {
    /// Begins at `step`. On a graphics card the data move there, if they fit; the second value says when they do not. Pictures that vary
    /// are varied by the processor, and each batch is brought to the card by itself.
    pub fn start(
        loaded: Arc<Loaded>,
        batch: usize,
        seed: u64,
        step: u64,
        device: Device,
        variety: Variety,
    ) -> Result<(Self, Option<String>)> {
        if !device.is_cuda() || variety.how.is_active() {
            return Ok((Self::ahead((loaded, batch, seed), step, device, variety)?, None));
        }
        match Self::resident(loaded.clone(), batch, seed, step, device) {
            Ok(batches) => Ok((Self { variety, ..batches }, None)),
            Err(why) if nn::is_out_of_memory(&format!("{why:#}")) => {
                let line = format!(
                    "The pictures ({:.0} MB) do not fit into the memory of {}; each batch is brought there by itself, which is slower.",
                    loaded.train.pixels.bytes.len() as f64 / 1e6,
                    nn::device_word(device)
                );
                Ok((Self::ahead((loaded, batch, seed), step, device, variety)?, Some(line)))
            }
            Err(why) => Err(why),
        }
    }

    fn ahead(
        (loaded, batch, seed): (Arc<Loaded>, usize, u64),
        step: u64,
        device: Device,
        variety: Variety,
    ) -> Result<Self> {
        let way = Way::Ahead(gather_ahead(loaded.clone(), batch, seed, step, variety)?);
        Ok(Self { loaded, seed, batch, device, variety, way })
    }

    fn resident(loaded: Arc<Loaded>, batch: usize, seed: u64, step: u64, device: Device) -> Result<Self> {
        let store = Store::new(&loaded.train.pixels, device)?;
        let inputs = loaded.train.inputs.as_ref().map(|inputs| Store::new(inputs, device)).transpose()?;
        let order = data::Batches::new(loaded.train.pixels.count, batch, seed);
        let (variety, way) = (Variety::default(), Way::Resident { store, inputs, order, step });
        Ok(Self { loaded, seed, batch, device, variety, way })
    }

    /// The data it feeds from.
    pub fn loaded(&self) -> Arc<Loaded> {
        self.loaded.clone()
    }

    /// Goes on at `step` with batches of another size.
    pub fn resize(&mut self, batch: usize, step: u64) -> Result<()> {
        self.batch = batch;
        match &mut self.way {
            Way::Ahead(lane) => *lane = gather_ahead(self.loaded.clone(), batch, self.seed, step, self.variety)?,
            Way::Resident { order, step: next, .. } => {
                *order = data::Batches::new(self.loaded.train.pixels.count, batch, self.seed);
                *next = step;
            }
        }
        Ok(())
    }

    /// Goes on at `step` with pictures that vary as these knobs say: batches that were gathered ahead are gathered again.
    pub fn vary(&mut self, knobs: &Knobs, step: u64) -> Result<()> {
        let variety = Variety { how: Augment::from_knobs(knobs), ..self.variety };
        if variety == self.variety {
            return Ok(());
        }
        (*self, _) = Self::start(self.loaded.clone(), self.batch, self.seed, step, self.device, variety)?;
        Ok(())
    }

    /// The next batch.
    pub fn next(&mut self) -> Result<Batch> {
        let normalisation = self.variety.normalisation;
        match &mut self.way {
            Way::Ahead(lane) => Ok(lane.recv()?),
            Way::Resident { store, inputs, order, step } => {
                let index = order.indices_at(*step);
                let (pictures, labels) = (store.gather(&index)?, data::labels_of(&self.loaded, &index));
                let inputs = inputs.as_ref().map(|inputs| inputs.gather(&index)).transpose()?;
                *step += 1;
                Ok(Batch { pictures, inputs, labels, index, normalisation })
            }
        }
    }

    /// Held-out pictures for a look between steps, at most a batch of them; `None` when there are fewer than two.
    pub fn held_out(&self, batch: usize, device: Device) -> Result<Option<Batch>> {
        let count = self.loaded.test.pixels.count.min(batch);
        if count < 2 { Ok(None) } else { self.first(&self.loaded.test, count, device).map(Some) }
    }

    /// Pictures whose pairs a family shows for life: the first held-out ones, or the first to train on where too few are held out.
    pub fn examples(&self, most: usize, device: Device) -> Result<Batch> {
        let Loaded { train, test, .. } = &*self.loaded;
        let split = if test.pixels.count >= FEW { test } else { train };
        self.first(split, split.pixels.count.min(most), device)
    }

    /// The first pictures of a split.
    fn first(&self, split: &data::Split, count: usize, device: Device) -> Result<Batch> {
        let index: Vec<u32> = (0..count as u32).collect();
        let labels = (!split.labels.is_empty()).then(|| split.labels[..count].to_vec());
        let settled = |pixels: &Pixels| nn::settle(pixels.gather(&index), device);
        let (pictures, inputs) = (settled(&split.pixels)?, split.inputs.as_ref().map(settled).transpose()?);
        Ok(Batch { pictures, inputs, labels, index, normalisation: self.variety.normalisation })
    }
}

/// A thread that gathers batches until nobody takes them.
fn gather_ahead(loaded: Arc<Loaded>, batch: usize, seed: u64, step: u64, variety: Variety) -> Result<Receiver<Batch>> {
    let (out, lane) = bounded(AHEAD);
    let work = move || {
        let mut order = data::Batches::new(loaded.train.pixels.count, batch, seed);
        for step in step.. {
            let index = order.indices_at(step);
            let (mut pictures, labels) = data::gather(&loaded, &index);
            let mut inputs = data::inputs_of(&loaded, &index);
            data::augment(
                &mut pictures,
                inputs.as_mut().filter(|_| variety.inputs),
                &index,
                &variety.how,
                (seed, step),
            );
            let inputs = inputs.map(Into::into);
            let pictures = pictures.into();
            let normalisation = variety.normalisation;
            if out.send(Batch { pictures, inputs, labels, index, normalisation }).is_err() {
                break;
            }
        }
    };
    std::thread::Builder::new().name("batch-loader".into()).spawn(work)?;
    Ok(lane)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        engine::dataset_cache::DatasetCache,
        nn::{Kind, Pictures},
        spec::DataSpec,
    };

    fn loaded() -> Arc<Loaded> {
        let source = "shapes:40".to_owned();
        let spec = DataSpec { source, size: 28, channels: 1, seed: 5, ..DataSpec::default() };
        DatasetCache::default().fetch(&spec, &mut data::NoWatch).unwrap()
    }

    /// Each picture's input is its negative.
    fn paired() -> Arc<Loaded> {
        let mut loaded = (*loaded()).clone();
        for split in [&mut loaded.train, &mut loaded.test] {
            let bytes = split.pixels.bytes.iter().map(|v| 255 - v).collect();
            split.inputs = Some(Pixels { bytes, ..split.pixels.clone() });
        }
        Arc::new(loaded)
    }

    #[test]
    fn inputs_come_with_their_pictures_both_ways_and_held_out() {
        let loaded = paired();
        let mut ahead = BatchLoader::start(loaded.clone(), 8, 3, 0, Device::Cpu, Variety::default()).unwrap().0;
        let mut resident = BatchLoader::resident(loaded, 8, 3, 0, Device::Cpu).unwrap();
        let held_out = ahead.held_out(8, Device::Cpu).unwrap().unwrap();
        let examples = ahead.examples(3, Device::Cpu).unwrap();
        assert_eq!(examples.count(), 3);
        for batch in [ahead.next().unwrap(), resident.next().unwrap(), held_out, examples] {
            let pictures = batch.tensor(Kind::Float, Device::Cpu).unwrap();
            let inputs = batch.inputs.unwrap().tensor(Kind::Float, Device::Cpu).unwrap();
            let apart = f64::try_from((pictures + inputs).abs().max()).unwrap();
            assert!(apart < 1e-6, "{apart}");
        }
    }

    #[test]
    fn both_ways_bring_the_same_batches_bit_for_bit_also_after_another_size() {
        let loaded = loaded();
        let mut ahead = BatchLoader::start(loaded.clone(), 8, 3, 2, Device::Cpu, Variety::default()).unwrap().0;
        let mut resident = BatchLoader::resident(loaded, 8, 3, 2, Device::Cpu).unwrap();
        assert!(matches!(ahead.way, Way::Ahead(_)), "on the CPU a thread gathers ahead");
        let mut seen = Vec::new();
        for round in 0..14 {
            if round == 7 {
                ahead.resize(4, 9).unwrap();
                resident.resize(4, 9).unwrap();
            }
            let (a, b) = (ahead.next().unwrap(), resident.next().unwrap());
            assert_eq!((&a.index, &a.labels), (&b.index, &b.labels));
            assert_eq!(a.count(), if round < 7 { 8 } else { 4 });
            let [x, y] = [a, b].map(|batch| batch.tensor(Kind::Float, Device::Cpu).unwrap());
            assert_eq!(x, y);
            seen.push(x);
        }
        assert!(seen[0] != seen[1]);
    }

    #[test]
    fn held_out_pictures_are_at_most_a_batch() {
        let batches = BatchLoader::start(loaded(), 8, 3, 0, Device::Cpu, Variety::default()).unwrap().0;
        let most = batches.loaded.test.pixels.count;
        assert!(most >= 2, "{most}");
        assert_eq!(batches.held_out(1_000, Device::Cpu).unwrap().unwrap().count(), most);
        assert_eq!(batches.held_out(2, Device::Cpu).unwrap().unwrap().count(), 2);
        assert!(batches.held_out(1, Device::Cpu).unwrap().is_none());
    }

    fn varied(pairs: bool) -> Variety {
        Variety {
            how: Augment { flip_h: 0.5, rotate: 30.0, noise: 0.1, ..Augment::default() },
            inputs: pairs,
            ..Variety::default()
        }
    }

    fn bytes(batch: Batch) -> [Vec<u8>; 2] {
        let host = |pictures: Option<Pictures>| match pictures {
            Some(Pictures::Host(pixels)) => pixels.bytes,
            _ => Vec::new(),
        };
        [host(Some(batch.pictures)), host(batch.inputs)]
    }

    #[test]
    fn varied_pictures_are_the_same_from_whichever_step_one_begins() {
        let begin = |step, variety| BatchLoader::start(loaded(), 8, 3, step, Device::Cpu, variety).unwrap().0;
        let (mut along, mut plain) = (begin(0, varied(false)), begin(0, Variety::default()));
        let straight: Vec<_> = (0..9).map(|_| bytes(along.next().unwrap())).collect();
        let still: Vec<_> = (0..9).map(|_| bytes(plain.next().unwrap())).collect();
        assert!((0..9).all(|i| straight[i] != still[i]));
        assert_eq!(bytes(begin(6, varied(false)).next().unwrap()), straight[6]);
        // Held-out pictures never vary.
        assert_eq!(
            bytes(along.held_out(4, Device::Cpu).unwrap().unwrap()),
            bytes(plain.held_out(4, Device::Cpu).unwrap().unwrap())
        );
        assert_eq!(bytes(along.examples(4, Device::Cpu).unwrap()), bytes(plain.examples(4, Device::Cpu).unwrap()));
        // Turned off and on again in the middle, at the step that is next.
        let mut knobs = Knobs::default();
        let mut turned = begin(0, varied(false));
        (0..3).for_each(|_| drop(turned.next().unwrap()));
        turned.vary(&knobs, 3).unwrap();
        assert_eq!([3, 4].map(|_| bytes(turned.next().unwrap())), [still[3].clone(), still[4].clone()]);
        for (id, value) in [("aug_flip_h", 0.5), ("aug_rotate", 30.0), ("aug_noise", 0.1)] {
            knobs.put(id, crate::spec::Value::Real(value));
        }
        turned.vary(&knobs, 5).unwrap();
        assert_eq!(bytes(turned.next().unwrap()), straight[5]);
        turned.resize(4, 0).unwrap();
        assert_eq!(bytes(turned.next().unwrap())[0], straight[0][0][..4 * 28 * 28], "a smaller batch varies alike");
    }

    #[test]
    fn inputs_move_with_their_pictures_for_families_that_draw_from_them() {
        let how = Augment { flip_h: 1.0, ..Augment::default() };
        let next = |inputs| {
            let variety = Variety { how, inputs, ..Variety::default() };
            bytes(BatchLoader::start(paired(), 8, 3, 0, Device::Cpu, variety).unwrap().0.next().unwrap())
        };
        let opposite = |[a, b]: [Vec<u8>; 2]| a.iter().zip(&b).all(|(a, b)| a + b == 255);
        assert!(opposite(next(true)) && !opposite(next(false)));
    }
}
