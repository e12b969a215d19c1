//! The strip of pictures before and after: asked for whenever the desk prepares them otherwise.

use super::App;
use crate::{
    engine::protocol::StripWish,
    session::DataState,
    spec::{Augment, Knobs},
};

impl App {
    /// Posts what the desk asks of the pictures, when it is not what was posted last.
    pub(super) fn wish_strip(&mut self) {
        let nothing =
            self.desk.source.is_empty() || matches!(self.session.data, DataState::None | DataState::Failed(..));
        let spec = self.desk.data_spec();
        if nothing || spec.size == 0 {
            self.strip = None;
            return;
        }
        let wish = StripWish { spec, augment: Augment::from_knobs(self.knobs_in_force()) };
        if self.strip.as_ref() != Some(&wish) {
            self.engine.wish_strip(wish.clone());
            self.strip = Some(wish);
        }
    }

    /// Takes over the newest strip.
    pub(super) fn take_strip(&mut self) {
        if let Some(answer) = self.engine.strips.try_iter().last() {
            // Why the pictures cannot be read is said where they are chosen.
            self.session.strip = answer.ok();
        }
    }

    /// Those of the run that trains with the chosen family, which may have been turned since; else the desk's.
    fn knobs_in_force(&self) -> &Knobs {
        let stage = &self.session.stage;
        let alive = stage.spec.as_ref().filter(|spec| stage.status.is_alive() && spec.family == self.desk.family);
        alive.map_or(&self.desk.knobs, |spec| &spec.knobs)
    }
}
