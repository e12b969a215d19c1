//! The performance overlay: what frames, steps and pictures take, in a quiet corner over the pictures.

use super::{
    action::{Action, Plain},
    panel::{Panel, Region},
    theme::{self, SPACE, TIGHT},
    widgets::{bytes, thousands},
};
use crate::{
    desk::{Desk, Window},
    meter::{Meter, Meters},
    session::Session,
};
use egui::{Frame, Grid, Key, Label, Margin, Popup, Ui, vec2};
use std::time::{Duration, Instant};

/// Figures that change faster cannot be read.
const REFRESH: Duration = Duration::from_millis(500);
/// Characters of a column of figures.
const WIDTH: usize = 8;
/// Where nothing was measured.
const NONE: &str = "–";

/// The overlay. It stands where it is put and takes no clicks.
#[derive(Default)]
pub struct PerformancePanel {
    rows: Vec<[String; 3]>,
    due: Option<Instant>,
}

impl Panel for PerformancePanel {
    fn title(&self) -> &'static str {
        "Performance"
    }

    fn region(&self) -> Region {
        Region::Window(Window::Performance)
    }

    fn ui(&mut self, ui: &mut Ui, session: &Session, desk: &Desk, ask: &mut Vec<Action>) {
        if escape(ui, desk) {
            ask.push(Action::Plain(Plain::TogglePerformance));
        }
        let now = Instant::now();
        if self.due <= Some(now) || self.rows.is_empty() {
            self.rows = session.meters.as_ref().map(|meters| rows(meters, now)).unwrap_or_default();
            self.due = Some(now + REFRESH);
        }
        // The overlay shows how things go; it must not be what keeps them going.
        ui.ctx().request_repaint_after(self.due.map_or(REFRESH, |due| due - now));
        let palette = theme::of(ui);
        Frame::new()
            .fill(palette.panel.gamma_multiply(0.88))
            .stroke((1.0, palette.line))
            .corner_radius(4.0)
            .inner_margin(Margin::symmetric(12, 8))
            .show(ui, |ui| {
                ui.spacing_mut().item_spacing = vec2(SPACE, TIGHT / 2.0);
                Grid::new("figures").num_columns(3).min_col_width(0.0).min_row_height(0.0).show(ui, |ui| {
                    ui.label(theme::caption(ui, "milliseconds, last 5 s"));
                    for title in ["median", "95 %"] {
                        ui.label(theme::figure(format!("{title:>WIDTH$}")).color(palette.weak));
                    }
                    ui.end_row();
                    for [name, first, second] in &self.rows {
                        ui.add(Label::new(egui::RichText::new(name).small()).extend());
                        for figures in [first, second] {
                            ui.add(Label::new(theme::figure(format!("{figures:>WIDTH$}"))).extend());
                        }
                        ui.end_row();
                    }
                });
            });
    }
}

/// Whether Escape is meant for the overlay: nothing else is open or has the keyboard.
fn escape(ui: &Ui, desk: &Desk) -> bool {
    ui.input(|i| i.key_pressed(Key::Escape))
        && desk.tile.is_none()
        && !Popup::is_any_open(ui.ctx())
        && ui.memory(|m| m.focused().is_none() && m.top_modal_layer().is_none())
}

fn rows(meters: &Meters, now: Instant) -> Vec<[String; 3]> {
    let mut rows: Vec<_> = [
        ("Frame", &meters.frame),
        ("Our share of it", &meters.ours),
        ("Step", &meters.step),
        ("Decode", &meters.decode),
        ("Request to picture", &meters.picture),
        ("Request to texture", &meters.texture),
    ]
    .map(|(name, meter)| times(name, meter, now))
    .into();
    let (requests, replaced) = meters.replaced.total(now);
    let dropped = |words: String| if requests == 0 { NONE.to_owned() } else { words };
    let share = |load: f64| format!("{:.0} %", load * 100.0);
    rows.extend([
        [
            "Dropped requests".into(),
            dropped(thousands(replaced as u64)),
            dropped(format!("of {}", thousands(requests as u64))),
        ],
        ["Memory".into(), String::new(), meters.usage.resident.map_or(NONE.into(), bytes)],
        ["Load of all cores".into(), String::new(), meters.usage.load.map_or(NONE.into(), share)],
    ]);
    rows
}

fn times(name: &str, meter: &Meter, now: Instant) -> [String; 3] {
    let spread = meter.spread(now);
    let words = |ms: Option<f64>| ms.map_or(NONE.into(), milliseconds);
    [name.into(), words(spread.map(|s| s.median)), words(spread.map(|s| s.p95))]
}

/// Two figures that matter, and never more than a tenth more exact than can be measured.
fn milliseconds(ms: f64) -> String {
    match ms {
        ms if ms < 9.95 => format!("{ms:.2}"),
        ms if ms < 999.5 => format!("{ms:.1}"),
        ms => thousands(ms.round() as u64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meter::Usage;

    #[test]
    fn figures_are_shown_as_they_were_measured() {
        let (mut meters, now) = (Meters::default(), Instant::now());
        assert!(rows(&meters, now).iter().all(|row| row[2] == NONE));
        for ms in 0..=100 {
            meters.frame.note_ms(now, Duration::from_millis(ms * 20));
        }
        for replaced in [0.0, 1.0, 1.0, 0.0] {
            meters.replaced.note(now, replaced);
        }
        meters.usage = Usage { resident: Some(471_000_000), load: Some(0.634) };
        let rows = rows(&meters, now);
        let row = |name: &str| rows.iter().find(|row| row[0] == name).unwrap()[1..].join(" ");
        assert_eq!(row("Frame"), "1,000 1,900");
        assert_eq!(row("Dropped requests"), "2 of 4");
        assert_eq!((row("Memory").trim(), row("Load of all cores").trim()), ("471.0 MB", "63 %"));
        assert_eq!([0.123, 9.96, 250.04].map(milliseconds), ["0.12", "10.0", "250.0"]);
    }
}
