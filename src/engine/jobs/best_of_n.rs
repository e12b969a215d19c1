//! Of several tries, the picture that the discriminator finds most real.

use crate::{
    failure::Failure,
    latent::{self, Code},
    models::Player,
    picture::Picture,
};
use anyhow::{Context, Result, ensure};

/// One picture a code, in order: the code's own when `tries` is 1, else the one of `tries` candidates that the discriminator finds most real
/// (a simple form of discriminator rejection sampling, Azadi et al. 2019). Further tries differ from the code in their latent, which
/// follows from the code's own. An error when `tries` is above 1 and the player has no discriminator, or when `cancelled` says so
/// between two tries.
pub fn best_of_n(
    player: &dyn Player,
    codes: &[Code],
    tries: usize,
    cancelled: &dyn Fn() -> bool,
) -> Result<Vec<Picture>> {
    let mut best = player.play(codes)?;
    if tries < 2 {
        return Ok(best);
    }
    let mut ranks = ranked(player, codes, &best)?;
    for round in 1..tries as u64 {
        ensure!(!cancelled(), Failure::Cancelled);
        let codes: Vec<Code> = codes.iter().map(|code| another(code, round)).collect();
        let pictures = player.play(&codes)?;
        for (i, (rank, picture)) in ranked(player, &codes, &pictures)?.into_iter().zip(pictures).enumerate() {
            if rank > ranks[i] {
                (ranks[i], best[i]) = (rank, picture);
            }
        }
    }
    Ok(best)
}

/// What the discriminator finds of pictures; what it has no number for comes last.
fn ranked(player: &dyn Player, codes: &[Code], pictures: &[Picture]) -> Result<Vec<f32>> {
    let ranks = player.rank(codes, pictures)?.context("These weights have no discriminator to pick by.")?;
    Ok(ranks.into_iter().map(|rank| if rank.is_nan() { f32::NEG_INFINITY } else { rank }).collect())
}

/// A code with another latent, the same for the same code and round.
fn another(code: &Code, round: u64) -> Code {
    let parts: Vec<u64> = std::iter::once(round).chain(code.z.iter().map(|v| u64::from(v.to_bits()))).collect();
    Code { z: latent::normal(latent::mix(&parts), code.z.len()), ..code.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::weights::Arrays;

    /// Draws one grey pixel: its latent, of which the discriminator likes the bright.
    struct Grey {
        judges: bool,
    }

    impl Player for Grey {
        fn z_dim(&self) -> usize {
            1
        }

        fn load_weights(&mut self, _: &Arrays, _: Option<&Arrays>) -> Result<()> {
            Ok(())
        }

        fn play(&self, codes: &[Code]) -> Result<Vec<Picture>> {
            let level = |code: &Code| (code.z[0] * 40.0 + 128.0).clamp(0.0, 255.0) as u8;
            let one = |code| Picture { width: 1, height: 1, rgb: vec![level(code); 3].into() };
            Ok(codes.iter().map(one).collect())
        }

        // Far beyond where probabilities end; nothing at all of the darkest.
        fn rank(&self, codes: &[Code], pictures: &[Picture]) -> Result<Option<Vec<f32>>> {
            assert_eq!(codes.len(), pictures.len());
            let rank = |p: &Picture| if p.rgb[0] < 90 { f32::NAN } else { 100.0 + f32::from(p.rgb[0]) };
            Ok(self.judges.then(|| pictures.iter().map(rank).collect()))
        }
    }

    fn levels(tries: usize) -> Vec<u8> {
        let codes: Vec<Code> = (0..40).map(|seed| Code::from_seed(seed, 1)).collect();
        best_of_n(&Grey { judges: true }, &codes, tries, &|| false).unwrap().iter().map(|p| p.rgb[0]).collect()
    }

    #[test]
    fn each_further_try_can_only_please_the_discriminator_more() {
        let [one, two, eight] = [1, 2, 8].map(levels);
        let codes: Vec<Code> = (0..40).map(|seed| Code::from_seed(seed, 1)).collect();
        let own: Vec<u8> = Grey { judges: true }.play(&codes).unwrap().iter().map(|p| p.rgb[0]).collect();
        assert_eq!(one, own, "one try is the code itself");
        assert!(
            one.iter().zip(&two).zip(&eight).all(|((a, b), c)| a <= b.max(&89) && b <= c.max(&89)),
            "{one:?} {two:?} {eight:?}"
        );
        // The largest of eight normal numbers is 1.42 on average: 57 levels above the middle.
        let mean = |all: &[u8]| all.iter().map(|&v| f64::from(v)).sum::<f64>() / all.len() as f64;
        assert!(
            (mean(&one) - 128.0).abs() < 20.0 && (mean(&eight) - 185.0).abs() < 12.0,
            "{} {}",
            mean(&one),
            mean(&eight)
        );
        let several = eight.iter().collect::<std::collections::BTreeSet<_>>().len();
        assert!(several > 25, "each picture has tries of its own: {several} differ");
        assert_eq!(eight, levels(8));
    }

    #[test]
    fn without_a_discriminator_there_is_nothing_to_pick_by() {
        let blind = Grey { judges: false };
        let codes = [Code::from_seed(1, 1)];
        assert!(best_of_n(&blind, &codes, 1, &|| true).is_ok());
        let cancelled = best_of_n(&Grey { judges: true }, &codes, 2, &|| true);
        assert!(Failure::is_cancelled(&cancelled.unwrap_err()));
        assert!(best_of_n(&blind, &codes, 2, &|| false).unwrap_err().to_string().contains("no discriminator"));
    }
}
