//! What `matte`, `inpaint`, `texture` and `enhance` share: methods and knobs, progress, signals, and how results are printed.

mod batch;
mod cutout;
mod list;

pub use batch::{Batch, file_beside, folder};
pub use cutout::{Marks, Over, trimap_of};
pub use list::List;

use super::{Exit, line, make_parent, progress::ProgressLine, shared::assign, signal, wrong_use};
use crate::{
    data,
    failure::Failure,
    models::Player,
    picture::{Mask, Picture},
    run,
    spec::{Knobs, Value},
    synth::{Materials, Outcome, TOOLS, Task, Tool, Watch, perform},
    terminal::unknown,
};
use anyhow::{Result, bail};
use serde_json::{Map, Value as Json, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Least time between two updates of the line of progress.
const RHYTHM: Duration = Duration::from_millis(50);

/// Returns the method of a task by its id; wrong use, with the ids there are, if there is none.
pub fn method(id: &str, task: Task) -> Result<&'static Tool> {
    let of_task = || TOOLS.iter().filter(|tool| tool.task == task);
    of_task().find(|tool| tool.id == id).ok_or_else(|| unknown("method", id, of_task().map(|tool| tool.id)))
}

/// Returns a tool's knobs at their start values, with these set.
pub fn knobs(tool: &Tool, set: &[String]) -> Result<Knobs> {
    let table = (tool.knobs)();
    let mut knobs = Knobs::start(&table);
    assign(&mut knobs, &table, set)?;
    Ok(knobs)
}

/// Turns a switch of a tool on; wrong use if the tool has no such switch.
pub fn switch_on(tool: &Tool, knobs: &mut Knobs, id: &str) -> Result<()> {
    if knobs.get(id).is_none() {
        return Err(wrong_use(format!("{} can't do that; leave --{id} out or choose another method.", tool.title)));
    }
    knobs.put(id, Value::Flag(true));
    Ok(())
}

/// Refuses a file name that a picture, with or without `alpha`, cannot be written to.
pub fn writable(path: &Path, alpha: bool) -> Result<()> {
    run::suits(path, alpha).map_err(|why| wrong_use(why.to_string()))
}

/// Reads a picture file without its transparency; warns if it has any.
pub fn opaque(path: &Path) -> Result<Picture> {
    let (picture, alpha) = data::whole_picture(path)?;
    if alpha.is_some() {
        eprintln!("{} is transparent in places; its colours are used as if it were not.", path.display());
    }
    Ok(picture)
}

/// Reads pictures, in order.
pub fn pictures(paths: &[PathBuf]) -> Result<Vec<Picture>> {
    paths.iter().map(|path| opaque(path)).collect()
}

/// Reads masks, in order.
pub fn masks(paths: &[PathBuf]) -> Result<Vec<Mask>> {
    paths.iter().map(|path| data::mask_picture(path)).collect()
}

/// Threads of torch, as many as the window's worker has, so that results are the same bytes. What is not a network runs on all
/// cores.
pub const THREADS: usize = 1;

/// Runs tools: shows their progress on a terminal, stops them on a signal, writes and prints the results.
pub struct Hand {
    signal: Arc<AtomicUsize>,
    json: bool,
}

/// A result, and the time it took.
pub struct Done {
    /// What was made.
    pub outcome: Outcome,
    /// Seconds it took.
    pub seconds: f64,
}

/// What is printed about a result.
#[derive(Default)]
pub struct Record<'a> {
    /// Id of the tool, or several joined by commas.
    pub tool: String,
    /// The files it was written to, each with its role in the JSON object, such as `path` or `alpha`.
    pub files: Vec<(&'static str, &'a Path)>,
    /// Width and height.
    pub size: [usize; 2],
    /// Seconds it took.
    pub seconds: f64,
    /// Figures by name.
    pub figures: Vec<(String, f64)>,
    /// Warnings, a sentence each.
    pub warnings: Vec<String>,
}

impl Hand {
    /// Installs the handlers of signals. With `json` results are printed as JSON objects.
    pub fn new(json: bool) -> Result<Self> {
        Ok(Self { signal: signal::noted()?, json })
    }

    /// Whether a signal came.
    pub fn stopped(&self) -> bool {
        self.signal.load(Ordering::Relaxed) != 0
    }

    /// Runs a tool, with its progress on a line of the terminal that names it `what`.
    pub fn perform(
        &self,
        tool: &Tool,
        materials: &Materials,
        knobs: &Knobs,
        player: Option<&dyn Player>,
        what: &str,
    ) -> Result<Done> {
        let (mut progress, mut told) = (ProgressLine::new(), None::<Instant>);
        let signal = &self.signal;
        let stop = || signal.load(Ordering::Relaxed) != 0;
        let begin = Instant::now();
        let mut on_progress = |share: f32, _: Option<Picture>| {
            if told.is_none_or(|told| told.elapsed() >= RHYTHM) {
                progress.show(&format!("{what} {:.0} %", share * 100.0));
                told = Some(Instant::now());
            }
        };
        let outcome = perform(tool, materials, knobs, player, &mut Watch::new(&stop, &mut on_progress));
        progress.clear();
        Ok(Done { outcome: outcome?, seconds: begin.elapsed().as_secs_f64() })
    }

    /// Writes encoded files, unless a signal came before.
    pub fn write(&self, files: &[(&Path, Vec<u8>)]) -> Result<()> {
        if self.stopped() {
            bail!(Failure::Cancelled);
        }
        files.iter().try_for_each(|(path, bytes)| {
            make_parent(path)?;
            run::write(path, bytes)
        })
    }

    /// Prints a result: a JSON object on a line, or a line for people with the warnings on stderr.
    pub fn tell(&self, told: &Record) {
        if self.json {
            line(&told.object().to_string());
        } else {
            line(&told.words());
            told.warnings.iter().for_each(|warning| eprintln!("{warning}"));
        }
    }

    /// Prints why one picture of several failed.
    pub fn tell_of_failure(&self, input: &Path, why: &anyhow::Error) {
        if self.json {
            line(&json!({ "input": input.display().to_string(), "error": format!("{why:#}") }).to_string());
        } else {
            eprintln!("{}: {why:#}", input.display());
        }
    }

    /// Returns how the subcommand ended: an error after a signal becomes that signal's exit code.
    pub fn end(&self, result: Result<()>) -> Result<Exit> {
        match (result, self.signal.load(Ordering::Relaxed)) {
            (Err(_), number @ 1..) => {
                eprintln!("It was cancelled; nothing more was written.");
                Ok(Exit::Signal(128 + i32::try_from(number).unwrap_or(2)))
            }
            (result, _) => result.map(|()| Exit::Done),
        }
    }
}

impl<'a> Record<'a> {
    /// Returns the record of what one tool made and wrote to these files.
    pub fn of(tool: &Tool, done: &Done, files: Vec<(&'static str, &'a Path)>) -> Self {
        let Done { outcome, seconds } = done;
        Self {
            tool: tool.id.to_owned(),
            files,
            size: outcome.picture.size(),
            seconds: *seconds,
            figures: outcome.figures.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect(),
            warnings: outcome.warnings.clone(),
        }
    }

    fn object(&self) -> Json {
        let mut all = Map::new();
        all.insert("tool".into(), json!(self.tool));
        for (role, path) in &self.files {
            all.insert((*role).into(), json!(path.display().to_string()));
        }
        let figures: Map<_, _> = self.figures.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        all.extend([
            ("width".to_owned(), json!(self.size[0])),
            ("height".to_owned(), json!(self.size[1])),
            ("seconds".to_owned(), json!((self.seconds * 1e3).round() / 1e3)),
            ("figures".to_owned(), Json::Object(figures)),
            ("warnings".to_owned(), json!(self.warnings)),
        ]);
        Json::Object(all)
    }

    fn words(&self) -> String {
        let names: Vec<_> = self.files.iter().map(|(_, path)| path.display().to_string()).collect();
        let figures = self.figures.iter().map(|(name, value)| format!(", {name} {}", plain(*value)));
        let [width, height] = self.size;
        format!(
            "{}: {width}×{height}, {}, {:.2} s{}",
            names.join(", "),
            self.tool,
            self.seconds,
            figures.collect::<String>()
        )
    }
}

/// Formats whole numbers as they are, others with about four significant digits.
fn plain(value: f64) -> String {
    match value.abs() {
        v if v.fract() == 0.0 && v < 1e15 => format!("{value:.0}"),
        v if (0.1..1e6).contains(&v) => format!("{value:.3}"),
        _ => format!("{value:.2e}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_is_told_to_people_and_programs() {
        let path = Path::new("cut.png");
        let told = Record {
            tool: "knn".into(),
            files: vec![("path", path), ("alpha", Path::new("a.png"))],
            size: [8, 4],
            seconds: 1.23456,
            figures: vec![
                ("iterations".into(), 120.0),
                ("residual".into(), 1.25e-7),
                ("hole_psnr".into(), f64::INFINITY),
            ],
            warnings: vec!["It did not converge.".into()],
        };
        assert_eq!(told.words(), "cut.png, a.png: 8×4, knn, 1.23 s, iterations 120, residual 1.25e-7, hole_psnr inf");
        let object = told.object();
        assert_eq!(
            (&object["path"], &object["alpha"], &object["width"]),
            (&"cut.png".into(), &"a.png".into(), &8.into())
        );
        assert_eq!((&object["seconds"], &object["figures"]["iterations"]), (&json!(1.235), &json!(120.0)));
        assert!(object["figures"]["hole_psnr"].is_null(), "JSON knows no infinity");
        assert_eq!(object["warnings"][0], "It did not converge.");
        assert_eq!([12.345_6, 0.012_3, 3e9, 2.5e9].map(plain), ["12.346", "1.23e-2", "3000000000", "2500000000"]);
    }
}
