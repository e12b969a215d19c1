//! `latent-studio enhance`: enhances pictures, one method after the other.

use super::{
    Exit,
    tools::{self, Batch, Hand, Record},
    wrong_use,
};
use crate::{
    data,
    engine::is_picture_name,
    run,
    spec::Knobs,
    synth::{Materials, Task, Tool, made},
};
use anyhow::{Context, Result};
use clap::Args;
use std::path::{Path, PathBuf};

/// Arguments of `enhance`.
#[derive(Args, Debug)]
pub struct Enhance {
    /// Pictures, or folders of them
    #[arg(required = true, value_name = "IN")]
    inputs: Vec<PathBuf>,
    /// What is done, in this order: auto-levels, white-balance, clahe, sharpen, denoise; see `latent-studio tools`
    #[arg(long, value_delimiter = ',', default_value = "white-balance,auto-levels", value_name = "METHODS")]
    with: Vec<String>,
    /// A knob's value, such as clahe.limit=3; the method may be left out where only one has such a knob
    #[arg(long, value_name = "[METHOD.]KNOB=VALUE")]
    set: Vec<String>,
    /// A file for one picture, a folder for several
    #[arg(long, value_name = "FILE|FOLDER")]
    out: PathBuf,
    /// Print a JSON object for each result
    #[arg(long)]
    json: bool,
}

/// The methods in their order, each with its knobs.
type Chain = Vec<(&'static Tool, Knobs)>;

impl Enhance {
    /// Enhances the pictures and writes the results.
    pub fn run(self) -> Result<Exit> {
        let with = self.with.iter().map(|id| tools::method(id, Task::Enhancement)).collect::<Result<Vec<_>>>()?;
        let chain = settle(with, &self.set)?;
        let one = matches!(&self.inputs[..], [one] if !one.is_dir());
        let hand = Hand::new(self.json)?;
        if one && !self.out.is_dir() && (is_picture_name(&self.out) || self.out.extension().is_some()) {
            tools::writable(&self.out, false)?;
            return hand.end(better(&hand, &chain, &self.inputs[0], &self.out));
        }
        let folder = tools::folder(&self.out)?;
        let batch = Batch::of(&self.inputs)?;
        hand.end(batch.each(&hand, |job| better(&hand, &chain, &job.input, &folder.join(&job.name))))
    }
}

/// Sets the knobs of the methods. A method that is named twice gets the same knobs both times. Wrong use for a knob that no
/// method has, or several.
fn settle(with: Vec<&'static Tool>, set: &[String]) -> Result<Chain> {
    let mut chain: Chain = with.into_iter().map(|tool| (tool, Knobs::start(&(tool.knobs)()))).collect();
    for assignment in set {
        let id = assignment.split('=').next().unwrap_or_default().trim();
        let (owner, bare) = match id.split_once('.') {
            Some((owner, _)) => (Some(owner), assignment.trim_start()[owner.len() + 1..].to_owned()),
            None => (None, assignment.clone()),
        };
        let knob = bare.split('=').next().unwrap_or_default().trim().to_owned();
        let suits = |tool: &Tool, knobs: &Knobs| owner.map_or_else(|| knobs.get(&knob).is_some(), |id| tool.id == id);
        let mut owners: Vec<_> = chain.iter().filter(|(tool, knobs)| suits(tool, knobs)).map(|(t, _)| t.id).collect();
        owners.dedup();
        match (&owners[..], owner) {
            ([], Some(owner)) => {
                return Err(wrong_use(format!("{owner} is not among the methods; add it to --with.")));
            }
            ([], None) => return Err(wrong_use(format!("No method of --with has a knob called {knob:?}."))),
            ([_], _) => {}
            (several, _) => {
                let words: Vec<_> = several.iter().map(|id| format!("{id}.{knob}")).collect();
                return Err(wrong_use(format!("{knob} may be {}; say which.", words.join(" or "))));
            }
        }
        for (tool, knobs) in chain.iter_mut().filter(|(tool, _)| owners.contains(&tool.id)) {
            knobs.set(&(tool.knobs)(), &bare).map_err(wrong_use)?;
        }
    }
    Ok(chain)
}

/// Runs one picture through all methods and writes it; its transparency stays as it is.
fn better(hand: &Hand, chain: &Chain, input: &Path, out: &Path) -> Result<()> {
    let (mut picture, alpha) = data::whole_picture(input)?;
    tools::writable(out, alpha.is_some())?;
    let (mut told, mut notes) = (Record::default(), Vec::new());
    for (tool, knobs) in chain {
        let materials = Materials { picture: Some(picture), ..Materials::default() };
        let done = hand.perform(tool, &materials, knobs, None, &format!("{} {}", input.display(), tool.id))?;
        notes.push(made::made(tool, &materials, knobs, None));
        told.seconds += done.seconds;
        let figures = done.outcome.figures.iter().map(|(name, value)| (format!("{}.{name}", tool.id), *value));
        told.figures.extend(figures);
        told.warnings.extend(done.outcome.warnings);
        picture = done.outcome.picture;
    }
    notes.first().context("There is no method; name one with --with.")?;
    let bytes = run::encode_with(&picture, alpha.as_ref(), Some(&made::chain(&notes)), out)?;
    hand.write(&[(out, bytes)])?;
    told.tool = chain.iter().map(|(tool, _)| tool.id).collect::<Vec<_>>().join(",");
    (told.size, told.files) = (picture.size(), vec![("path", out)]);
    hand.tell(&told);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{
        Command,
        testing::{command, wrong_use_of},
    };

    fn chain(words: &str) -> Result<Chain> {
        let Command::Enhance(enhance) = command(&format!("enhance a.png --out b.png {words}")) else {
            panic!("{words}")
        };
        let with = enhance.with.iter().map(|id| tools::method(id, Task::Enhancement)).collect::<Result<Vec<_>>>()?;
        settle(with, &enhance.set)
    }

    #[test]
    fn methods_stand_in_the_order_of_the_words_with_the_knobs_that_were_set() {
        let ids = |chain: &Chain| chain.iter().map(|(tool, _)| tool.id).collect::<Vec<_>>();
        assert_eq!(ids(&chain("").unwrap()), ["white-balance", "auto-levels"]);
        let set = chain("--with sharpen,clahe,sharpen --set amount=2 --set clahe.limit=3").unwrap();
        assert_eq!(ids(&set), ["sharpen", "clahe", "sharpen"]);
        let real = |at: usize, id: &str| set[at].1.real(id).to_string();
        assert_eq!([real(0, "amount"), real(1, "limit"), real(2, "amount")], ["2", "3", "2"]);
    }

    #[test]
    fn a_knob_that_nobody_or_several_have_is_asked_about() {
        let why = |words: &str| wrong_use_of(chain(words));
        assert_eq!(
            why("--with white-balance,denoise --set strength=1"),
            "strength may be white-balance.strength or denoise.strength; say which."
        );
        assert_eq!(why("--with sharpen --set limit=3"), "No method of --with has a knob called \"limit\".");
        assert_eq!(why("--set clahe.limit=3"), "clahe is not among the methods; add it to --with.");
        assert!(why("--with sharpen --set amount=99").starts_with("amount is a number from"));
        assert!(why("--with beautify").starts_with("There is no method called \"beautify\"; there are auto-levels, "));
    }
}
