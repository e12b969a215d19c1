//! Shuffled batches whose order is a function of seed and epoch, so that a resumed run sees what it would have seen.

use super::Loaded;
use crate::latent;
use crate::picture::Pixels;

/// Separates the order from other uses of the same seed.
const STREAM: u64 = 0x004f_5244_4552;

/// Which pictures each step trains on. Incomplete batches at the end of an epoch are dropped.
#[derive(Clone, Debug)]
pub struct Batches {
    count: usize,
    batch: usize,
    asked: usize,
    seed: u64,
    /// The newest epoch asked for and its order.
    cached: Option<(u64, Vec<u32>)>,
}

impl Batches {
    /// Batches of `batch` out of `count` pictures; a set smaller than the batch shrinks the batch.
    pub fn new(count: usize, batch: usize, seed: u64) -> Self {
        Self { count, batch: batch.min(count).max(1), asked: batch, seed, cached: None }
    }

    /// The size every batch has.
    pub fn effective_batch(&self) -> usize {
        self.batch
    }

    /// Whether the set was too small for the batch that was asked for.
    pub fn has_shrunk(&self) -> bool {
        self.batch < self.asked
    }

    /// Steps in which every picture is seen once, but for the few that are dropped.
    pub fn steps_per_epoch(&self) -> u64 {
        (self.count / self.batch).max(1) as u64
    }

    /// The pictures of step `step`, counted from 0 over all epochs. Any step may be asked for; neighbours are cheap.
    pub fn indices_at(&mut self, step: u64) -> Vec<u32> {
        let (epoch, within) = (step / self.steps_per_epoch(), (step % self.steps_per_epoch()) as usize);
        if self.cached.as_ref().is_none_or(|(known, _)| *known != epoch) {
            self.cached = Some((epoch, order(self.seed, epoch, self.count)));
        }
        let from = within * self.batch;
        self.cached
            .as_ref()
            .map_or_else(Vec::new, |(_, order)| order.iter().skip(from).take(self.batch).copied().collect())
    }
}

/// All of 0..count, shuffled; a function of its arguments alone.
pub fn order(seed: u64, epoch: u64, count: usize) -> Vec<u32> {
    latent::permutation(&mut latent::rng(latent::mix(&[seed, STREAM, epoch]), 0), count)
}

/// The training pictures at these places, and their labels if the set has any.
pub fn gather(loaded: &Loaded, index: &[u32]) -> (Pixels, Option<Vec<u32>>) {
    (loaded.train.pixels.gather(index), labels_of(loaded, index))
}

/// The labels of the training pictures at these places, if the set has any.
pub fn labels_of(loaded: &Loaded, index: &[u32]) -> Option<Vec<u32>> {
    let labels = &loaded.train.labels;
    (!labels.is_empty()).then(|| index.iter().map(|&i| labels[i as usize]).collect())
}

/// The inputs that belong to the training pictures at these places, if the set has any.
pub fn inputs_of(loaded: &Loaded, index: &[u32]) -> Option<Pixels> {
    loaded.train.inputs.as_ref().map(|inputs| inputs.gather(index))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_shows_every_picture_once_and_drops_the_rest() {
        let mut batches = Batches::new(10, 3, 7);
        assert_eq!((batches.steps_per_epoch(), batches.effective_batch()), (3, 3));
        let mut seen: Vec<u32> = (0..3).flat_map(|step| batches.indices_at(step)).collect();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 9);
        assert!(seen.iter().all(|&i| i < 10));
        assert_ne!(batches.indices_at(0), batches.indices_at(3), "another epoch, another order");
    }

    #[test]
    fn any_step_can_be_asked_for_out_of_order() {
        let (mut along, mut jumping) = (Batches::new(50, 8, 1), Batches::new(50, 8, 1));
        let straight: Vec<_> = (0..40).map(|step| along.indices_at(step)).collect();
        for step in [39, 0, 17, 16, 5] {
            assert_eq!(jumping.indices_at(step), straight[step as usize]);
        }
        assert_ne!(Batches::new(50, 8, 2).indices_at(0), straight[0]);
    }

    #[test]
    fn a_small_set_shrinks_the_batch() {
        let mut batches = Batches::new(5, 64, 0);
        assert_eq!(batches.effective_batch(), 5);
        assert!(batches.has_shrunk());
        assert_eq!(batches.indices_at(1_000_000).len(), 5);
        assert!(!Batches::new(64, 64, 0).has_shrunk());
    }

    #[test]
    fn pictures_come_with_their_labels() {
        let pixels = Pixels { count: 3, size: 1, channels: 1, bytes: vec![10, 20, 30] };
        let mut loaded = super::super::preprocess::tests::loaded(pixels, vec![1, 2, 3]);
        let (some, labels) = gather(&loaded, &[2, 0]);
        assert_eq!((some.bytes, labels), (vec![30, 10], Some(vec![3, 1])));
        loaded.train.labels.clear();
        assert_eq!(gather(&loaded, &[1]).1, None);
    }
}
