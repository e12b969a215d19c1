//! The contact sheet: prepared pictures in a grid.

use super::Loaded;
use crate::picture::{self, Picture};

/// About `count` training pictures, evenly spread over the set, in a grid of ⌈√count⌉ columns. Paired data show each picture's
/// input before it.
pub fn sheet(loaded: &Loaded, count: usize) -> Picture {
    let pixels = &loaded.train.pixels;
    let inputs = loaded.train.inputs.as_ref();
    let count = if inputs.is_some() { count / 2 } else { count };
    let shown = count.clamp(1, pixels.count.max(1));
    let places = (0..shown.min(pixels.count)).map(|i| i * pixels.count / shown);
    let tiles: Vec<_> =
        places.flat_map(|i| inputs.map(|inputs| inputs.picture(i)).into_iter().chain([pixels.picture(i)])).collect();
    picture::grid(&tiles).unwrap_or_else(|| Picture::filled(1, 1, [0; 3]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::preprocess::tests::loaded;
    use crate::picture::Pixels;

    #[test]
    fn the_sheet_spreads_over_the_whole_set() {
        let loaded = loaded(Pixels { count: 8, size: 1, channels: 1, bytes: (0..8).collect() }, vec![]);
        let four = sheet(&loaded, 4);
        assert_eq!((four.width, four.height), (3, 3), "two columns with a gap");
        let value = |x: usize, y: usize| four.row(y)[x * 3];
        assert_eq!([value(0, 0), value(2, 0), value(0, 2), value(2, 2)], [0, 2, 4, 6]);
        assert_eq!(sheet(&loaded, 100).width, 5, "no more than there are");
        assert_eq!(sheet(&loaded, 0).width, 1);
    }
}
