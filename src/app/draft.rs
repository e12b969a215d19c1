//! Decides when a quick picture will do: while a slider is being dragged, until it rests.

use crate::latent::Code;
use std::time::{Duration, Instant};

/// Time without a movement after which a slider counts as resting.
const REST: Duration = Duration::from_millis(150);

/// The last code of the sliders, and when it changed.
#[derive(Default)]
pub struct Drafts {
    last: Option<Code>,
    moved: Option<Instant>,
}

impl Drafts {
    /// Returns how long until the full picture of this code is due, if nothing moves meanwhile; `None` if it is due now.
    pub fn wait(&mut self, code: &Code, dragging: bool, now: Instant) -> Option<Duration> {
        if self.last.as_ref() != Some(code) {
            self.moved = self.last.replace(code.clone()).map(|_| now);
        }
        let left = REST.saturating_sub(now.saturating_duration_since(self.moved?));
        (dragging && !left.is_zero()).then_some(left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_rough_while_a_finger_moves_and_whole_when_it_rests_or_lifts() {
        let (mut drafts, start) = (Drafts::default(), Instant::now());
        let code = |v: f32| Code { z: vec![v], ..Code::default() };
        let at = |ms| start + Duration::from_millis(ms);
        assert_eq!(drafts.wait(&code(0.0), true, at(0)), None, "nothing has moved yet");
        assert_eq!(drafts.wait(&code(0.1), true, at(10)), Some(REST));
        assert_eq!(drafts.wait(&code(0.1), true, at(110)), Some(Duration::from_millis(50)), "still moving, perhaps");
        assert_eq!(drafts.wait(&code(0.2), true, at(150)), Some(REST));
        assert_eq!(drafts.wait(&code(0.2), true, at(300)), None, "the slider rests");
        assert_eq!(drafts.wait(&code(0.3), true, at(400)), Some(REST));
        assert_eq!(drafts.wait(&code(0.3), false, at(410)), None, "the slider is let go");
        assert_eq!(drafts.wait(&code(0.9), false, at(420)), None, "a key or a button needs no draft");
    }
}
