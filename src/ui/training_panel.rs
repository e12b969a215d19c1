//! How the next run is trained, what will happen, and the live knobs of the run that is going on.

mod cost;
mod origin;

use super::{
    action::Action,
    knob_form,
    panel::{Panel, Region},
    theme::{self, HANDLE, NUMBER, ROW},
    widgets::{about, bytes, heading, plural, thousands},
};
use crate::{
    desk::Desk,
    session::{DataState, Session},
    spec::{Effect, Group, Knob},
};
use egui::{Align, DragValue, Label, Layout, RichText, Slider, TextEdit, Ui, vec2};

/// The training part of the left column.
#[derive(Default)]
pub struct TrainingPanel;

impl Panel for TrainingPanel {
    fn title(&self) -> &'static str {
        "Training"
    }

    fn region(&self) -> Region {
        Region::Left
    }

    fn ui(&mut self, ui: &mut Ui, session: &Session, desk: &Desk, ask: &mut Vec<Action>) {
        heading(ui, "Training");
        let alive = session.open_run.status.is_alive();
        plan_ui(ui, session, desk);
        origin::ui(ui, session, desk, ask);
        cost::ui(ui, session, desk, ask);
        effort_ui(ui, desk, ask);
        if let Some(family) = session.catalogue.families.iter().find(|f| f.card.id == desk.family) {
            let knobs: Vec<_> = family.knobs.iter().filter(|k| k.group == Group::Training).collect();
            let running = session.open_run.spec.as_ref().filter(|s| alive && s.family == desk.family);
            let values = running.map_or(&desk.knobs, |s| &s.knobs);
            let frozen = |knob: &Knob| {
                (alive && knob.effect == Effect::NextRun)
                    .then_some("A run is going on; this can be set again when it ends.")
            };
            for (id, value) in knob_form::form(ui, &knobs, values, frozen) {
                if alive {
                    ask.push(Action::TurnKnob(id, value));
                } else {
                    let mut new = desk.clone();
                    new.knobs.put(&id, value);
                    ask.push(Action::Set(Box::new(new)));
                }
            }
        }
        run_ui(ui, alive, desk, ask);
    }
}

/// How much of its time the computer gives to training. It belongs to the person who sits before it, not to a run.
fn effort_ui(ui: &mut Ui, desk: &Desk, ask: &mut Vec<Action>) {
    let tip = "Share of time given to training; it rests between steps for the others on this computer.\n\
               The result stays the same, byte for byte. Takes effect now.";
    ui.horizontal(|ui| {
        let label = ui.label("Training effort").on_hover_text(tip);
        let mut throttle = desk.throttle;
        ui.spacing_mut().interact_size.y = HANDLE;
        ui.spacing_mut().slider_width = (ui.available_width() - NUMBER).max(48.0);
        ui.add(Slider::new(&mut throttle, 10..=100).suffix(" %")).labelled_by(label.id).on_hover_text(tip);
        if throttle != desk.throttle {
            ask.push(Action::Set(Box::new(Desk { throttle, ..desk.clone() })));
        }
    });
}

/// Steps, seed and name: they belong to the run, not to a family.
fn run_ui(ui: &mut Ui, alive: bool, desk: &Desk, ask: &mut Vec<Action>) {
    let mut new = desk.clone();
    ui.add_space(theme::TIGHT);
    ui.add_enabled_ui(!alive, |ui| {
        number_ui(
            ui,
            "Steps",
            "How many steps the next run takes in all; each step trains on one batch.\nTry 2,000 for a first look.",
            |ui| {
                ui.add(
                    DragValue::new(&mut new.steps)
                        .range(1..=10_000_000)
                        .speed(20.0)
                        .min_size(vec2(NUMBER, ROW))
                        .update_while_editing(false),
                )
            },
        );
        number_ui(
            ui,
            "Seed",
            "All randomness of the next run flows from this number: the same seed and settings give the same run.",
            |ui| {
                let most = i64::MAX as u64;
                ui.add(
                    DragValue::new(&mut new.seed)
                        .range(0..=most)
                        .speed(0.2)
                        .min_size(vec2(NUMBER, ROW))
                        .update_while_editing(false),
                )
            },
        );
        number_ui(ui, "Name", "Name of the next run; left empty, data and model name it.", |ui| {
            ui.add(TextEdit::singleline(&mut new.run_name).hint_text("by itself").desired_width(136.0))
        });
    });
    if new != *desk {
        ask.push(Action::Set(Box::new(new)));
    }
}

fn number_ui(ui: &mut Ui, name: &str, tip: &str, control: impl FnOnce(&mut Ui) -> egui::Response) {
    ui.horizontal(|ui| {
        let label = ui.label(name).on_hover_text(tip);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            control(ui)
                .labelled_by(label.id)
                .on_hover_text(format!("{tip}\nTakes effect in the next run."))
                .on_disabled_hover_text("A run is going on; this can be set again when it ends.");
        });
    });
}

/// One line that says what Start would do.
fn plan_ui(ui: &mut Ui, session: &Session, desk: &Desk) {
    let palette = theme::of(ui);
    let (words, colour) = match (&session.data, session.open_run.status.is_alive()) {
        (_, true) => {
            ("Knobs under “now” turn the run that is going on; the others wait for the next.".to_owned(), palette.weak)
        }
        (DataState::Ready(facts), _) => {
            (plan(session, desk, facts.shape.count as u64, facts.bytes as u64), palette.text)
        }
        (DataState::Loading(..), _) => {
            ("The pictures are still being read; then training can start.".to_owned(), palette.weak)
        }
        _ => ("Choose data above, then press Start training.".to_owned(), palette.weak),
    };
    ui.add(Label::new(RichText::new(words).color(colour)).wrap());
}

fn plan(session: &Session, desk: &Desk, pictures: u64, in_memory: u64) -> String {
    let steps = plural(desk.steps, "step", "steps");
    let batch = desk.knobs.get_int("batch").unwrap_or(0) as u64;
    let mut words = format!("{steps} on {}", plural(pictures, "picture", "pictures"));
    if batch > 0 && pictures > 0 {
        let each = desk.steps as f64 * batch.min(pictures) as f64 / pictures as f64;
        let times = if each < 9.5 { format!("{each:.1}") } else { thousands(each.round() as u64) };
        words = format!("{words}, each seen about {times} times");
    }
    let open_run = &session.open_run;
    let same = open_run.spec.as_ref().is_some_and(|s| s.family == desk.family && s.knobs == desk.knobs);
    if same && open_run.pace.steps_per_s > 0.0 {
        words =
            format!("{words}; {} at the pace of the last run", about(desk.steps as f32 / open_run.pace.steps_per_s));
    }
    format!("{words}. {} of pictures in memory.", bytes(in_memory))
}
