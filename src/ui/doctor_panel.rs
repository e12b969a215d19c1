//! What the training doctor says, as one line above the curves: what goes wrong, a button for what would help, and Dismiss.

use super::{
    action::Action,
    theme::{self, SPACE, TIGHT},
    widgets::plural,
};
use crate::{
    doctor::{Cure, Finding, Remedy, Severity},
    session::{OpenRun, Session, Status},
};
use egui::{Label, RichText, Sense, Ui, vec2};

/// The line; one finding at a time, the gravest first.
#[derive(Default)]
pub struct Banner {
    /// Which of the findings is on show.
    shown: usize,
    /// The rule whose remedy costs checkpoints and was clicked once.
    sure: Option<&'static str>,
}

impl Banner {
    /// Draws it, if there is anything to say.
    pub fn ui(&mut self, ui: &mut Ui, session: &Session, ask: &mut Vec<Action>) {
        let findings = session.open_run.health.doctor.findings();
        let Some(finding) = findings.get(self.shown).or(findings.first()) else {
            *self = Self::default();
            return;
        };
        if self.shown >= findings.len() {
            self.shown = 0;
        }
        if self.sure.is_some_and(|rule| rule != finding.rule) {
            self.sure = None;
        }
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = vec2(SPACE, TIGHT);
            sentence_ui(ui, finding);
            if let Some(remedy) = &finding.remedy {
                self.remedy_ui(ui, &session.open_run, finding.rule, remedy, ask);
            }
            if ui.button("Dismiss").on_hover_text("Hides this until it goes away and comes back.").clicked() {
                ask.push(Action::DismissFinding(finding.rule));
            }
            if findings.len() > 1 {
                let words = format!("{} of {}", self.shown + 1, findings.len());
                if ui.button(words).on_hover_text("Shows what else the doctor has found.").clicked() {
                    self.shown = (self.shown + 1) % findings.len();
                }
            }
        });
        ui.add_space(TIGHT);
    }

    fn remedy_ui(
        &mut self,
        ui: &mut Ui,
        open_run: &OpenRun,
        rule: &'static str,
        remedy: &Remedy,
        ask: &mut Vec<Action>,
    ) {
        let trains = matches!(open_run.status, Status::Training | Status::Paused);
        let (words, tip, given_up) = offer(open_run, remedy, trains);
        // What costs checkpoints is asked twice, in place.
        let asked = given_up > 0 && self.sure == Some(rule);
        let words = if asked {
            format!("Give up {} and go back", plural(given_up, "later checkpoint", "later checkpoints"))
        } else {
            words
        };
        let possible = trains || !matches!(remedy.cure, Cure::RollBack(_));
        let button = ui.add_enabled(possible, egui::Button::new(words)).on_hover_text(tip);
        let button = button.on_disabled_hover_text("Only a run that trains or is paused can go back.");
        if button.clicked() {
            if given_up > 0 && !asked {
                self.sure = Some(rule);
            } else {
                self.sure = None;
                ask.push(Action::Treat(rule));
            }
        }
    }
}

/// A mark, a word and the sentence: colour is never all there is.
fn sentence_ui(ui: &mut Ui, finding: &Finding) {
    let palette = theme::of(ui);
    let (word, colour) = match finding.severity {
        Severity::Hint => ("Hint", palette.weak),
        Severity::Warning => ("Warning", palette.warning),
        Severity::Grave => ("Trouble", palette.failed),
    };
    let (rect, _) = ui.allocate_exact_size(vec2(TIGHT, 16.0), Sense::hover());
    ui.painter().rect_filled(rect, 2.0, colour);
    ui.add(Label::new(RichText::new(format!("{word}: {}", finding.sentence)).color(colour)).wrap());
}

/// Words and tooltip of a remedy, and how many checkpoints it costs.
fn offer(open_run: &OpenRun, remedy: &Remedy, trains: bool) -> (String, String, u64) {
    match &remedy.cure {
        Cure::Turn(_) if trains => {
            (remedy.words.clone(), "Turns the run that trains; its journal notes it. Takes effect now.".into(), 0)
        }
        Cure::Turn(_) | Cure::Anew(_) => (
            remedy.words.replacen("Set ", "Start again with ", 1),
            "Takes this run's settings over to the form on the left with the change; Start then begins a new run."
                .into(),
            0,
        ),
        Cure::RollBack(step) => {
            let given_up = open_run.checkpoints.iter().filter(|s| **s > *step).count() as u64;
            let tip = format!(
                "Training goes on from the checkpoint of step {step} with half the learning rate; {} of later steps {} given up.",
                plural(given_up, "checkpoint", "checkpoints"),
                if given_up == 1 { "is" } else { "are" }
            );
            (remedy.words.clone(), tip, given_up)
        }
    }
}
