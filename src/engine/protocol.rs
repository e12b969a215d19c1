//! Everything that crosses between the window and the engine: plain values only.

mod choices;
mod compare;
mod evaluation;
mod exchange;
mod facts;
mod ids;
mod places;
mod samples;
mod strip;
mod tools;

pub use crate::{
    failure::Failure,
    synth::{Exemplar, Materials, Outcome},
};
pub use choices::{Catalogue, Cost, DatasetEntry, FamilyEntry, Trial};
pub use compare::{ComparedRun, Comparison};
pub use evaluation::{Evaluation, Subject};
pub use exchange::Import;
pub use facts::{DataFacts, OpenedRun, RunEntry};
pub use ids::{JobId, RunId};
pub use places::{Location, Place};
pub use samples::{Examples, FIXED_SEEDS, Reconstructions, Samples, fixed_seeds};
pub use strip::{Strip, StripRequest};
pub use tools::{Backdrop, CanvasPicture, Helper, Layer, Role, Shown, ToolEntry, ToolOrder, ToolOutput};

use crate::{
    doctor::Rollback,
    history::{Best, Point},
    latent::Code,
    picture::{Mask, Picture},
    scores::ScoreCard,
    spec::{DataShape, DataSpec, Knobs, RunSpec},
};
use std::path::PathBuf;
use std::sync::Arc;

/// Orders to the trainer.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Begin a new run, or go on with one.
    Start(Box<Order>),
    /// Stop after the current step and stay ready.
    Pause,
    /// Go on.
    Resume,
    /// One step, then pause.
    Step,
    /// Write a checkpoint now.
    Save,
    /// Go on from the checkpoint of this step with half the learning rates; later checkpoints are given up. Answered by `RolledBack`.
    RollBack(u64),
    /// End the run with a checkpoint.
    Stop,
    /// End the run with a checkpoint, and the thread.
    Close,
    /// Train for three seconds without keeping anything, to say what training would cost: answered by `Measured`. Only while no
    /// run is open; any order that follows ends it at once.
    Measure(Box<Trial>),
}

/// What to start.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    /// The run's id in all commands and events.
    pub run: RunId,
    /// The whole spec. On resume it comes from the run folder, with what was raised or moved.
    pub spec: RunSpec,
    /// Where the run lies. A folder must not hold a run yet, or must hold one to resume.
    pub location: Location,
    /// Go on from the newest good checkpoint.
    pub resume: bool,
    /// Pause before the first step, so that a change or a single step can come first.
    pub paused: bool,
    /// Train with fewer threads while the machine is busy or a slider is being dragged. The last bits of a run then depend on what
    /// else went on.
    pub adapt: bool,
}

/// The whole live record; the newest replaces older ones that were not yet read.
#[derive(Clone, Debug, PartialEq)]
pub struct Live {
    /// Run it is meant for.
    pub run: RunId,
    /// Live knobs only.
    pub knobs: Knobs,
}

/// Which weights of a run to play.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// The newest, as published by the trainer or as opened.
    Live,
    /// The checkpoint of a step (only those that still exist).
    Step(u64),
}

/// A picture asked of the previewer.
#[derive(Clone, Debug, PartialEq)]
pub struct Scene {
    /// Which run.
    pub run: RunId,
    /// Which weights of it.
    pub moment: Moment,
    /// The average instead of the raw weights.
    pub ema: bool,
    /// The code.
    pub code: Code,
}

/// All pictures that the window wants now: newest wins.
#[derive(Clone, Debug, PartialEq)]
pub struct PreviewRequest {
    /// Comes back with the answer.
    pub ticket: u64,
    /// When it was posted, to measure the answer's delay.
    pub posted: std::time::Instant,
    /// One picture each.
    pub scenes: Vec<Scene>,
    /// A grid of the run's fixed seeds as well, drawn when no newer request waits.
    pub grid: Option<GridRequest>,
    /// A picture whose code is wanted, for families with an encoder: answered by `Encoded`.
    pub encode: Option<Picture>,
}

/// A sample grid asked of the previewer; the answer comes in the samples lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GridRequest {
    /// Which run.
    pub run: RunId,
    /// Which weights of it.
    pub moment: Moment,
    /// The average instead of the raw weights.
    pub ema: bool,
}

/// The answer to a request.
#[derive(Clone, Debug)]
pub struct Preview {
    /// The request's ticket.
    pub ticket: u64,
    /// Run the pictures show.
    pub run: RunId,
    /// Step of the weights that were used.
    pub step: u64,
    /// When the request was posted.
    pub posted: std::time::Instant,
    /// Time from the posting of the request to the picture in the lane.
    pub delay: std::time::Duration,
    /// What drawing took of it.
    pub decode: std::time::Duration,
    /// A picture a scene, or one sentence that says why there is none.
    pub pictures: Result<Vec<Picture>, Failure>,
    /// The discriminator's view of each picture, in [0, 1], where there is one.
    pub judged: Option<Vec<f32>>,
    /// How much each latent dimension matters, in any unit that orders them, where the family knows.
    pub importance: Option<Arc<[f32]>>,
}

/// Work for the worker: one at a time, each cancellable.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)] // each variant's sentence names its fields
pub enum Job {
    /// Look at a source: answered by `Surveyed`, then `Loading` and `Loaded`.
    Load { source: String, prepare: Option<DataSpec>, seed: u64 },
    /// Open a run folder (or a starter, `starter:glyphs`) for viewing: answered by `Opened`.
    Open { run: RunId, place: Place },
    /// List the runs in the studio's run folders: answered by `Runs`.
    ListRuns,
    /// Give a run another name.
    Rename { folder: PathBuf, name: String },
    /// Delete a run folder.
    Delete { folder: PathBuf },
    /// Write pictures of these codes.
    Export(Box<Export>),
    /// Write a picture that the window already has.
    SavePicture { picture: Picture, scale: usize, to: PathBuf },
    /// Write a grid that the window already has, each of its `tile` px squares with the aspect of `sides` again.
    SaveGrid { grid: Picture, tile: usize, sides: [usize; 2], scale: usize, to: PathBuf },
    /// Write the newest weights of a run for `PyTorch`, averaged or raw.
    ExportWeights { run: RunId, ema: bool, to: PathBuf },
    /// Make a run of `PyTorch` weights: answered by `Imported`.
    ImportWeights(Box<Import>),
    /// Write text, such as curves as CSV.
    SaveText { text: String, to: PathBuf },
    /// Read a picture to be an input of a run, prepared as its data are: answered by `InputOpened`.
    OpenInput { run: RunId, path: PathBuf, prepare: DataSpec },
    /// Read runs to be shown side by side: answered by `Compared`.
    Compare { folders: Vec<PathBuf> },
    /// Measure pictures: answered by `Evaluating` and `Evaluated`.
    Evaluate(Box<Evaluation>),
    /// Read what was measured of a run: answered by `Scored`.
    Scores { run: RunId, folder: PathBuf },
    /// Make a picture of pictures: shown as it grows in the lane of drafts, answered by `ToolOutput`.
    Tool(Box<ToolOrder>),
    /// Read a picture for the canvas: answered by `PictureRead`.
    ReadPicture { path: PathBuf, role: Role },
    /// Lay a picture over its backdrop, and write it with its opacity and how it was made; without a path, answered by `PictureRead`.
    Compose { canvas_picture: Box<CanvasPicture>, over: Backdrop, to: Option<PathBuf> },
    /// Write a mask as a grey picture.
    WriteMask { mask: Mask, made: Option<String>, to: PathBuf },
    /// Read a sample grid of the past: answered by `Past`.
    Past { run: RunId, folder: PathBuf, step: u64 },
}

/// Pictures to write.
#[derive(Clone, Debug, PartialEq)]
pub struct Export {
    /// What to draw; scenes of one run.
    pub scenes: Vec<Scene>,
    /// One grid in one file, or a file each (`to` is then a folder, or a file name to number).
    pub as_grid: bool,
    /// How many pictures stand in a row of the grid; 0 for ⌈√n⌉.
    pub columns: usize,
    /// Each pixel as `scale` × `scale`, 1 to 16.
    pub scale: usize,
    /// Candidates from which the discriminator picks each picture, 1 for none: see [`super::best_of_n`].
    pub best_of: usize,
    /// Width and height whose aspect each picture is to have, where its data were stretched.
    pub sides: Option<[usize; 2]>,
    /// File (`.png`, `.jpg`, `.jpeg`) or folder.
    pub to: PathBuf,
}

/// Why a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Because {
    /// All its steps are done.
    Finished,
    /// A person or a signal stopped it.
    Stopped,
    /// The program closes.
    Closing,
}

/// What the engine tells.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)] // each variant's sentence names its fields
pub enum Event {
    /// What can be chosen.
    Catalogue(Box<Catalogue>),
    /// A source was looked at: this shape, these start values.
    Surveyed { source: String, shape: DataShape },
    /// Pictures are being read.
    Loading { done: usize, total: usize, newest: Option<Picture> },
    /// Data are ready to train on.
    Loaded(Box<DataFacts>),
    /// The source could not be read; one sentence.
    LoadFailed { source: String, failure: Failure },
    /// A run is open for viewing.
    Opened(Box<OpenedRun>),
    /// A run could not be opened; one sentence.
    OpenFailed { run: RunId, place: Place, failure: Failure },
    /// The runs there are, newest first.
    Runs(Vec<RunEntry>),
    /// Runs that were asked to be compared.
    Compared(Box<Comparison>),
    /// A run is about to train: its data are being read.
    Preparing { run: RunId },
    /// A run trains from this step.
    Started { run: RunId, spec: Box<RunSpec>, folder: PathBuf, step: u64, z_dim: usize, points: Vec<Point> },
    /// The run's family takes input pictures; these are shown for life.
    Examples { run: RunId, examples: Examples },
    /// A picture that was asked to be an input.
    InputOpened { run: RunId, picture: Picture },
    /// New points of the curves, in order.
    Scalars { run: RunId, points: Vec<Point>, pace: Pace },
    /// New points of the curves of quality, each newer than the last; they come beside the others and also after the run's end.
    Rated { run: RunId, points: Vec<Point> },
    /// Another checkpoint is the best of those that are kept and were measured, or none is.
    Best { run: RunId, best: Option<Best> },
    /// Pictures of the run's data beside their reconstructions, from families with an encoder.
    Reconstructed { run: RunId, shown: Box<Reconstructions> },
    /// The code of a picture, asked for by a request.
    Encoded { run: RunId, code: Box<Code> },
    /// What training would cost, or one sentence that says why that is not known.
    Measured { trial: Box<Trial>, cost: Result<Cost, Failure> },
    /// A sample grid was written.
    Sampled { run: RunId, step: u64 },
    /// A checkpoint was written.
    Saved { run: RunId, step: u64 },
    /// Something went wrong that training survives; one sentence.
    Warning { run: RunId, why: String },
    /// The run went back to an earlier checkpoint and goes on from there; its spec with the knobs as they stand now, and one sentence.
    RolledBack { run: RunId, rollback: Rollback, spec: Box<RunSpec>, why: String },
    /// The run waits.
    Paused { run: RunId, step: u64 },
    /// The run goes on.
    Resumed { run: RunId },
    /// The run is over; a checkpoint of this step exists.
    Ended { run: RunId, step: u64, because: Because },
    /// The run broke; `kept` is the newest good checkpoint.
    Failed { run: RunId, failure: Failure, kept: Option<u64> },
    /// A sample grid of the past.
    Past { run: RunId, step: u64, grid: Picture },
    /// Weights of another program have become this run.
    Imported { folder: PathBuf },
    /// What was measured of a run, newest last.
    Scored { run: RunId, cards: Vec<ScoreCard> },
    /// An evaluation is under way.
    Evaluating { job: JobId, what: String, done: usize, total: usize },
    /// An evaluation is done; `place` is the run's, and the notes are a sentence each.
    Evaluated { job: JobId, place: Option<Place>, card: Box<ScoreCard>, notes: Vec<String> },
    /// A tool is done.
    ToolDone(Box<ToolOutput>),
    /// A picture for the canvas was read.
    PictureRead { role: Role, canvas_picture: Box<CanvasPicture> },
    /// A job is under way.
    JobProgress { job: JobId, done: usize, total: usize },
    /// A job is done; one line for people, and the file or folder it wrote.
    JobDone { job: JobId, what: String, wrote: Option<PathBuf> },
    /// A job failed or was cancelled; one sentence.
    JobFailed { job: JobId, failure: Failure },
}

/// How fast a run goes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pace {
    /// Steps a second, over the last few seconds.
    pub steps_per_s: f32,
    /// Real pictures a second.
    pub images_per_s: f32,
    /// Milliseconds that the newest step took, without the rest after it.
    pub step_ms: f32,
    /// Seconds of training so far, pauses left out.
    pub elapsed_s: f32,
    /// Seconds to the last step.
    pub eta_s: f32,
}
