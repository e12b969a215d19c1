//! The mirror takes over what belongs to the open run, and nothing else.

use super::*;

#[test]
fn a_letter_from_a_run_that_is_not_open_changes_nothing() {
    let mut session = Session::default();
    session.present(RunId(2), None);
    session.open_run.status = Status::Training;
    let old = RunId(1);
    for event in [
        Event::Preparing { run: old },
        Event::Paused { run: old, step: 9 },
        Event::Ended { run: old, step: 9, because: Because::Stopped },
        Event::Failed { run: old, failure: "x".into(), kept: None },
        Event::Warning { run: old, why: "x".into() },
        Event::Saved { run: old, step: 9 },
    ] {
        session.apply(event);
    }
    assert_eq!((session.open_run.status.clone(), session.open_run.step), (Status::Training, 0));
    assert!(session.log.is_empty() && session.toasts.is_empty() && session.open_run.checkpoints.is_empty());
}
