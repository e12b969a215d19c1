//! What the window has asked for and not got yet: data, the sliders' picture, past grids, the data of a recipe.

use super::{dialog::Dialogs, draft::Drafts, threads::Aside};
use crate::{
    engine::protocol::{GridRequest, JobId, RunId, StripRequest},
    latent::Code,
    picture::Picture,
    recipes::Recipe,
    session::Status,
    spec::DataSpec,
};
use std::time::Instant;

/// Everything that was asked for and has not come yet.
#[derive(Default)]
pub struct Pending {
    /// The file dialog that is open.
    pub(super) dialogs: Dialogs,
    /// Work on short-lived threads.
    pub(super) aside: Aside,
    /// How the chosen data were asked for.
    pub(super) reading: Reading,
    /// How the sliders' picture was asked for.
    pub(super) asked: Asked,
    /// The last request for pictures before and after they are prepared.
    pub(super) strip: Option<StripRequest>,
    /// The past sample grid that is wanted or being read.
    pub(super) past: Past,
    /// The recipe that is being applied.
    pub(super) recipe: Option<PendingRecipe>,
}

/// The last order to read data.
#[derive(Default)]
pub struct Reading {
    pub(super) job: Option<JobId>,
    /// How the desk asked for the data to be prepared.
    pub(super) asked: Option<DataSpec>,
    /// Whether size and channels come from the data instead of the desk.
    pub(super) adopt: bool,
    /// When to read the data again, if their knobs have changed.
    pub(super) due: Option<Instant>,
}

/// The last request to the previewer.
#[derive(Default)]
pub struct Asked {
    pub(super) ticket: u64,
    pub(super) scene: Option<(RunId, Code, bool)>,
    /// Step and status of the open run at that time.
    pub(super) at: (u64, Status),
    pub(super) when: Option<Instant>,
    pub(super) grid: Option<(GridRequest, Instant)>,
    /// A picture whose code is wanted, until the next request.
    pub(super) encode: Option<Picture>,
    pub(super) drafts: Drafts,
}

/// The reading of past sample grids: one at a time, the newest request wins.
#[derive(Default)]
pub struct Past {
    pub(super) wanted: Option<u64>,
    pub(super) reading: Option<JobId>,
}

impl Past {
    /// Notes that the grid was read.
    pub fn arrived(&mut self) {
        self.reading = None;
    }

    /// Notes that a job failed; if it was to read the grid, that is no longer waited for.
    pub fn forget(&mut self, job: JobId) {
        if self.reading == Some(job) {
            self.reading = None;
        }
    }
}

/// A recipe that is being applied: its values go into the form in steps, as its data are read.
pub struct PendingRecipe {
    pub(super) recipe: &'static Recipe,
    /// The source of its data.
    pub(super) source: String,
    /// Whether to start the run as soon as the form is filled.
    pub(super) start: bool,
    pub(super) stage: RecipeStage,
}

/// How far a recipe is applied.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum RecipeStage {
    /// The run that trains has to end first.
    Waiting,
    /// Its data are being read, so that the knobs' start values suit them.
    Reading,
    /// The knobs are set; they may ask for the data in another size.
    Filled,
}
