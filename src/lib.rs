//! Latent Studio: train a small image generator and play it like an instrument, in one window.
//!
//! # The house
//!
//! A **worker** owns the heavy things (tensors, models, optimisers). A **closed enum** goes each way. The **window** reads a plain
//! mirror of what it was told and pushes requests. For pictures only the newest counts. The rest follows.
//!
//! ```text
//! main ─▶ cli · app ─▶ ui ─▶ session ─▶ engine::protocol ─▶ spec · recipes · picture · canvas · latent · history · weights · meter · mailbox · desk · doctor · scores · compare
//!            └──▶ engine ─▶ metrics · synth ─▶ models · data · run ─▶ nn ─▶ tch
//! ```
//!
//! | room | holds |
//! |---|---|
//! | [`spec`] [`recipes`] [`picture`] [`canvas`] [`latent`] [`weights`] [`history`] [`meter`] [`mailbox`] [`desk`] [`doctor`] [`scores`] [`compare`] | plain rooms: knobs and cards; settings known to work; pixels, grids and masks; strokes and the masks and trimaps they leave; codes and the noise everything but training draws from; arrays by name, and how `PyTorch` lays them out; curves; figures of the last seconds; newest-wins lane; all that a person sets; what goes wrong in a run and what would help; what measures found; where runs differ |
//! | [`nn`] | what tch lacks: the choice of device, data that live on it, flat parameter banks with optimisers and averages, networks as plans whose one forward pass serves trainer and player, layers, losses, penalties, augmentation, precision, tensors ↔ pictures |
//! | [`data`] | trait `Dataset`, table `DATASETS`, one format per file; preprocessing, augmentation, batches |
//! | [`run`] | the run folder: spec, journal, curves, samples, checkpoints, lock; the atomic writer |
//! | [`models`] | traits `Model` and `Player`, table `FAMILIES`, one family per file |
//! | [`metrics`] | measures of generated pictures and what they look through, one per file |
//! | [`synth`] | pictures made of pictures: matting, inpainting, texture, enhancement; table `TOOLS`, one tool per file, all through `synth::perform` |
//! | [`engine`] | `protocol` (all letters), trainer, previewer, worker, and the handle; the only doors to threads |
//! | [`session`] | what the window knows, folded from events |
//! | [`ui`] | one panel per file, the one table of actions, the only colours |
//! | [`app`] | joins engine, session and panels; file dialogs; the only doer |
//! | [`cli`] | the headless twin, one file per subcommand |
//!
//! A family, a format of data, a tool or a panel is one new file, one `mod` line and one table line. `tests/floors.rs` reads the sources
//! and fails when a room names one above it.
//!
//! # Threads and lanes
//!
//! The **window**, the **trainer** (all cores; beside a window half of them while the machine is busy or a finger is on a slider, as
//! step times tell `engine::split`), the **previewer** (one intra-op thread, its own copy of the weights), the **worker** (jobs, one
//! at a time, and in slices between them the light measures of a run that trains), the **strip** (a few pictures before and after they
//! are prepared), the trainer's **feeder** (batches ahead), and short-lived ones for an evaluation, a dialog and settings. On one shared
//! thread a slider would wait for a whole step; on its own it waits for a decode.
//!
//! | lane | carries | when full |
//! |---|---|---|
//! | orders → trainer | `Command` | the order comes back and the window says so |
//! | live knobs → trainer | `Live`, the whole record | the older is dropped |
//! | effort → trainer | two numbers in a shared cell (`engine::effort`): share of time, finger down | the older is overwritten |
//! | wishes → previewer | `Wish` | the older is dropped |
//! | wishes → strip | `StripWish` | the older is dropped |
//! | jobs → worker | `Job`, and the trainer's checkpoints, grids and measurements (in slices, between the others) | the job comes back |
//! | ← events | `Event` | facts wait; curves ride with the next tick (100 ms) |
//! | ← pictures | newest answer, newest grids, what a tool has so far | the oldest is dropped |
//!
//! Trainer, previewer and worker calculate on the device that a person chose (`engine::Engine::use_device`). On a graphics card the
//! data set lives there as one `u8` tensor, which the trainer itself gathers from; the feeder is for the processor, and for sets that
//! do not fit.
//!
//! Weights cross as plain arrays on a shelf (`engine::stage`) that trainer, previewer and worker share; its lock is held to
//! copy a few pointers. The OpenMP wait policy is set before libtorch loads (see `main.rs`): a worker that spins at a barrier
//! while it shares a core with a busy window starves the one it waits for.
//!
//! # Invariants, and the tests that guard them
//!
//! 1. A tensor lives and dies on the thread that made it. — floors, engine
//! 2. Only `ui`, `app` and `main.rs` know egui. — floors
//! 3. Drawing never waits: nothing in `ui` blocks. — floors
//! 4. Channels are drained in `App::listen`, which also runs while the window is hidden; training never waits for a frame. — engine
//! 5. A step that breaks ends its run with one sentence, not the program. — engine
//! 6. A letter from a run that is not open changes nothing. — session
//! 7. What stands in a table is tested by a loop over the table. — models, data, panels, `tests/synth.rs`
//! 8. A checkpoint is whole or absent, and complete. — run, `tests/run_folder.rs`
//! 9. One seed, one thread count, one machine: the same run, bit for bit, also across save and resume. Only the trainer draws
//!    from torch's global generator, seeded anew for each step; everybody else takes noise from [`latent`]. A run whose threads
//!    follow the machine (`Order::adapt`, as the window asks unless told to repeat bit for bit) may differ in its last bits. — engine

pub mod app;
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
pub mod ui;
pub mod weights;
