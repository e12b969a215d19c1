//! What the built-in sets share: each draws picture i from a seed of its own, at the size that is asked for.

use super::dataset::Source;
use super::preprocess::{self, Progress};
use super::{Dataset, Loaded, Show, Split, Watch, split};
use crate::latent;
use crate::spec::thousands;
use crate::spec::{DataShape, DataSpec};
use anyhow::{Result, bail};
use rand_chacha::ChaCha8Rng;
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicU32, Ordering};

/// Pictures of a set whose count is not given.
const USUAL_COUNT: usize = 10_000;
/// How many may be asked for.
const COUNTS: RangeInclusive<usize> = 2..=1_000_000;

/// A built-in set.
pub(super) struct Drawing {
    /// The id in the table of data sets.
    pub id: &'static str,
    /// Separates the sets and their splits from each other at one seed.
    pub stream: u64,
    /// Names of the classes.
    pub classes: &'static [&'static str],
    /// The size and channels it suits best.
    pub size: usize,
    /// What `draw` makes: 1 or 3.
    pub channels: usize,
    /// Draws one picture of `size` × `size` pixels into `out` and tells its class.
    pub draw: fn(rng: &mut ChaCha8Rng, size: usize, out: &mut [u8]) -> u32,
}

/// A number of pictures of a built-in set.
struct Drawn {
    drawing: &'static Drawing,
    count: usize,
}

/// Opens `id` or `id:count`.
pub(super) fn open(drawing: &'static Drawing, source: &str) -> Result<Box<dyn Dataset>> {
    let count = match source.trim().split_once(':') {
        None => Some(USUAL_COUNT),
        Some((_, count)) => count.trim().parse().ok().filter(|count| COUNTS.contains(count)),
    };
    let Some(count) = count else {
        bail!(
            "{source:?} is not understood: the count after {:?} is a whole number from {} to {}.",
            format!("{}:", drawing.id),
            thousands(*COUNTS.start() as u64),
            thousands(*COUNTS.end() as u64)
        );
    };
    Ok(Box::new(Drawn { drawing, count }))
}

/// The generator that draws picture `index` of the training pictures (`split` 0) or the held-out ones (`split` 1).
pub(super) fn picture_rng(drawing: &Drawing, seed: u64, split: u64, index: usize) -> ChaCha8Rng {
    latent::rng(latent::mix(&[seed, drawing.stream, split, index as u64]), 0)
}

impl Drawn {
    fn split(&self, spec: &DataSpec, split: u64, count: usize, progress: &mut Progress<'_>) -> Result<Split> {
        let labels: Vec<AtomicU32> = (0..count).map(|_| AtomicU32::new(0)).collect();
        let drawing = self.drawing;
        let stride = spec.size * spec.size * drawing.channels;
        let pixels = preprocess::each(count, spec, progress, |i, preparer, out| {
            let mut bytes = vec![0; stride];
            let class = (drawing.draw)(&mut picture_rng(drawing, spec.seed, split, i), spec.size, &mut bytes);
            labels[i].store(class, Ordering::Relaxed);
            let source = Source { width: spec.size, height: spec.size, channels: drawing.channels, bytes: &bytes };
            preparer.prepare(source, spec, out)
        })?;
        Ok(Split { pixels, labels: labels.into_iter().map(AtomicU32::into_inner).collect(), inputs: None })
    }
}

impl Dataset for Drawn {
    fn survey(&self) -> Result<DataShape> {
        let Drawing { classes, size, channels, .. } = *self.drawing;
        Ok(DataShape { count: self.count, classes: classes.len(), size, channels, paired: false, sides: None })
    }

    fn glimpse(&self, spec: &DataSpec, most: usize, show: Show<'_>) -> Result<()> {
        let (drawing, size) = (self.drawing, spec.size);
        let mut bytes = vec![0; size * size * drawing.channels];
        for i in 0..most.min(self.count) {
            bytes.fill(0);
            (drawing.draw)(&mut picture_rng(drawing, spec.seed, 0, i), size, &mut bytes);
            show(Source { width: size, height: size, channels: drawing.channels, bytes: &bytes })?;
        }
        Ok(())
    }

    fn load(&self, spec: &DataSpec, watch: &mut dyn Watch) -> Result<Loaded> {
        let held_out = split::held_out(self.count);
        preprocess::afford(self.count + held_out, spec, 0)?;
        let mut progress = Progress::new(watch, self.count + held_out);
        let train = self.split(spec, 0, self.count, &mut progress)?;
        let test = self.split(spec, 1, held_out, &mut progress)?;
        let names = self.drawing.classes.iter().map(|&name| name.to_owned()).collect();
        Ok(preprocess::finish(spec, &self.survey()?, names, (train, test), Vec::new()))
    }
}
