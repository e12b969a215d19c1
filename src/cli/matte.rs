//! `latent-studio matte`: cuts a foreground out of photographs.

use super::{
    Exit,
    tools::{self, Batch, Hand, Marks, Over, Record},
    wrong_use,
};
use crate::{
    run,
    spec::Knobs,
    synth::{Materials, Task, Tool, made},
};
use anyhow::{Context, Result};
use clap::Args;
use std::path::{Path, PathBuf};

/// Arguments of `matte`.
#[derive(Args, Debug)]
pub struct Matte {
    /// A photograph, or a folder of them
    photo: PathBuf,
    /// Black is background, white is foreground, grey is unknown; for a folder, the folder of the trimaps of the same names
    #[arg(long, value_name = "FILE", required_unless_present_any = ["mask", "scribbles"])]
    trimap: Option<PathBuf>,
    /// Make the trimap of a rough mask, whose white is the foreground; for a folder, a folder
    #[arg(long, value_name = "FILE", conflicts_with_all = ["trimap", "scribbles"])]
    mask: Option<PathBuf>,
    /// The photograph painted on: white strokes for foreground, black ones for background; for a folder, a folder
    #[arg(long, value_name = "FILE", conflicts_with = "trimap")]
    scribbles: Option<PathBuf>,
    /// So many pixels within the border of --mask are unknown
    #[arg(long, default_value_t = 10, requires = "mask", value_name = "PIXELS")]
    erode: usize,
    /// So many pixels around --mask are unknown
    #[arg(long, default_value_t = 10, requires = "mask", value_name = "PIXELS")]
    dilate: usize,
    /// closed-form, knn or learning-based; see `latent-studio tools`
    #[arg(long, default_value = "closed-form")]
    method: String,
    /// A knob's value; may be given several times
    #[arg(long, value_name = "KNOB=VALUE")]
    set: Vec<String>,
    /// Where the opacity goes, 8-bit grey; for a folder, a folder
    #[arg(long, value_name = "FILE")]
    alpha_out: Option<PathBuf>,
    /// Where the cut-out goes, a PNG with transparency; for a folder, a folder
    #[arg(long, value_name = "FILE", required_unless_present = "alpha_out")]
    out: Option<PathBuf>,
    /// Lay the foreground over this instead of leaving it cut out
    #[arg(long, value_name = "#RRGGBB|PICTURE", requires = "out")]
    over: Option<String>,
    /// Repeat the picture of --over from the upper left corner on, instead of resizing it
    #[arg(long, requires = "over")]
    tiled: bool,
    /// Print a JSON object for each result
    #[arg(long)]
    json: bool,
}

/// Widest border, in pixels, that `--erode` and `--dilate` take.
const WIDEST: usize = 1_000;

/// What is the same for all photographs of a call.
struct Order<'a> {
    tool: &'static Tool,
    knobs: Knobs,
    marks: Marks,
    over: Option<Over>,
    hand: &'a Hand,
}

impl Matte {
    /// Cuts the foreground out and writes it.
    pub fn run(self) -> Result<Exit> {
        let tool = tools::method(&self.method, Task::Matting)?;
        let knobs = tools::knobs(tool, &self.set)?;
        if self.erode.max(self.dilate) > WIDEST {
            return Err(wrong_use(format!("--erode and --dilate are whole numbers from 0 to {WIDEST}.")));
        }
        let over = self.over.as_deref().map(|word| Over::read(word, self.tiled)).transpose()?;
        let hand = Hand::new(self.json)?;
        let order = Order { tool, knobs, marks: self.marks(), over, hand: &hand };
        let result = if self.photo.is_dir() { self.folder(&order) } else { self.one(&order) };
        hand.end(result)
    }

    fn one(&self, order: &Order<'_>) -> Result<()> {
        let given = self.given().context("Nothing says what is foreground.")?;
        if let Some(out) = &self.out {
            tools::writable(out, self.over.is_none())?;
        }
        if let Some(out) = &self.alpha_out {
            tools::writable(out, false)?;
        }
        order.cut(&self.photo, given, self.out.as_deref(), self.alpha_out.as_deref())
    }

    fn folder(&self, order: &Order<'_>) -> Result<()> {
        let given = self.given().filter(|folder| folder.is_dir());
        let given = given.ok_or_else(|| {
            wrong_use("The photographs are a folder, and so must be their trimaps, with the same names.")
        })?;
        let [out, alpha_out] = [&self.out, &self.alpha_out].map(|to| to.as_deref().map(tools::folder).transpose());
        let (out, alpha_out) = (out?, alpha_out?);
        if out.is_some() && out == alpha_out {
            return Err(wrong_use(
                "--out and --alpha-out are one folder, and their files have the same names; name two.",
            ));
        }
        Batch::of(std::slice::from_ref(&self.photo))?.each(order.hand, |job| {
            let below = job.input.strip_prefix(&self.photo).unwrap_or(&job.name);
            let given = tools::file_beside(given, below)?;
            let [out, alpha_out] = [out, alpha_out].map(|to| to.map(|folder| folder.join(&job.name)));
            order.cut(&job.input, &given, out.as_deref(), alpha_out.as_deref())
        })
    }

    /// Returns the file or folder that says what is foreground.
    fn given(&self) -> Option<&Path> {
        self.trimap.as_deref().or(self.mask.as_deref()).or(self.scribbles.as_deref())
    }

    fn marks(&self) -> Marks {
        match (&self.mask, &self.scribbles) {
            (Some(_), _) => Marks::Mask([self.erode, self.dilate]),
            (_, Some(_)) => Marks::Scribbles,
            _ => Marks::Trimap,
        }
    }
}

impl Order<'_> {
    /// Cuts the foreground out of one photograph. Nothing is written before everything is made.
    fn cut(&self, photo: &Path, given: &Path, out: Option<&Path>, alpha_out: Option<&Path>) -> Result<()> {
        let Self { tool, knobs, hand, .. } = self;
        let picture = tools::opaque(photo)?;
        let mask = Some(tools::trimap_of(&picture, given, self.marks)?);
        let materials = Materials { picture: Some(picture), mask, ..Materials::default() };
        let done = hand.perform(tool, &materials, knobs, None, &photo.display().to_string())?;
        let note = made::made(tool, &materials, knobs, None);
        let outcome = &done.outcome;
        let alpha = outcome.alpha.as_ref().context("The method found no opacity.")?;
        let mut files = Vec::new();
        let mut told = Record::of(tool, &done, Vec::new());
        if let Some(out) = out {
            let bytes = match &self.over {
                Some(over) => {
                    let (picture, note) = over.lay(&outcome.picture, alpha, &note)?;
                    run::encode_with(&picture, None, Some(&note), out)?
                }
                None => run::encode_with(&outcome.picture, Some(alpha), Some(&note), out)?,
            };
            files.push((out, bytes));
            told.files.push(("path", out));
        }
        if let Some(out) = alpha_out {
            files.push((out, run::encode_mask(alpha, Some(&note), out)?));
            told.files.push(("alpha", out));
        }
        hand.write(&files)?;
        hand.tell(&told);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{
        Command,
        testing::{command, unparsed, wrong_use_of},
    };

    fn parsed(words: &str) -> Matte {
        let Command::Matte(matte) = command(&format!("matte a.png {words}")) else { panic!("{words}") };
        matte
    }

    #[test]
    fn what_says_where_the_foreground_is_is_said_once() {
        assert_eq!(parsed("--trimap t.png --out b.png").marks(), Marks::Trimap);
        assert_eq!(parsed("--mask t.png --erode 3 --out b.png").marks(), Marks::Mask([3, 10]));
        assert_eq!(parsed("--scribbles t.png --out b.png").marks(), Marks::Scribbles);
        for words in
            ["--out b.png", "--trimap t.png --mask m.png --out b.png", "--trimap t.png", "--trimap t.png --erode 3"]
        {
            assert!(unparsed(&format!("matte a.png {words}")).starts_with("error: "), "{words}");
        }
    }

    #[test]
    fn wrong_values_are_told_before_a_picture_is_read() {
        let why = wrong_use_of(parsed("--mask m.png --dilate 1001 --out b.png").run());
        assert_eq!(why, "--erode and --dilate are whole numbers from 0 to 1000.");
        let why = wrong_use_of(parsed("--trimap t.png --out b.png --over #12345").run());
        assert_eq!(why, "--over is a colour such as #ffffff, or a picture; \"#12345\" is neither.");
        let why = wrong_use_of(parsed("--trimap t.png --out b.png --method guess").run());
        assert_eq!(why, "There is no method called \"guess\"; there are closed-form, knn, learning-based.");
    }
}
