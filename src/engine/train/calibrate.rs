//! What training would cost on this machine: a few steps of a run that is never kept.

use super::{
    batch_loader::{BatchLoader, Variety},
    normalisation,
};
use crate::{
    data::{self, Batches, Loaded, NoWatch},
    engine::{
        dataset_cache::DatasetCache,
        protocol::{Cost, Failure, Trial},
    },
    latent::mix,
    meter::UsageReader,
    models::{self, StepInfo},
    nn::{self, Device, DeviceChoice},
};
use anyhow::{Context, Result, ensure};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a measurement takes, without the time to build the networks.
pub const LENGTH: Duration = Duration::from_secs(3);
/// Steps that warm up caches and kernels; not counted.
const WARM_UP: u64 = 2;
/// So many steps are counted at least, however long they take; and at most.
const STEPS: std::ops::RangeInclusive<u64> = 1..=400;
/// All randomness flows from it. Nothing of it outlives the measurement: a run seeds torch's generator again for each of its steps.
const SEED: u64 = 0x4d45_4153;

/// Measures what the pictures in the cache allow; the error says what is missing.
pub fn from_cache(
    trial: &Trial,
    cache: &DatasetCache,
    device: Device,
    threads: usize,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<Cost> {
    let loaded = cache.peek(&trial.data).context("The pictures are not read yet; measure again when they are.")?;
    calibrate(trial, &loaded, device, threads, go_on)
}

/// Reads the data and measures, for the command line.
pub fn fetch_and_calibrate(trial: &Trial, threads: usize) -> Result<Cost> {
    let loaded = Arc::new(data::open(&trial.data.source)?.load(&trial.data, &mut NoWatch)?);
    let device = trial.device.parse::<DeviceChoice>().map_err(anyhow::Error::msg)?.resolve()?;
    calibrate(trial, &loaded, device, threads, &mut || true)
}

/// Trains for a few seconds on data that are read, and forgets what was learned. Ends with an error as soon as `go_on` says no.
pub fn calibrate(
    trial: &Trial,
    loaded: &Arc<Loaded>,
    device: Device,
    threads: usize,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<Cost> {
    let family = models::family(&trial.family)?;
    (family.fits)(&loaded.shape).map_err(anyhow::Error::msg)?;
    let mut knobs = trial.knobs.clone().complete(&(family.knobs)(&loaded.shape)).map_err(anyhow::Error::msg)?;
    nn::use_threads(threads);
    nn::seed_global(SEED);
    normalisation::fit(&mut knobs, loaded);
    let mut model = (family.build)(&knobs, &loaded.shape, device)?;
    let (asked, count) = (knobs.int("batch").max(1), loaded.train.pixels.count);
    let variety = Variety::new(&knobs, &(family.card)());
    let (mut batches, _) = BatchLoader::start(loaded.clone(), asked, SEED, 0, device, variety)?;
    let (mut reader, mut bytes) = (UsageReader::default(), None);
    let (mut begin, mut done) = (Instant::now(), 0);
    for step in 0..WARM_UP + STEPS.end() {
        ensure!(go_on(), Failure::Cancelled);
        if step == WARM_UP {
            begin = Instant::now();
        }
        let batch = batches.next().context("The pictures stopped coming.")?;
        nn::seed_global(mix(&[SEED, step]));
        // The numbers of a step are read back, so it is over when this returns, on a graphics card too.
        model.step(&batch, &StepInfo { step, horizon: 1_000 })?;
        bytes = bytes.max(reader.read().resident);
        done = (step + 1).saturating_sub(WARM_UP);
        if done >= *STEPS.start() && begin.elapsed() >= LENGTH {
            break;
        }
    }
    let step_s = begin.elapsed().as_secs_f32() / done.max(1) as f32;
    let steps_per_epoch = Batches::new(count, asked, SEED).steps_per_epoch();
    Ok(Cost { step_s, steps_per_epoch, bytes, steps: done })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::{DataSpec, Fit, Knobs};

    fn trial(family: &str) -> Trial {
        let data = DataSpec {
            source: "shapes:40".into(),
            size: 28,
            channels: 1,
            fit: Fit::Crop,
            background: [0; 3],
            seed: 5,
            ..DataSpec::default()
        };
        let shape = data::open(&data.source).unwrap().survey().unwrap();
        let family = models::family(family).unwrap_or(&models::FAMILIES[0]);
        let mut knobs = Knobs::start(&(family.knobs)(&shape));
        knobs.0.extend((family.presets)(&shape).into_iter().find(|p| p.id == "tiny").unwrap().set.0);
        knobs.set(&(family.knobs)(&shape), "size=28").unwrap();
        Trial { family: (family.card)().id, knobs, data, device: "cpu".into() }
    }

    #[test]
    fn pictures_that_are_not_read_are_not_measured_and_a_call_ends_it() {
        let (cache, trial) = (DatasetCache::default(), trial("dcgan"));
        let mut go_on = || true;
        let why = from_cache(&trial, &cache, Device::Cpu, 1, &mut go_on).unwrap_err().to_string();
        assert!(why.contains("not read yet"), "{why}");
        cache.fetch(&trial.data, &mut NoWatch).unwrap();
        let why = from_cache(&trial, &cache, Device::Cpu, 1, &mut || false).unwrap_err();
        assert!(Failure::is_cancelled(&why), "{why:#}");
        let wrong = Trial { family: "nothing".into(), ..trial };
        assert!(from_cache(&wrong, &cache, Device::Cpu, 1, &mut go_on).is_err());
    }
}
