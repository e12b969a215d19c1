//! The thread that trains: obeys orders between steps, never in the middle of one.

use super::{lanes::Lanes, quality, run_loop::Run, start_watch::StartWatch};
use crate::{
    engine::{
        checkpoints::{save_checkpoint, tell_best},
        dataset_cache::DatasetCache,
        device::Chosen,
        guard::guarded,
        options::Options,
        protocol::{Because, Command, Event, Live, Location, Order},
        reporter::Reporter,
        rhythm::SharedRhythm,
        task::Task,
        throttle::{SLICE, rest_after},
        weight_store::WeightStore,
    },
    run,
};
use crossbeam_channel::{RecvError, RecvTimeoutError, TryRecvError, TrySendError, select};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Owns the run that trains.
pub struct Trainer {
    pub(super) lanes: Lanes,
    pub(super) report: Reporter,
    pub(super) store: WeightStore,
    pub(super) cache: DatasetCache,
    pub(super) device: Chosen,
    pub(super) options: Options,
    pub(super) run: Option<Run>,
    paused: bool,
    /// What the last step took with all that belongs to it, and when it was done; `None` once it has been rested for.
    worked: Option<(Duration, Instant)>,
    /// Orders that came while a run was being prepared, or while the trainer rested.
    pub(super) early: VecDeque<Command>,
}

impl Trainer {
    /// A trainer without a run, between these lanes.
    pub fn new(
        lanes: Lanes,
        report: Reporter,
        store: WeightStore,
        cache: DatasetCache,
        device: Chosen,
        options: Options,
    ) -> Self {
        let (run, paused, worked, early) = (None, false, None, VecDeque::new());
        Self { lanes, report, store, cache, device, options, run, paused, worked, early }
    }

    /// Until somebody hangs up or says Close.
    pub fn run(mut self) {
        crate::nn::use_threads(self.options.threads);
        while self.turn().is_ok() {}
        self.end(&Because::Closing);
    }

    /// One turn: every waiting order, the newest live knobs, at most one step.
    fn turn(&mut self) -> Result<(), RecvError> {
        while let Some(order) = self.early.pop_front() {
            self.obey(order)?;
        }
        loop {
            match self.lanes.orders.try_recv() {
                Ok(order) => self.obey(order)?,
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => return Err(RecvError),
            }
        }
        if let Ok(live) = self.lanes.live.try_recv() {
            self.turn_knobs(&live);
        }
        if self.run.is_some() && !self.paused {
            if self.rest()? {
                self.step();
            }
            return Ok(());
        }
        let (orders, live) = (self.lanes.orders.clone(), self.lanes.live.clone());
        select! { // nothing to train: sleep until somebody rings
            recv(orders) -> order => self.obey(order?)?,
            recv(live) -> knobs => if let Ok(knobs) = knobs { self.turn_knobs(&knobs) } else { std::thread::sleep(Duration::from_millis(20)) },
        }
        Ok(())
    }

    /// Leaves the time after a step that training is not to use. True when it is over, false when an order came first.
    fn rest(&mut self) -> Result<bool, RecvError> {
        while let Some((took, done)) = self.worked {
            let now = Instant::now();
            // Read again in every slice: the throttle may change, and a drag may end, during a long rest.
            // A run that leaves a drag a core need not rest for it as well.
            let shares = self.run.as_ref().is_some_and(Run::adapts);
            let throttle = &self.lanes.throttle;
            let percent = if shares { throttle.asked() } else { throttle.percent(now) };
            let left = rest_after(took, percent).saturating_sub(now.duration_since(done));
            if left.is_zero() {
                self.worked = None;
                break;
            }
            match self.lanes.orders.recv_timeout(left.min(SLICE)) {
                Ok(order) => {
                    self.early.push_back(order);
                    return Ok(false);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err(RecvError),
            }
        }
        Ok(true)
    }

    fn obey(&mut self, command: Command) -> Result<(), RecvError> {
        match command {
            Command::Start(order) => self.start(*order),
            Command::Pause => self.pause(),
            Command::Resume => {
                if let Some(run) = &self.run {
                    self.paused = false;
                    self.report.send(Event::Resumed { run: run.id });
                }
            }
            Command::Step => {
                if self.run.is_some() {
                    self.step();
                    self.pause();
                }
            }
            Command::Save => self.save_now(),
            Command::RollBack(step) => self.roll_back_to(step),
            Command::Stop => self.end(&Because::Stopped),
            Command::Measure(trial) => self.measure(*trial),
            Command::Close => return Err(RecvError),
        }
        Ok(())
    }

    fn start(&mut self, mut order: Order) {
        self.end(&Because::Stopped);
        let place = order.location.settle(&mut order.spec.name);
        order.location = Location::Folder(place.clone());
        let (id, paused) = (order.run, order.paused);
        self.report.send(Event::Preparing { run: id });
        let mut watch = StartWatch {
            orders: &self.lanes.orders,
            report: &self.report,
            stopped: None,
            early: Vec::new(),
            told: Instant::now(),
        };
        let begun =
            guarded(|| Run::begin(order, self.options.threads, self.device.to_train()?, &self.cache, &mut watch));
        let StartWatch { stopped, early, .. } = watch;
        let begun = match begun {
            Ok(begun) => begun,
            Err(failure) => {
                let because = match stopped {
                    Some(Command::Close) => Because::Closing,
                    Some(_) => Because::Stopped,
                    None => {
                        let kept = run::checkpoint_steps(&place).last().copied();
                        return self.report.send(Event::Failed { run: id, failure, kept });
                    }
                };
                let step = run::checkpoint_steps(&place).last().copied().unwrap_or(0);
                return self.report.send(Event::Ended { run: id, step, because });
            }
        };
        let mut run = begun.run;
        run.rhythm = SharedRhythm::new(self.options.measure_every_s, run.step);
        self.report.send(Event::Started {
            run: id,
            spec: Box::new(run.spec_now()),
            folder: run.folder.path().to_path_buf(),
            step: run.step,
            z_dim: run.z_dim(),
            points: begun.points,
        });
        if let Some(examples) = run.examples.clone() {
            self.report.send(Event::Examples { run: id, examples });
        }
        for why in begun.warnings {
            self.report.send(Event::Warning { run: id, why });
        }
        tell_best(&self.report, id, run.folder.path());
        (self.paused, self.worked) = (false, None);
        self.run = Some(run);
        self.early.extend(early);
        self.sample(false);
        if self.run.as_ref().is_some_and(Run::is_new) {
            // What numbers that run away go back to.
            self.autosave();
        }
        if self.run.as_ref().is_some_and(Run::is_done) {
            self.end(&Because::Finished);
        } else if paused {
            self.pause();
        }
    }

    /// One step and what falls due after it; the time they took is to be rested for.
    fn step(&mut self) {
        let begin = Instant::now();
        self.step_once();
        self.worked = Some((begin.elapsed(), Instant::now()));
    }

    fn step_once(&mut self) {
        let Some(run) = &mut self.run else { return };
        if run.is_done() {
            return self.end(&Because::Finished);
        }
        match guarded(|| run.train()) {
            Ok(points) => {
                run.share(self.lanes.throttle.is_dragging(Instant::now()));
                let pace = run.pace();
                self.report.scalars(run.id, points, pace);
                if let Some(why) = run.log.trouble() {
                    self.report.send(Event::Warning { run: run.id, why });
                }
                if let Err(failure) = guarded(|| run.publish(&self.store, false)) {
                    return self.broke(failure);
                }
            }
            Err(failure) => return self.broke(failure),
        }
        if run.is_done() {
            return self.end(&Because::Finished);
        }
        if run.grid_is_due(self.options.sample_every_s) {
            self.sample(false);
        }
        self.measure_quality();
        if self.run.as_ref().is_some_and(Run::save_is_due) {
            self.autosave();
        }
    }

    /// Has the newest weights measured, when that is due.
    fn measure_quality(&self) {
        let (now, Some(run)) = (Instant::now(), &self.run) else { return };
        if run.rhythm.with(|r| r.is_due(now)) && !self.lanes.throttle.is_dragging(now) {
            quality::send(&self.lanes, Some(run.ask(None, self.lanes.throttle.clone())));
        }
    }

    fn pause(&mut self) {
        let Some(run) = &mut self.run else { return };
        self.paused = true;
        run.rest();
        let (id, step, pace) = (run.id, run.step, run.pace());
        self.report.flush(id, pace);
        self.report.send(Event::Paused { run: id, step });
        self.sample(true);
    }

    fn turn_knobs(&mut self, live: &Live) {
        let Some(run) = self.run.as_mut().filter(|run| run.id == live.run) else { return };
        if let Err(failure) = guarded(|| run.set_live(&live.knobs)) {
            self.report.send(Event::Warning { run: live.run, why: failure.to_string() });
        }
    }

    /// Draws the fixed seeds, unless `only_new` and this step was drawn already.
    pub(super) fn sample(&mut self, only_new: bool) {
        let Some(run) = &mut self.run else { return };
        if only_new && run.sampled.is_some_and(|(_, step)| step == run.step) {
            return;
        }
        match guarded(|| Ok((run.sample(&self.store)?, run.reconstruct()?))) {
            Ok((samples, pairs)) => {
                if let Some(shown) = pairs {
                    self.report.hint(Event::Reconstructed { run: run.id, shown: Box::new(shown) });
                }
                let task = Task::Sample {
                    run: run.id,
                    folder: run.folder.path().to_path_buf(),
                    step: run.step,
                    grid: samples.grid.clone(),
                };
                // When the worker is busy this grid is not kept; the next one will be.
                let _ = self.lanes.jobs.try_send(task);
                self.lanes.samples.post(samples);
                self.report.wake();
            }
            Err(failure) => self.broke(failure),
        }
    }

    /// A checkpoint in passing: the worker writes it while training goes on.
    fn autosave(&mut self) {
        // Each checkpoint has its grid in the history.
        self.sample(true);
        let Some(run) = &mut self.run else { return };
        match guarded(|| run.checkpoint()) {
            Ok(checkpoint) => {
                let ask = quality::of_checkpoint(&self.lanes, run, &checkpoint, false);
                let checkpoint = Arc::new(checkpoint);
                run.await_checkpoint(&checkpoint);
                let (folder, spec) = (run.folder.path().to_path_buf(), Box::new(run.spec.clone()));
                let task = Task::Checkpoint { run: run.id, folder, spec, checkpoint };
                if let Err(TrySendError::Full(task)) = self.lanes.jobs.try_send(task)
                    && let Task::Checkpoint { run, folder, spec, checkpoint } = task
                {
                    save_checkpoint(&self.report, run, &folder, &spec, &checkpoint);
                }
                quality::send(&self.lanes, ask);
            }
            Err(failure) => self.report.send(Event::Warning { run: run.id, why: failure.to_string() }),
        }
    }

    pub(super) fn save_now(&mut self) {
        let Some(run) = &mut self.run else { return };
        match guarded(|| run.checkpoint()) {
            Ok(checkpoint) => {
                if save_checkpoint(&self.report, run.id, run.folder.path(), &run.spec, &checkpoint) {
                    quality::send(&self.lanes, quality::of_checkpoint(&self.lanes, run, &checkpoint, false));
                }
            }
            Err(failure) => self.report.send(Event::Warning { run: run.id, why: failure.to_string() }),
        }
    }

    /// Ends the run with a sample grid and a checkpoint.
    fn end(&mut self, because: &Because) {
        self.sample(true);
        let Some(mut run) = self.run.take() else { return };
        self.report.flush(run.id, run.pace());
        if let Err(failure) = guarded(|| keep_last_grid(&self.store, &mut run)) {
            self.report.send(Event::Warning { run: run.id, why: failure.to_string() });
        }
        let saved = guarded(|| run.checkpoint()).is_ok_and(|checkpoint| {
            let saved = save_checkpoint(&self.report, run.id, run.folder.path(), &run.spec, &checkpoint);
            if saved && *because != Because::Closing {
                quality::send(&self.lanes, quality::of_checkpoint(&self.lanes, &run, &checkpoint, true));
            }
            saved
        });
        let _ = run.folder.set_training(false);
        let event = if saved {
            Event::Ended { run: run.id, step: run.step, because: because.clone() }
        } else {
            let kept = run.last_trained_checkpoint();
            let why = format!("The run stopped at step {}, but its last checkpoint could not be saved.", run.step);
            Event::Failed { run: run.id, failure: why.into(), kept }
        };
        // Let go of the folder's lock before the end is announced and somebody wants to continue it.
        drop(run);
        self.report.send(event);
    }
}

/// The grid of the last step is written by the trainer itself: it must be there when the run has ended.
fn keep_last_grid(store: &WeightStore, run: &mut Run) -> anyhow::Result<()> {
    if run::sample_steps(run.folder.path()).last() != Some(&run.step) {
        let samples = run.sample(store)?;
        run::write_sample(run.folder.path(), run.step, &samples.grid)?;
    }
    Ok(())
}
