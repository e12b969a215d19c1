//! The cut between training and held-out pictures, and the fingerprint of what is trained on.

use super::Split;
use crate::latent;
use crate::picture::Pixels;
use sha2::{Digest, Sha256};

/// Separates the split from other uses of the same seed.
const STREAM: u64 = 0x0053_504c_4954;

/// How many of `count` pictures are held out: a tenth, at most 1,000; none of fewer than 10.
pub fn held_out(count: usize) -> usize {
    (count / 10).min(1000)
}

/// Cuts pictures in training and held-out ones; which is which depends on the seed and the count alone. Both keep their order.
/// `labels` has one class for each picture, or none at all.
pub fn cut(mut pixels: Pixels, labels: &[u32], seed: u64) -> (Split, Split) {
    let (count, stride) = (pixels.count, pixels.stride());
    let mut out = vec![false; count];
    let order = latent::permutation(&mut latent::rng(latent::mix(&[seed, STREAM]), 0), count);
    for &i in &order[..held_out(count)] {
        out[i as usize] = true;
    }
    let places = |held: bool| (0..count as u32).filter(|&i| out[i as usize] == held).collect::<Vec<_>>();
    let (kept, held) = (places(false), places(true));
    let of = |places: &[u32]| places.iter().filter_map(|&i| labels.get(i as usize).copied()).collect::<Vec<_>>();
    let test = Split { pixels: pixels.gather(&held), labels: of(&held), inputs: None };
    // In place: a second copy of the larger half could be many gigabytes.
    for (to, &from) in kept.iter().enumerate() {
        let from = from as usize * stride;
        pixels.bytes.copy_within(from..from + stride, to * stride);
    }
    pixels.bytes.truncate(kept.len() * stride);
    pixels.count = kept.len();
    (Split { pixels, labels: of(&kept), inputs: None }, test)
}

/// Cuts pairs as [`cut`] cuts pictures: targets and inputs that belong together stay together.
pub fn cut_pairs(targets: Pixels, inputs: Pixels, seed: u64) -> (Split, Split) {
    let (train, test) = cut(targets, &[], seed);
    let (train_inputs, test_inputs) = cut(inputs, &[], seed);
    (Split { inputs: Some(train_inputs.pixels), ..train }, Split { inputs: Some(test_inputs.pixels), ..test })
}

/// SHA-256 over size, channels, pixels, labels and inputs, as 64 hex digits.
pub fn fingerprint(split: &Split) -> String {
    let mut hash = Sha256::new();
    for number in [split.pixels.count, split.pixels.size, split.pixels.channels, split.labels.len()] {
        hash.update((number as u64).to_le_bytes());
    }
    hash.update(&split.pixels.bytes);
    for label in &split.labels {
        hash.update(label.to_le_bytes());
    }
    if let Some(inputs) = &split.inputs {
        hash.update(&inputs.bytes);
    }
    hash.finalize().iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbered(count: usize) -> (Pixels, Vec<u32>) {
        let bytes = (0..count).flat_map(|i| [(i / 256) as u8, (i % 256) as u8, 0, 0]).collect();
        (Pixels { count, size: 2, channels: 1, bytes }, (0..count as u32).collect())
    }

    #[test]
    fn a_tenth_is_held_out_and_nothing_is_lost() {
        for (count, expected) in [(2, 0), (9, 0), (10, 1), (25, 2), (300, 30), (20_000, 1000)] {
            let (pixels, labels) = numbered(count);
            let (train, test) = cut(pixels.clone(), &labels, 3);
            assert_eq!((train.pixels.count, test.pixels.count), (count - expected, expected));
            for split in [&train, &test] {
                assert!(split.labels.is_sorted());
                for (i, &label) in split.labels.iter().enumerate() {
                    assert_eq!(split.pixels.bytes_of(i), pixels.bytes_of(label as usize), "labels follow pictures");
                }
            }
            let mut all = [train.labels, test.labels].concat();
            all.sort_unstable();
            assert_eq!(all, labels);
        }
    }

    #[test]
    fn the_seed_decides() {
        let (pixels, labels) = numbered(100);
        assert_eq!(cut(pixels.clone(), &labels, 1), cut(pixels.clone(), &labels, 1));
        assert_ne!(cut(pixels.clone(), &labels, 1), cut(pixels.clone(), &labels, 2));
        assert!(cut(pixels, &[], 1).0.labels.is_empty());
    }

    #[test]
    fn the_fingerprint_sees_pixels_labels_and_form() {
        let (pixels, labels) = numbered(4);
        let base = Split { pixels, labels, inputs: None };
        let mut others = vec![base.clone(); 4];
        others[3].inputs = Some(base.pixels.clone());
        others[0].pixels.bytes[5] ^= 1;
        others[1].labels[2] = 9;
        (others[2].pixels.size, others[2].pixels.channels) = (1, 4);
        for other in others {
            assert_ne!(fingerprint(&base), fingerprint(&other));
        }
        assert_eq!(fingerprint(&base), fingerprint(&base.clone()));
        assert!(fingerprint(&base).bytes().all(|b| b.is_ascii_hexdigit()));
    }
}
