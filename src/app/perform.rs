//! Performs actions: everything that a person can ask for is done here or in a file of its topic.

use super::{App, Leaving, dialog::Want};
use crate::{
    desk::{Desk, ExportWhat, Tab, Window},
    engine::protocol::{Command, Export, Job, Moment, Role, Scene},
    latent::{self, Code},
    picture::Picture,
    session::{Intent, Level, Status},
    ui::{
        action::{Action, Plain},
        confirm::Question,
    },
};
use egui::{Context, ViewportCommand};
use std::path::PathBuf;
use std::time::{Duration, Instant};

impl App {
    /// Does what a person asked for. `holding` says that the pointer is down or text is being typed: all changes until it is let
    /// go are then undone together.
    pub fn perform(&mut self, action: Action, ctx: &Context, holding: bool) {
        match action {
            Action::Plain(plain) => self.plain(plain, ctx),
            Action::Set(desk) => self.set(*desk, holding),
            Action::ChooseSource(source) => self.choose(&source),
            Action::ReloadData => {
                if !self.desk.source.is_empty() {
                    self.read(false);
                }
            }
            Action::TurnKnob(id, value) => self.turn(&id, value),
            Action::Open(place) => self.open(place),
            Action::Continue { folder, steps } => self.go_on(folder, steps),
            Action::CopySettings(folder) => self.copy_settings(&folder),
            Action::TrainFrom(place, step) => self.train_from(&place, step),
            Action::ImportWeights(path) => self.import_weights(path),
            Action::Rename(folder, name) => {
                self.job(Job::Rename { folder, name }, "Renaming a run");
            }
            Action::Delete(folder) => self.ask_delete(folder),
            Action::Compare(folders) => self.compare(folders),
            Action::ShowStep(step) => self.show_step(step),
            Action::HoldSlider => {
                self.view.dragging = true;
                self.engine.dragging(true);
                // A drag must be reported every second, also while nothing else is drawn.
                ctx.request_repaint_after(Duration::from_secs(1));
            }
            Action::Measure => self.measure_cost(),
            Action::Evaluate => self.evaluate(),
            Action::CancelEvaluation => self.cancel_evaluation(),
            Action::FindCode(picture) => self.find_code(picture),
            Action::LoadSeed(seed) => self.set_latent(holding, |latent, z_dim| latent.load_seed(seed, z_dim)),
            Action::OpenInput(path) => self.open_input(path),
            Action::OpenDropped(path) => self.open_dropped(path, ctx),
            Action::ExportTo(path) => self.export_to(path),
            Action::SavePicture(picture) => self.want_path(Want::Picture(picture), ctx),
            Action::ChooseInput => self.want_path(Want::Input, ctx),
            Action::FindFolder(need) => self.want_path(Want::RecipeFolder(need), ctx),
            Action::Treat(rule) => self.treat(rule),
            Action::DismissFinding(rule) => self.session.note(Intent::FindingDismissed(rule)),
            Action::CancelLoading => self.cancel_reading(),
            Action::CloseAnswer(yes) => {
                self.view.question = None;
                if yes {
                    self.leaving = Leaving::Saving;
                    self.command(Command::Stop);
                }
            }
            Action::Canvas(action) => self.canvas(action, holding, ctx),
            Action::TakeRecipe { id, start } => self.take_recipe(&id, start),
            Action::KeepFolder { need, folder } => self.keep_folder(&need, &folder),
            Action::ReplaceAnswer(yes) => self.answer_recipe(yes),
            Action::DeleteAnswer(yes) => {
                if let Some((Question::Delete { .. }, folder)) = self.view.question.take()
                    && yes
                {
                    self.delete(folder);
                }
            }
        }
    }

    fn plain(&mut self, plain: Plain, ctx: &Context) {
        if let Err(why) = plain.available(&self.session) {
            return self.session.say(Level::Info, &why);
        }
        match plain {
            Plain::Start => self.start(),
            Plain::PauseResume if self.session.open_run.status == Status::Paused => self.command(Command::Resume),
            Plain::PauseResume => self.command(Command::Pause),
            Plain::Step => self.command(Command::Step),
            Plain::Stop => self.command(Command::Stop),
            Plain::Save => self.command(Command::Save),
            Plain::CopyPicture => self.copy_picture(ctx),
            Plain::Randomise => {
                let seed = latent::mix(&[self.desk.latent.seed]) % 1_000_000;
                self.set_latent(false, |latent, z_dim| latent.load_seed(seed, z_dim));
            }
            Plain::ShowBest => self.show_best(),
            Plain::ResetLatent => self.set_latent(false, |latent, _| latent.reset()),
            Plain::Undo => {
                let undone = self.kept.memory.undo(&self.desk);
                self.bring_back(undone);
            }
            Plain::Redo => {
                let redone = self.kept.memory.redo(&self.desk);
                self.bring_back(redone);
            }
            Plain::ToggleLog => self.toggle(Window::Log),
            Plain::ToggleShortcuts => self.toggle(Window::Shortcuts),
            Plain::ToggleAbout => self.toggle(Window::About),
            Plain::TogglePerformance => self.toggle(Window::Performance),
            Plain::Recipes => self.desk.tab = Tab::Recipes,
            Plain::ToCanvas => self.lay_sample(false, ctx),
            Plain::Quit => ctx.send_viewport_cmd(ViewportCommand::Close),
            Plain::Export => self.want_path(Want::Export(self.desk.export.what), ctx),
            Plain::SaveCurves => self.want_path(Want::Curves, ctx),
            Plain::OpenFolder => self.want_path(Want::DataFolder, ctx),
            Plain::OpenFile => self.want_path(Want::DataFile, ctx),
            Plain::OpenRun => self.want_path(Want::Run, ctx),
            Plain::OpenCanvas => self.want_path(Want::Canvas(Role::Picture), ctx),
            Plain::ExportWeights => self.want_path(Want::WeightsOut, ctx),
            Plain::OpenWeights => self.want_path(Want::WeightsIn, ctx),
        }
    }

    /// Takes the desk that undo or redo returned, and shows what changed.
    fn bring_back(&mut self, desk: Option<Desk>) {
        let Some(desk) = desk else { return };
        let before = self.desk.clone();
        self.put(desk);
        self.show_undone(&before);
    }

    fn toggle(&mut self, window: Window) {
        if !self.desk.open.remove(&window) {
            self.desk.open.insert(window);
        }
    }

    /// Replaces the desk as a change that can be undone.
    pub(super) fn set(&mut self, new: Desk, holding: bool) {
        self.kept.memory.note(&self.desk, &new, holding);
        self.put(new);
    }

    /// Replaces the desk, and has done what follows from the change.
    pub(super) fn put(&mut self, new: Desk) {
        let before = std::mem::replace(&mut self.desk, new);
        // A latent whose length is another generator's could not be drawn.
        if self.session.open_run.playable && self.desk.latent.z.len() != self.session.open_run.z_dim {
            self.desk.latent = before.latent.clone();
        }
        self.suit_latent();
        self.suit_origin(&before);
        self.look_for_obstacles();
        if self.desk.device != before.device
            && let Err(why) = self.engine.use_device(&self.desk.device)
        {
            self.session.say(Level::Warning, &why);
        }
        self.notice_data(&before);
        self.follow_canvas(&before);
        if self.desk.tab == Tab::Runs && before.tab != Tab::Runs {
            self.list_runs();
        }
    }

    fn set_latent(&mut self, holding: bool, change: impl FnOnce(&mut crate::desk::Latent, usize)) {
        let mut new = self.desk.clone();
        change(&mut new.latent, self.session.open_run.z_dim);
        // Another seed means another input picture than the one that a person opened.
        self.session.note(Intent::InputForgotten);
        self.set(new, holding);
    }

    fn copy_picture(&mut self, ctx: &Context) {
        let preview = self.session.open_run.preview.as_ref();
        let Some(picture) = preview.and_then(|p| p.pictures.as_ref().ok()).and_then(|p| p.first()) else {
            return self.session.say(Level::Info, "There is no picture yet; move a slider first.");
        };
        self.copy_enlarged(picture.clone(), self.desk.export.scale.clamp(1, 16), ctx);
    }

    /// Writes what the export settings say to this path.
    pub(super) fn export_to(&mut self, path: PathBuf) {
        let Some(code) = self.code() else {
            return self
                .session
                .say(Level::Info, "There is no generator to draw with yet, or no picture to draw from.");
        };
        let (what, scale) = (self.desk.export.what, self.desk.export.scale.clamp(1, 16));
        let to = self.exported(path, what == ExportWhat::Many);
        let job = match (what, self.shown_grid()) {
            (ExportWhat::Picture, _) => self.export((vec![code], 1), true, scale, to),
            (ExportWhat::Many, _) => {
                self.export((self.codes(self.desk.export.count.clamp(1, 100_000)), 0), false, scale, to)
            }
            (ExportWhat::Grid, Some(grid)) => self.save_grid(grid, scale, to),
            (ExportWhat::Grid, None) => self.export(self.grid_codes(), true, scale, to),
        };
        self.job(job, "Exporting");
    }

    fn export(&self, (codes, columns): (Vec<Code>, usize), as_grid: bool, scale: usize, to: PathBuf) -> Job {
        let (run, ema, moment) = (self.session.open_run.run, self.desk.ema, Moment::Live);
        let scenes = codes.into_iter().map(|code| Scene { run, moment, ema, code }).collect();
        let sides = self.sides();
        // One picture and a grid are exported as shown; only many pictures are picked from.
        let best_of =
            if as_grid || !self.session.open_run.judges() { 1 } else { self.desk.export.best_of.clamp(1, 64) };
        Job::Export(Box::new(Export { scenes, as_grid, columns, scale, best_of, sides, to }))
    }

    fn save_grid(&self, grid: Picture, scale: usize, to: PathBuf) -> Job {
        let tile = self.session.open_run.spec.as_ref().map_or(0, |spec| spec.data.size);
        match self.sides() {
            Some(sides) if tile > 0 => Job::SaveGrid { grid, tile, sides, scale, to },
            _ => Job::SavePicture { picture: grid, scale, to },
        }
    }

    /// Returns the width and height whose aspect exports get, if the data were stretched and a person wants that undone.
    fn sides(&self) -> Option<[usize; 2]> {
        self.session.open_run.stretched().filter(|_| self.desk.export.aspect)
    }

    /// Returns the codes of the sliders' seed and of those after it, with the classes and dials that are set.
    fn codes(&self, count: usize) -> Vec<Code> {
        let (first, like, open_run) = (self.desk.latent.seed, self.desk.latent.code(), &self.session.open_run);
        let code = |seed| {
            let input = open_run.fixed_input(seed).cloned();
            Code { z: latent::normal(seed, open_run.z_dim), noise_seed: seed, input, ..like.clone() }
        };
        (0..count as u64).map(|i| code(first.wrapping_add(i))).collect()
    }

    /// Returns the codes of a grid like that of the samples, from the sliders' seed on, and the number of columns.
    fn grid_codes(&self) -> (Vec<Code>, usize) {
        let (latent, open_run) = (&self.desk.latent, &self.session.open_run);
        let catalogue = &self.session.catalogue;
        let known = open_run.spec.as_ref().and_then(|spec| Some((spec, catalogue.family(&spec.family)?)));
        let Some((spec, family)) = known else { return (self.codes(64), 0) };
        let seeds: Vec<u64> = (0..64).map(|i| latent.seed.wrapping_add(i)).collect();
        let inputs = open_run.examples.as_ref().map_or(&[][..], |e| &e.inputs);
        let (mut codes, columns) = latent::fixed_codes(&family.card, &spec.shape, open_run.z_dim, &seeds, inputs);
        for code in &mut codes {
            (code.psi, code.dials) = (latent.psi, latent.dials.clone());
        }
        (codes, columns)
    }

    fn shown_grid(&self) -> Option<Picture> {
        let open_run = &self.session.open_run;
        match self.desk.history_step {
            Some(step) => open_run.past.get(&step).cloned(),
            None => open_run.samples.as_ref().map(|s| s.grid.clone()),
        }
    }

    /// Remembers the folder of an export, and gives a file name without an ending `.png`; `many` pictures go to a folder.
    pub(super) fn exported(&mut self, path: PathBuf, many: bool) -> PathBuf {
        let path = if path.extension().is_none() && !many { path.with_extension("png") } else { path };
        let folder = if many { Some(path.clone()) } else { path.parent().map(PathBuf::from) };
        if let Some(folder) = folder {
            self.kept.keeper.set_export_folder(folder, Instant::now());
        }
        path
    }
}

#[cfg(test)]
mod tests;
