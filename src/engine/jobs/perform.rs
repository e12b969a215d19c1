//! Performs the jobs of the window and the command line, one after the other, and writes what the trainer hands over.

use super::{
    compare::compare,
    export,
    facts::{catalogue, facts},
    light::Light,
    state_dicts, tools,
    worker::Worker,
};
use crate::{
    data::{self, Watch},
    engine::{
        aspect,
        checkpoints::{save_checkpoint, tell_best},
        dataset_cache,
        evaluate::evaluator::{Evaluator, Tools},
        guard::guarded,
        library,
        protocol::{Event, Job, JobId, Moment, Place, Role, RunEntry, RunId},
        task::Task,
    },
    models, nn,
    picture::{self, Picture},
    run,
    spec::{DataShape, DataSpec, Knobs},
};
use anyhow::{Context, Result};
use std::path::PathBuf;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

impl Worker {
    /// Until everybody has hung up and the lane is empty.
    pub fn run(self) {
        nn::use_threads(1);
        self.tell_catalogue(None);
        let mut evaluator = Evaluator::default();
        let mut light = Light::default();
        while let Some(task) = light.wait(&self) {
            match task {
                Task::Asked(id, Job::Evaluate(order)) => evaluator.begin(id, *order, self.tools()),
                Task::Asked(id, job) => {
                    if let Err(failure) = guarded(|| self.perform(id, job)) {
                        self.report.send(Event::JobFailed { job: id, failure });
                    }
                    self.cancelled.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
                }
                Task::Checkpoint { run, folder, spec, checkpoint } => {
                    save_checkpoint(&self.report, run, &folder, &spec, &checkpoint);
                }
                Task::Measure(ask) => light.add(*ask),
                Task::Sample { run, folder, step, grid } => match guarded(|| run::write_sample(&folder, step, &grid)) {
                    Ok(()) => self.report.send(Event::Sampled { run, step }),
                    Err(failure) => self.report.send(Event::Warning { run, why: failure.to_string() }),
                },
            }
        }
    }

    fn perform(&self, id: JobId, job: Job) -> Result<()> {
        let done = |what: String, wrote: Option<PathBuf>| self.report.send(Event::JobDone { job: id, what, wrote });
        match job {
            Job::Load { source, prepare, seed } => self.load(id, source, prepare, seed),
            Job::Open { run, place } => self.open(run, place),
            Job::ListRuns => self.list(),
            Job::Rename { folder, name } => {
                run::rename(&folder, &name)?;
                self.list();
                done(format!("The run is called {name} now."), None);
            }
            Job::Delete { folder } => {
                let bytes = run::delete(&folder)?;
                self.list();
                done(format!("The run was deleted; {} are free again.", megabytes(bytes)), None);
            }
            Job::Export(request) => {
                let cancelled = || self.is_cancelled(id);
                let progress = |done, total| self.report.hint(Event::JobProgress { job: id, done, total });
                let (count, wrote) =
                    export::write(&self.store, &request, self.device.to_play(), &cancelled, &progress)?;
                let what = if count == 1 { "picture".into() } else { format!("{count} pictures") };
                done(
                    format!("Exported {what} to {}.", wrote.display()).replacen(
                        "Exported picture",
                        "Exported the picture",
                        1,
                    ),
                    Some(wrote),
                );
            }
            Job::SavePicture { picture, scale, to } => {
                run::write(&to, &run::encode(&picture.enlarged(scale), &to)?)?;
                done(format!("Saved {}.", to.display()), Some(to));
            }
            Job::SaveGrid { grid, tile, sides, scale, to } => {
                export::write_one(&aspect::restored_grid(&grid, tile, sides)?, scale, &to)?;
                done(format!("Saved {}.", to.display()), Some(to));
            }
            Job::ExportWeights { run, ema, to } => {
                let playing = self.store.get(run).context("The run is not open.")?;
                done(state_dicts::export(&playing, Moment::Live, ema, &to)?, Some(to));
            }
            Job::ImportWeights(request) => {
                let mut watch = LoadWatch { worker: self, id, told: Instant::now() };
                let (what, folder) = state_dicts::import(*request, &mut |spec| self.cache.fetch(spec, &mut watch))?;
                self.report.send(Event::Imported { folder: folder.clone() });
                done(what, Some(folder));
            }
            Job::SaveText { text, to } => {
                run::write(&to, text.as_bytes())?;
                done(format!("Saved {}.", to.display()), Some(to));
            }
            Job::OpenInput { run, path, prepare } => {
                let picture = data::input_picture(&path, &prepare)?;
                self.report.send(Event::InputOpened { run, picture });
            }
            Job::Compare { folders } => {
                let total = folders.len();
                let go_on = |done| {
                    self.report.hint(Event::JobProgress { job: id, done, total });
                    !self.is_cancelled(id)
                };
                self.report.send(Event::Compared(Box::new(compare(&folders, &go_on)?)));
                done(format!("{total} runs are side by side under Runs."), None);
            }
            // Begun where it was heard.
            Job::Evaluate(_) => {}
            Job::Scores { run, folder } => self.report.send(Event::Scored { run, cards: run::scores(&folder)? }),
            Job::Tool(order) => self.make(id, *order)?,
            Job::ReadPicture { path, role } => self.read_picture(&path, role)?,
            Job::Compose { canvas_picture, over, to } => {
                let canvas_picture = tools::composed(*canvas_picture, &over)?;
                match to {
                    None => self
                        .report
                        .send(Event::PictureRead { role: Role::Picture, canvas_picture: Box::new(canvas_picture) }),
                    Some(to) => {
                        tools::write(&canvas_picture, &to)?;
                        done(format!("Exported {}.", to.display()), Some(to));
                    }
                }
            }
            Job::WriteMask { mask, made, to } => {
                tools::write_mask(&mask, made.as_deref(), &to)?;
                done(format!("Exported {}.", to.display()), Some(to));
            }
            Job::Past { run, folder, step } => {
                let grid = run::read_sample(&folder, step)?;
                self.report.send(Event::Past { run, step, grid });
            }
        }
        Ok(())
    }

    fn tools(&self) -> Tools {
        let (cancelled, device, cache) = (self.cancelled.clone(), self.device.clone(), self.cache.clone());
        Tools { report: self.report.twin(), cancelled, device, cache }
    }

    fn load(&self, id: JobId, source: String, prepare: Option<DataSpec>, seed: u64) {
        let mut watch = LoadWatch { worker: self, id, told: Instant::now() };
        let result = guarded(|| {
            let shape = dataset_cache::survey(&source)?;
            self.report.send(Event::Surveyed { source: source.clone(), shape: shape.clone() });
            self.tell_catalogue(Some(&shape));
            let spec = if let Some(spec) = prepare {
                spec
            } else {
                let knobs = Knobs::start(&(models::FAMILIES[0].knobs)(&shape));
                DataSpec::from_knobs(&source, &knobs, seed)
            };
            let loaded = self.cache.fetch(&spec, &mut watch)?;
            Ok(facts(&loaded))
        });
        match result {
            Ok(facts) => self.report.send(Event::Loaded(Box::new(facts))),
            Err(failure) => self.report.send(Event::LoadFailed { source, failure }),
        }
    }

    fn open(&self, run: RunId, place: Place) {
        match guarded(|| library::open(run, &place, self.device.to_play())) {
            Ok((opened, playing, warnings)) => {
                let takes_inputs = library::takes_inputs(&playing.plan.family).unwrap_or(false);
                let examples = playing.examples.clone();
                self.store.put(run, playing);
                self.report.send(Event::Opened(Box::new(opened)));
                if let Place::Folder(folder) = &place {
                    tell_best(&self.report, run, folder);
                }
                if takes_inputs {
                    self.report.send(Event::Examples { run, examples });
                }
                for why in warnings {
                    self.report.send(Event::Warning { run, why });
                }
            }
            Err(failure) => self.report.send(Event::OpenFailed { run, place, failure }),
        }
    }

    fn list(&self) {
        let runs = run::list(std::slice::from_ref(&self.options.runs)).into_iter().map(|l| RunEntry {
            folder: l.folder,
            spec: l.spec,
            step: l.step,
            bytes: l.bytes,
            changed: l.changed,
            crashed: l.crashed,
            busy: l.busy,
            digest: l.digest,
            thumbnail: l.thumbnail,
        });
        self.report.send(Event::Runs(runs.collect()));
    }

    fn tell_catalogue(&self, shape: Option<&DataShape>) {
        self.report.send(Event::Catalogue(Box::new(catalogue(shape, &self.options))));
    }
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

/// Forwards the progress of reading and obeys a cancel.
struct LoadWatch<'a> {
    worker: &'a Worker,
    id: JobId,
    told: Instant,
}

impl Watch for LoadWatch<'_> {
    fn progress(&mut self, done: usize, total: usize, newest: &[Picture]) -> bool {
        if self.told.elapsed() > Duration::from_millis(50) || done == total {
            self.told = Instant::now();
            self.worker.report.hint(Event::Loading { done, total, newest: picture::grid(newest) });
        }
        !self.worker.is_cancelled(self.id)
    }
}
