//! `bench decode`: how long latent vectors take to become pictures, as the previewer makes them.

use super::{
    case::{CASES, Case},
    lab::Lab,
    turns::in_turn,
};
use crate::{latent::Code, nn};
use anyhow::Result;
use std::time::Instant;

/// Measures one picture and a grid of 64, on one thread (as the previewer does it) and on all.
pub fn measure(lab: &mut Lab<'_>) -> Result<()> {
    for threads in lab.one_and_all() {
        for batch in [1, 64] {
            pictures(lab, Case { batch, ..CASES[0] }, threads)?;
        }
    }
    Ok(())
}

fn pictures(lab: &mut Lab<'_>, case: Case, threads: usize) -> Result<()> {
    nn::use_threads(threads);
    let player = case.player(lab.device)?;
    let codes: Vec<_> = (0..case.batch as u64).map(|seed| Code::from_seed(seed, player.z_dim())).collect();
    let play = || {
        let begin = Instant::now();
        player.play(&codes).map(|_| begin.elapsed().as_secs_f64() * 1e3)
    };
    (0..10).try_for_each(|_| play().map(drop))?;
    let (rounds, count) = lab.rounds(lab.bench.steps * 5 / 2);
    let mut peer = lab.peer("pytorch_decode.py", &case.arguments(threads, count))?;
    let round = |_| {
        play()?;
        (0..count).map(|_| play()).collect()
    };
    let turns = in_turn(rounds, round, peer.as_mut(), &["eager", "channels-last", "bf16 autocast", "bf16"])?;
    let (median, p95) = turns.spread();
    let figures = [("decode_ms", median), ("decode_ms_p95", p95)];
    let device = lab.device;
    lab.report.add_compared(|| case.row("decode", threads, device).figures(figures), turns.best())
}
