//! One dimension of the latent: a lock, its name, a slider and a number that can be typed.

use super::super::theme;
use egui::{
    Align, DragValue, EventFilter, Key, Layout, Modifiers, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, Vec2,
    WidgetInfo, pos2, vec2,
};

/// The sliders go from −3 to 3: all but 0.3 % of the numbers that are drawn.
pub const REACH: f32 = 3.0;
/// What an arrow key adds.
const STEP: f32 = 0.1;
/// What it adds with Shift.
const FINE: f32 = 0.01;

/// What a person did to a dimension.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Turned {
    /// Gave it this value.
    To(f32),
    /// Locked or freed it.
    Lock,
}

/// What came of a row in this frame.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Row {
    /// What a person did.
    pub turned: Option<Turned>,
    /// The slider or its number is being dragged.
    pub held: bool,
}

/// Draws the row of a dimension; `share` is how much it matters beside the one that matters most.
pub fn row_ui(ui: &mut Ui, dimension: usize, value: f32, locked: bool, share: Option<f32>) -> Row {
    let Row { mut turned, mut held } = Row::default();
    ui.push_id(("z", dimension), |ui| {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = theme::TIGHT;
            if lock_ui(ui, dimension, locked).clicked() {
                turned = Some(Turned::Lock);
            }
            let name = ui.allocate_ui_with_layout(vec2(28.0, theme::ROW), Layout::left_to_right(Align::Center), |ui| {
                ui.set_min_width(28.0);
                ui.label(theme::figure(format!("z{dimension}")).color(theme::of(ui).weak))
            });
            let width = (ui.available_width() - theme::NUMBER + theme::SPACE - theme::TIGHT).max(32.0);
            let slider = slider_ui(ui, width, dimension, value, locked, share);
            turned = turned.or(slider.turned);
            let mut typed = value;
            let number = DragValue::new(&mut typed)
                .range(-REACH..=REACH)
                .clamp_existing_to_range(false)
                .speed(0.01)
                .fixed_decimals(2)
                .update_while_editing(false)
                .min_size(vec2(theme::NUMBER - theme::SPACE, theme::ROW));
            let response = ui.with_layout(Layout::right_to_left(Align::Center), |ui| ui.add(number)).inner;
            held = slider.held || response.dragged();
            if response.labelled_by(name.inner.id).changed() && typed.is_finite() {
                turned = Some(Turned::To(typed));
            }
        });
    });
    Row { turned, held }
}

/// A padlock, open or closed.
fn lock_ui(ui: &mut Ui, dimension: usize, locked: bool) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(18.0, theme::ROW), Sense::click());
    response
        .widget_info(|| WidgetInfo::selected(Role::CheckBox, ui.is_enabled(), locked, format!("Lock z{dimension}")));
    let palette = theme::of(ui);
    let colour = match (locked, response.hovered() || response.has_focus()) {
        (true, _) => palette.strong,
        (false, true) => palette.text,
        (false, false) => palette.weak.gamma_multiply(0.6),
    };
    let painter = ui.painter();
    let middle = rect.center();
    let body = Rect::from_center_size(middle + vec2(0.0, 2.5), vec2(9.0, 7.0));
    if locked {
        painter.rect_filled(body, 1.5, colour);
    } else {
        painter.rect_stroke(body, 1.5, Stroke::new(1.0, colour), StrokeKind::Inside);
    }
    // The shackle: two posts and a bow; the right post hangs free while it is open.
    let (left, right, top) = (middle.x - 2.5, middle.x + 2.5, body.top() - 4.0);
    let foot = if locked { body.top() } else { body.top() - 2.0 };
    let bow = vec![
        pos2(left, body.top()),
        pos2(left, top + 1.0),
        pos2(middle.x, top - 1.0),
        pos2(right, top + 1.0),
        pos2(right, foot),
    ];
    painter.add(egui::Shape::line(bow, Stroke::new(1.2, colour)));
    if response.has_focus() {
        painter.rect_stroke(rect.shrink2(vec2(0.0, 3.0)), 3.0, Stroke::new(1.5, palette.accent), StrokeKind::Inside);
    }
    response.on_hover_text(if locked {
        "Locked: randomise and reset leave it alone."
    } else {
        "Locks this dimension against randomise and reset."
    })
}

fn slider_ui(ui: &mut Ui, width: f32, dimension: usize, value: f32, locked: bool, share: Option<f32>) -> Row {
    let (rect, response) = ui.allocate_exact_size(vec2(width, theme::ROW), Sense::click_and_drag());
    let rail = rect.x_range().shrink(6.0);
    let mut turned = None;
    if let Some(pointer) =
        response.interact_pointer_pos().filter(|_| response.is_pointer_button_down_on() || response.clicked())
        && !ui.input(|i| i.pointer.secondary_down() || i.pointer.secondary_released())
    {
        let to = egui::remap_clamp(pointer.x, rail, -REACH..=REACH);
        turned = Some(Turned::To(round(to)));
        response.request_focus();
    }
    if response.double_clicked() {
        turned = Some(Turned::To(0.0));
    }
    if response.secondary_clicked() {
        turned = Some(Turned::Lock);
    }
    let nudge = nudged(ui, &response);
    if nudge != 0.0 {
        turned = Some(Turned::To(round(value + nudge)));
    }
    if let Some(to) = accesskit_value(ui, &response, value) {
        turned = Some(Turned::To(to.clamp(-REACH, REACH)));
    }
    response.widget_info(|| WidgetInfo::slider(ui.is_enabled(), f64::from(value), format!("z{dimension}")));
    ui.ctx().accesskit_node_builder(response.id, |node| {
        use egui::accesskit::Action;
        node.set_min_numeric_value(f64::from(-REACH));
        node.set_max_numeric_value(f64::from(REACH));
        node.set_numeric_value_step(f64::from(STEP));
        for action in [Action::SetValue, Action::Increment, Action::Decrement] {
            node.add_action(action);
        }
    });
    paint(ui, rect, rail, value, locked, &response);
    let held = response.is_pointer_button_down_on();
    let mut tip = "Drag, or use the arrow keys (Shift: fine steps).\n\
                   Double click: 0. Right click: lock. Alt and wheel: nudge."
        .to_owned();
    if let Some(share) = share {
        share_ui(ui, rect, rail, share);
        tip = format!("{tip}\nMatters {:.0} % as much as the one that matters most.", share * 100.0);
    }
    response.on_hover_text(tip);
    Row { turned: turned.filter(|t| *t != Turned::To(value)), held }
}

/// Two decimals, within reach.
fn round(value: f32) -> f32 {
    ((value * 100.0).round() / 100.0).clamp(-REACH, REACH)
}

/// What the arrow keys add while the slider has the focus, and the wheel while Alt is held over it. The plain wheel belongs to the list.
fn nudged(ui: &Ui, response: &Response) -> f32 {
    let mut by = 0.0;
    if response.has_focus() {
        let filter = EventFilter { horizontal_arrows: true, ..EventFilter::default() };
        ui.memory_mut(|m| m.set_focus_lock_filter(response.id, filter));
        ui.input_mut(|i| {
            for (modifiers, step) in [(Modifiers::SHIFT, FINE), (Modifiers::NONE, STEP)] {
                by += step * i.count_and_consume_key(modifiers, Key::ArrowRight) as f32;
                by -= step * i.count_and_consume_key(modifiers, Key::ArrowLeft) as f32;
            }
        });
    }
    if response.hovered() {
        ui.input_mut(|i| {
            if i.modifiers.alt && i.smooth_scroll_delta != Vec2::ZERO {
                by += (i.smooth_scroll_delta.x + i.smooth_scroll_delta.y) / 50.0 * STEP;
                i.smooth_scroll_delta = Vec2::ZERO;
            }
        });
    }
    by
}

fn accesskit_value(ui: &Ui, response: &Response, value: f32) -> Option<f32> {
    use egui::accesskit::{Action, ActionData};
    ui.input(|i| {
        let set = i.accesskit_action_requests(response.id, Action::SetValue).find_map(|request| match request.data {
            Some(ActionData::NumericValue(v)) => Some(v as f32),
            _ => None,
        });
        let count = |action| i.num_accesskit_action_requests(response.id, action) as f32;
        let steps = count(Action::Increment) - count(Action::Decrement);
        set.or((steps != 0.0).then_some(value + steps * STEP)).filter(|v| v.is_finite())
    })
}

/// A small bar below the rail.
fn share_ui(ui: &Ui, rect: Rect, rail: egui::Rangef, share: f32) {
    let y = rect.bottom() - 4.0;
    let bar = Rect::from_x_y_ranges(rail.min..=rail.min + share * rail.span(), y..=y + 2.0);
    ui.painter().rect_filled(bar, 1.0, theme::of(ui).weak);
}

fn paint(ui: &Ui, rect: Rect, rail: egui::Rangef, value: f32, locked: bool, response: &Response) {
    let palette = theme::of(ui);
    let painter = ui.painter();
    let y = rect.center().y;
    let x_of = |v: f32| egui::remap_clamp(v, -REACH..=REACH, rail);
    let bar = |from: f32, to: f32| Rect::from_x_y_ranges(from.min(to)..=from.max(to), y - 2.0..=y + 2.0);
    painter.rect_filled(bar(rail.min, rail.max), 2.0, palette.control);
    let fill = if locked { palette.weak } else { palette.selected };
    painter.rect_filled(bar(x_of(0.0), x_of(value)), 0.0, fill);
    painter.vline(x_of(0.0), y - 4.0..=y + 4.0, Stroke::new(1.0, palette.weak));
    let handle = pos2(x_of(value), y);
    let lively = response.hovered() || response.dragged() || response.has_focus();
    let (body, edge) = match (locked, lively) {
        (true, _) => (palette.panel, palette.weak),
        (false, true) => (palette.strong, palette.accent),
        (false, false) => (palette.text, palette.panel),
    };
    painter.circle(handle, if lively { 6.0 } else { 5.0 }, body, Stroke::new(1.5, edge));
}
