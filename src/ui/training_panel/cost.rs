//! What the next run would cost on this machine: measured on request, in three seconds, while nothing trains.

use super::super::{
    action::Action,
    theme,
    widgets::{bytes, caption, sentence},
};
use crate::{
    desk::Desk,
    engine::protocol::Cost,
    session::{Session, trial},
};
use egui::Ui;

/// Draws the answer, or the question; nothing while a run is going on or no data are ready.
pub fn ui(ui: &mut Ui, session: &Session, desk: &Desk, ask: &mut Vec<Action>) {
    let Some(trial) = trial(&session.data, desk).filter(|_| !session.open_run.status.is_alive()) else { return };
    if session.measuring.is_some() {
        ui.horizontal(|ui| {
            ui.spinner();
            caption(ui, "Measuring for three seconds…");
        });
        return;
    }
    match session.cost(&trial) {
        Some(Ok(cost)) => {
            let words = format!("{} on this machine", words(cost, desk.steps));
            let tip = format!(
                "{:.0} ms a step, {} steps an epoch, measured over {} steps. The memory is that of the whole program.",
                cost.step_s * 1e3,
                cost.steps_per_epoch,
                cost.steps
            );
            caption(ui, &words).on_hover_text(tip);
        }
        known => {
            if let Some(Err(why)) = known {
                sentence(ui, theme::of(ui).warning, &why.to_string());
            }
            let fits = session.obstacle.is_none();
            let tip = "Trains for three seconds with these settings, keeps nothing, and says how long an epoch takes.";
            let link = ui.add_enabled(fits, egui::Button::new("Measure").small()).on_hover_text(tip);
            if link.on_disabled_hover_text(session.obstacle.as_deref().unwrap_or_default()).clicked() {
                ask.push(Action::Measure);
            }
        }
    }
}

/// `1.8 min per epoch, 12 min for all 4,000 steps, 310.0 MB`.
fn words(cost: &Cost, steps: u64) -> String {
    let all = format!("{} for all steps", time(cost.step_s * steps as f32));
    let memory = cost.bytes.map_or_else(String::new, |n| format!(", {}", bytes(n)));
    format!("{} per epoch, {all}{memory}", time(cost.epoch_s()))
}

/// `0.8 s`, `1.8 min`, `2.5 h`.
fn time(secs: f32) -> String {
    match secs {
        s if s < 60.0 => format!("{s:.1} s"),
        s if s < 3_600.0 => format!("{:.1} min", s / 60.0),
        s => format!("{:.1} h", s / 3_600.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cost_reads_well() {
        let cost = Cost { step_s: 0.115, steps_per_epoch: 937, bytes: Some(310_400_000), steps: 20 };
        assert_eq!(words(&cost, 4_000), "1.8 min per epoch, 7.7 min for all steps, 310.4 MB");
        assert_eq!(words(&Cost { bytes: None, step_s: 2.0, ..cost }, 10), "31.2 min per epoch, 20.0 s for all steps");
    }
}
