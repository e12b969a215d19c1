//! What a texture tool is asked for, checked: sources, the canvas, and what is known of it already.

use super::super::{Materials, Outcome, Watch};
use super::Place;
use crate::picture::{Mask, Picture};
use anyhow::{Result, bail, ensure};

/// Longest side of a result in pixels.
pub(super) const LONGEST: usize = 16_384;

/// An exemplar with what belongs to it. `allowed` says for each pixel whether it may be copied.
pub(super) struct Source {
    pub picture: Picture,
    pub guide: Option<Picture>,
    pub companion: Option<Picture>,
    pub allowed: Vec<bool>,
}

impl Source {
    /// Width and height.
    pub fn size(&self) -> [usize; 2] {
        self.picture.size()
    }

    /// The side that the part that may be copied would have as a square; never more than the smaller side.
    pub fn side(&self) -> usize {
        side(self.size(), &self.allowed)
    }
}

/// The side of what may be copied, as [`Source::side`] says.
pub(super) fn side([w, h]: [usize; 2], allowed: &[bool]) -> usize {
    let area = allowed.iter().filter(|a| **a).count();
    area.isqrt().min(w).min(h)
}

/// A texture to be made. `known` is the picture around a hole; `hole` says for each pixel of the canvas whether it is to be made.
pub(super) struct Job {
    pub sources: Vec<Source>,
    pub size: [usize; 2],
    pub known: Option<Picture>,
    pub hole: Vec<bool>,
    pub guide: Option<Picture>,
    pub seed: u64,
    pub tileable: bool,
}

impl Job {
    /// Checks what was given; `least` is the smallest side that an exemplar may have.
    pub fn of(materials: &Materials, tileable: bool, least: usize) -> Result<Self> {
        let hole = hole(materials)?;
        let known = hole.as_ref().and(materials.picture.clone());
        let size = known.as_ref().map_or(materials.size, Picture::size);
        let [w, h] = size;
        ensure!(w > 0 && h > 0, "The result would be {w}×{h} pixels; choose a width and a height of at least 1.");
        ensure!(w <= LONGEST && h <= LONGEST, "The result would be {w}×{h} pixels; at most {LONGEST} a side are made.");
        let sources = sources(materials, hole.as_deref(), least)?;
        check_guides(materials, &sources, size)?;
        let hole = hole.unwrap_or_else(|| vec![true; w * h]);
        let guide = materials.guide.clone();
        Ok(Self { sources, size, known, hole, guide, seed: materials.seed, tileable })
    }

    /// The result with its figures. `picture` and `companion` are the canvases, row by row; `map` says where each pixel comes from.
    pub fn outcome(
        &self,
        picture: Vec<u8>,
        companion: Option<Vec<u8>>,
        map: &[Place],
        watch: &Watch,
    ) -> Result<Outcome> {
        let [width, height] = self.size;
        let picture = Picture { width, height, rgb: picture.into() };
        let companion = companion.map(|rgb| Picture { width, height, rgb: rgb.into() });
        let verbatim = super::measure::verbatim(map, self.size);
        let mut figures = vec![("verbatim_px", verbatim.mean), ("verbatim_px_95", verbatim.most)];
        let recall: Vec<f64> = self
            .sources
            .iter()
            .filter_map(|s| super::measure::recall_until(&s.picture, Some(&s.allowed), &picture, watch.stop()))
            .collect();
        if !recall.is_empty() {
            figures.push(("patch_recall", recall.iter().sum::<f64>() / recall.len() as f64));
        }
        if self.tileable {
            figures.push(("wrap_seam", super::measure::wrap_seam(&picture)));
        }
        watch.check()?;
        Ok(Outcome { companion, figures, ..Outcome::of(picture) })
    }

    /// Whether all sources have a companion.
    pub fn has_companions(&self) -> bool {
        self.sources.iter().all(|s| s.companion.is_some())
    }
}

/// Pixels of all that texture is taken from: the exemplars, or the picture itself.
pub fn source_pixels(materials: &Materials) -> u64 {
    sides(materials).map(|[w, h]| (w * h) as u64).sum()
}

/// The same, as they lie below each other in one picture as wide as the widest.
pub fn atlas_pixels(materials: &Materials) -> u64 {
    let widest = sides(materials).map(|[w, _]| w).max().unwrap_or(0);
    (widest * sides(materials).map(|[_, h]| h).sum::<usize>()) as u64
}

fn sides(materials: &Materials) -> impl Iterator<Item = [usize; 2]> {
    let own = materials.picture.as_ref().filter(|_| materials.exemplars.is_empty());
    own.into_iter().map(Picture::size).chain(materials.exemplars.iter().map(|e| e.picture.size()))
}

/// The hole of an inpainting, if there is one.
fn hole(materials: &Materials) -> Result<Option<Vec<bool>>> {
    let (picture, mask) = match (&materials.picture, &materials.mask) {
        (Some(picture), Some(mask)) => (picture, mask),
        (None, Some(_)) => bail!("There is a mask but no picture to fill; give the picture, or leave the mask out."),
        _ => return Ok(None),
    };
    let ([w, h], [mw, mh]) = (picture.size(), mask.size());
    ensure!([w, h] == [mw, mh], "The mask is {mw}×{mh} pixels and the picture {w}×{h}; they must have one size.");
    let hole: Vec<bool> = mask.grey.iter().map(|&v| v >= 128).collect();
    ensure!(hole.contains(&true), "The mask has no pixel to fill; paint what is to be replaced white.");
    Ok(Some(hole))
}

fn sources(materials: &Materials, hole: Option<&[bool]>, least: usize) -> Result<Vec<Source>> {
    let mut sources = Vec::new();
    if let (true, Some(hole), Some(picture)) = (materials.exemplars.is_empty(), hole, &materials.picture) {
        let allowed = hole.iter().map(|h| !h).collect();
        // The picture is exemplar and target in one, and so is its guide.
        sources.push(Source { picture: picture.clone(), guide: materials.guide.clone(), companion: None, allowed });
    }
    for exemplar in &materials.exemplars {
        let picture = exemplar.picture.clone();
        let [w, h] = picture.size();
        let fits = |size: [usize; 2], what: &str| {
            let [pw, ph] = size;
            ensure!(
                size == [w, h],
                "An exemplar's {what} is {pw}×{ph} pixels and the exemplar {w}×{h}; they must have one size."
            );
            Ok(())
        };
        exemplar.guide.as_ref().map_or(Ok(()), |g| fits(g.size(), "guide"))?;
        exemplar.sample.as_ref().map_or(Ok(()), |s| fits(s.size(), "sample mask"))?;
        exemplar.companion.as_ref().map_or(Ok(()), |c| fits(c.size(), "companion"))?;
        let allowed = exemplar.sample.as_ref().map_or_else(|| vec![true; w * h], allowed_by);
        sources.push(Source { picture, guide: exemplar.guide.clone(), companion: exemplar.companion.clone(), allowed });
    }
    ensure!(!sources.is_empty(), "There is no exemplar; give at least one picture to take texture from.");
    ensure!(sources.len() < usize::from(Place::KNOWN), "There are {} exemplars; give fewer.", sources.len());
    for [w, h] in sources.iter().map(Source::size) {
        ensure!(
            w >= least && h >= least,
            "An exemplar is {w}×{h} pixels; this tool needs at least {least}×{least}. Give a larger one."
        );
        ensure!(w <= LONGEST && h <= LONGEST, "An exemplar is {w}×{h} pixels; at most {LONGEST} a side are read.");
    }
    ensure!(
        sources.iter().any(|s| s.allowed.contains(&true)),
        "There is no pixel that may be copied: the sample masks are all black; leave some of them white."
    );
    Ok(sources)
}

fn allowed_by(sample: &Mask) -> Vec<bool> {
    sample.grey.iter().map(|&v| v >= 128).collect()
}

fn check_guides(materials: &Materials, sources: &[Source], [w, h]: [usize; 2]) -> Result<()> {
    let guided = sources.iter().filter(|s| s.guide.is_some()).count();
    let Some(guide) = &materials.guide else {
        ensure!(
            guided == 0,
            "An exemplar has a guide but the result has none; give one for the result, or take the exemplar's away."
        );
        return Ok(());
    };
    ensure!(
        guided == sources.len(),
        "There is a guide for the result but not for every exemplar; give each exemplar one, or take the result's away."
    );
    let [gw, gh] = guide.size();
    ensure!([gw, gh] == [w, h], "The guide is {gw}×{gh} pixels and the result {w}×{h}; they must have one size.");
    Ok(())
}
