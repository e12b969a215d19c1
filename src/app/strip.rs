//! Asks for the strip of pictures before and after they are prepared, whenever that changes.

use super::App;
use crate::{
    engine::protocol::StripRequest,
    session::{DataState, Intent},
    spec::{Augment, Knobs},
};

impl App {
    /// Posts how pictures are prepared and augmented, if that differs from the last request.
    pub(super) fn request_strip(&mut self) {
        let nothing =
            self.desk.source.is_empty() || matches!(self.session.data, DataState::None | DataState::Failed(..));
        let spec = self.desk.data_spec();
        if nothing || spec.size == 0 {
            self.pending.strip = None;
            return;
        }
        let request = StripRequest { spec, augment: Augment::from_knobs(self.knobs_in_force()) };
        if self.pending.strip.as_ref() != Some(&request) {
            self.engine.request_strip(request.clone());
            self.pending.strip = Some(request);
        }
    }

    /// Takes over the newest strip.
    pub(super) fn take_strip(&mut self) {
        if let Some(answer) = self.engine.strips.try_iter().last() {
            // The data panel says why pictures cannot be read.
            self.session.note(Intent::Strip(answer.ok()));
        }
    }

    /// Returns the knobs of the run that trains, if it is of the chosen family: they may have been turned; else the desk's.
    fn knobs_in_force(&self) -> &Knobs {
        let open_run = &self.session.open_run;
        let alive = open_run.spec.as_ref().filter(|spec| open_run.status.is_alive() && spec.family == self.desk.family);
        alive.map_or(&self.desk.knobs, |spec| &spec.knobs)
    }
}
