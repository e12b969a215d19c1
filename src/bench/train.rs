//! `bench train`: how long a step takes.

use super::{
    case::{CASES, Case},
    lab::Lab,
    turns::in_turn,
};
use crate::models::StepInfo;
use anyhow::Result;
use std::time::Instant;

/// Measures every case.
pub fn measure(lab: &mut Lab<'_>) -> Result<()> {
    CASES.iter().try_for_each(|case| steps_of(lab, *case))
}

fn steps_of(lab: &mut Lab<'_>, case: Case) -> Result<()> {
    let (threads, device) = (lab.threads(), lab.device);
    let (mut model, batch) = case.model(device)?;
    let mut at = StepInfo { step: 0, horizon: 1_000 };
    let mut step = || {
        at.step += 1;
        let begin = Instant::now();
        model.step(&batch, &at).map(|_| begin.elapsed().as_secs_f64() * 1e3)
    };
    (0..3).try_for_each(|_| step().map(drop))?;
    let (rounds, count) = lab.rounds(lab.bench.steps);
    let mut peer = lab.peer("pytorch_train.py", &case.arguments(threads, count))?;
    let tuned = if case.precision(device) == "bf16" { "tuned bf16" } else { "tuned fp32" };
    let round = |_| {
        // The first step after the peer's round finds cold caches and sleeping threads.
        step()?;
        (0..count).map(|_| step()).collect()
    };
    let turns = in_turn(rounds, round, peer.as_mut(), &["eager", tuned])?;
    let (median, p95) = turns.spread();
    let images = case.batch as f64 / median * 1e3;
    let figures = [("step_ms", median), ("step_ms_p95", p95), ("images_per_s", images)];
    lab.report.add_compared(|| case.row("train", threads, device).figures(figures), turns.compared)
}
