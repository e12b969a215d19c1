//! One curve of several runs in one plot, over steps or over minutes of training.

use super::{
    super::{
        action::Action,
        parts, theme,
        widgets::{plural, thousands},
    },
    chip::Chip,
    lines,
    marks::{short, trimmed},
    names::{human, place},
    plot::{POINTS_A_FRAME, bare_plot, line, pointer_words, smooth_ui},
};
use crate::{
    compare::seconds_at,
    desk::{Curves, Desk},
    engine::protocol::{ComparedRun, Comparison},
    history::Series,
};
use egui::{Align, ComboBox, Id, Layout, Role, Stroke, Ui, WidgetInfo, vec2};
use egui_plot::{LineStyle, PlotMemory, PlotPoint, PlotResponse};
use std::{collections::BTreeSet, path::PathBuf, sync::Arc};

/// The plot of compared runs.
#[derive(Default)]
pub struct Overlay {
    /// What the lines were made of: the runs, the curve, minutes instead of steps.
    of: Option<(Arc<Comparison>, String, bool)>,
    lines: Vec<Held>,
    /// Runs that are switched off.
    hidden: BTreeSet<PathBuf>,
    /// What the view was made for: curve, minutes, log axis.
    view: Option<(String, bool, bool)>,
    /// Where on the lower axis the pointer is, one frame ago.
    pointed: Option<f64>,
}

/// The line of one run.
struct Held {
    /// The run's index among those compared.
    run: usize,
    series: Series,
    curve: lines::Curve,
}

impl Overlay {
    /// Draws controls, legend and plot.
    pub fn ui(&mut self, ui: &mut Ui, shown: &Arc<Comparison>, desk: &Desk, ask: &mut Vec<Action>) {
        let mut names: Vec<(Arc<str>, usize)> = shown.curves().into_iter().collect();
        // Those that all runs have first.
        names.sort_by_key(|(name, runs)| (*runs < shown.runs.len(), place(name)));
        let known = names.iter().find(|(name, _)| **name == *desk.curves.compared).or(names.first());
        let curve = known.map_or(String::new(), |(name, _)| name.to_string());
        let show_all = self.controls_ui(ui, &names, &curve, shown, desk, ask);
        if curve.is_empty() {
            let sentence = "They begin with the first step of training.";
            return parts::notice(ui, "These runs have no curves".into(), &[sentence], |_| {});
        }
        if !self.update(shown, &curve, &desk.curves) {
            ui.ctx().request_repaint_after(std::time::Duration::from_millis(33));
        }
        self.legend_ui(ui, shown, &desk.curves);
        let view = (curve, desk.curves.minutes, desk.curves.log);
        let reset = show_all || self.view.as_ref() != Some(&view);
        self.view = Some(view);
        self.plot_ui(ui, shown, desk, reset);
    }

    /// The row of controls; true when all should come into view again.
    fn controls_ui(
        &self,
        ui: &mut Ui,
        names: &[(Arc<str>, usize)],
        curve: &str,
        shown: &Comparison,
        desk: &Desk,
        ask: &mut Vec<Action>,
    ) -> bool {
        let mut show_all = false;
        ui.horizontal(|ui| {
            let mut curves = desk.curves.clone();
            let label = ui.label(theme::caption(ui, "Curve"));
            ComboBox::from_id_salt("compared curve")
                .width(100.0)
                .truncate()
                .selected_text(human(curve))
                .show_ui(ui, |ui| {
                    for (name, runs) in names {
                        let words = match shown.runs.len() - runs {
                            0 => human(name),
                            _ => format!("{} ({runs} of {})", human(name), shown.runs.len()),
                        };
                        if ui.selectable_label(**name == *curve, words).clicked() {
                            curves.compared = name.to_string();
                        }
                    }
                })
                .response
                .labelled_by(label.id)
                .on_hover_text("Which curve of each run is drawn");
            smooth_ui(ui, &mut curves);
            ui.checkbox(&mut curves.minutes, "Over minutes").on_hover_text(
                "Over minutes of training, pauses left out, as checkpoints tell, instead of steps. Takes effect now.",
            );
            if curves != desk.curves {
                ask.push(Action::Set(Box::new(Desk { curves, ..desk.clone() })));
            }
            let moved = |m: PlotMemory| !m.auto_bounds.x || !m.auto_bounds.y;
            let zoomed = PlotMemory::load(ui.ctx(), plot_id()).is_some_and(moved);
            show_all = zoomed && self.view.is_some() && ui.button("Show all").clicked();
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let tip = "Ends the comparison and shows the curves of the open run again.";
                if ui.button("Back to one run").on_hover_text(tip).clicked() {
                    ask.push(Action::Compare(Vec::new()));
                }
            });
        });
        show_all
    }

    /// Makes the lines, or takes over how they are drawn; true when nothing is left for the next frame.
    fn update(&mut self, shown: &Arc<Comparison>, curve: &str, how: &Curves) -> bool {
        let same = |(held, name, minutes): &(Arc<Comparison>, String, bool)| {
            Arc::ptr_eq(held, shown) && name == curve && *minutes == how.minutes
        };
        if !self.of.as_ref().is_some_and(same) {
            let held = |(run, one): (usize, &ComparedRun)| {
                let series = over(one, curve, how.minutes)?;
                Some(Held { run, series, curve: lines::Curve::new(how.smooth, how.log) })
            };
            self.lines = shown.runs.iter().enumerate().filter_map(held).collect();
            self.of = Some((shown.clone(), curve.to_owned(), how.minutes));
        }
        let most = POINTS_A_FRAME / self.lines.len().max(1);
        let update = |done, held: &mut Held| held.curve.update(&held.series, how.smooth, how.log, most) && done;
        self.lines.iter_mut().fold(true, update)
    }

    /// A switch a run, with its value at the pointer or its newest.
    fn legend_ui(&mut self, ui: &mut Ui, shown: &Comparison, how: &Curves) {
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = vec2(theme::TIGHT, 0.0);
            for (place, run) in shown.runs.iter().enumerate() {
                let held = self.lines.iter().find(|held| held.run == place);
                let value = held.and_then(|held| {
                    let points = held.series.points();
                    let at = self.pointed.map(|x| points.partition_point(|p| p[0] < x).min(points.len() - 1));
                    at.map_or(held.series.last(), |at| points.get(at).map(|p| p[1]))
                });
                let about = match held {
                    Some(_) => format!("{}.", run.folder.display()),
                    None if how.minutes && run.marks.is_empty() => {
                        "It has no checkpoint that tells its minutes.".into()
                    }
                    None => "It has no such curve.".into(),
                };
                let on = held.is_some() && !self.hidden.contains(&run.folder);
                let colour = theme::run_colour(ui.visuals(), place);
                let chip = Chip { words: &run.spec.name, colour, dashed: is_dashed(place), on, value, about };
                if chip.ui(ui).clicked() && !self.hidden.remove(&run.folder) {
                    self.hidden.insert(run.folder.clone());
                }
            }
        });
    }

    fn plot_ui(&mut self, ui: &mut Ui, shown: &Comparison, desk: &Desk, reset: bool) {
        let memory = PlotMemory::load(ui.ctx(), plot_id()).filter(|m| !reset && !m.auto_bounds.x);
        let (low, high) =
            memory.map_or((f64::NEG_INFINITY, f64::INFINITY), |m| (m.bounds().min()[0], m.bounds().max()[0]));
        let buckets = (ui.available_width().max(64.0) as usize).next_multiple_of(32);
        let visuals = ui.visuals().clone();
        let (mut faint, mut bold) = (Vec::new(), Vec::new());
        let hidden = &self.hidden;
        for held in self.lines.iter_mut().filter(|held| !hidden.contains(&shown.runs[held.run].folder)) {
            let (colour, name) = (theme::run_colour(&visuals, held.run), &shown.runs[held.run].spec.name);
            let (raw, smooth) = held.curve.between(low, high, buckets);
            if desk.curves.smooth > 0.0 {
                // Of many runs the raw lines would hide each other.
                let strength = if shown.runs.len() > 3 { 0.12 } else { 0.28 };
                faint.push(line(format!("{name} raw"), raw, colour.gamma_multiply(strength), 1.0));
            }
            let line = line(format!("{name} {}", held.run), smooth, colour, 1.8);
            bold.push(if is_dashed(held.run) { line.style(LineStyle::dashed_dense()) } else { line });
        }
        let x = if desk.curves.minutes { minutes_mark } else { step_mark };
        let mut plot = bare_plot(ui, plot_id(), desk.curves.log, x);
        if reset {
            plot = plot.reset();
        }
        let response = plot.show(ui, |plot| {
            for line in faint.into_iter().chain(bold) {
                plot.line(line);
            }
        });
        let (curve, runs) = (self.of.as_ref().map_or("", |of| &of.1), self.lines.len());
        let over = if desk.curves.minutes { "minutes" } else { "steps" };
        let runs = plural(runs as u64, "run", "runs");
        let name = format!("Plot of {} of {runs} over {over}", human(curve));
        response.response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &name));
        self.pointer_ui(ui, shown, desk, &response);
    }

    /// The line at the pointer, and a dot on each curve.
    fn pointer_ui(&mut self, ui: &Ui, shown: &Comparison, desk: &Desk, plot: &PlotResponse<()>) {
        let frame = *plot.transform.frame();
        let over = plot.response.hover_pos().filter(|p| frame.contains(*p));
        self.pointed = over.map(|point| plot.transform.value_from_position(point).x.max(0.0));
        let (Some(point), Some(x)) = (over, self.pointed) else { return };
        let (canvas, palette) = (ui.painter().with_clip_rect(frame), theme::of(ui));
        canvas.vline(point.x, frame.y_range(), Stroke::new(1.0, palette.weak));
        for held in self.lines.iter().filter(|held| !self.hidden.contains(&shown.runs[held.run].folder)) {
            let Some([at, value]) = held.curve.nearest(x) else { continue };
            let dot = plot.transform.position_from_point(&PlotPoint::new(at, value));
            // A run that ended long before has nothing here.
            if (dot.x - point.x).abs() < 24.0 {
                let colour = theme::run_colour(ui.visuals(), held.run);
                canvas.circle(dot, 3.5, colour, Stroke::new(1.0, palette.field));
            }
        }
        let words =
            if desk.curves.minutes { format!("{x:.1} min") } else { format!("step {}", thousands(x.round() as u64)) };
        pointer_words(&canvas, ui, point.x, frame, words);
    }
}

/// The curve of a run over steps, or over minutes where its checkpoints tell them.
fn over(run: &ComparedRun, curve: &str, minutes: bool) -> Option<Series> {
    let series = run.history.get(curve)?;
    let over = if minutes { series.over(|step| Some(seconds_at(&run.marks, step)? / 60.0)) } else { series.clone() };
    (!over.points().is_empty()).then_some(over)
}

/// Beyond the eighth run colours begin again; dashes tell those from the first.
fn is_dashed(place: usize) -> bool {
    place / 8 % 2 == 1
}

fn step_mark(step: f64) -> String {
    if step < 0.0 { String::new() } else { short(step) }
}

fn minutes_mark(minutes: f64) -> String {
    if minutes < 0.0 { String::new() } else { format!("{} min", trimmed(minutes)) }
}

fn plot_id() -> Id {
    Id::unique("the plot of compared runs")
}
