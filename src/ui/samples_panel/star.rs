//! The star over the history: where the best checkpoint stands.

use super::super::{action::Action, theme, widgets::thousands};
use crate::session::OpenRun;
use egui::{Pos2, Rect, Role, Sense, Shape, Stroke, Ui, Vec2, WidgetInfo, style::HandleShape};

/// Distance from the star's centre to a tip, in points.
const RADIUS: f32 = 5.5;
/// Its inner corners are so much closer.
const INNER: f32 = 0.45;

/// A small star over the slider at the samples of the best checkpoint; a click shows them. `slider` is the slider's room.
pub fn star_ui(ui: &Ui, open_run: &OpenRun, slider: Rect, ask: &mut Vec<Action>) {
    let Some((best, step)) = open_run.best.and_then(|best| Some((best, open_run.sample_near(best.step)?))) else {
        return;
    };
    let last = open_run.sample_steps.len().saturating_sub(1).max(1);
    let place = open_run.sample_steps.partition_point(|&s| s < step) as f32 / last as f32;
    // As egui does: at the ends the handle's middle stays inside.
    let aspect = match ui.visuals().handle_shape {
        HandleShape::Circle => 1.0,
        HandleShape::Rect { aspect_ratio } => aspect_ratio,
    };
    let rail = slider.x_range().shrink(slider.height() / 2.5 * aspect);
    let middle = Pos2::new(rail.min + place * rail.span(), slider.top() + RADIUS * 0.8);
    let room = Rect::from_center_size(middle, Vec2::splat(2.0 * RADIUS + 2.0));
    // Dragging too, or the slider below it would take the press.
    let response = ui.interact(room, ui.scope_id().with("best checkpoint"), Sense::click_and_drag());
    let words = format!("best by SWD {:.1} (step {})", best.swd, thousands(best.step));
    response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), &words));
    let palette = theme::of(ui);
    let lit = response.hovered() || response.has_focus();
    let fill = if lit { palette.strong } else { palette.accent };
    let at = |i: usize| {
        let angle = (i as f32 / 10.0).mul_add(std::f32::consts::TAU, -std::f32::consts::FRAC_PI_2);
        middle + Vec2::angled(angle) * if i.is_multiple_of(2) { RADIUS } else { RADIUS * INNER }
    };
    // A star is not convex; its five kites are.
    let kites = (0..5).map(|i| vec![middle, at(2 * i + 9), at(2 * i), at(2 * i + 1)]);
    ui.painter().extend(kites.map(|kite| Shape::convex_polygon(kite, fill, Stroke::NONE)));
    if response.clicked() {
        ask.push(Action::ShowStep(Some(step)));
    }
    response.on_hover_text(format!("{words}. Click to look at it."));
}
