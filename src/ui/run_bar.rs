//! The run bar: is it running, how far is it, what can be done next.

use super::{
    action::{Action, Plain},
    panel::{Panel, Region},
    theme::{self, SPACE},
    widgets::{self, action_button, clock, primary, rate, thousands},
};
use crate::{
    desk::Desk,
    engine::protocol::{Because, Place},
    session::{OpenRun, Session, Status},
};
use egui::{Align, Label, Layout, RichText, Ui};

/// Status, name, the five buttons, progress.
#[derive(Default)]
pub struct RunBar;

/// The one button that is accented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Primary {
    Start,
    Resume,
    Continue,
    None,
}

impl Panel for RunBar {
    fn title(&self) -> &'static str {
        "Run"
    }

    fn region(&self) -> Region {
        Region::Top
    }

    fn ui(&mut self, ui: &mut Ui, session: &Session, desk: &Desk, ask: &mut Vec<Action>) {
        let open_run = &session.open_run;
        ui.horizontal(|ui| {
            ui.set_min_height(32.0);
            widgets::status_pill(ui, &open_run.status);
            let name = run_name(open_run);
            ui.allocate_ui(egui::vec2(140.0, theme::ROW), |ui| {
                ui.add(Label::new(RichText::new(name).strong()).truncate()).on_hover_text(place_of(open_run));
            });
            buttons_ui(ui, session, desk, ask);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| progress_ui(ui, open_run));
        });
    }
}

fn buttons_ui(ui: &mut Ui, session: &Session, desk: &Desk, ask: &mut Vec<Action>) {
    let open_run = &session.open_run;
    let first = primary_of(session);
    action_button(ui, session, Plain::Start, "Start training", first == Primary::Start, ask);
    if let Some((folder, steps)) = continuable(open_run, desk) {
        let button = if first == Primary::Continue { primary(ui, "Resume") } else { egui::Button::new("Resume") };
        let tip = format!("Go on with this run from its newest checkpoint, up to step {}", thousands(steps));
        if ui.add(button).on_hover_text(tip).clicked() {
            ask.push(Action::Continue { folder, steps });
        }
    } else {
        let waits = open_run.status == Status::Paused;
        action_button(
            ui,
            session,
            Plain::PauseResume,
            if waits { "Resume" } else { "Pause" },
            first == Primary::Resume,
            ask,
        );
    }
    action_button(ui, session, Plain::Step, "Step", false, ask);
    action_button(ui, session, Plain::Stop, "Stop", false, ask);
    action_button(ui, session, Plain::Save, "Save", false, ask);
}

/// The folder of a run that rests here and can go on, and the total of steps it would go to.
fn continuable(open_run: &OpenRun, desk: &Desk) -> Option<(std::path::PathBuf, u64)> {
    let (Some(Place::Folder(folder)), Some(spec)) = (&open_run.place, &open_run.spec) else { return None };
    if open_run.status.is_alive() || !open_run.writable || open_run.checkpoints.is_empty() {
        return None;
    }
    let steps = if open_run.step < spec.steps {
        spec.steps
    } else if desk.steps > open_run.step {
        // The form's total was raised.
        desk.steps
    } else {
        open_run.step + desk.steps
    };
    Some((folder.clone(), steps))
}

fn primary_of(session: &Session) -> Primary {
    let rests = match &session.open_run.status {
        Status::Paused => return Primary::Resume,
        Status::Ended(because) => *because != Because::Finished,
        Status::Failed(_, kept) => kept.is_some(),
        _ => false,
    };
    let can_go_on = continuable(&session.open_run, &Desk::default()).is_some();
    if rests && can_go_on {
        Primary::Continue
    } else if Plain::Start.available(session).is_ok() {
        Primary::Start
    } else if session.open_run.status == Status::Viewing && can_go_on {
        Primary::Continue
    } else {
        Primary::None
    }
}

fn run_name(open_run: &OpenRun) -> String {
    match (&open_run.place, &open_run.spec) {
        (Some(Place::Starter(name)), _) => format!("{name} (starter)"),
        (_, Some(spec)) => spec.name.clone(),
        _ => String::new(),
    }
}

fn place_of(open_run: &OpenRun) -> String {
    match &open_run.place {
        Some(Place::Starter(_)) => "A generator that ships with the program".into(),
        Some(Place::Folder(folder)) => folder.display().to_string(),
        None => "No run is open".into(),
    }
}

/// Laid out from the right; what does not fit is left out, and all of it is in the tooltip of the bar.
fn progress_ui(ui: &mut Ui, open_run: &OpenRun) {
    let Some(spec) = open_run.spec.as_ref().filter(|_| !matches!(open_run.place, Some(Place::Starter(_)))) else {
        return;
    };
    let (pace, alive) = (open_run.pace, open_run.status.is_alive());
    let steps = format!("step {} / {}", thousands(open_run.step), thousands(spec.steps));
    let left = format!("{} left", clock(pace.eta_s));
    let rest = [
        format!("{} elapsed", clock(pace.elapsed_s)),
        format!("{} steps/s", rate(pace.steps_per_s)),
        format!("{} pictures/s", rate(pace.images_per_s)),
    ];
    let share = open_run.step as f32 / spec.steps.max(1) as f32;
    // A run that waits has a past, but neither a pace nor an end in sight.
    let moving = alive && pace.steps_per_s > 0.0 && !matches!(open_run.status, Status::Paused | Status::Preparing);
    let all = match (alive, moving) {
        (_, true) => format!("{steps}\n{left}\n{}", rest.join("\n")),
        (true, false) => format!("{steps}\n{}", rest[0]),
        (false, false) => steps.clone(),
    };
    if alive {
        figure_ui(ui, if moving { &left } else { "" }, 10);
    }
    widgets::progress(ui, share, 96.0, "Progress").on_hover_text(all);
    figure_ui(ui, &steps, 0);
    if alive {
        ui.spacing_mut().item_spacing.x = theme::GROUP;
        ui.add_space(theme::GROUP);
        for text in rest.iter().take(if moving { rest.len() } else { 1 }) {
            if ui.available_width() < 7.4 * text.len() as f32 + 2.0 * SPACE {
                break;
            }
            figure_ui(ui, text, 0);
        }
    }
}

/// Figures in at least `width` characters, so that the bar beside them stays where it is.
fn figure_ui(ui: &mut Ui, text: &str, width: usize) {
    let palette = theme::of(ui);
    ui.add(Label::new(theme::figure(format!("{text:>width$}")).color(palette.text)).extend());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::DataState;

    #[test]
    fn at_most_one_button_is_accented() {
        let mut session = Session::default();
        assert_eq!(primary_of(&session), Primary::None, "no data yet");
        session.data = DataState::Failed("x".into(), "y".into());
        session.open_run.status = Status::Paused;
        assert_eq!(primary_of(&session), Primary::Resume);
        session.open_run.status = Status::Training;
        assert_eq!(primary_of(&session), Primary::None);
    }
}
