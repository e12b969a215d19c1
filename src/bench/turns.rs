//! Measures two sides in turn, in short rounds, so that a drift of the machine affects both.

use super::spread::spread;
use anyhow::Result;

/// Another program that can do the same work.
pub trait Rival {
    /// The name of the rival, such as `pytorch`.
    fn name(&self) -> &str;
    /// Runs one round of a variant and returns the milliseconds of each repetition, at least one.
    fn round(&mut self, variant: &str) -> Result<Vec<f64>>;
}

/// The comparison with a variant of a rival.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    /// Name of the rival and of the variant.
    pub against: String,
    /// Median of the rival's repetitions, in ms.
    pub peer_ms: f64,
    /// 95th percentile of the rival's repetitions, in ms.
    pub peer_ms_p95: f64,
    /// How many times as fast we are: the median over the rounds of the rival's median divided by ours of the same round.
    pub ratio: f64,
}

/// The timings of both sides.
pub struct Turns {
    /// Milliseconds of each of our repetitions.
    pub ours: Vec<f64>,
    /// One comparison for each variant.
    pub compared: Vec<Compared>,
}

impl Turns {
    /// Returns the median and the 95th percentile of ours.
    pub fn spread(&self) -> (f64, f64) {
        spread(self.ours.clone())
    }

    /// Returns the comparison with the fastest variant, if there was a rival.
    pub fn best(self) -> Vec<Compared> {
        self.compared.into_iter().min_by(|a, b| a.peer_ms.total_cmp(&b.peer_ms)).into_iter().collect()
    }
}

/// Runs rounds in turn: ours, each variant, ours, each variant … `ours` gets the number of the round. Without a rival only ours
/// run.
pub fn in_turn<R: Rival>(
    rounds: usize,
    mut ours: impl FnMut(usize) -> Result<Vec<f64>>,
    mut rival: Option<&mut R>,
    variants: &[&str],
) -> Result<Turns> {
    let mut mine = Vec::new();
    let mut theirs = vec![Vec::new(); variants.len()];
    for round in 0..rounds {
        mine.push(ours(round)?);
        if let Some(rival) = rival.as_deref_mut() {
            for (variant, all) in variants.iter().zip(&mut theirs) {
                all.push(rival.round(variant)?);
            }
        }
    }
    let name = rival.map(|rival| rival.name().to_owned());
    let compare = |(variant, theirs): (&&str, Vec<Vec<f64>>)| {
        let against = format!("{} {variant}", name.as_deref()?);
        let ratio = ratio(&mine, &theirs);
        let (peer_ms, peer_ms_p95) = spread(theirs.concat());
        Some(Compared { against, peer_ms, peer_ms_p95, ratio })
    };
    let compared = variants.iter().zip(theirs).filter_map(compare).collect();
    Ok(Turns { ours: mine.concat(), compared })
}

/// Returns the median over the rounds of the rival's median divided by ours.
fn ratio(ours: &[Vec<f64>], theirs: &[Vec<f64>]) -> f64 {
    let of_round = |(ours, theirs): (&Vec<f64>, &Vec<f64>)| spread(theirs.clone()).0 / spread(ours.clone()).0;
    spread(ours.iter().zip(theirs).map(of_round).collect()).0
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// Takes as long as its list says, whatever the variant, and notes who was asked.
    struct Paper(Vec<f64>, Vec<String>);

    impl Rival for Paper {
        fn name(&self) -> &'static str {
            "paper"
        }

        fn round(&mut self, variant: &str) -> Result<Vec<f64>> {
            self.1.push(variant.to_owned());
            Ok(vec![self.0[self.1.len() - 1]; 3])
        }
    }

    #[test]
    fn rounds_alternate_and_the_ratio_is_paired() {
        // The machine slows down by ten in the second of three rounds; both suffer alike.
        let mut paper = Paper(vec![30.0, 15.0, 300.0, 150.0, 30.0, 15.0], vec![]);
        let turns = in_turn(3, |round| Ok(vec![[10.0, 100.0, 10.0][round]; 2]), Some(&mut paper), &["a", "b"]).unwrap();
        assert_eq!(paper.1, ["a", "b", "a", "b", "a", "b"]);
        assert_eq!(turns.ours, [10.0, 10.0, 100.0, 100.0, 10.0, 10.0]);
        assert_eq!(turns.spread(), (10.0, 100.0));
        let expected = |against: &str, ms: f64, ratio| Compared {
            against: against.into(),
            peer_ms: ms,
            peer_ms_p95: ms * 10.0,
            ratio,
        };
        assert_eq!(turns.compared, [expected("paper a", 30.0, 3.0), expected("paper b", 15.0, 1.5)]);
        assert_eq!(turns.best(), [expected("paper b", 15.0, 1.5)]);
    }

    #[test]
    fn alone_there_is_nothing_to_compare() {
        let turns = in_turn(2, |_| Ok(vec![4.0]), None::<&mut Paper>, &["a"]).unwrap();
        assert_eq!((turns.ours.len(), turns.compared.len()), (2, 0));
        assert!(turns.best().is_empty());
    }
}
