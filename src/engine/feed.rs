//! Brings data to the trainer: keeps what was read last, and has the next batches ready.

use crate::{
    data::{self, Loaded, Watch},
    models::Batch,
    nn::{self, Device, Store},
    picture::Pixels,
    spec::{DataShape, DataSpec},
};
use anyhow::Result;
use crossbeam_channel::{Receiver, bounded};
use std::sync::{Arc, Mutex, PoisonError};

/// The data read last, shared by worker and trainer, so that Start need not read again what the contact sheet shows.
#[derive(Clone, Default)]
pub struct Pantry(Arc<Mutex<Option<Arc<Loaded>>>>);

impl Pantry {
    /// The data of a spec: what was read last if it is the same, else read now.
    pub fn fetch(&self, spec: &DataSpec, watch: &mut dyn Watch) -> Result<Arc<Loaded>> {
        if let Some(ready) = self.peek(spec) {
            return Ok(ready);
        }
        // Let go of the old pictures before the new ones take their memory.
        self.put(None);
        let fresh = Arc::new(data::open(&spec.source)?.load(spec, watch)?);
        self.put(Some(fresh.clone()));
        Ok(fresh)
    }

    /// The data of a spec, if they are those that were read last.
    pub fn peek(&self, spec: &DataSpec) -> Option<Arc<Loaded>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.as_ref().filter(|l| l.spec == *spec).cloned()
    }

    fn put(&self, loaded: Option<Arc<Loaded>>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = loaded;
    }
}

/// Surveys a source.
pub fn survey(source: &str) -> Result<DataShape> {
    data::open(source)?.survey()
}

/// Batches of a run from a step on. Which pictures a step sees depends on (seed, step) and the size of the batch alone.
pub struct Feeder {
    loaded: Arc<Loaded>,
    seed: u64,
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

impl Feeder {
    /// Begins at `step`. On a graphics card the data move there, if they fit; the second value says when they do not.
    pub fn start(
        loaded: Arc<Loaded>,
        batch: usize,
        seed: u64,
        step: u64,
        device: Device,
    ) -> Result<(Self, Option<String>)> {
        if !device.is_cuda() {
            return Ok((Self::ahead(loaded, batch, seed, step)?, None));
        }
        match Self::resident(loaded.clone(), batch, seed, step, device) {
            Ok(feeder) => Ok((feeder, None)),
            Err(why) if nn::is_out_of_memory(&format!("{why:#}")) => {
                let line = format!(
                    "The pictures ({:.0} MB) do not fit into the memory of {}; each batch is brought there by itself, which is slower.",
                    loaded.train.pixels.bytes.len() as f64 / 1e6,
                    nn::device_word(device)
                );
                Ok((Self::ahead(loaded, batch, seed, step)?, Some(line)))
            }
            Err(why) => Err(why),
        }
    }

    fn ahead(loaded: Arc<Loaded>, batch: usize, seed: u64, step: u64) -> Result<Self> {
        let way = Way::Ahead(gather_ahead(loaded.clone(), batch, seed, step)?);
        Ok(Self { loaded, seed, way })
    }

    fn resident(loaded: Arc<Loaded>, batch: usize, seed: u64, step: u64, device: Device) -> Result<Self> {
        let store = Store::new(&loaded.train.pixels, device)?;
        let inputs = loaded.train.inputs.as_ref().map(|inputs| Store::new(inputs, device)).transpose()?;
        let order = data::Batches::new(loaded.train.pixels.count, batch, seed);
        Ok(Self { loaded, seed, way: Way::Resident { store, inputs, order, step } })
    }

    /// The data it feeds from.
    pub fn loaded(&self) -> Arc<Loaded> {
        self.loaded.clone()
    }

    /// Goes on at `step` with batches of another size.
    pub fn resize(&mut self, batch: usize, step: u64) -> Result<()> {
        match &mut self.way {
            Way::Ahead(lane) => *lane = gather_ahead(self.loaded.clone(), batch, self.seed, step)?,
            Way::Resident { order, step: next, .. } => {
                *order = data::Batches::new(self.loaded.train.pixels.count, batch, self.seed);
                *next = step;
            }
        }
        Ok(())
    }

    /// The next batch.
    pub fn next(&mut self) -> Result<Batch> {
        match &mut self.way {
            Way::Ahead(lane) => Ok(lane.recv()?),
            Way::Resident { store, inputs, order, step } => {
                let index = order.indices_at(*step);
                let (pictures, labels) = (store.gather(&index)?, data::labels_of(&self.loaded, &index));
                let inputs = inputs.as_ref().map(|inputs| inputs.gather(&index)).transpose()?;
                *step += 1;
                Ok(Batch { pictures, inputs, labels, index })
            }
        }
    }

    /// Held-out pictures for a look between steps, at most a batch of them; `None` when there are fewer than two.
    pub fn held_out(&self, batch: usize, device: Device) -> Result<Option<Batch>> {
        let count = self.loaded.test.pixels.count.min(batch);
        if count < 2 { Ok(None) } else { first(&self.loaded.test, count, device).map(Some) }
    }

    /// Pictures whose pairs a family shows for life: the first held-out ones, or the first to train on where too few are held out.
    pub fn examples(&self, most: usize, device: Device) -> Result<Batch> {
        let Loaded { train, test, .. } = &*self.loaded;
        let split = if test.pixels.count >= FEW { test } else { train };
        first(split, split.pixels.count.min(most), device)
    }
}

/// The first pictures of a split.
fn first(split: &data::Split, count: usize, device: Device) -> Result<Batch> {
    let index: Vec<u32> = (0..count as u32).collect();
    let labels = (!split.labels.is_empty()).then(|| split.labels[..count].to_vec());
    let settled = |pixels: &Pixels| nn::settle(pixels.gather(&index), device);
    let (pictures, inputs) = (settled(&split.pixels)?, split.inputs.as_ref().map(settled).transpose()?);
    Ok(Batch { pictures, inputs, labels, index })
}

/// A thread that gathers batches until nobody takes them.
fn gather_ahead(loaded: Arc<Loaded>, batch: usize, seed: u64, step: u64) -> Result<Receiver<Batch>> {
    let (out, lane) = bounded(AHEAD);
    let work = move || {
        let mut order = data::Batches::new(loaded.train.pixels.count, batch, seed);
        for step in step.. {
            let index = order.indices_at(step);
            let (pictures, labels) = data::gather(&loaded, &index);
            let inputs = data::inputs_of(&loaded, &index).map(Into::into);
            if out.send(Batch { pictures: pictures.into(), inputs, labels, index }).is_err() {
                break;
            }
        }
    };
    std::thread::Builder::new().name("feeder".into()).spawn(work)?;
    Ok(lane)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{nn::Kind, spec::Fit};

    fn loaded() -> Arc<Loaded> {
        let source = "shapes:40".to_owned();
        let spec = DataSpec { source, size: 28, channels: 1, fit: Fit::Crop, background: [0; 3], seed: 5 };
        Pantry::default().fetch(&spec, &mut data::NoWatch).unwrap()
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
        let mut ahead = Feeder::start(loaded.clone(), 8, 3, 0, Device::Cpu).unwrap().0;
        let mut resident = Feeder::resident(loaded, 8, 3, 0, Device::Cpu).unwrap();
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
        let mut ahead = Feeder::start(loaded.clone(), 8, 3, 2, Device::Cpu).unwrap().0;
        let mut resident = Feeder::resident(loaded, 8, 3, 2, Device::Cpu).unwrap();
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
        let feeder = Feeder::start(loaded(), 8, 3, 0, Device::Cpu).unwrap().0;
        let most = feeder.loaded.test.pixels.count;
        assert!(most >= 2, "{most}");
        assert_eq!(feeder.held_out(1_000, Device::Cpu).unwrap().unwrap().count(), most);
        assert_eq!(feeder.held_out(2, Device::Cpu).unwrap().unwrap().count(), 2);
        assert!(feeder.held_out(1, Device::Cpu).unwrap().is_none());
    }
}
