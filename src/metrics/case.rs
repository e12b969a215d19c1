//! What the measures of one run look at: its pictures, real ones to hold them against, and what was seen in them, each made once.

use super::{
    classifier::{Classifier, Seen},
    embed::{self, Strided},
    prdc::{Prdc, prdc},
};
use crate::{
    data::Split,
    failure::Failure,
    latent::{self, Code, mix},
    models::{NegativeElbo, Player},
    nn::Tensor,
    picture::{Picture, Pixels},
};
use anyhow::{Context, Result, bail, ensure};
use std::borrow::Cow;
use std::cell::OnceCell;

/// What there is to be measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools)]
pub struct Able {
    /// The data carry classes.
    pub labelled: bool,
    /// The pictures were asked for by class.
    pub asked: bool,
    /// The family finds codes of pictures.
    pub encoder: bool,
    /// The family turns input pictures into pictures.
    pub inputs: bool,
    /// The family has a likelihood.
    pub likelihood: bool,
    /// Pictures that training never saw.
    pub held_out: usize,
}

/// Neighbours that reach makes a neighbourhood of.
const NEIGHBOURS: usize = 5;
/// Pictures drawn or encoded at once.
const ROUND: usize = 50;
/// Held-out pictures that are reconstructed at most.
const MIRRORED: usize = 1_000;
/// Separates the choice of real pictures from other uses of a seed.
const STREAM: u64 = 0x5ea1;

/// Receives pictures drawn and pictures in all; ends the drawing when it returns `false`.
pub type Watch<'a> = dyn FnMut(usize, usize) -> bool + 'a;

/// The pictures of one evaluation.
pub struct EvalContext<'a> {
    /// Draws what the seed needs beyond the pictures.
    pub seed: u64,
    /// Pictures that the run learned from.
    pub train: &'a Split,
    /// Pictures that it never saw.
    pub test: &'a Split,
    /// Two sets of real pictures without a common one, as many as there are generated ones. The first is from the training split;
    /// the second from the held-out one where that has as many, else from the rest of both.
    pub reals: [Split; 2],
    /// The generated pictures.
    pub fakes: Pixels,
    /// The class that each was asked for.
    pub asked: Option<Vec<u32>>,
    player: Option<&'a dyn Player>,
    encoder: bool,
    feature_extractor: Option<(&'a Classifier, String)>,
    seen: OnceCell<[Seen; 3]>,
    embedded: OnceCell<[Tensor; 3]>,
    neighbours: OnceCell<[Prdc; 2]>,
    mirrored: OnceCell<[(Pixels, Pixels); 2]>,
    bounds: OnceCell<[NegativeElbo; 2]>,
}

/// Who draws, and what it can.
#[derive(Clone, Copy)]
pub struct Sampler<'a> {
    /// The player that draws.
    pub player: &'a dyn Player,
    /// Classes it can be asked for, the same as the data's; 0 when it can't.
    pub classes: usize,
    /// Whether the family encodes pictures to codes.
    pub encoder: bool,
}

/// Number of generated pictures that can be compared fairly: there must be real ones for two sets of the same size.
pub fn affordable(count: usize, train: &Split, test: &Split) -> usize {
    count.min(usize::midpoint(train.pixels.count, test.pixels.count)).min(train.pixels.count)
}

impl<'a> EvalContext<'a> {
    /// Draws `count` pictures, picture i that of seed + i, classes in turn; those of a family that takes inputs from held-out ones
    /// first. `feature_extractor` are the classifier and its name, where the data are labelled.
    pub fn drawn(
        artist: Sampler<'a>,
        (train, test): (&'a Split, &'a Split),
        (count, seed): (usize, u64),
        feature_extractor: Option<(&'a Classifier, String)>,
        watch: &mut Watch,
    ) -> Result<Self> {
        let player = artist.player;
        let chosen = Chosen::new(affordable(count, train, test), seed, (train, test));
        let challenged = player.paired_examples(&empty(train), Some(&empty(train)), &[])?.is_some();
        let (codes, reals) = if challenged {
            let mut targets = Vec::new();
            for places in &chosen.reals {
                targets.push(Split { pixels: paired_examples(player, (train, test), places)?.1, ..Split::default() });
            }
            let reals =
                <[Split; 2]>::try_from(targets).map_err(|_| anyhow::anyhow!("Two sets of pictures are needed."))?;
            (paired_examples(player, (train, test), &chosen.inputs)?.0, reals)
        } else {
            let code = |i: usize| {
                let class = (artist.classes > 0).then(|| ((i % artist.classes) as u32, 1.0));
                Code {
                    classes: class.into_iter().collect(),
                    ..Code::from_seed(seed.wrapping_add(i as u64), player.z_dim())
                }
            };
            let reals = chosen.reals.each_ref().map(|places| gathered((train, test), places));
            ((0..chosen.inputs.len()).map(code).collect(), reals)
        };
        let fakes = draw(player, &codes, &train.pixels, watch)?;
        let asked = (artist.classes > 0 && !challenged)
            .then(|| (0..fakes.count).map(|i| (i % artist.classes) as u32).collect());
        let encoder = artist.encoder && !challenged;
        Ok(Self {
            asked,
            player: Some(player),
            encoder,
            feature_extractor,
            ..Self::bare(fakes, reals, (train, test), seed)
        })
    }

    /// Pictures that something else drew, at most `count` of them, with the class that each was asked for where that is known.
    pub fn found(
        fakes: &Pixels,
        asked: Option<&[u32]>,
        (train, test): (&'a Split, &'a Split),
        (count, seed): (usize, u64),
        feature_extractor: Option<(&'a Classifier, String)>,
    ) -> Result<Self> {
        let count = affordable(count.min(fakes.count), train, test);
        let mut some = latent::permutation(&mut latent::rng(mix(&[seed, STREAM, 1]), 0), fakes.count);
        some.truncate(count);
        some.sort_unstable();
        ensure!(!some.is_empty(), "There are no pictures to measure.");
        let reals = Chosen::new(count, seed, (train, test)).reals.map(|places| gathered((train, test), &places));
        let asked = asked.map(|asked| some.iter().filter_map(|&i| asked.get(i as usize).copied()).collect());
        Ok(Self { asked, feature_extractor, ..Self::bare(fakes.gather(&some), reals, (train, test), seed) })
    }

    fn bare(fakes: Pixels, reals: [Split; 2], (train, test): (&'a Split, &'a Split), seed: u64) -> Self {
        Self {
            seed,
            train,
            test,
            reals,
            fakes,
            asked: None,
            player: None,
            encoder: false,
            feature_extractor: None,
            seen: OnceCell::new(),
            embedded: OnceCell::new(),
            neighbours: OnceCell::new(),
            mirrored: OnceCell::new(),
            bounds: OnceCell::new(),
        }
    }

    /// How many generated pictures there are.
    pub fn count(&self) -> usize {
        self.fakes.count
    }

    /// The name of what the embeddings look through.
    pub fn feature_extractor(&self) -> &str {
        self.feature_extractor.as_ref().map_or(embed::STRIDED, |(_, name)| name)
    }

    /// What the classifier sees in both sets of real pictures and in the generated ones.
    pub fn seen(&self) -> Result<&[Seen; 3]> {
        once(&self.seen, || {
            let (classifier, _) =
                self.feature_extractor.as_ref().context("There is no classifier for data without classes.")?;
            let [real, other] = &self.reals;
            Ok([classifier.look(&real.pixels)?, classifier.look(&other.pixels)?, classifier.look(&self.fakes)?])
        })
    }

    /// The features of both sets of real pictures and of the generated ones: the classifier's, or random ones without classes.
    pub fn embedded(&self) -> Result<&[Tensor; 3]> {
        once(&self.embedded, || {
            if self.feature_extractor.is_some() {
                return Ok(self.seen()?.each_ref().map(|seen| seen.features.shallow_clone()));
            }
            let strided = Strided::new(self.fakes.channels, self.fakes.size, embed::SEED);
            let [real, other] = &self.reals;
            Ok([strided.embed(&real.pixels)?, strided.embed(&other.pixels)?, strided.embed(&self.fakes)?])
        })
    }

    /// Neighbourhoods of generated pictures among real ones, and of the other real ones.
    pub fn neighbours(&self) -> Result<&[Prdc; 2]> {
        once(&self.neighbours, || {
            let [real, other, fake] = self.embedded()?;
            Ok([prdc(real, fake, NEIGHBOURS)?, prdc(real, other, NEIGHBOURS)?])
        })
    }

    /// Held-out pictures and what becomes of them; then as many pictures that the run learned from.
    pub fn mirrored(&self) -> Result<&[(Pixels, Pixels); 2]> {
        once(&self.mirrored, || {
            let player = self.player.context("Only a run reconstructs pictures.")?;
            let count = self.held_out(MIRRORED);
            let of = |split: &Split| -> Result<(Pixels, Pixels)> {
                let places: Vec<u32> = (0..count as u32).collect();
                let (codes, targets) = if self.encoder {
                    let originals = split.pixels.gather(&places);
                    (encode(player, &originals)?, originals)
                } else {
                    let inputs = split.inputs.as_ref().map(|inputs| inputs.gather(&places));
                    let made = player.paired_examples(&split.pixels.gather(&places), inputs.as_ref(), &places)?;
                    made.context("This family reconstructs no pictures.")?
                };
                let drawn = draw(player, &codes, &targets, &mut |_, _| true)?;
                Ok((targets, drawn))
            };
            Ok([of(self.test)?, of(self.train)?])
        })
    }

    /// How improbable held-out pictures are, and as many pictures that the run learned from.
    pub fn bounds(&self) -> Result<&[NegativeElbo; 2]> {
        once(&self.bounds, || {
            let player = self.player.context("Only a run has a likelihood.")?;
            let places: Vec<u32> = (0..self.held_out(usize::MAX) as u32).collect();
            let of = |split: &Split| -> Result<NegativeElbo> {
                let labels = split.labels.get(..places.len());
                let bound = player.negative_elbo(&split.pixels.gather(&places), labels, self.seed)?;
                bound.context("This family has no likelihood.")
            };
            Ok([of(self.test)?, of(self.train)?])
        })
    }

    /// The pictures of a split that generated ones should be like: its own, or what its inputs are to become. All or those at some places.
    pub fn targets<'s>(&self, split: &'s Split, places: Option<&[u32]>) -> Result<Cow<'s, Pixels>> {
        let plain = || places.map_or(Cow::Borrowed(&split.pixels), |places| Cow::Owned(split.pixels.gather(places)));
        let (Some(player), Some(_)) = (self.player, &split.inputs) else { return Ok(plain()) };
        let all: Vec<u32> = (0..split.pixels.count as u32).collect();
        let mut targets = Pixels::new(split.pixels.size, split.pixels.channels);
        for some in places.unwrap_or(&all).chunks(MIRRORED) {
            let inputs = split.inputs.as_ref().map(|inputs| inputs.gather(some));
            let Some((_, more)) = player.paired_examples(&split.pixels.gather(some), inputs.as_ref(), some)? else {
                return Ok(plain());
            };
            (0..more.count).for_each(|i| targets.push(more.bytes_of(i)));
        }
        Ok(Cow::Owned(targets))
    }

    /// Held-out pictures to look at: no more than generated ones, nor than `most`.
    fn held_out(&self, most: usize) -> usize {
        self.test.pixels.count.min(self.count()).min(most).min(self.train.pixels.count)
    }
}

/// What there is to be measured of a sampler's pictures, or of pictures that something else drew.
pub fn able(artist: Option<Sampler>, train: &Split, test: &Split) -> Result<Able> {
    let (labelled, held_out) = (!train.labels.is_empty(), test.pixels.count);
    let Some(Sampler { player, classes, encoder }) = artist else {
        return Ok(Able { labelled, held_out, ..Able::default() });
    };
    let none = empty(train);
    let inputs = player.paired_examples(&none, Some(&none), &[])?.is_some();
    let likelihood = player.negative_elbo(&none, Some(&[]), 0)?.is_some();
    Ok(Able { labelled, held_out, inputs, likelihood, encoder: encoder && !inputs, asked: classes > 0 && !inputs })
}

fn empty(like: &Split) -> Pixels {
    Pixels::new(like.pixels.size, like.pixels.channels)
}

/// Makes a value once.
fn once<T>(cell: &OnceCell<T>, make: impl FnOnce() -> Result<T>) -> Result<&T> {
    if let Some(known) = cell.get() {
        return Ok(known);
    }
    let fresh = make()?;
    Ok(cell.get_or_init(|| fresh))
}

/// Places of pictures: whether held out, and which.
type Places = Vec<(bool, u32)>;

/// Which real pictures serve for what.
struct Chosen {
    reals: [Places; 2],
    /// Whose inputs are drawn from, where inputs are: held-out ones first.
    inputs: Places,
}

impl Chosen {
    fn new(count: usize, seed: u64, (train, test): (&Split, &Split)) -> Self {
        let shuffled = |split: &Split, held: bool| -> Places {
            let mut rng = latent::rng(mix(&[seed, STREAM, 2 + u64::from(held)]), 0);
            latent::permutation(&mut rng, split.pixels.count).into_iter().map(|i| (held, i)).collect()
        };
        let (mut first, held) = (shuffled(train, false), shuffled(test, true));
        let inputs = held.iter().chain(first.iter().rev()).take(count).copied().collect();
        let rest = first.split_off(count.min(first.len()));
        let enough = held.len() >= count;
        let other = if enough { held } else { rest.into_iter().chain(held).collect() };
        Self { reals: [first, other.into_iter().take(count).collect()], inputs }
    }
}

/// Pictures and labels at these places.
fn gathered((train, test): (&Split, &Split), places: &Places) -> Split {
    let mut some = Split { pixels: empty(train), ..Split::default() };
    for &(held, i) in places {
        let split = if held { test } else { train };
        some.pixels.push(split.pixels.bytes_of(i as usize));
        some.labels.extend(split.labels.get(i as usize));
    }
    some
}

/// Codes of the inputs at these places, and what is to become of them.
fn paired_examples(player: &dyn Player, splits: (&Split, &Split), places: &Places) -> Result<(Vec<Code>, Pixels)> {
    let pixels = gathered(splits, places).pixels;
    let mut inputs = splits.0.inputs.is_some().then(|| empty(splits.0));
    if let Some(inputs) = &mut inputs {
        for &(held, i) in places {
            let split = if held { splits.1 } else { splits.0 };
            let own = split.inputs.as_ref().context("The data brought no inputs with their pictures.")?;
            inputs.push(own.bytes_of(i as usize));
        }
    }
    let index: Vec<u32> = places.iter().map(|place| place.1).collect();
    player.paired_examples(&pixels, inputs.as_ref(), &index)?.context("This family takes no inputs.")
}

/// Draws codes; pictures come in the form of `like`.
fn draw(player: &dyn Player, codes: &[Code], like: &Pixels, watch: &mut Watch) -> Result<Pixels> {
    let mut drawn = Pixels::new(like.size, like.channels);
    for some in codes.chunks(ROUND) {
        if !watch(drawn.count, codes.len()) {
            bail!(Failure::Cancelled);
        }
        for picture in player.play(some)? {
            push(&mut drawn, &picture)?;
        }
    }
    Ok(drawn)
}

fn encode(player: &dyn Player, originals: &Pixels) -> Result<Vec<Code>> {
    let all: Vec<usize> = (0..originals.count).collect();
    let mut codes = Vec::with_capacity(all.len());
    for some in all.chunks(ROUND) {
        let pictures: Vec<Picture> = some.iter().map(|&i| originals.picture(i)).collect();
        codes.extend(player.encode(&pictures)?.context("This family finds no codes.")?);
    }
    Ok(codes)
}

fn push(into: &mut Pixels, picture: &Picture) -> Result<()> {
    let (side, channels) = (into.size, into.channels);
    ensure!(
        [picture.width, picture.height] == [side; 2],
        "The run draws {}×{} pixels where the data have {side}×{side}.",
        picture.width,
        picture.height
    );
    let bytes: Vec<u8> = picture.rgb.chunks_exact(3).flat_map(|p| p[..channels].iter().copied()).collect();
    into.push(&bytes);
    Ok(())
}

#[cfg(test)]
#[path = "case_tests.rs"]
mod tests;
