//! What the open run draws from: sliders, or an input picture.

use super::OpenRun;
use crate::{latent::place_of, picture::Picture};

impl OpenRun {
    /// The input that belongs to a seed: the one that a person opened, else a fixed one; none where the family takes none.
    pub fn input(&self, seed: u64) -> Option<&Picture> {
        self.own_input.as_ref().filter(|_| self.examples.is_some()).or_else(|| self.fixed_input(seed))
    }

    /// The fixed input of a seed.
    pub fn fixed_input(&self, seed: u64) -> Option<&Picture> {
        let inputs = &self.examples.as_ref()?.inputs;
        inputs.get(place_of(seed, inputs.len())?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::protocol::Examples;

    #[test]
    fn an_opened_input_comes_before_the_fixed_ones() {
        let flat = |v: u8| Picture::filled(2, 2, [v; 3]);
        let mut open_run = OpenRun { own_input: Some(flat(9)), ..OpenRun::default() };
        assert!(open_run.input(0).is_none(), "a family that takes none");
        open_run.examples = Some(Examples { inputs: [flat(1), flat(2), flat(3)].into(), targets: [].into() });
        assert_eq!((open_run.input(4), open_run.fixed_input(4)), (Some(&flat(9)), Some(&flat(2))));
        open_run.own_input = None;
        assert_eq!(open_run.input(5), Some(&flat(3)));
    }
}
