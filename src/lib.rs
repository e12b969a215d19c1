//! Latent Studio: train a small image generator and play it like an instrument, in one window.
//!
//! # The house
//!
//! The **engine's threads** own the heavy things (tensors, models, optimisers). A **closed enum** goes each way. The **window** reads a plain
//! mirror, folded from events, and pushes requests. For pictures only the newest counts. The rest follows.
//!
//! An arrow means "imports":
//!
//! ```text
//! main ─▶ app ─▶ ui ─▶ session ─▶ engine::protocol ─▶ the plain rooms   (app also ─▶ engine)
//!    └──▶ cli · bench ─▶ engine ─▶ metrics · synth ─▶ models · data · run ─▶ nn ─▶ tch
//! ```
//!
//! | room | holds |
//! |---|---|
//! | plain rooms, which name no thread, tensor or window: | |
//! | [`spec`] | knobs as data, cards of families, the spec of a run |
//! | [`failure`] | why something failed, as a value |
//! | [`recipes`] | settings that are known to work |
//! | [`picture`] [`canvas`] | pixels, grids and masks; the canvas document, strokes and trimaps |
//! | [`latent`] | codes, and the noise that everything but training draws from |
//! | [`weights`] | arrays by name, checkpoints, and how `PyTorch` lays them out |
//! | [`history`] [`scores`] [`compare`] | curves; values of metrics on cards; where runs differ |
//! | [`doctor`] | what goes wrong in a run and what would help |
//! | [`desk`] | all that a person sets |
//! | [`meter`] [`mailbox`] [`terminal`] | figures of the last seconds; the newest-wins lane; exit codes and printed lines |
//! | rooms that work: | |
//! | [`nn`] | what tch lacks: the choice of device, data that live on it, flat parameter banks with optimisers and averages, networks as plans whose one forward pass serves trainer and player, layers, losses, penalties, augmentation, precision, tensors ↔ pictures |
//! | [`data`] | trait `Dataset`, table `DATASETS`, one format per file; preprocessing, augmentation, batches |
//! | [`run`] | the run folder: spec, journal, curves, samples, checkpoints, lock; the atomic writer |
//! | [`models`] | `common`: the traits `Model` and `Player` and what families share; then one folder or file a family in `gan autoencoder flow glo pix2pix`; table `FAMILIES` |
//! | [`metrics`] | metrics of generated pictures and the feature extractors that they compare with; table `METRICS` |
//! | [`synth`] | pictures made of pictures: matting, inpainting, texture, enhancement; table `TOOLS`, one tool per file, all through `synth::perform` |
//! | [`engine`] | `protocol` (everything that crosses), then one folder a thread: `train preview jobs evaluate`; the handle, and what the threads share |
//! | [`session`] | what the window knows, changed only by `Session::apply` (events) and `Session::note` (what the window did itself) |
//! | [`ui`] | one panel per file, the one table of actions, the only colours |
//! | [`app`] | joins engine, session and panels: reacts to events, performs actions, opens file dialogs |
//! | [`cli`] [`bench`](mod@bench) | the headless twin, one file per subcommand; speed and memory, one file per measurement |
//!
//! What can be added is one new file (or folder), one `mod` line and one line in a table: a family in `models/table.rs` (it implements
//! `Learner` and `Decoder`), a format of data in `data/mod.rs` (`Dataset`), a metric in `metrics/table.rs` (a function in
//! `metrics/entries`), a tool in `synth/table.rs`, a panel in `ui/mod.rs` (`Panel`). A loop over the table tests it. `tests/floors.rs` reads
//! the sources and fails when a room names one above it, and when files import each other, however far round.
//!
//! # Where things flow
//!
//! * **A slider's way to the screen:** `ui::latent_panel` pushes an `Action`; `app::perform` puts it on the [`desk`]; `app::request` posts a
//!   `PreviewRequest`; `engine::preview::previewer` decodes it with a `Player`; `App::listen` gives the answer to the session; the panel
//!   draws it.
//! * **A batch's way to the loss:** a format in [`data`] is read into `data::Loaded` and kept by `engine::dataset_cache`;
//!   `engine::train::batch_loader` gathers a `models::Batch`, varied by `data::augment` (on a graphics card from `nn::Store`, where the whole
//!   set lives); `engine::train::run_loop` calls `Model::step`, which is
//!   `models::common::learner` with the family's `Learner::step`; `nn::losses` and `nn::penalty` hold what is minimised.
//! * **A knob's way to the optimiser:** a family's knob table (`models::common::knobs`) makes the form (`ui::knob_form`) and the command
//!   line; the values are part of the run's spec, from which `engine::train::run_loop` builds the model, and `models::common::tuning` in it
//!   the `nn::Optimiser` of each network. A live change comes as `Live` to `engine::train::trainer`, which notes it in the journal of the
//!   run folder and calls `Model::set_live`; `tuning` passes it to the optimiser.
//! * **A checkpoint's way to the disk:** `engine::train::trainer` takes it from `Model::save`; `engine::checkpoints` writes it with
//!   `run::write_checkpoint`. Autosaves are written by the worker, or by the trainer itself when the worker's lane is full; the last
//!   checkpoint of a run always by the trainer. [`weights`] holds their form in memory, [`run`] the files.
//! * **A failure's way to a person:** `engine::guarded` turns errors and panics of a thread's work into a [`failure::Failure`]; an event
//!   (`Failed`, `JobFailed`, `LoadFailed`, …) carries it; `Session::apply` keeps it as state and as a line of the log; `ui::toasts` shows
//!   the line. A training step that broke goes through `engine::train::rollback` first.
//!
//! # Glossary
//!
//! | word | what it is |
//! |---|---|
//! | family | a kind of model, such as DCGAN; one line of [`models::FAMILIES`] |
//! | knob | one hyperparameter, described as data: form, command line, TOML and checkpoint all come from its description |
//! | code | everything that decides one generated picture: latent, classes, input picture, dials |
//! | dial | a setting of a code other than its latent, such as the number of steps of a flow |
//! | learner | a family's training step; `models::common` makes the `Model` of it |
//! | player | a network with loaded weights that decodes codes to pictures; a family gives its `Decoder` |
//! | bank | all parameters of a network in one flat tensor, with views of it by name |
//! | plan | the layers of a network by name, from which parameters are made or read |
//! | card | a short description for people: of a family, a metric, or the scores of one checkpoint |
//! | strip | a few pictures before and after they are prepared |
//! | run | one training from its spec, and the folder that holds it; the *open run* is the one that the window shows |
//! | spec | everything that decides what a run does: `run.toml` |
//! | metric, score | a way to measure generated pictures, and its value for some |
//! | moment | which weights of a run are played: the newest, or those of a checkpoint |
//! | starter | a trained run that ships with the program |
//! | rollback | the return of a run to an earlier checkpoint, because a loss became NaN or a person asked for it |
//! | request | what the window wants drawn; only the newest counts |
//! | failure | why something did not come to its end: a kind that code decides by, and a sentence for people |
//!
//! # Threads and lanes
//!
//! The **window**, the **trainer** (all cores; with a window, half of them while the machine is busy or a slider is being dragged, as
//! `engine::thread_tuner` finds from step times), the **previewer** (one intra-op thread, its own copy of the weights), the **worker** (jobs, one
//! at a time, and in slices between them the light measures of a run that trains), the **strip** (a few pictures before and after they
//! are prepared), the trainer's **batch loader** (batches ahead), and short-lived ones for an evaluation, a dialog, settings, and what is
//! too slow for the window's thread and too quick to queue behind the worker's jobs (`app::aside`). If trainer and previewer shared a
//! thread, a slider would wait for a whole step; with its own it waits for a decode.
//!
//! | lane | carries | when full |
//! |---|---|---|
//! | orders → trainer | `Command` | the order comes back and the window says so |
//! | live knobs → trainer | `Live`, the whole record | the older is dropped |
//! | throttle → trainer | two numbers in a shared cell (`engine::throttle`): share of time, whether a slider is being dragged | the older is overwritten |
//! | requests → previewer | `PreviewRequest` | the older is dropped |
//! | requests → strip | `StripRequest` | the older is dropped |
//! | jobs → worker | `Job`, and the trainer's checkpoints, grids and measurements (in slices, between the others) | the job comes back |
//! | ← events | `Event` | facts wait; curves ride with the next tick (100 ms) |
//! | ← pictures | newest answer, newest grids, what a tool has so far | the oldest is dropped |
//!
//! Trainer, previewer and worker calculate on the device that a person chose (`engine::Engine::use_device`). On a graphics card the
//! data set lives there as one `u8` tensor, which the trainer itself gathers from; the batch loader is for the processor, and for sets that
//! do not fit.
//!
//! Weights cross as plain arrays on a shelf (`engine::weight_store`) that trainer, previewer and worker share; its lock is held to
//! copy a few pointers. The OpenMP wait policy is set before libtorch loads (see `main.rs`): an OpenMP thread that spins at a barrier
//! while it shares a core with a busy window starves the one it waits for.
//!
//! # Invariants, and the tests that guard them
//!
//! 1. A tensor lives and dies on the thread that made it. — floors, engine
//! 2. Only `ui`, `app` and `main.rs` know egui. — floors
//! 3. Drawing never waits: nothing in `ui` blocks. — floors
//! 4. Channels are drained in `App::listen`, which also runs while the window is hidden; training never waits for a frame. — engine
//! 5. A step that breaks ends its run with one sentence, not the program. — engine
//! 6. An event of a run that is not open changes nothing. — session
//! 7. What decides is the kind of a [`failure::Failure`], never the words of its sentence; a misspelt knob panics in debug builds. — failure, spec
//! 8. What stands in a table is tested by a loop over the table. — models, data, panels, `tests/synth.rs`
//! 9. A checkpoint is whole or absent, and complete. — run, `tests/run_folder.rs`
//! 10. One seed, one thread count, one machine: the same run, bit for bit, also across save and resume. Only the trainer draws
//!     from torch's global generator, seeded again for each step; all other code takes noise from [`latent`]. A run whose threads
//!     follow the machine (`Order::adapt`, as the window asks unless told to repeat bit for bit) may differ in its last bits. A run can begin paused
//!     (`Order::paused`), so that a change or a single step comes before its first. — engine

pub mod app;
pub mod bench;
pub mod canvas;
pub mod cli;
pub mod compare;
pub mod data;
pub mod desk;
pub mod doctor;
pub mod engine;
pub mod failure;
pub mod history;
pub mod latent;
pub mod mailbox;
pub mod meter;
pub mod metrics;
pub mod models;
pub mod nn;
pub mod picture;
pub mod recipes;
pub mod run;
pub mod scores;
pub mod session;
pub mod spec;
pub mod synth;
pub mod terminal;
pub mod ui;
pub mod weights;
