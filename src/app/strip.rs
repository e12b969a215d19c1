//! The strip of pictures before and after: asked for whenever the desk prepares them otherwise.

use super::App;
use crate::{
    engine::protocol::StripRequest,
    session::{DataState, Intent},
    spec::{Augment, Knobs},
};

impl App {
    /// Posts what the desk asks of the pictures, when it is not what was posted last.
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
            // Why the pictures cannot be read is said where they are chosen.
            self.session.note(Intent::Strip(answer.ok()));
        }
    }

    /// Those of the run that trains with the chosen family, which may have been turned since; else the desk's.
    fn knobs_in_force(&self) -> &Knobs {
        let open_run = &self.session.open_run;
        let alive = open_run.spec.as_ref().filter(|spec| open_run.status.is_alive() && spec.family == self.desk.family);
        alive.map_or(&self.desk.knobs, |spec| &spec.knobs)
    }
}
