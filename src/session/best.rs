//! The best checkpoint of the open run, as the window shows it.

use super::OpenRun;

impl OpenRun {
    /// The step nearest to this one of which a sample grid exists, the earlier one of two; `None` when there are no grids.
    pub fn sample_near(&self, step: u64) -> Option<u64> {
        self.sample_steps.iter().copied().min_by_key(|s| s.abs_diff(step))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        engine::protocol::{Event, RunId},
        history::{Best, Point},
        session::Session,
    };

    #[test]
    fn curves_of_quality_and_the_best_checkpoint_are_taken_over_also_after_the_end() {
        let mut session = Session::default();
        session.present(RunId(2), None);
        let swd = |step, value| Point { step, name: "swd".into(), value };
        let best = Some(Best { step: 500, swd: 21.5 });
        session.apply(Event::Rated { run: RunId(1), points: vec![swd(9, 9.0)] });
        session.apply(Event::Best { run: RunId(1), best });
        assert!(session.open_run.history.is_empty() && session.open_run.best.is_none(), "of another run");
        session.apply(Event::Rated { run: RunId(2), points: vec![swd(400, 30.0)] });
        session.apply(Event::Rated { run: RunId(2), points: vec![swd(500, 21.5)] });
        session.apply(Event::Best { run: RunId(2), best });
        assert_eq!(session.open_run.history.get("swd").unwrap().points(), [[400.0, 30.0], [500.0, 21.5]]);
        assert_eq!((session.open_run.best, session.open_run.step), (best, 0), "the run itself has not moved");
    }

    #[test]
    fn the_nearest_grid_is_found() {
        let near =
            |steps: &[u64], step| OpenRun { sample_steps: steps.to_vec(), ..OpenRun::default() }.sample_near(step);
        assert_eq!((near(&[0, 490, 500, 520], 500), near(&[0, 490, 520], 500)), (Some(500), Some(490)));
        assert_eq!((near(&[490, 510], 500), near(&[], 500)), (Some(490), None));
    }
}
