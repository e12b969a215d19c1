//! Which checkpoints and samples of a run stay on disk: pure functions.

use std::collections::BTreeSet;

/// How many sample grids of a run are kept.
pub const KEPT_SAMPLES: usize = 500;

const NEWEST: usize = 3;

/// The checkpoints to keep: the newest three, and of each tenth of the run the newest, so at most 13. Steps beyond `total`
/// belong to the last tenth.
pub fn keep_checkpoints(steps: &[u64], total: u64) -> BTreeSet<u64> {
    let sorted: BTreeSet<u64> = steps.iter().copied().collect();
    let mut keep: BTreeSet<u64> = sorted.iter().rev().take(NEWEST).copied().collect();
    let mut newest = [None; 10];
    for &step in &sorted {
        newest[tenth(step, total)] = Some(step);
    }
    keep.extend(newest.into_iter().flatten());
    keep
}

/// The same, and the best one beside them, wherever it stands.
pub fn keep_with_best(steps: &[u64], total: u64, best: Option<u64>) -> BTreeSet<u64> {
    let mut keep = keep_checkpoints(steps, total);
    keep.extend(best.filter(|step| steps.contains(step)));
    keep
}

/// 0 to 9. Step 400 of 4,000 ends the first tenth, 401 is in the second.
fn tenth(step: u64, total: u64) -> usize {
    let (step, total) = (u128::from(step), u128::from(total.max(1)));
    ((step * 10).div_ceil(total).clamp(1, 10) - 1) as usize
}

/// At most `limit` samples to keep: the first, the newest, and between them those that leave the most even gaps. Called
/// after each new sample it thins the whole run evenly, the same picture staying for as long as it can.
pub fn keep_samples(steps: &[u64], limit: usize) -> BTreeSet<u64> {
    let mut kept: Vec<u64> = steps.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
    let limit = limit.max(1);
    while kept.len() > limit {
        if kept.len() <= 2 {
            kept.remove(0);
            continue;
        }
        // The one whose neighbours are the closest to each other is missed the least.
        let gap = |i: usize| kept[i + 1] - kept[i - 1];
        let least = (1..kept.len() - 1).min_by_key(|&i| gap(i)).unwrap_or(1);
        kept.remove(least);
    }
    kept.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn set(steps: &[u64]) -> BTreeSet<u64> {
        steps.iter().copied().collect()
    }

    #[test]
    fn the_last_three_and_one_a_tenth_are_kept() {
        // A tenth of 1,000 steps is 100: of 40…100 the 100 stays, of 140, 180 the 180, then the newest three.
        let steps = [40, 80, 100, 140, 180, 220, 240, 260, 280];
        assert_eq!(keep_checkpoints(&steps, 1000), set(&[100, 180, 240, 260, 280]));
        // The same run when it is done.
        let steps: Vec<u64> = (1..=25).map(|i| i * 40).collect();
        let tenths = [80, 200, 280, 400, 480, 600, 680, 800, 880, 920, 960, 1000];
        assert_eq!(keep_checkpoints(&steps, 1000), set(&tenths));
        assert_eq!(keep_checkpoints(&[], 1000), set(&[]));
        assert_eq!(keep_checkpoints(&[0, 5, 7, 9], 0), set(&[0, 5, 7, 9]), "no total: step 0, and the last three");
        assert_eq!(keep_checkpoints(&[900, 1000, 2000, 3000, 4000], 1000), set(&[900, 2000, 3000, 4000]));
        assert_eq!(keep_checkpoints(&[u64::MAX - 1, u64::MAX], u64::MAX), set(&[u64::MAX - 1, u64::MAX]));
    }

    #[test]
    fn the_best_one_is_kept_too_while_it_is_there() {
        let steps = [40, 80, 100, 140, 180, 220, 240, 260, 280];
        assert_eq!(keep_with_best(&steps, 1000, Some(140)), set(&[100, 140, 180, 240, 260, 280]));
        assert_eq!(keep_with_best(&steps, 1000, Some(100)), keep_checkpoints(&steps, 1000));
        assert_eq!(keep_with_best(&steps, 1000, Some(30)), keep_checkpoints(&steps, 1000), "there is none of step 30");
        assert_eq!(keep_with_best(&steps, 1000, None), keep_checkpoints(&steps, 1000));
    }

    #[test]
    fn samples_thin_evenly_as_they_come() {
        assert_eq!(keep_samples(&[0, 10, 20, 30, 40], 4), set(&[0, 20, 30, 40]));
        assert_eq!(keep_samples(&[0, 20, 30, 40, 50], 4), set(&[0, 20, 40, 50]));
        assert_eq!(keep_samples(&[5, 6], 1), set(&[6]));
        let mut kept = BTreeSet::new();
        for step in 0..1000_u64 {
            kept.insert(step);
            let all: Vec<u64> = kept.iter().copied().collect();
            kept = keep_samples(&all, 50);
        }
        let kept: Vec<u64> = kept.into_iter().collect();
        assert_eq!((kept.len(), kept[0], kept[49]), (50, 0, 999));
        let widest = kept.windows(2).map(|w| w[1] - w[0]).max().unwrap();
        assert!(widest <= 40, "20 apart would be even, none is more than twice that: {widest}");
    }

    proptest! {
        #[test]
        fn the_newest_three_stay_and_the_number_is_bounded(steps in prop::collection::vec(any::<u64>(), 0..200), total: u64) {
            let all: BTreeSet<u64> = steps.iter().copied().collect();
            let kept = keep_checkpoints(&steps, total);
            prop_assert!(kept.is_subset(&all) && kept.len() <= 13);
            prop_assert!(all.iter().rev().take(3).all(|s| kept.contains(s)));
            let again: Vec<u64> = kept.iter().copied().collect();
            prop_assert_eq!(keep_checkpoints(&again, total), kept, "thinning twice drops no more");
        }

        #[test]
        fn first_and_newest_sample_stay(steps in prop::collection::btree_set(any::<u64>(), 1..80), limit in 2_usize..60) {
            let list: Vec<u64> = steps.iter().copied().collect();
            let kept = keep_samples(&list, limit);
            prop_assert_eq!(kept.len(), steps.len().min(limit));
            prop_assert!(kept.is_subset(&steps));
            prop_assert!(kept.first() == steps.first() && kept.last() == steps.last());
        }
    }
}
