//! What stands around the samples, and what stands in their place while there are none.

use super::{
    super::{
        action::{Action, Plain},
        parts,
        theme::{self, HANDLE},
        widgets::{action_button, primary, thousands},
    },
    shown::Shown,
    star,
};
use crate::{
    desk::{Desk, Tab},
    engine::protocol::Place,
    recipes,
    session::{Session, Status},
};
use egui::{Slider, Ui};

/// The row above the grid: its step, a note, average or raw weights.
pub fn header_ui(ui: &mut Ui, session: &Session, desk: &Desk, shown: &Shown, ask: &mut Vec<Action>) {
    let open_run = &session.open_run;
    ui.horizontal(|ui| {
        ui.label(theme::figure(format!("step {}", thousands(shown.step))));
        let note = match (desk.history_step, &open_run.status, &open_run.place) {
            (Some(step), ..) if step != shown.step => format!("reading step {} …", thousands(step)),
            (Some(_), ..) => "from the history".into(),
            (None, Status::Viewing, Some(Place::Starter(_))) => "Drag a slider, or pick data and press Start.".into(),
            (None, Status::Preparing, _) => "reading the pictures …".into(),
            _ => open_run.spec.as_ref().map_or(String::new(), |spec| format!("of {}", thousands(spec.steps))),
        };
        ui.label(theme::caption(ui, note));
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            for (ema, word, tip) in [
                (false, "Raw", "Pictures of the weights exactly as they are after the last step. Takes effect now."),
                (true, "Average", "Pictures of the averaged weights (EMA): calmer, usually better. Takes effect now."),
            ] {
                let response = ui.selectable_label(desk.ema == ema, word).on_hover_text(tip);
                if response.clicked() && desk.ema != ema {
                    ask.push(Action::Set(Box::new(Desk { ema, ..desk.clone() })));
                }
            }
            if open_run.reconstructions.is_some() {
                let tip =
                    "Pictures of the data beside what the generator makes of their codes, in place of real ones alone.";
                if ui.selectable_label(desk.mirrored, "Reconstructions").on_hover_text(tip).clicked() {
                    ask.push(Action::Set(Box::new(Desk { mirrored: !desk.mirrored, ..desk.clone() })));
                }
            }
        });
    });
}

/// What the recipe that the run follows says of the step on show; nothing where it says nothing.
pub fn expectation_ui(ui: &mut Ui, session: &Session, step: u64) {
    let recipe = session.open_run.spec.as_ref().and_then(|spec| recipes::find(spec.recipe.as_ref()?));
    if let Some(words) = recipe.and_then(|recipe| recipe.expectation_words(step)) {
        let tip = "What the recipe of this run leads you to expect of its samples.";
        ui.add(egui::Label::new(&words).truncate()).on_hover_text(format!("{words}\n{tip}"));
    }
}

/// The slider over the steps of which a grid exists.
pub fn scrubber_ui(ui: &mut Ui, session: &Session, desk: &Desk, shown: &Shown, ask: &mut Vec<Action>) {
    let steps = &session.open_run.sample_steps;
    let last = steps.len() - 1;
    let at = desk.history_step.map_or(last, |step| steps.partition_point(|&s| s < step).min(last));
    ui.add_space(theme::TIGHT);
    ui.horizontal(|ui| {
        let label = ui.label(theme::caption(ui, "History"));
        let right = 152.0;
        ui.spacing_mut().interact_size.y = HANDLE;
        ui.spacing_mut().slider_width = (ui.available_width() - right).max(64.0);
        let mut place = at;
        let slider = Slider::new(&mut place, 0..=last).show_value(false);
        let response = ui
            .add(slider)
            .labelled_by(label.id)
            .on_hover_text("Looks at the samples of an earlier step. Training goes on meanwhile.");
        star::star_ui(ui, &session.open_run, response.rect, ask);
        if response.changed() && place != at {
            ask.push(Action::ShowStep(Some(steps[place])));
        }
        ui.label(theme::figure(format!("{:>11}", thousands(desk.history_step.unwrap_or(shown.step)))));
        let follow = desk.history_step.is_none();
        if ui.selectable_label(follow, "Follow").on_hover_text("Shows each new grid as it comes.").clicked() {
            ask.push(Action::ShowStep(if follow { Some(steps[at]) } else { None }));
        }
    });
}

/// What stands where no samples are yet.
pub fn empty_ui(ui: &mut Ui, session: &Session, desk: &Desk, ask: &mut Vec<Action>) {
    let (heading, sentence) = match &session.open_run.status {
        Status::Preparing => ("Reading the pictures", "The first samples follow as soon as the data are ready."),
        status if status.is_alive() => ("Starting", "The first samples are being drawn; at step 0 they are noise."),
        Status::Viewing | Status::Ended(_) => {
            ("No samples yet", "They are being drawn. Meanwhile drag a latent slider.")
        }
        _ => ("Nothing here yet", "Pick data on the left and press Start, or open a run."),
    };
    parts::notice(ui, heading.into(), &[sentence], |ui| {
        if session.open_run.status.is_alive() {
            ui.spinner();
            return;
        }
        parts::centred_row(ui, 400.0, |ui| {
            action_button(ui, session, Plain::OpenFolder, "Open data folder…", false, ask);
            action_button(ui, session, Plain::Recipes, "Start from a recipe", false, ask);
            if ui.button("Recent runs").on_hover_text("Shows the list of runs.").clicked() {
                ask.push(Action::Set(Box::new(Desk { tab: Tab::Runs, ..desk.clone() })));
            }
        });
    });
}

/// What stands in place of the samples of a run that broke: what happened, what was kept, what to do.
pub fn failed_ui(ui: &mut Ui, session: &Session, why: &str, kept: Option<u64>, ask: &mut Vec<Action>) {
    let what_was_kept = match kept {
        Some(step) => format!("The checkpoint of step {} and all curves up to it are kept.", thousands(step)),
        None if session.open_run.step > 0 => "No checkpoint had been saved yet; the curves are kept.".into(),
        None => String::new(),
    };
    let heading = egui::RichText::new("This did not work").color(theme::of(ui).failed);
    parts::notice(ui, heading, &[why, &what_was_kept], |ui| {
        parts::centred_row(ui, 380.0, |ui| {
            if let (Some(_), Some(place)) = (kept, &session.open_run.place) {
                let tip = "Opens the newest checkpoint that is whole, to look at it or go on from it.";
                if ui.add(primary(ui, "Go back to the last good checkpoint")).on_hover_text(tip).clicked() {
                    ask.push(Action::Open(place.clone()));
                }
            }
            action_button(ui, session, Plain::ToggleLog, "Show the log", false, ask);
        });
    });
}
