//! Light measures while a run trains: done in slices between the worker's jobs, so that nobody waits for them.

use super::{
    reference::{Found, PARTS, Reference, class_of, seed_of},
    worker::Worker,
};
use crate::{
    engine::{
        guard::guarded,
        protocol::{Event, Failure, RunId},
        task::{Ask, Task},
        weight_store::Playing,
    },
    history::Point,
    latent::Code,
    models::{self, Player},
    nn::Device,
    picture::{Picture, Pixels},
    run,
    weights::Weights,
};
use anyhow::{Context, Result, ensure};
use crossbeam_channel::{RecvTimeoutError, TryRecvError};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// While a slider is being dragged, the end of the drag is looked for this often.
const FINGER: Duration = Duration::from_millis(50);
/// Pictures drawn at once, to begin with and at most.
const FIRST: usize = 8;
const MOST: usize = 64;
/// A slice of drawing that took less is doubled, one that took more is halved.
const SHORT: Duration = Duration::from_millis(15);
const LONG: Duration = Duration::from_millis(60);
/// When the program ends, the last checkpoint of a run is measured if that takes no longer than this.
const LAST: Duration = Duration::from_secs(5);

/// What is being measured, and what waits for it.
#[derive(Default)]
pub struct Light {
    asks: VecDeque<Ask>,
    work: Option<Work>,
    reference: Option<Reference>,
    /// The last one done: what it was of, the points of its curves.
    last: Option<(RunId, u64, Vec<Found>)>,
}

/// A measurement under way.
struct Work {
    ask: Ask,
    weights: Arc<Weights>,
    playing: Playing,
    player: Box<dyn Player>,
    codes: Vec<Code>,
    fake: Pixels,
    /// Pictures in the next slice.
    slice: usize,
    part: usize,
    found: Vec<Found>,
    took: Duration,
}

impl Light {
    /// The worker's next task; measures while there is none. `None` when everybody has hung up.
    pub fn wait(&mut self, worker: &Worker) -> Option<Task> {
        loop {
            if !self.is_busy() {
                return worker.tasks.recv().ok();
            }
            let dragging = self.asks.front().or(self.work.as_ref().map(|w| &w.ask));
            let task = if dragging.is_some_and(|ask| ask.throttle.is_dragging(Instant::now())) {
                match worker.tasks.recv_timeout(FINGER) {
                    Err(RecvTimeoutError::Timeout) => continue,
                    task => task.ok(),
                }
            } else {
                match worker.tasks.try_recv() {
                    Err(TryRecvError::Empty) => {
                        self.slice(worker);
                        continue;
                    }
                    task => task.ok(),
                }
            };
            if task.is_none() {
                self.finish(worker);
            }
            return task;
        }
    }

    /// Puts one in the queue.
    pub fn add(&mut self, ask: Ask) {
        self.asks.push_back(ask);
    }

    fn is_busy(&self) -> bool {
        self.work.is_some() || !self.asks.is_empty()
    }

    /// Everybody has hung up: what would only be one point more of a curve is dropped, checkpoints are still measured.
    fn finish(&mut self, worker: &Worker) {
        self.asks.retain(|ask| ask.checkpoint.is_some());
        self.work.take_if(|work| work.ask.checkpoint.is_none());
        let begin = Instant::now();
        while self.is_busy() && begin.elapsed() < LAST {
            self.slice(worker);
        }
    }

    /// A moment's work on what is being measured.
    fn slice(&mut self, worker: &Worker) {
        let begin = Instant::now();
        let Some(mut work) = self.work.take() else {
            let Some(ask) = self.asks.pop_front() else { return };
            return self.begin(worker, ask);
        };
        let went = guarded(|| self.advance(&mut work));
        work.took += begin.elapsed();
        match went {
            Ok(false) => self.work = Some(work),
            Ok(true) => {
                work.ask.rhythm.with(|r| r.done(work.took, Instant::now()));
                let Work { ask, weights, found, .. } = work;
                self.tell(worker, &ask, weights.step, found);
            }
            Err(why) => give_up(worker, &work.ask, &why, work.took),
        }
    }

    fn begin(&mut self, worker: &Worker, ask: Ask) {
        let begin = Instant::now();
        let step = ask.checkpoint.as_ref().map(|weights| weights.step);
        if let Some((run, done, found)) = self.last.take_if(|last| Some(last.1) == step && last.0 == ask.run) {
            // The very weights of this checkpoint were measured just now.
            ask.rhythm.with(|r| r.done(Duration::ZERO, begin));
            note_best(worker, &ask, done, &found);
            self.last = Some((run, done, found));
            return;
        }
        let newest = || worker.store.get(ask.run).map(|playing| playing.weights.step);
        if ask.checkpoint.is_none() && newest().is_some_and(|step| step <= ask.rhythm.after_step) {
            // Nothing was learned since the run began or went on.
            return ask.rhythm.with(|r| r.done(Duration::ZERO, begin));
        }
        match guarded(|| self.prepare(worker, &ask)) {
            Ok(Some((weights, playing, player, codes))) => {
                let pixels = &ask.data.train.pixels;
                let fake = Pixels::new(pixels.size, pixels.channels);
                let (found, took) = (Vec::new(), begin.elapsed());
                let work = Work { ask, weights, playing, player, codes, fake, slice: FIRST, part: 0, found, took };
                self.work = Some(work);
            }
            // Too few pictures, or the run is gone.
            Ok(None) => ask.rhythm.with(|r| {
                r.done(begin.elapsed(), Instant::now());
                r.stop();
            }),
            Err(why) => give_up(worker, &ask, &why, begin.elapsed()),
        }
    }

    /// A player with the weights, and what it is to draw.
    #[allow(clippy::type_complexity)] // goes straight into `Work`
    fn prepare(
        &mut self,
        worker: &Worker,
        ask: &Ask,
    ) -> Result<Option<(Arc<Weights>, Playing, Box<dyn Player>, Vec<Code>)>> {
        let Some(playing) = worker.store.get(ask.run) else { return Ok(None) };
        let weights = ask.checkpoint.clone().unwrap_or_else(|| playing.weights.clone());
        let card = (models::family(&playing.plan.family)?.card)();
        let inputs: &[Picture] = if card.can.inputs { &playing.examples.inputs } else { &[] };
        let most = if card.can.inputs { inputs.len() } else { usize::MAX };
        if self.reference.as_ref().is_none_or(|r| !r.suits(&ask.data, most)) {
            // Let go of the former one first.
            self.reference = None;
            self.reference = Reference::new(&ask.data, most);
        }
        let Some(reference) = &self.reference else { return Ok(None) };
        let mut player = models::player(&playing.plan, device(worker))?;
        player.load_weights(&weights.ema, weights.discriminator.as_deref())?;
        let classes = if card.can.labels { playing.plan.shape.classes } else { 0 };
        let code = |i: usize| Code {
            classes: class_of(&reference.labels, classes, i).map(|class| (class, 1.0)).into_iter().collect(),
            input: inputs.get(i).cloned(),
            ..Code::from_seed(seed_of(playing.seed, i), player.z_dim())
        };
        let codes = (0..reference.count()).map(code).collect();
        Ok(Some((weights, playing, player, codes)))
    }

    /// True when all is measured.
    fn advance(&mut self, work: &mut Work) -> Result<bool> {
        let reference = self.reference.as_mut().context("There is nothing to measure against.")?;
        if !reference.go_on()? {
            return Ok(false);
        }
        if work.fake.count < work.codes.len() {
            work.draw()?;
            return Ok(false);
        }
        if work.part < PARTS {
            work.found.extend(reference.measure(&work.fake, work.part)?);
            work.part += 1;
            return Ok(false);
        }
        work.found.extend_from_slice(reference.floors());
        Ok(true)
    }

    /// The numbers go to disk and to whoever listens.
    fn tell(&mut self, worker: &Worker, ask: &Ask, step: u64, found: Vec<Found>) {
        // A curve never goes back: a checkpoint from before the last point is measured for its own sake.
        let newer = self.last.as_ref().is_none_or(|(run, last, _)| *run != ask.run || *last < step);
        if newer && step > ask.rhythm.after_step {
            let point = |(name, value): &Found| Point { step, name: (*name).into(), value: *value as f32 };
            let points: Vec<_> = found.iter().map(point).collect();
            if let Err(failure) = guarded(|| ask.log.append(&points).and_then(|()| ask.log.flush())) {
                worker.report.send(Event::Warning { run: ask.run, why: failure.to_string() });
            }
            worker.report.send(Event::Rated { run: ask.run, points });
        }
        note_best(worker, ask, step, &found);
        self.last = Some((ask.run, step, found));
    }
}

impl Work {
    /// Draws a few pictures; fewer at once for families that draw slowly.
    fn draw(&mut self) -> Result<()> {
        let begin = Instant::now();
        let from = self.fake.count;
        let codes = &self.codes[from..(from + self.slice).min(self.codes.len())];
        let (size, channels) = (self.fake.size, self.fake.channels);
        let drawn = self.player.play(codes)?;
        ensure!(drawn.len() == codes.len(), "The family drew {} pictures of {} codes.", drawn.len(), codes.len());
        for picture in drawn {
            ensure!(
                (picture.width, picture.height) == (size, size),
                "The family {} draws pictures of another size than its data have.",
                self.playing.plan.family
            );
            let bytes: Vec<u8> = picture.rgb.chunks_exact(3).flat_map(|p| p[..channels].iter().copied()).collect();
            self.fake.push(&bytes);
        }
        self.slice = match begin.elapsed() {
            took if took < SHORT => (self.slice * 2).min(MOST),
            took if took > LONG => (self.slice / 2).max(1),
            _ => self.slice,
        };
        Ok(())
    }
}

fn device(worker: &Worker) -> Device {
    worker.device.to_play()
}

/// Says once that it did not work, and asks no more for this run.
fn give_up(worker: &Worker, ask: &Ask, why: &Failure, took: Duration) {
    ask.rhythm.with(|r| {
        r.done(took, Instant::now());
        r.stop();
    });
    let why =
        format!("The quality of the pictures could not be measured, so its curves end here; training goes on. {why}");
    worker.report.send(Event::Warning { run: ask.run, why });
}

/// Keeps the SWD of a checkpoint in the run folder's list of best checkpoints.
fn note_best(worker: &Worker, ask: &Ask, step: u64, found: &[Found]) {
    let swd = found.iter().find(|f| f.0 == "swd").map(|f| f.1 as f32);
    let Some(swd) = swd.filter(|_| ask.checkpoint.is_some()) else { return };
    match guarded(|| run::note_swd(&ask.folder, step, swd)) {
        Ok(best) => worker.report.send(Event::Best { run: ask.run, best }),
        // The folder of a run that was deleted meanwhile needs no words.
        Err(failure) if run::is_run(&ask.folder) => {
            worker.report.send(Event::Warning { run: ask.run, why: failure.to_string() });
        }
        Err(_) => {}
    }
}
