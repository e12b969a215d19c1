//! `latent-studio inpaint`: fills a hole in a picture.

use super::{
    Exit, device, place,
    tools::{self, Hand, Record},
    wrong_use,
};
use crate::{
    data,
    engine::open_player,
    models::Player,
    nn, run,
    synth::{Materials, Task, made},
};
use anyhow::Result;
use clap::Args;
use std::path::PathBuf;

/// Arguments of `inpaint`.
#[derive(Args, Debug)]
pub struct Inpaint {
    /// The picture
    photo: PathBuf,
    /// White is the hole
    #[arg(long)]
    mask: PathBuf,
    /// harmonic, biharmonic, patchmatch, or prior, which asks a trained generator; see `latent-studio tools`
    #[arg(long, default_value = "patchmatch")]
    method: String,
    /// A knob's value; may be given several times
    #[arg(long, value_name = "KNOB=VALUE")]
    set: Vec<String>,
    /// What is drawn at random comes from it
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// The run that prior asks: a run folder, or a starter such as starter:glyphs
    #[arg(long)]
    run: Option<PathBuf>,
    /// The checkpoint of this step instead of the newest
    #[arg(long, requires = "run")]
    step: Option<u64>,
    /// Where the generator of --run calculates: auto (a graphics card if there is one), cpu, or cuda:N
    #[arg(long, default_value = "auto", value_name = "DEVICE")]
    device: String,
    /// The picture without the hole: the error in the hole is measured against it
    #[arg(long, value_name = "FILE")]
    original: Option<PathBuf>,
    /// Where the result goes: .png, or .jpg
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

/// Id of the only method that needs a trained generator.
const PRIOR: &str = "prior";

impl Inpaint {
    /// Fills the hole and writes the picture.
    pub fn run(self) -> Result<Exit> {
        let tool = tools::method(&self.method, Task::Inpainting)?;
        let knobs = tools::knobs(tool, &self.set)?;
        tools::writable(&self.out, false)?;
        if tool.id == PRIOR && self.run.is_none() {
            return Err(wrong_use("prior asks a trained generator; name its run with --run."));
        }
        if tool.id != PRIOR && self.run.is_some() {
            return Err(wrong_use(format!("{} asks no generator; leave --run out or choose prior.", tool.title)));
        }
        let device = device(&self.device)?.resolve()?;
        let hand = Hand::new(self.json)?;
        let fill = || -> Result<()> {
            let (player, whose) = match &self.run {
                Some(run) => {
                    nn::use_threads(tools::THREADS);
                    let (player, opened) = open_player(&place(run), self.step, true, device)?;
                    let whose = format!("{}, step {}, averaged", opened.spec.name, opened.step);
                    (Some(player), Some(whose))
                }
                None => (None, None),
            };
            let materials = Materials {
                picture: Some(tools::opaque(&self.photo)?),
                mask: Some(data::mask_picture(&self.mask)?),
                original: self.original.as_deref().map(tools::opaque).transpose()?,
                seed: self.seed,
                ..Materials::default()
            };
            let player: Option<&dyn Player> = player.as_deref();
            let done = hand.perform(tool, &materials, &knobs, player, &self.photo.display().to_string())?;
            let note = made::made(tool, &materials, &knobs, whose.as_deref());
            let bytes = run::encode_with(&done.outcome.picture, None, Some(&note), &self.out)?;
            hand.write(&[(&self.out, bytes)])?;
            hand.tell(&Record::of(tool, &done, vec![("path", &self.out)]));
            Ok(())
        };
        hand.end(fill())
    }
}

#[cfg(test)]
mod tests {
    use crate::cli::{
        Command,
        testing::{command, wrong_use_of},
    };

    #[test]
    fn only_prior_asks_a_generator_and_it_needs_one() {
        for (words, why) in [
            ("--method prior", "prior asks a trained generator; name its run with --run."),
            ("--run a", "PatchMatch completion asks no generator; leave --run out or choose prior."),
        ] {
            let words = format!("inpaint a.png --mask m.png --out b.png {words}");
            let Command::Inpaint(inpaint) = command(&words) else { panic!("{words}") };
            assert_eq!(wrong_use_of(inpaint.run()), why);
        }
    }
}
