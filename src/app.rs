//! Joins engine, session and panels: applies the engine's events, draws the window, does what a person asks.

mod aside;
mod canvas;
mod compare;
mod data;
mod dialog;
mod dialogs;
mod doctor;
mod draft;
mod drop;
mod events;
mod frame_stats;
mod inputs;
mod layout;
pub mod measure;
mod memory;
mod overlay;
pub mod pacer;
mod pending;
mod perform;
mod play;
pub mod probe;
mod recipes;
mod request;
mod runs;
mod scores;
pub mod startup;
mod strip;
#[cfg(test)]
mod testing;
mod threads;
mod transfer;

use crate::{
    desk::{Desk, Settings, Theme},
    engine::{
        Engine,
        protocol::{JobId, Place, RunId},
    },
    session::{Intent, Level, Session, Status},
    ui::{
        action::{Action, PLAIN, Plain},
        confirm::{self, Question},
        panel::Panel,
        theme,
        toasts::Toasts,
    },
};
use egui::{Context, ViewportCommand};
use frame_stats::FrameStats;
use memory::{Keeper, Memory};
use pending::Pending;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// The program behind the window; `main.rs` holds the window itself.
pub struct App {
    /// What the window knows of runs, data and jobs. Only its own functions change it.
    pub session: Session,
    /// All that a person has set.
    pub desk: Desk,
    engine: Engine,
    view: View,
    kept: Kept,
    pending: Pending,
    /// What the performance overlay measures, while it is open.
    frame_stats: Option<Box<FrameStats>>,
    leaving: Leaving,
    next_run: u64,
    begun: bool,
}

/// What is drawn in addition to session and desk.
struct View {
    panels: Vec<Box<dyn Panel>>,
    toasts: Toasts,
    /// The question that is shown over everything else, and the run folder that it is about (empty if it is about none).
    question: Option<(Question, PathBuf)>,
    /// Whether a latent slider was being dragged in the last frame.
    dragging: bool,
    /// The title that the window has now.
    title: String,
    /// The theme that egui has now; `None` before the first frame.
    theme: Option<Theme>,
}

/// What outlives a change or the program: past desks for undo, and the settings on disk.
struct Kept {
    memory: Memory,
    keeper: Keeper,
}

/// How far the window is on its way to being closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Leaving {
    /// The window stays open.
    #[default]
    Not,
    /// The window closes as soon as the run has written its checkpoint.
    Saving,
    /// The window closes now.
    Now,
}

impl App {
    /// Makes a program of a running engine and the settings of last time. `settings_path` is where settings are kept; with `None`
    /// nothing is written.
    pub fn new(engine: Engine, settings: Settings, settings_path: Option<PathBuf>) -> Self {
        let desk = settings.desk.clone();
        let mut session = Session::default();
        session.note(Intent::Sources(settings.sources.clone()));
        if let Err(why) = engine.use_device(&desk.device) {
            session.say(Level::Warning, &why);
        }
        Self {
            session,
            desk,
            engine,
            view: View {
                panels: crate::ui::all(),
                toasts: Toasts::default(),
                question: None,
                dragging: false,
                title: String::new(),
                theme: None,
            },
            kept: Kept { memory: Memory::default(), keeper: Keeper::new(settings, settings_path) },
            pending: Pending::default(),
            frame_stats: None,
            leaving: Leaving::Not,
            next_run: 0,
            begun: false,
        }
    }

    /// Opens what the command line names: a run folder, a starter (`starter:glyphs`), or data.
    pub fn open_with(&mut self, what: &str) {
        let path = PathBuf::from(what);
        if let Some(name) = what.strip_prefix("starter:") {
            self.open(Place::Starter(name.to_owned()));
        } else if crate::run::is_run(&path) {
            self.open(Place::Folder(path));
        } else {
            self.choose(what);
        }
    }

    /// Whether a run is going on, so that closing would end it.
    pub fn is_alive(&self) -> bool {
        self.session.open_run.status.is_alive()
    }

    /// Reads the engine's lanes and does what is due. It runs before every frame and also while the window is hidden, so that the
    /// lanes never fill up.
    pub fn listen(&mut self) {
        let now = Instant::now();
        // No more than fit into the lane: an engine that is faster than this loop would keep it from ending.
        let events: Vec<_> = self.engine.events.try_iter().take(256).collect();
        for event in events {
            self.on_event(event);
        }
        if let Some(preview) = self.engine.previews.try_iter().last() {
            self.answered(&preview, now);
            self.session.show_preview(preview);
        }
        for samples in self.engine.samples.try_iter().filter(|s| s.ema == self.desk.ema) {
            self.session.show_samples(samples);
        }
        self.take_strip();
        if let Some(shown) = self.engine.drafts.try_iter().last() {
            self.session.show_draft(shown);
        }
        self.look_for_obstacles();
        self.take_chosen();
        self.take_found();
        self.reload_when_due(now);
        self.apply_recipe();
        self.read_past();
        self.keep_settings(now);
        self.view.toasts.feed(self.session.take_toasts(), now);
        self.listened(now);
    }

    /// Draws the window, then performs the actions that the panels returned.
    pub fn show(&mut self, ui: &mut egui::Ui) {
        let (ctx, now) = (ui.ctx().clone(), Instant::now());
        self.frame_begins(now);
        if self.view.theme != Some(self.desk.theme) {
            if self.view.theme.is_none() {
                theme::install(&ctx);
            }
            theme::apply(&ctx, self.desk.theme);
            ui.set_style(ctx.global_style());
            self.view.theme = Some(self.desk.theme);
        }
        let mut ask = Vec::new();
        self.keys(&ctx, &mut ask);
        drop::dropped(&ctx, &mut ask);
        drop::pasted(&ctx, &mut ask);
        self.copy_found(&ctx);
        let holding = ctx.input(|i| i.pointer.any_down()) || ctx.text_edit_focused();
        layout::show(ui, &mut self.view.panels, &self.session, &self.desk, &mut ask);
        if let Some((question, _)) = &self.view.question {
            confirm::ui(&ctx, question, &mut ask);
        }
        self.view.toasts.ui(&ctx, now);
        let dragging = std::mem::take(&mut self.view.dragging);
        for action in ask {
            self.perform(action, &ctx, holding);
        }
        if dragging && !self.view.dragging {
            self.engine.dragging(false);
        }
        self.engine.set_throttle(self.desk.throttle);
        if !holding {
            self.kept.memory.let_go();
        }
        self.close(&ctx);
        self.request(&ctx, now);
        self.request_strip();
        self.retitle(&ctx);
        if let Some(due) = self.due() {
            ctx.request_repaint_after(due.saturating_duration_since(now).max(Duration::from_millis(33)));
        }
        self.frame_ends(&ctx, now);
    }

    /// Returns when the next thing is due that no event announces.
    fn due(&self) -> Option<Instant> {
        [self.pending.reading.due, self.kept.keeper.due()].into_iter().flatten().min()
    }

    fn keys(&mut self, ctx: &Context, ask: &mut Vec<Action>) {
        if self.view.question.is_some() {
            return;
        }
        let typing = ctx.text_edit_focused();
        // egui also takes Ctrl+Shift+Z for Ctrl+Z, so the shortcuts with Shift come first.
        let with_shift = PLAIN.iter().filter(|e| e.shortcut.is_some_and(|s| s.modifiers.shift));
        let without = PLAIN.iter().filter(|e| e.shortcut.is_some_and(|s| !s.modifiers.shift));
        for entry in with_shift.chain(without) {
            // These keys belong to the text field that is being edited.
            if typing && matches!(entry.plain, Plain::Undo | Plain::Redo | Plain::CopyPicture) {
                continue;
            }
            if entry.shortcut.is_some_and(|key| ctx.input_mut(|i| i.consume_shortcut(&key))) {
                match entry.plain.available(&self.session) {
                    Ok(()) => ask.push(Action::Plain(entry.plain)),
                    Err(why) => self.session.say(Level::Info, &why),
                }
            }
        }
    }

    /// Closes the window without asking, as after a signal: a run that trains is stopped with a checkpoint first.
    pub fn leave(&mut self, ctx: &Context) {
        if self.leaving == Leaving::Not {
            if self.is_alive() {
                self.leaving = Leaving::Saving;
                self.command(crate::engine::protocol::Command::Stop);
            } else {
                self.leaving = Leaving::Now;
                ctx.send_viewport_cmd(ViewportCommand::Close);
            }
        }
    }

    /// Closes the window when that was asked for. While a run trains it asks first, then waits for the run's checkpoint.
    fn close(&mut self, ctx: &Context) {
        if self.leaving == Leaving::Saving && !self.is_alive() {
            // A run that broke instead of stopping says why; the window stays open for that.
            let broke = matches!(self.session.open_run.status, Status::Failed(..));
            self.leaving = if broke { Leaving::Not } else { Leaving::Now };
            if !broke {
                ctx.send_viewport_cmd(ViewportCommand::Close);
            }
        }
        if ctx.input(|i| i.viewport().close_requested()) && self.leaving != Leaving::Now && self.is_alive() {
            ctx.send_viewport_cmd(ViewportCommand::CancelClose);
            if self.leaving == Leaving::Not {
                let name = self.session.open_run.spec.as_ref().map_or_else(String::new, |s| s.name.clone());
                self.view.question = Some((Question::Close { name, step: self.session.open_run.step }, PathBuf::new()));
                ctx.request_repaint();
            }
        }
    }

    fn retitle(&mut self, ctx: &Context) {
        let title = title(&self.session);
        if self.view.title != title {
            ctx.send_viewport_cmd(ViewportCommand::Title(title.clone()));
            self.view.title = title;
        }
    }

    fn fresh_run(&mut self) -> RunId {
        self.next_run += 1;
        RunId(self.next_run)
    }

    /// Gives the worker a job, which stands in the list of jobs as `what` unless that is empty. Says so if the worker's lane is
    /// full.
    fn job(&mut self, job: crate::engine::protocol::Job, what: &str) -> Option<JobId> {
        let Ok(id) = self.engine.job(job) else {
            self.session.say(Level::Warning, "Too much is waiting to be done already; try again in a moment.");
            return None;
        };
        if !what.is_empty() {
            self.session.note(Intent::JobSent(id, what.to_owned()));
        }
        Some(id)
    }
}

/// Returns the window's title. Progress comes first, so that it can be read in the task bar.
fn title(session: &Session) -> String {
    let open_run = &session.open_run;
    match &open_run.spec {
        Some(spec) if open_run.status.is_alive() => {
            let percent = open_run.step * 100 / spec.steps.max(1);
            let waits = matches!(open_run.status, Status::Preparing | Status::Paused);
            let mark = if waits { "○" } else { "●" };
            format!("{mark} {percent} % – {} – Latent Studio", spec.name)
        }
        Some(spec) => format!("{} – Latent Studio", spec.name),
        None => "Latent Studio".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_title_carries_progress() {
        let mut session = Session::default();
        assert_eq!(title(&session), "Latent Studio");
        session.open_run.spec = Some(testing::spec("cats"));
        assert_eq!(title(&session), "cats – Latent Studio");
        (session.open_run.status, session.open_run.step) = (Status::Training, 31);
        assert_eq!(title(&session), "● 31 % – cats – Latent Studio");
        session.open_run.status = Status::Pausing;
        assert_eq!(title(&session), "● 31 % – cats – Latent Studio", "not there yet");
        session.open_run.status = Status::Paused;
        assert_eq!(title(&session), "○ 31 % – cats – Latent Studio");
    }
}
