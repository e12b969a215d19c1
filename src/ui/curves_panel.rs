//! The curves: losses and judgements over the steps, smoothed over a fainter raw line.

mod chip;
mod lines;
mod marks;
mod names;
mod overlay;
mod plot;

use marks::short;
pub use names::human;
use names::{about, floor_of, group, is_dashed, place, smoothing, switch_of};
use plot::{POINTS_A_FRAME, bare_plot, line, pointer_words, smooth_ui};

use super::{
    action::{Action, Plain},
    doctor_panel::Banner,
    panel::{Panel, Region},
    parts, theme,
    widgets::{action_button, thousands},
};
use crate::{
    desk::{Curves, Desk},
    engine::protocol::RunId,
    session::Session,
};
use egui::{Align, Align2, Id, Layout, Rect, Role, Stroke, TextStyle, Ui, Vec2b, WidgetInfo, vec2};
use egui_plot::{Line, LineStyle, PlotMemory, PlotPoint, PlotResponse};
use std::{collections::BTreeMap, sync::Arc};

/// The plot of the curves.
#[derive(Default)]
pub struct CurvesPanel {
    curves: BTreeMap<Arc<str>, lines::Curve>,
    /// What the view was made for; another run or axis starts with all of it in view.
    view: Option<(RunId, bool)>,
    /// The step under the pointer, one frame ago.
    pointed: Option<f64>,
    /// Where the plots are.
    room: Option<Rect>,
    overlay: overlay::Overlay,
    /// What the doctor says, above them.
    banner: Banner,
}

impl Panel for CurvesPanel {
    fn title(&self) -> &'static str {
        "Curves"
    }

    fn region(&self) -> Region {
        Region::Bottom
    }

    fn ui(&mut self, ui: &mut Ui, session: &Session, desk: &Desk, ask: &mut Vec<Action>) {
        if let Some(comparison) = &session.comparison {
            return self.overlay.ui(ui, comparison, desk, ask);
        }
        self.banner.ui(ui, session, ask);
        let moved = |m: PlotMemory| !m.auto_bounds.x || !m.auto_bounds.y;
        let zoomed = (0..names::GROUPS.len()).any(|g| PlotMemory::load(ui.ctx(), plot_id(g)).is_some_and(moved));
        let show_all = self.controls_ui(ui, session, desk, zoomed, ask);
        if session.open_run.history.is_empty() {
            self.curves.clear();
            parts::notice(ui, "No curves yet".into(), &["They begin with the first step of training."], |_| {});
            return;
        }
        if !self.update(session, &desk.curves) {
            ui.ctx().request_repaint_after(std::time::Duration::from_millis(33));
        }
        self.chips_ui(ui, session, desk, ask);
        let view = (session.open_run.run, desk.curves.log);
        let reset = show_all || self.view != Some(view);
        self.view = Some(view);
        self.plots_ui(ui, desk, reset);
    }
}

impl CurvesPanel {
    /// Takes over what is new; true when nothing is left for the next frame.
    fn update(&mut self, session: &Session, how: &Curves) -> bool {
        let history = &session.open_run.history;
        self.curves.retain(|name, _| history.get(name).is_some());
        let visible = || history.iter().filter(|(name, _)| !how.hidden.contains(switch_of(name)));
        let most = POINTS_A_FRAME / visible().count().max(1);
        visible().fold(true, |done, (name, series)| {
            let weight = smoothing(name, how.smooth);
            let curve = self.curves.entry(name.clone()).or_insert_with(|| lines::Curve::new(weight, how.log));
            curve.update(series, weight, how.log, most) && done
        })
    }

    /// The row of controls; true when all of the curves should come into view again.
    fn controls_ui(&self, ui: &mut Ui, session: &Session, desk: &Desk, zoomed: bool, ask: &mut Vec<Action>) -> bool {
        let mut show_all = false;
        ui.horizontal(|ui| {
            let mut curves = desk.curves.clone();
            smooth_ui(ui, &mut curves);
            if curves != desk.curves {
                ask.push(Action::Set(Box::new(Desk { curves, ..desk.clone() })));
            }
            show_all = zoomed
                && self.view.is_some()
                && ui.button("Show all").on_hover_text("Follows the run again. A double click does too.").clicked();
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                action_button(ui, session, Plain::SaveCurves, "Save curves…", false, ask);
                let pace = &session.open_run.pace;
                if session.open_run.status.is_alive() && pace.steps_per_s > 0.0 {
                    ui.label(theme::caption(ui, "steps/s"));
                    ui.label(theme::figure(format!("{:.1}", pace.steps_per_s)));
                }
            });
        });
        show_all
    }

    /// The legend: a switch a curve, with its value at the pointer or its newest.
    fn chips_ui(&self, ui: &mut Ui, session: &Session, desk: &Desk, ask: &mut Vec<Action>) {
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = vec2(theme::TIGHT, 0.0);
            // A floor goes with its curve.
            let mut all: Vec<_> =
                session.open_run.history.iter().filter(|(name, _)| floor_of(name).is_none()).collect();
            all.sort_by_key(|(name, _)| place(name));
            for (name, series) in all {
                let on = !desk.curves.hidden.contains(name.as_ref());
                let at_pointer = self.pointed.and_then(|step| {
                    let points = series.points();
                    points.get(points.partition_point(|p| p[0] < step.round()).min(points.len() - 1)).map(|p| p[1])
                });
                let value = at_pointer.or(series.last());
                let (words, colour) = (human(name), theme::curve_colour(ui.visuals(), name));
                let dashed = is_dashed(name);
                let chip = chip::Chip { words: &words, colour, dashed, on, value, about: about(name) };
                if chip.ui(ui).clicked() {
                    let mut curves = desk.curves.clone();
                    if !curves.hidden.remove(name.as_ref()) {
                        curves.hidden.insert(name.to_string());
                    }
                    ask.push(Action::Set(Box::new(Desk { curves, ..desk.clone() })));
                }
            }
        });
    }

    /// A plot a group, side by side: losses in the first and widest, shares of one in another, all else in the last.
    fn plots_ui(&mut self, ui: &mut Ui, desk: &Desk, reset: bool) {
        let shown = |g: usize| self.curves.keys().any(|n| group(n) == g && !desk.curves.hidden.contains(switch_of(n)));
        let mut groups: Vec<usize> = (0..names::GROUPS.len()).filter(|g| shown(*g)).collect();
        if groups.is_empty() {
            groups.push(0);
        }
        let room = ui.available_size();
        self.room = Some(ui.available_rect_before_wrap());
        let part = |g: usize| if g == 0 { 2.0 } else { 1.0 };
        let whole: f32 = groups.iter().map(|g| part(*g)).sum();
        let pointed = self.pointed.take();
        let free = room.x - theme::SPACE * (groups.len() - 1) as f32;
        ui.horizontal_top(|ui| {
            for g in &groups {
                let size = vec2((free * part(*g) / whole).max(48.0), room.y.max(64.0));
                ui.allocate_ui(size, |ui| {
                    ui.set_min_size(size);
                    self.plot_ui(ui, desk, *g, pointed, reset);
                });
            }
        });
    }

    fn plot_ui(&mut self, ui: &mut Ui, desk: &Desk, of: usize, pointed: Option<f64>, reset: bool) {
        let memory = PlotMemory::load(ui.ctx(), plot_id(of)).filter(|m| !reset && !m.auto_bounds.x);
        let (low, high) =
            memory.map_or((f64::NEG_INFINITY, f64::INFINITY), |m| (m.bounds().min()[0], m.bounds().max()[0]));
        let buckets = (ui.available_width().max(64.0) as usize).next_multiple_of(32);
        let visuals = ui.visuals().clone();
        let mut faint: Vec<Line<'_>> = Vec::new();
        let mut bold: Vec<Line<'_>> = Vec::new();
        let visible = |name: &str| group(name) == of && !desk.curves.hidden.contains(switch_of(name));
        for (name, curve) in self.curves.iter_mut().filter(|(name, _)| visible(name)) {
            let colour = theme::curve_colour(&visuals, name);
            let (raw, smooth) = curve.between(low, high, buckets);
            if is_dashed(name) {
                // Measured now and then on other pictures: the colour of its twin, in dashes, and not smoothed.
                bold.push(line(name.to_string(), raw, colour, 1.8).style(LineStyle::dashed_dense()));
                continue;
            }
            if smoothing(name, desk.curves.smooth) > 0.0 {
                faint.push(line(format!("{name} raw"), raw, colour.gamma_multiply(0.28), 1.0));
            }
            bold.push(line(name.to_string(), smooth, colour, 1.8));
        }
        let steps = |step: f64| if step < 0.0 { String::new() } else { short(step) };
        let mut plot = bare_plot(ui, plot_id(of), desk.curves.log, steps)
            .link_axis(Id::unique("the steps of all plots"), Vec2b::new(true, false));
        if reset {
            plot = plot.reset();
        }
        let response = plot.show(ui, |plot| {
            for line in faint.into_iter().chain(bold) {
                plot.line(line);
            }
        });
        response.response.widget_info(|| WidgetInfo::labeled(Role::Image, true, names::GROUPS[of]));
        if let Some(words) = names::title(of) {
            title_ui(ui, *response.transform.frame(), words);
        }
        self.pointer_ui(ui, desk, of, pointed, &response);
    }

    /// Whether the pointer is over the row of plots.
    fn pointer_inside(&self, ui: &Ui) -> bool {
        self.room.is_some_and(|room| ui.rect_contains_pointer(room))
    }

    /// The line at the pointer, a dot on each curve, and the step.
    fn pointer_ui(&mut self, ui: &Ui, desk: &Desk, of: usize, pointed: Option<f64>, shown: &PlotResponse<()>) {
        let over = shown.response.hover_pos().filter(|p| shown.transform.frame().contains(*p));
        let here = over.map(|point| shown.transform.value_from_position(point).x);
        // The pointer over one plot points at the same step in all of them.
        let Some(step) = here.or(pointed.filter(|_| self.pointer_inside(ui))) else { return };
        let visible = || {
            let mine = |name: &str| group(name) == of && floor_of(name).is_none() && !desk.curves.hidden.contains(name);
            self.curves.iter().filter(move |(name, _)| mine(name))
        };
        let points: Vec<_> = visible().filter_map(|(name, curve)| Some((name, curve.nearest(step)?))).collect();
        let nearest = points.iter().map(|(_, p)| p[0]).min_by(|a, b| (a - step).abs().total_cmp(&(b - step).abs()));
        let Some(nearest) = nearest else { return };
        let frame = *shown.transform.frame();
        let canvas = ui.painter().with_clip_rect(frame);
        let x = shown.transform.position_from_point(&PlotPoint::new(nearest, 0.0)).x;
        let palette = theme::of(ui);
        canvas.vline(x, frame.y_range(), Stroke::new(1.0, palette.weak));
        for (name, [step, value]) in &points {
            if (step - nearest).abs() < 0.5 {
                let at = shown.transform.position_from_point(&PlotPoint::new(*step, *value));
                canvas.circle(at, 3.5, theme::curve_colour(ui.visuals(), name), Stroke::new(1.0, palette.field));
            }
        }
        pointer_words(&canvas, ui, x, frame, format!("step {}", thousands(nearest.max(0.0) as u64)));
        if here.is_some() || self.pointed.is_none() {
            self.pointed = Some(if here.is_some() { nearest } else { step });
        }
    }
}

/// What a plot shows and what is better, in its upper left corner; the second word in a line of its own where there is no room.
fn title_ui(ui: &Ui, frame: Rect, (title, better): (&str, &str)) {
    let (palette, font) = (theme::of(ui), TextStyle::Small.resolve(ui.style()));
    let canvas = ui.painter().with_clip_rect(frame);
    let at = frame.left_top() + vec2(theme::TIGHT, theme::TIGHT);
    let title = canvas.text(at, Align2::LEFT_TOP, title, font.clone(), palette.text);
    let better = canvas.layout_no_wrap(better.to_owned(), font, palette.weak);
    let beside = title.right_top() + vec2(theme::SPACE, 0.0);
    let fits = beside.x + better.size().x < frame.right();
    canvas.galley(if fits { beside } else { title.left_bottom() }, better, palette.weak);
}

fn plot_id(group: usize) -> Id {
    Id::unique(("the plot of the curves", group))
}
