//! Pictures of the data beside their reconstructions, for families with an encoder.

use crate::{
    data::Loaded,
    engine::protocol::Reconstructions,
    models::Player,
    picture::{self, Layout, Picture},
};
use anyhow::{Context, Result, ensure};

/// Most pairs that are shown.
const PAIRS: usize = 16;

/// The originals: held-out pictures, or the first of training where nothing is held out.
#[derive(Default)]
pub struct ReconstructionSource {
    originals: Vec<Picture>,
    held_out: bool,
}

impl ReconstructionSource {
    /// Takes the first pictures of the data.
    pub fn new(loaded: &Loaded) -> Self {
        let held_out = loaded.test.pixels.count > 0;
        let pixels = if held_out { &loaded.test.pixels } else { &loaded.train.pixels };
        Self { originals: (0..pairs_of(pixels.count)).map(|i| pixels.picture(i)).collect(), held_out }
    }

    /// The pairs as the player draws them now; `None` without originals or without an encoder.
    pub fn draw(&self, player: &dyn Player, step: u64) -> Result<Option<Reconstructions>> {
        let mut tiles = Vec::with_capacity(2 * self.originals.len());
        for some in self.originals.chunks(8) {
            let Some(codes) = player.encode(some)? else { return Ok(None) };
            let drawn = player.play(&codes)?;
            ensure!(drawn.len() == some.len(), "The family gave {} codes of {} pictures.", drawn.len(), some.len());
            tiles.extend(some.iter().cloned().zip(drawn).flat_map(|(original, again)| [original, again]));
        }
        if tiles.is_empty() {
            return Ok(None);
        }
        let grid = picture::grid(&tiles).context("There is nothing to reconstruct.")?;
        let (tile, pairs, held_out) = (tiles[0].width, self.originals.len(), self.held_out);
        Ok(Some(Reconstructions { step, grid, tile, pairs, held_out }))
    }
}

/// The most pairs out of `count` pictures whose grid has an even number of columns, so that no pair is torn apart.
fn pairs_of(count: usize) -> usize {
    let whole = |pairs: &usize| *pairs == 0 || Layout::square(1, 2 * pairs).columns.is_multiple_of(2);
    (0..=count.min(PAIRS)).rev().find(whole).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{latent::Code, weights::Arrays};

    /// Encodes a picture as its first grey level, and plays a code as a picture of that grey.
    struct Grey;

    impl Player for Grey {
        fn z_dim(&self) -> usize {
            1
        }

        fn load_weights(&mut self, _: &Arrays, _: Option<&Arrays>) -> Result<()> {
            Ok(())
        }

        fn play(&self, codes: &[Code]) -> Result<Vec<Picture>> {
            Ok(codes.iter().map(|code| Picture::filled(2, 2, [code.z[0] as u8 + 1; 3])).collect())
        }

        fn encode(&self, pictures: &[Picture]) -> Result<Option<Vec<Code>>> {
            let code = |p: &Picture| Code { z: vec![f32::from(p.rgb[0])], ..Code::default() };
            Ok(Some(pictures.iter().map(code).collect()))
        }
    }

    #[test]
    fn pairs_stand_side_by_side() {
        assert_eq!([0, 1, 2, 3, 7, 8, 11, 13, 500].map(pairs_of), [0, 1, 2, 2, 7, 8, 8, 13, 16]);
        let originals: Vec<_> = (0..8).map(|i| Picture::filled(2, 2, [10 * i; 3])).collect();
        let shown = ReconstructionSource { originals, held_out: true }.draw(&Grey, 9).unwrap().unwrap();
        assert_eq!((shown.step, shown.pairs, shown.tile), (9, 8, 2));
        let layout = Layout::square(2, 16);
        let grey = |i| shown.grid.tile(i, layout).unwrap().rgb[0];
        assert_eq!((0..6).map(grey).collect::<Vec<_>>(), [0, 1, 10, 11, 20, 21]);
        assert_eq!(ReconstructionSource::default().draw(&Grey, 9).unwrap(), None);
    }
}
