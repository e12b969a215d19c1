//! What the window has asked for and not got yet: data, the picture of the sliders, past grids, the data of a recipe.

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

/// Everything that is on its way.
#[derive(Default)]
pub struct Pending {
    /// The file dialog that is open.
    pub(super) dialogs: Dialogs,
    /// Work on short-lived threads.
    pub(super) aside: Aside,
    /// The reading of the chosen data.
    pub(super) reading: Reading,
    /// The request to the previewer.
    pub(super) asked: Asked,
    /// The pictures before and after that were asked for last.
    pub(super) strip: Option<StripRequest>,
    /// Past sample grids.
    pub(super) past: Past,
    /// The recipe that is on its way into the form.
    pub(super) recipe: Option<PendingRecipe>,
}

/// The reading that is under way or done.
#[derive(Default)]
pub struct Reading {
    pub(super) job: Option<JobId>,
    /// What the desk asked for when it was ordered.
    pub(super) asked: Option<DataSpec>,
    /// Size and channels come from the data, not from the desk.
    pub(super) adopt: bool,
    /// When to read again.
    pub(super) due: Option<Instant>,
}

/// The request that was posted last.
#[derive(Default)]
pub struct Asked {
    pub(super) ticket: u64,
    pub(super) scene: Option<(RunId, Code, bool)>,
    /// Step and status that it was posted at.
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
    /// The grid is there.
    pub fn arrived(&mut self) {
        self.reading = None;
    }

    /// This job will not bring it.
    pub fn forget(&mut self, job: JobId) {
        if self.reading == Some(job) {
            self.reading = None;
        }
    }
}

/// A recipe on its way into the form.
pub struct PendingRecipe {
    pub(super) recipe: &'static Recipe,
    /// Where its data are.
    pub(super) source: String,
    /// Begin the run as soon as the form is filled.
    pub(super) start: bool,
    pub(super) stage: RecipeStage,
}

/// How far it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum RecipeStage {
    /// A run that goes on has to end first.
    Waiting,
    /// Its data are being read, so that the knobs' start values suit them.
    Reading,
    /// The knobs are set; they may ask for the data in another size.
    Filled,
}
