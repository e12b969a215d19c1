//! A few pictures before and after: as they are read, as they are prepared, and as a step of training would see them.

use super::Source;
use super::preprocess::{Preparer, Scaled, lay};
use super::{adjust, augment, open, stretch};
use crate::picture::{Picture, Pixels};
use crate::spec::{Adjust, Augment, DataSpec};
use anyhow::Result;

/// Number of pictures that are shown; three for pairs.
const SHOWN: usize = 6;
/// The longer side of a picture as it is read, at most.
const SMALL: usize = 192;

/// The pictures, scaled but not yet adjusted, so that adjusting them again takes no time.
pub struct Strip {
    spec: DataSpec,
    paired: bool,
    read: Vec<Picture>,
    scaled: Vec<(Scaled, Vec<u8>)>,
}

impl Strip {
    /// Reads the first pictures of a source. Of pairs, input and picture follow each other.
    pub fn read(spec: &DataSpec) -> Result<Self> {
        let dataset = open(&spec.source)?;
        super::preprocess::check(spec)?;
        let paired = dataset.survey()?.paired;
        let (mut read, mut scaled, mut preparer) = (Vec::new(), Vec::new(), Preparer::default());
        dataset.glimpse(spec, SHOWN, &mut |source| {
            let how = preparer.scale(source, spec)?;
            scaled.push((how, preparer.scaled().to_vec()));
            read.push(small(source)?);
            Ok(())
        })?;
        Ok(Self { spec: spec.clone(), paired, read, scaled })
    }

    /// Whether it serves a spec too: at most the adjustments differ, which come later.
    pub fn suits(&self, spec: &DataSpec) -> bool {
        let adjust = Adjust { filter: spec.adjust.filter, ..self.spec.adjust };
        DataSpec { adjust, ..spec.clone() } == self.spec
    }

    /// The pictures as they are read, small.
    pub fn originals(&self) -> &[Picture] {
        &self.read
    }

    /// The pictures as `spec` prepares them.
    pub fn prepared(&self, spec: &DataSpec) -> Pixels {
        let mut all = Pixels::new(spec.size, spec.channels);
        for (how, bytes) in &self.scaled {
            let (mut bytes, mut out) = (bytes.clone(), vec![0; all.stride()]);
            adjust::adjust(&mut bytes, how.channels, &spec.adjust);
            lay(&bytes, how, spec, &mut out);
            all.push(&out);
        }
        all
    }

    /// Prepared pictures as the first step of training would see them.
    pub fn augmented(&self, prepared: &Pixels, how: &Augment, seed: u64) -> Pixels {
        let places = |first: u32, step: usize| (first..prepared.count as u32).step_by(step).collect::<Vec<_>>();
        if !self.paired {
            let (mut all, index) = (prepared.clone(), places(0, 1));
            augment::augment(&mut all, None, &index, how, (seed, 0));
            return all;
        }
        let (first, second) = (places(0, 2), places(1, 2));
        let (mut inputs, mut pictures) = (prepared.gather(&first), prepared.gather(&second));
        augment::augment(&mut pictures, Some(&mut inputs), &second, how, (seed, 0));
        let mut all = Pixels::new(prepared.size, prepared.channels);
        for i in 0..pictures.count {
            all.push(inputs.bytes_of(i));
            all.push(pictures.bytes_of(i));
        }
        all
    }
}

/// A picture as it is read, made small where it is large.
fn small(source: Source<'_>) -> Result<Picture> {
    let Source { width, height, channels, bytes } = source;
    let whole = Picture { width, height, rgb: adjust::rgb(bytes, channels).into() };
    let longer = width.max(height);
    if longer <= SMALL {
        return Ok(whole);
    }
    let along = |side: usize| (side * SMALL / longer).max(1);
    stretch::resized(&whole, along(width), along(height))
}

#[cfg(test)]
mod tests {
    use super::super::{NoWatch, photo::tests::encoded, preprocess::tests::spec};
    use super::*;
    use crate::spec::Fit;

    #[test]
    fn it_shows_what_loading_would_give() {
        let adjust = Adjust { gamma: 1.7, levels: true, saturation: 0.5, ..Adjust::default() };
        for source in ["shapes:20", "galaxies:20", "glyphs:20"] {
            let spec = DataSpec { source: source.into(), adjust, ..spec(32, 3, Fit::Crop) };
            let strip = Strip::read(&DataSpec { adjust: Adjust::default(), ..spec.clone() }).unwrap();
            assert!(strip.suits(&spec) && strip.originals().len() == SHOWN);
            let loaded = open(source).unwrap().load(&spec, &mut NoWatch).unwrap();
            let prepared = strip.prepared(&spec);
            assert_eq!(prepared.bytes[..], loaded.train.pixels.bytes[..prepared.bytes.len()], "{source}");
            assert!(!strip.suits(&DataSpec { size: 28, ..spec.clone() }));
            assert!(!strip.suits(&DataSpec { seed: 9, ..spec.clone() }));
            let filter = crate::spec::Filter::Nearest;
            assert!(!strip.suits(&DataSpec { adjust: Adjust { filter, ..adjust }, ..spec }));
        }
    }

    #[test]
    fn files_are_shown_in_their_own_aspect_and_pairs_in_turn() {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str, width: u32, grey: u8| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            let picture = image::GrayImage::from_pixel(width, 200, image::Luma([grey]));
            std::fs::write(path, encoded(&picture.into(), image::ImageFormat::Png)).unwrap();
        };
        for i in 0..5 {
            put(&format!("all/{i}.png"), 500, 10 * i);
            put(&format!("pairs/A/{i}.png"), 200, 100 + i);
            put(&format!("pairs/B/{i}.png"), 200, 200 + i);
        }
        std::fs::write(folder.path().join("all/broken.png"), "no").unwrap();
        let at = |name: &str, fit| {
            let source = folder.path().join(name).display().to_string();
            DataSpec { source, ..spec(28, 1, fit) }
        };
        let wide = at("all", Fit::Pad);
        let strip = Strip::read(&wide).unwrap();
        let sizes: Vec<_> = strip.originals().iter().map(|p| (p.width, p.height)).collect();
        assert_eq!(sizes, [(192, 76); 5]);
        // Padding is no part of the picture: it is not brightened.
        let adjust = Adjust { brightness: 0.2, ..Adjust::default() };
        let brighter = strip.prepared(&DataSpec { adjust, ..wide });
        assert_eq!((brighter.bytes_of(2)[0], brighter.bytes_of(2)[14 * 28]), (60, 71));
        let pairs = at("pairs", Fit::Crop);
        let strip = Strip::read(&pairs).unwrap();
        let prepared = strip.prepared(&pairs);
        let first: Vec<_> = (0..6).map(|i| prepared.bytes_of(i)[0]).collect();
        assert_eq!(first, [100, 200, 101, 201, 102, 202]);
        let noisy = strip.augmented(&prepared, &Augment { noise: 0.2, ..Augment::default() }, 1);
        assert!((0..6).all(|i| (noisy.bytes_of(i) == prepared.bytes_of(i)) == (i % 2 == 1)), "only inputs");
    }
}
