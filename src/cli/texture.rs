//! `latent-studio texture`: makes a larger picture that looks like others, or fills part of one with their texture.

use super::{
    Exit, device, place,
    shared::{pair, stretched},
    tools::{self, Hand, Record},
    wrong_use,
};
use crate::{
    data,
    engine::{open_player, restored},
    latent::Code,
    models, nn,
    picture::Picture,
    run,
    spec::Knobs,
    synth::{Exemplar, MOST_A_SIDE, Materials, Task, Tool, made},
};
use anyhow::{Context, Result};
use clap::Args;
use std::path::{Path, PathBuf};

/// Arguments of `texture`.
#[derive(Args, Debug)]
pub struct Texture {
    /// Pictures to take texture from; with --fill the rest of that picture, if none is named
    #[arg(value_name = "EXEMPLAR", required_unless_present_any = ["from_run", "fill"])]
    exemplars: Vec<PathBuf>,
    /// Take texture from a picture that a trained run draws of the seed: a run folder, or a starter such as starter:glyphs
    #[arg(long, value_name = "RUN")]
    from_run: Option<PathBuf>,
    /// Where the generator of --from-run calculates: auto (a graphics card if there is one), cpu, or cuda:N
    #[arg(long, default_value = "auto", value_name = "DEVICE")]
    device: String,
    /// Width and height of the result, such as 512x512
    #[arg(long, required_unless_present = "fill", conflicts_with = "fill", value_name = "WIDTHxHEIGHT")]
    size: Option<String>,
    /// quilting, search or neural; see `latent-studio tools`
    #[arg(long, default_value = "quilting")]
    method: String,
    /// The result can be laid side by side
    #[arg(long)]
    tileable: bool,
    /// A knob's value; may be given several times
    #[arg(long, value_name = "KNOB=VALUE")]
    set: Vec<String>,
    /// Everything drawn at random comes from it
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// What the result's places mean, of the result's size; needs --exemplar-guide
    #[arg(long, value_name = "FILE", requires = "exemplar_guide")]
    guide: Option<PathBuf>,
    /// What the places of each exemplar mean, in the exemplars' order
    #[arg(long, value_name = "FILE", num_args = 1.., requires = "guide")]
    exemplar_guide: Vec<PathBuf>,
    /// Where each exemplar may be copied from: white yes, black no; where it is opaque if it is not said
    #[arg(long, value_name = "FILE", num_args = 1..)]
    sample_mask: Vec<PathBuf>,
    /// Another map of each exemplar, such as a normal map, for the same copies to be made of
    #[arg(long, value_name = "FILE", num_args = 1.., requires = "companion_out")]
    companion: Vec<PathBuf>,
    /// Where what was made of the companions goes
    #[arg(long, value_name = "FILE", requires = "companion")]
    companion_out: Option<PathBuf>,
    /// Fill the --mask of this picture instead of making a new one
    #[arg(long, value_name = "PICTURE", requires = "mask")]
    fill: Option<PathBuf>,
    /// The part of --fill to be filled, in white
    #[arg(long, requires = "fill")]
    mask: Option<PathBuf>,
    /// Where the result goes: .png, or .jpg
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

impl Texture {
    /// Makes the texture and writes it.
    pub fn run(self) -> Result<Exit> {
        let tool = tools::method(&self.method, Task::Texture)?;
        let mut knobs = tools::knobs(tool, &self.set)?;
        if self.tileable {
            tools::switch_on(tool, &mut knobs, "tileable")?;
        }
        let size = self.size.as_deref().map(size).transpose().map_err(wrong_use)?.unwrap_or_default();
        [Some(&self.out), self.companion_out.as_ref()]
            .into_iter()
            .flatten()
            .try_for_each(|path| tools::writable(path, false))?;
        self.counts()?;
        device(&self.device)?;
        let hand = Hand::new(self.json)?;
        nn::use_threads(tools::THREADS);
        hand.end(self.make(&hand, tool, &knobs, size))
    }

    /// Checks that guides, masks and companions are named for each exemplar or for none.
    fn counts(&self) -> Result<()> {
        let exemplars = self.exemplars.len() + usize::from(self.from_run.is_some());
        for (name, parts) in [
            ("--exemplar-guide", &self.exemplar_guide),
            ("--sample-mask", &self.sample_mask),
            ("--companion", &self.companion),
        ] {
            if !parts.is_empty() && parts.len() != exemplars {
                let many = parts.len();
                return Err(wrong_use(format!(
                    "{name} names {many} and there are {exemplars} exemplars; name one for each."
                )));
            }
        }
        Ok(())
    }

    fn make(&self, hand: &Hand, tool: &Tool, knobs: &Knobs, size: [usize; 2]) -> Result<()> {
        let (mut exemplars, whose) = self.all_exemplars()?;
        let scaled = exemplars.iter_mut().map(fit).collect::<Result<Vec<_>>>()?.concat();
        let materials = Materials {
            picture: self.fill.as_deref().map(tools::opaque).transpose()?,
            mask: self.mask.as_deref().map(data::mask_picture).transpose()?,
            exemplars,
            guide: self.guide.as_deref().map(tools::opaque).transpose()?,
            size,
            original: None,
            seed: self.seed,
        };
        let done = hand.perform(tool, &materials, knobs, None, &self.out.display().to_string())?;
        let note = made::made(tool, &materials, knobs, whose.as_deref());
        let encode = |picture: &Picture, path: &Path| run::encode_with(picture, None, Some(&note), path);
        let mut files = vec![(self.out.as_path(), encode(&done.outcome.picture, &self.out)?)];
        let mut named = vec![("path", self.out.as_path())];
        if let Some(out) = &self.companion_out {
            let companion = done.outcome.companion.as_ref();
            let companion = companion
                .with_context(|| format!("{} repeats nothing on companions; leave --companion out.", tool.title))?;
            files.push((out, encode(companion, out)?));
            named.push(("companion", out));
        }
        hand.write(&files)?;
        let mut told = Record::of(tool, &done, named);
        told.warnings.splice(0..0, scaled);
        hand.tell(&told);
        Ok(())
    }

    /// Reads the exemplars of files, then draws the one of a run; also returns which run drew it.
    fn all_exemplars(&self) -> Result<(Vec<Exemplar>, Option<String>)> {
        let mut exemplars = Vec::new();
        for path in &self.exemplars {
            let (picture, alpha) = data::whole_picture(path)?;
            exemplars.push(Exemplar { sample: alpha, ..picture.into() });
        }
        let drawn = self.from_run.as_deref().map(|run| self.drawn(run)).transpose()?;
        let whose = drawn.map(|(picture, whose)| {
            exemplars.push(picture.into());
            whose
        });
        let (guides, samples) = (tools::pictures(&self.exemplar_guide)?, tools::masks(&self.sample_mask)?);
        let companions = tools::pictures(&self.companion)?;
        exemplars.iter_mut().zip(guides).for_each(|(exemplar, guide)| exemplar.guide = Some(guide));
        exemplars.iter_mut().zip(samples).for_each(|(exemplar, sample)| exemplar.sample = Some(sample));
        exemplars.iter_mut().zip(companions).for_each(|(exemplar, companion)| exemplar.companion = Some(companion));
        Ok((exemplars, whose))
    }

    /// Draws the picture of the seed with a run, as `sample` does; also returns which run that was.
    fn drawn(&self, run: &Path) -> Result<(Picture, String)> {
        let device = device(&self.device)?.resolve()?;
        let (player, opened) = open_player(&place(run), None, true, device)?;
        let (spec, card) = (&opened.spec, (models::family(&opened.spec.family)?.card)());
        if card.can.inputs {
            return Err(wrong_use(format!("{} draws from pictures, not from a seed; name another run.", card.title)));
        }
        let tiles = player.play(&[Code::from_seed(self.seed, opened.z_dim)])?;
        let picture = restored(tiles, stretched(spec))?.into_iter().next().context("The run drew nothing.")?;
        Ok((picture, format!("{}, step {}, seed {}", spec.name, opened.step, self.seed)))
    }
}

/// Scales the parts of an exemplar that differ from it in size, as such files often do by a few pixels. Returns a sentence for
/// each.
fn fit(exemplar: &mut Exemplar) -> Result<Vec<String>> {
    let [width, height] = exemplar.picture.size();
    let mut said = Vec::new();
    let mut differs = |part: &str, [w, h]: [usize; 2]| {
        let differs = [w, h] != [width, height];
        if differs {
            said.push(format!("The {part} of {w}×{h} was scaled to its exemplar's {width}×{height}."));
        }
        differs
    };
    for (name, part) in [("guide", &mut exemplar.guide), ("companion", &mut exemplar.companion)] {
        if let Some(picture) = part.as_mut().filter(|picture| differs(name, picture.size())) {
            *picture = data::resized(picture, width, height)?;
        }
    }
    if let Some(mask) = exemplar.sample.as_mut().filter(|mask| differs("sample mask", mask.size())) {
        *mask = data::resized_mask(mask, width, height)?;
    }
    Ok(said)
}

/// Reads a width and height such as `512x384`.
fn size(word: &str) -> Result<[usize; 2], String> {
    pair(word, &['x', 'X', '×'], MOST_A_SIDE)
        .ok_or_else(|| format!("--size is WIDTHxHEIGHT such as 512x512, each from 1 to {MOST_A_SIDE}, not {word:?}."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cli::{
            Command,
            testing::{command, unparsed, wrong_use_of},
        },
        picture::Mask,
    };

    #[test]
    fn parts_are_named_for_each_exemplar_or_for_none() {
        let counts = |words: &str| {
            let Command::Texture(texture) = command(&format!("texture {words}")) else { panic!("{words}") };
            texture.counts()
        };
        let size = "--size 64x64 --out c.png";
        assert!(counts(&format!("a.png b.png {size} --sample-mask m.png n.png")).is_ok());
        assert!(counts(&format!("a.png --from-run r {size} --sample-mask m.png n.png")).is_ok());
        let why = wrong_use_of(counts(&format!("a.png b.png {size} --sample-mask m.png")));
        assert_eq!(why, "--sample-mask names 1 and there are 2 exemplars; name one for each.");
        assert!(unparsed("texture a.png --out c.png").contains("--size"));
        assert!(unparsed("texture --size 64x64 --out c.png").contains("EXEMPLAR"));
    }

    #[test]
    fn parts_of_another_size_are_scaled_and_that_is_said() {
        let guide = Some(Picture::filled(6, 6, [7; 3]));
        let sample = Some(Mask::filled(4, 3, 255));
        let mut exemplar = Exemplar { guide, sample, ..Picture::filled(4, 3, [1; 3]).into() };
        assert_eq!(fit(&mut exemplar).unwrap(), ["The guide of 6×6 was scaled to its exemplar's 4×3."]);
        assert_eq!(exemplar.guide, Some(Picture::filled(4, 3, [7; 3])));
        assert!(fit(&mut exemplar).unwrap().is_empty());
    }

    #[test]
    fn a_size_is_read() {
        assert_eq!((size("512x384"), size("1×16384")), (Ok([512, 384]), Ok([1, 16_384])));
        assert!(["512", "0x5", "5x16385", "-1x5", "x", "axb"].iter().all(|word| size(word).is_err()));
    }
}
