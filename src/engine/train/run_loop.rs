//! One run while it trains: model, batches, folder, and what is due when.

mod asked;
mod recover;

pub use recover::Return;

use super::{
    batch_loader::{BatchLoader, Variety},
    clock::{Clock, grids_every},
    fixed_inputs, normalisation,
    reconstructions::ReconstructionSource,
    thread_tuner::ThreadTuner,
    transfer,
};
use crate::{
    data::Watch,
    engine::{
        dataset_cache::DatasetCache,
        device::moved,
        library,
        protocol::{Examples, Order, Pace, Reconstructions, RunId, Samples},
        rhythm::SharedRhythm,
        shared_log::SharedLog,
        weight_store::{Playing, WeightStore},
    },
    failure::Failure,
    history::Point,
    latent::mix,
    models::{self, Batch, Model, Player, Scalar, StepInfo},
    nn::{self, Device},
    run::{self, Change, RunFolder},
    spec::{Knobs, RunSpec, Value},
    weights::{Blueprint, Checkpoint, Weights},
};
use anyhow::{Context, Result, bail, ensure};
use std::path::Path;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

/// Separates the seeds drawn for different uses of a run's one seed.
const STREAM_BUILD: u64 = 1;
const STREAM_STEP: u64 = 2;
const STREAM_ORDER: u64 = 3;

/// The knob that a full device lowers.
const BATCH: &str = "batch";

/// Steps between looks at held-out pictures.
const TEST_EVERY: u64 = 50;
/// A snapshot for the sliders is at most this old.
const PUBLISH_EVERY: Duration = Duration::from_millis(250);
/// Curves reach the disk at this rhythm.
const FLUSH_EVERY: Duration = Duration::from_secs(1);
/// An autosave is due after this number of steps or this time, whichever comes first.
const SAVE_EVERY_STEPS: u64 = 500;
const SAVE_EVERY: Duration = Duration::from_mins(5);

/// A run that trains or waits.
pub struct Run {
    pub id: RunId,
    pub spec: RunSpec,
    pub step: u64,
    pub folder: RunFolder,
    knobs: Knobs,
    model: Box<dyn Model>,
    player: Box<dyn Player>,
    device: Device,
    /// Fewer threads while the machine is busy, where that is wanted; and the count in the last point of its curve.
    thread_tuner: Option<ThreadTuner>,
    told_threads: usize,
    /// The device was too small for the run's batch before.
    halved: bool,
    /// The newest checkpoint while it waits to be written.
    unsaved: Weak<Checkpoint>,
    batches: BatchLoader,
    /// Pictures whose reconstructions are shown; none for families without an encoder.
    reconstructions: ReconstructionSource,
    held_out: Option<Batch>,
    /// Fixed inputs, where the family takes such.
    pub examples: Option<Examples>,
    pub log: SharedLog,
    /// When the pictures' quality is measured.
    pub rhythm: SharedRhythm,
    plan: Arc<Blueprint>,
    clock: Clock,
    published: Option<Instant>,
    flushed: Instant,
    /// When the last grid of the fixed seeds was drawn, and at which step; what it took.
    pub sampled: Option<(Instant, u64)>,
    grid_took: Duration,
    saved: (Instant, u64),
}

/// What a run begins with, for the event `Started`.
pub struct Begun {
    pub run: Run,
    pub points: Vec<Point>,
    pub warnings: Vec<String>,
}

/// Opens the folder of a run that goes on, with its spec as it is now wanted.
fn reopen(folder: &Path, spec: &mut RunSpec, fingerprint: &str) -> Result<RunFolder> {
    let mut folder = RunFolder::open(folder)?;
    ensure!(
        folder.writable(),
        "Another program has this run open, or its folder cannot be written; it can only be looked at here."
    );
    ensure!(
        folder.spec().fingerprint == fingerprint,
        "The pictures at {} are not those the run was trained on; say where they are with --data.",
        spec.data.source
    );
    *spec = library::checked(spec.clone())?;
    folder.set_spec(spec.clone())?;
    Ok(folder)
}

impl Run {
    /// Reads the data, makes or opens the folder, builds the model and, to resume, loads the newest good checkpoint.
    pub fn begin(
        order: Order,
        threads: usize,
        device: Device,
        cache: &DatasetCache,
        watch: &mut dyn Watch,
    ) -> Result<Begun> {
        let Order { run: id, mut spec, location, resume, paused: _, adapt } = order;
        let folder = location.settle(&mut spec.name);
        let family = models::family(&spec.family)?;
        // Said before minutes are spent on reading.
        let used = !resume && folder.join("run.toml").exists();
        let shown = folder.display();
        ensure!(!used, "{shown} already holds a run; continue it with --resume, or choose another folder.");
        let source = if resume { None } else { transfer::fetch(&mut spec)? };
        let loaded = cache.fetch(&spec.data, watch)?;
        (family.fits)(&loaded.shape).map_err(anyhow::Error::msg)?;
        let mut warnings = Vec::new();
        let folder = if resume {
            warnings.extend(moved(&spec.device, device));
            reopen(&folder, &mut spec, &loaded.fingerprint)?
        } else {
            (spec.shape, spec.fingerprint) = (loaded.shape.clone(), loaded.fingerprint.clone());
            spec.class_names.clone_from(&loaded.class_names);
            (spec.threads, spec.device) = (threads, nn::device_word(device));
            spec.knobs = spec.knobs.complete(&(family.knobs)(&spec.shape)).map_err(anyhow::Error::msg)?;
            normalisation::fit(&mut spec.knobs, &loaded);
            if spec.knobs.int("horizon") == 0 {
                spec.knobs.put("horizon", Value::Int(spec.steps as i64));
            }
            RunFolder::create(&folder, &spec)?
        };
        // A device of its own leaves the processor to others anyway.
        let thread_tuner = ThreadTuner::new(spec.threads).filter(|_| adapt && device == Device::Cpu);
        nn::use_threads(thread_tuner.as_ref().map_or(spec.threads, ThreadTuner::threads));
        nn::seed_global(mix(&[spec.seed, STREAM_BUILD]));
        let mut model = (family.build)(&spec.knobs, &spec.shape, device)?;
        let player = (family.player)(&spec.knobs, &spec.shape, device)?;
        let (folder, line) = transfer::plant(model.as_mut(), source, &spec, folder)?;
        warnings.extend(line);
        let (mut knobs, mut step, mut elapsed) = (spec.knobs.clone(), 0, 0.0);
        let mut halved = false;
        if resume {
            let (checkpoint, passed_over) = run::newest_checkpoint(folder.path(), &spec.family)?;
            warnings.extend(passed_over);
            transfer::load(model.as_mut(), &checkpoint)?;
            step = checkpoint.step;
            elapsed = checkpoint.facts.get("elapsed_ms").map_or(0.0, |&ms| ms as f32 / 1e3);
            run::cut_changes(folder.path(), step)?;
            run::cut_best(folder.path(), step)?;
            let changes = run::changes(folder.path())?;
            halved = changes.iter().any(|change| change.id == BATCH);
            knobs = run::turned(knobs, &changes);
            model.set_live(&knobs)?;
        }
        let log = SharedLog::open(folder.path(), step)?;
        let points = if resume { run::points(folder.path())? } else { Vec::new() };
        let (asked, count) = (knobs.int(BATCH), loaded.train.pixels.count);
        if asked > count {
            warnings.push(format!("There are only {count} pictures, so each batch has {count} instead of {asked}."));
        }
        folder.set_training(true)?;
        let card = (family.card)();
        let reconstructions =
            if card.can.encoder { ReconstructionSource::new(&loaded) } else { ReconstructionSource::default() };
        let (variety, order) = (Variety::new(&knobs, &card), mix(&[spec.seed, STREAM_ORDER]));
        let (batches, line) = BatchLoader::start(loaded, asked, order, step, device, variety)?;
        warnings.extend(line);
        let plan = Arc::new(library::blueprint(&spec));
        let examples = fixed_inputs::of_run(&card, model.as_ref(), &batches, folder.path(), resume, device)?;
        let run = Self {
            id,
            step,
            folder,
            knobs,
            model,
            player,
            device,
            thread_tuner,
            told_threads: 0,
            halved,
            unsaved: Weak::new(),
            // Of a batch of one, two: a single picture says too little.
            held_out: batches.held_out(asked.max(2), device)?,
            examples,
            batches,
            reconstructions,
            log,
            rhythm: SharedRhythm::new(None, step),
            plan,
            clock: Clock::new(elapsed),
            published: None,
            flushed: Instant::now(),
            sampled: None,
            grid_took: Duration::ZERO,
            saved: (Instant::now(), step),
            spec,
        };
        Ok(Begun { run, points, warnings })
    }

    /// One training step; the new points of the curves.
    pub fn train(&mut self) -> Result<Vec<Point>> {
        let begin = Instant::now();
        let batch = self.batches.next().context("The pictures stopped coming.")?;
        run::fault::check_memory(self.folder.path())?;
        let at = StepInfo { step: self.step, horizon: self.knobs.int("horizon") as u64 };
        // A seed of its own for each step: what a step draws does not depend on where the run was resumed.
        nn::seed_global(mix(&[self.spec.seed, STREAM_STEP, self.step]));
        let mut scalars = self.model.step(&batch, &at)?;
        if let Some(bad) = scalars.iter().find(|s| !s.1.is_finite()) {
            bail!(Failure::NotFinite { curve: bad.0, step: self.step + 1 });
        }
        self.step += 1;
        if let Some(held_out) = self.held_out.as_ref().filter(|_| self.step.is_multiple_of(TEST_EVERY)) {
            scalars.extend(self.model.test(held_out, &at)?);
        }
        if self.thread_tuner.is_some() && self.told_threads != nn::threads() {
            self.told_threads = nn::threads();
            scalars.push(("threads", self.told_threads as f32));
        }
        self.clock.tick(self.step, begin.elapsed());
        let points = self.points(scalars);
        self.log.append(&points)?;
        if self.flushed.elapsed() >= FLUSH_EVERY {
            self.flushed = Instant::now();
            self.log.flush()?;
        }
        Ok(points)
    }

    /// Whether the threads follow what the machine has to spare.
    pub fn adapts(&self) -> bool {
        self.thread_tuner.is_some()
    }

    /// Takes note of what the last step took; the next one may have another count of threads.
    pub fn share(&mut self, dragging: bool) {
        let (took, now) = (self.clock.took(), Instant::now());
        if let Some(threads) =
            self.thread_tuner.as_mut().and_then(|thread_tuner| thread_tuner.tick(took, dragging, now))
        {
            nn::use_threads(threads);
        }
    }

    fn points(&self, scalars: Vec<Scalar>) -> Vec<Point> {
        scalars.into_iter().map(|(name, value)| Point { step: self.step, name: name.into(), value }).collect()
    }

    /// Turns live knobs and journals what changed; answers how many did.
    pub fn set_live(&mut self, live: &Knobs) -> Result<usize> {
        let table = (models::family(&self.spec.family)?.knobs)(&self.spec.shape);
        let mut changed = 0;
        for knob in table.iter().filter(|k| k.effect == crate::spec::Effect::Now) {
            let Some(value) = live.get(&knob.id).filter(|v| knob.accepts(v)) else { continue };
            if self.knobs.get(&knob.id) == Some(value) {
                continue;
            }
            run::add_change(
                self.folder.path(),
                &Change { step: self.step, id: knob.id.clone(), value: value.clone() },
            )?;
            self.knobs.put(&knob.id, value.clone());
            changed += 1;
        }
        if changed > 0 {
            self.model.set_live(&self.knobs)?;
            self.batches.vary(&self.knobs, self.step)?;
        }
        Ok(changed)
    }

    /// Pictures in each batch.
    fn batch(&self) -> usize {
        self.knobs.int(BATCH).min(self.spec.shape.count)
    }

    /// The spec with the live knobs as they stand.
    pub fn spec_now(&self) -> RunSpec {
        RunSpec { knobs: self.knobs.clone(), ..self.spec.clone() }
    }

    /// Length of the latent vector.
    pub fn z_dim(&self) -> usize {
        self.player.z_dim()
    }

    /// Whether all steps are done.
    pub fn is_done(&self) -> bool {
        self.step >= self.spec.steps
    }

    /// How fast it goes.
    pub fn pace(&self) -> Pace {
        self.clock.pace(self.step, self.spec.steps, self.batch())
    }

    /// The clock stands while the run waits.
    pub fn rest(&mut self) {
        self.clock.rest();
        // Whoever reads the folder of a paused run finds its curves whole. What cannot be written now waits for the next flush, which
        // says why.
        let _ = self.log.flush();
    }

    /// Puts the newest weights on the stage when those there are old, or `now`.
    pub fn publish(&mut self, store: &WeightStore, now: bool) -> Result<()> {
        if now || self.published.is_none_or(|at| at.elapsed() >= PUBLISH_EVERY) {
            self.publish_these(store, self.model.weights(self.step)?);
        }
        Ok(())
    }

    fn publish_these(&mut self, store: &WeightStore, weights: Weights) -> Arc<Weights> {
        let weights = Arc::new(weights);
        let folder = Some(self.folder.path().to_path_buf());
        let (plan, seed, examples) = (self.plan.clone(), self.spec.seed, self.examples.clone().unwrap_or_default());
        store.put(self.id, Playing { plan, weights: weights.clone(), seed, examples, folder });
        self.published = Some(Instant::now());
        weights
    }

    /// The pictures of the fixed seeds, drawn by the average.
    pub fn sample(&mut self, store: &WeightStore) -> Result<Samples> {
        let begin = Instant::now();
        let weights = self.model.weights(self.step)?;
        let weights = self.publish_these(store, weights);
        self.player.load_weights(&weights.ema, weights.discriminator.as_deref())?;
        let examples = self.examples.clone().unwrap_or_default();
        let codes = library::fixed_codes(&self.plan, self.z_dim(), self.spec.seed, &examples.inputs)?;
        let samples = library::draw_samples(self.player.as_ref(), (self.id, self.step, true), codes, &examples)?;
        (self.sampled, self.grid_took) = (Some((Instant::now(), self.step)), begin.elapsed());
        Ok(samples)
    }

    /// Whether a sample grid is due, for a given time between grids in seconds.
    pub fn grid_is_due(&self, every_s: f32) -> bool {
        self.sampled.is_none_or(|(at, _)| at.elapsed().as_secs_f32() >= grids_every(every_s, self.grid_took))
    }

    /// Pictures of the data beside what the weights of the last sample grid make of their codes.
    pub fn reconstruct(&self) -> Result<Option<Reconstructions>> {
        self.reconstructions.draw(self.player.as_ref(), self.step)
    }

    /// Whether nothing of it is on disk yet that it could go back to.
    pub fn is_new(&self) -> bool {
        self.step == 0 && run::checkpoint_steps(self.folder.path()).is_empty()
    }

    /// Whether a checkpoint is due by itself.
    pub fn save_is_due(&self) -> bool {
        self.step > self.saved.1
            && (self.step - self.saved.1 >= SAVE_EVERY_STEPS || self.saved.0.elapsed() >= SAVE_EVERY)
    }

    /// The complete state as plain arrays.
    pub fn checkpoint(&mut self) -> Result<Checkpoint> {
        let mut checkpoint = Checkpoint { step: self.step, ..Checkpoint::default() };
        self.model.save(&mut checkpoint)?;
        checkpoint.facts.insert("elapsed_ms".into(), (self.clock.elapsed() * 1e3) as i64);
        self.saved = (Instant::now(), self.step);
        self.log.flush()?;
        Ok(checkpoint)
    }
}
