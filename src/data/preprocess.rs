//! Makes pictures square, of one size and of one kind of colour; shared by all formats.

use super::adjust::adjust;
use super::{Loaded, Skipped, Source, Split, Watch, split};
use crate::picture::Pixels;
use crate::spec::{DataShape, DataSpec, Filter, Fit};
use crate::{failure::Failure, meter::physical_memory};
use anyhow::{Context, Result, bail, ensure};
use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use rayon::prelude::*;

/// Pictures prepared between two looks at the watch.
const CHUNK: usize = 256;
/// Pictures shown to the watch after each chunk.
const NEWEST: usize = 8;

/// Where a picture is taken from and where it goes.
#[derive(Debug, PartialEq, Eq)]
struct Plan {
    /// Left, top, width, height of the part that is used.
    from: [usize; 4],
    /// Left, top, width, height of its place in the square.
    to: [usize; 4],
}

impl Plan {
    fn new(width: usize, height: usize, size: usize, fit: Fit) -> Self {
        let (whole, full) = ([0, 0, width, height], [0, 0, size, size]);
        match fit {
            Fit::Stretch => Self { from: whole, to: full },
            Fit::Crop => {
                let shorter = width.min(height);
                Self { from: [(width - shorter) / 2, (height - shorter) / 2, shorter, shorter], to: full }
            }
            Fit::Pad => {
                let longer = width.max(height);
                let scaled = |side: usize| ((side * size + longer / 2) / longer).clamp(1, size);
                let (w, h) = (scaled(width), scaled(height));
                Self { from: whole, to: [(size - w) / 2, (size - h) / 2, w, h] }
            }
        }
    }
}

/// Prepares one picture after the other; keeps its working memory.
#[derive(Default)]
pub struct Preparer {
    resizer: Resizer,
    recoloured: Vec<u8>,
    scaled: Vec<u8>,
}

/// A picture that was scaled and awaits its place in the square.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scaled {
    /// Left, top, width, height of its place.
    to: [usize; 4],
    /// 1 or 3: not more than the spec asks for, and not more than the source has.
    pub channels: usize,
}

impl Preparer {
    /// Writes a picture to `out`, which holds `size * size * channels` bytes. What already has that form passes untouched, unless the spec
    /// adjusts it. In order: less colour, scaling, [`adjust`](super::adjust), and at last the padding, which nothing changes.
    pub fn prepare(&mut self, source: Source<'_>, spec: &DataSpec, out: &mut [u8]) -> Result<()> {
        let how = self.scale(source, spec)?;
        adjust(&mut self.scaled, how.channels, &spec.adjust);
        lay(&self.scaled, &how, spec, out);
        Ok(())
    }

    /// The bytes of the picture that was scaled last.
    pub(super) fn scaled(&self) -> &[u8] {
        &self.scaled
    }

    /// Takes the part of a picture that is used at the size it is to have.
    pub(super) fn scale(&mut self, source: Source<'_>, spec: &DataSpec) -> Result<Scaled> {
        let Source { width, height, channels, bytes } = source;
        if width == 0 || height == 0 || bytes.len() != width * height * channels {
            bail!("a picture of {width}×{height} has {} bytes", bytes.len());
        }
        let plan = Plan::new(width, height, spec.size, spec.fit);
        // Fewer colours first: the scaling is the expensive part.
        let (bytes, channels) = if channels == 3 && spec.channels == 1 {
            self.recoloured.clear();
            self.recoloured.extend(bytes.chunks_exact(3).map(|p| luma([p[0], p[1], p[2]])));
            (self.recoloured.as_slice(), 1)
        } else {
            (bytes, channels)
        };
        let ([x, y, w, h], [_, _, to_w, to_h]) = (plan.from, plan.to);
        self.scaled.resize(to_w * to_h * channels, 0);
        if [w, h] == [to_w, to_h] {
            for (row, line) in self.scaled.chunks_exact_mut(w * channels).enumerate() {
                let at = ((y + row) * width + x) * channels;
                line.copy_from_slice(&bytes[at..at + w * channels]);
            }
        } else {
            let kind = if channels == 1 { PixelType::U8 } else { PixelType::U8x3 };
            let way = algorithm(spec.adjust.filter, to_w * to_h < w * h);
            let options = ResizeOptions::new().resize_alg(way).crop(x as f64, y as f64, w as f64, h as f64);
            let from = ImageRef::new(width as u32, height as u32, bytes, kind)?;
            let mut to = Image::from_slice_u8(to_w as u32, to_h as u32, &mut self.scaled, kind)?;
            self.resizer.resize(&from, &mut to, &options)?;
        }
        Ok(Scaled { to: plan.to, channels })
    }
}

fn algorithm(filter: Filter, smaller: bool) -> ResizeAlg {
    ResizeAlg::Convolution(match filter {
        Filter::Nearest => return ResizeAlg::Nearest,
        // Lanczos is the sharper of the two, but rings around the hard edges of small pictures made larger.
        Filter::Auto => {
            if smaller {
                FilterType::Lanczos3
            } else {
                FilterType::CatmullRom
            }
        }
        Filter::Area => FilterType::Box,
        Filter::Bilinear => FilterType::Bilinear,
        Filter::CatmullRom => FilterType::CatmullRom,
        Filter::Lanczos3 => FilterType::Lanczos3,
    })
}

/// Puts a scaled picture in its place in the square `out`, the background around it.
pub(super) fn lay(scaled: &[u8], how: &Scaled, spec: &DataSpec, out: &mut [u8]) {
    let (channels, [left, top, to_w, to_h]) = (how.channels, how.to);
    if [to_w, to_h] != [spec.size; 2] {
        paint(out, spec);
    }
    for (row, line) in scaled.chunks_exact(to_w * channels).enumerate() {
        let at = ((top + row) * spec.size + left) * spec.channels;
        let place = &mut out[at..at + to_w * spec.channels];
        if channels == spec.channels {
            place.copy_from_slice(line);
        } else {
            place.chunks_exact_mut(3).zip(line).for_each(|(rgb, &grey)| rgb.fill(grey));
        }
    }
}

fn paint(out: &mut [u8], spec: &DataSpec) {
    if spec.channels == 1 {
        out.fill(luma(spec.background));
    } else {
        out.chunks_exact_mut(3).for_each(|pixel| pixel.copy_from_slice(&spec.background));
    }
}

/// Grey after Rec. 601.
pub fn luma([r, g, b]: [u8; 3]) -> u8 {
    ((299 * u32::from(r) + 587 * u32::from(g) + 114 * u32::from(b) + 500) / 1000) as u8
}

/// The size that suits pictures whose sides are these: 28 if all are exactly that, else the largest of 32, 64 and 128 that is
/// not above the median of the shorter sides, and at least 32.
pub fn suitable_size(sides: &[[usize; 2]]) -> usize {
    if !sides.is_empty() && sides.iter().all(|s| *s == [28, 28]) {
        return 28;
    }
    let mut shorter: Vec<_> = sides.iter().map(|s| s[0].min(s[1])).collect();
    shorter.sort_unstable();
    match shorter.get(shorter.len() / 2) {
        Some(128..) => 128,
        Some(64..) => 64,
        _ => 32,
    }
}

/// The sides that most of these pictures have, up to scale and five percent: those of the median aspect. `None` where they are square, and
/// where no aspect is common to more than half of them.
pub fn median_sides(sides: &[[usize; 2]]) -> Option<[usize; 2]> {
    let aspect = |s: &[usize; 2]| s[0] as f64 / s[1].max(1) as f64;
    let mut all = sides.to_vec();
    all.sort_by(|a, b| aspect(a).total_cmp(&aspect(b)));
    let middle = *all.get(all.len() / 2)?;
    let alike = all.iter().filter(|s| (aspect(s) / aspect(&middle) - 1.0).abs() < 0.05).count();
    (middle[0] != middle[1] && 2 * alike > all.len()).then_some(middle)
}

/// Refuses sizes and colours that nothing can be prepared for.
pub(super) fn check(spec: &DataSpec) -> Result<()> {
    if !(4..=512).contains(&spec.size) {
        bail!("size is a whole number from 4 to 512, not {}.", spec.size);
    }
    if ![1, 3].contains(&spec.channels) {
        bail!("channels is 1 (grey) or 3 (RGB), not {}.", spec.channels);
    }
    Ok(())
}

/// Refuses what would not fit in four fifths of this machine's memory: `count` prepared pictures and `others` bytes beside them.
pub(super) fn afford(count: usize, spec: &DataSpec, others: u64) -> Result<()> {
    check(spec)?;
    afford_within(count, spec, others, physical_memory())
}

fn afford_within(count: usize, spec: &DataSpec, others: u64, memory: Option<u64>) -> Result<()> {
    let stride = (spec.size * spec.size * spec.channels) as u128;
    let needed = count as u128 * stride + u128::from(others);
    let gigabytes = |bytes: u128| bytes as f64 / 1e9;
    match memory {
        Some(memory) if needed * 5 > u128::from(memory) * 4 => bail!(
            "{} pictures of {size}×{size} would need {:.1} GB of memory and this machine has {:.1} GB; nothing was read. Choose a \
             smaller size, grey, or fewer pictures.",
            crate::spec::thousands(count as u64),
            gigabytes(needed),
            gigabytes(u128::from(memory)),
            size = spec.size,
        ),
        _ => Ok(()),
    }
}

/// Counts prepared pictures over all splits and passes the news on.
pub(super) struct Progress<'a> {
    watch: &'a mut dyn Watch,
    done: usize,
    total: usize,
}

impl<'a> Progress<'a> {
    /// Begins at none of `total`.
    pub fn new(watch: &'a mut dyn Watch, total: usize) -> Self {
        Self { watch, done: 0, total }
    }

    /// `read` more pictures were dealt with, the last `ready` of `pixels` came of them.
    pub fn more(&mut self, read: usize, pixels: &Pixels, ready: usize) -> Result<()> {
        self.done += read;
        let shown = ready.min(NEWEST);
        let first = pixels.count - ready;
        let newest: Vec<_> = (0..shown).map(|i| pixels.picture(first + i * ready / shown)).collect();
        ensure!(self.watch.progress(self.done, self.total, &newest), Failure::Cancelled);
        Ok(())
    }
}

/// Makes `count` prepared pictures in parallel: `make` writes picture i to its place. Cancels between chunks.
pub(super) fn each<F>(count: usize, spec: &DataSpec, progress: &mut Progress<'_>, make: F) -> Result<Pixels>
where
    F: Fn(usize, &mut Preparer, &mut [u8]) -> Result<()> + Sync,
{
    let mut pixels = Pixels::new(spec.size, spec.channels);
    let stride = pixels.stride();
    pixels.bytes.try_reserve_exact(count * stride).context("There is not enough memory for the pictures.")?;
    while pixels.count < count {
        let (first, many) = (pixels.count, CHUNK.min(count - pixels.count));
        pixels.bytes.resize((first + many) * stride, 0);
        pixels.bytes[first * stride..]
            .par_chunks_exact_mut(stride)
            .enumerate()
            .try_for_each_init(Preparer::default, |preparer, (i, out)| make(first + i, preparer, out))?;
        pixels.count += many;
        progress.more(many, &pixels, many)?;
    }
    Ok(pixels)
}

/// Puts a data set together; `shape` is as surveyed and gets the true count.
pub(super) fn finish(
    spec: &DataSpec,
    shape: &DataShape,
    class_names: Vec<String>,
    (train, test): (Split, Split),
    skipped: Vec<Skipped>,
) -> Loaded {
    let shape = DataShape { count: train.pixels.count, ..shape.clone() };
    let fingerprint = split::fingerprint(&train);
    Loaded { spec: spec.clone(), shape, class_names, train, test, skipped, fingerprint }
}

#[cfg(test)]
#[path = "preprocess_tests.rs"]
pub(super) mod tests;
