//! Draws any knob of any family: slider and number, choice, switch or colour, with help and a way back to the start value.

use super::theme::{self, NUMBER, ROW};
use crate::spec::{Effect, Kind, Knob, Knobs, Value};
use egui::{
    Align, Button, ComboBox, DragValue, Label, Layout, Response, RichText, Role, Sense, Slider, Stroke, Ui, WidgetInfo,
    vec2,
};

/// Sizes that data can be prepared to.
const SIZES: [(i64, &str); 4] = [(28, "28"), (32, "32"), (64, "64"), (128, "128")];
/// Channels that pictures can have.
const CHANNELS: [(i64, &str); 2] = [(1, "grey"), (3, "RGB")];

/// Draws all knobs, those that take effect now first; `frozen` greys out a knob and says why. Returns the changes.
pub fn form(
    ui: &mut Ui,
    knobs: &[&Knob],
    values: &Knobs,
    frozen: impl Fn(&Knob) -> Option<&'static str>,
) -> Vec<(String, Value)> {
    let mut changes = Vec::new();
    for effect in [Effect::Now, Effect::NextRun] {
        let mut first = true;
        let mut own: Vec<&&Knob> = knobs.iter().filter(|k| k.effect == effect).collect();
        // What people reach for first, wherever a family lists it.
        own.sort_by_key(|k| k.id != "lr");
        for knob in own {
            if std::mem::take(&mut first) {
                ui.add_space(theme::TIGHT);
                super::widgets::caption(ui, effect_words(effect));
            }
            let start = knob.start();
            let value = values.get(&knob.id).filter(|v| knob.accepts(v)).unwrap_or(&start);
            let change = ui.push_id(("knob", &knob.id), |ui| knob_ui(ui, knob, value, frozen(knob))).inner;
            changes.extend(change.map(|v| (knob.id.clone(), v)));
        }
    }
    changes
}

/// The line above controls that take effect at that time.
pub fn effect_words(effect: Effect) -> &'static str {
    match effect {
        Effect::Now => "Takes effect now, also while training",
        Effect::NextRun => "Takes effect in the next run",
    }
}

/// One knob; returns its new value when a person changed it.
pub fn knob_ui(ui: &mut Ui, knob: &Knob, value: &Value, frozen: Option<&str>) -> Option<Value> {
    let mut new = None;
    ui.horizontal(|ui| {
        let text = RichText::new(&knob.label);
        let label = ui.add_sized_label(text, value_width(knob));
        let label = explain(label, knob, frozen);
        if label.double_clicked() && frozen.is_none() {
            new = Some(knob.start());
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.add_enabled_ui(frozen.is_none(), |ui| {
                let response = control(ui, knob, value, &mut new).labelled_by(label.id);
                explain(response, knob, frozen);
                if *value != knob.start() && frozen.is_none() && reset_button(ui, knob).clicked() {
                    new = Some(knob.start());
                }
            });
        });
    });
    if let (Kind::Real { min, max, start, log }, Some(now)) = (&knob.kind, number(value)) {
        ui.add_enabled_ui(frozen.is_none(), |ui| {
            ui.spacing_mut().slider_width = ui.available_width();
            ui.spacing_mut().interact_size.y = 18.0;
            let mut v = now;
            let slider =
                Slider::new(&mut v, *min..=*max).logarithmic(*log).smallest_positive(tiny(*start)).show_value(false);
            let response = ui.add(slider);
            response.widget_info(|| WidgetInfo::slider(ui.is_enabled(), now, &knob.label));
            let twice = ui.interact(response.rect, response.id.with("twice"), Sense::click());
            if twice.double_clicked() {
                new = Some(knob.start());
            } else if response.changed() {
                new = Some(Value::Real(three_figures(v).clamp(*min, *max)));
            }
            explain(response, knob, frozen);
        });
    }
    new.filter(|v| v != value && knob.accepts(v))
}

/// A label that leaves room for the control on its right.
trait LabelBeside {
    fn add_sized_label(&mut self, text: RichText, beside: f32) -> Response;
}

impl LabelBeside for Ui {
    fn add_sized_label(&mut self, text: RichText, beside: f32) -> Response {
        let width = (self.available_width() - beside - 28.0).max(40.0);
        let layout = Layout::left_to_right(Align::Center);
        self.allocate_ui_with_layout(vec2(width, ROW), layout, |ui| {
            ui.add(Label::new(text).truncate().sense(Sense::click()))
        })
        .inner
    }
}

fn value_width(knob: &Knob) -> f32 {
    match (&knob.kind, few(knob)) {
        (_, Some(options)) => options.iter().map(|(_, word)| 22.0 + 7.0 * word.len() as f32).sum(),
        (Kind::Choice { .. }, _) => 112.0,
        (Kind::Colour { .. }, _) => 44.0,
        _ => NUMBER,
    }
}

fn control(ui: &mut Ui, knob: &Knob, value: &Value, new: &mut Option<Value>) -> Response {
    if let (Some(options), Value::Int(now)) = (few(knob), value) {
        return few_ui(ui, options, *now, new);
    }
    match (&knob.kind, value) {
        (Kind::Real { min, max, log, .. }, _) => {
            let mut v = number(value).unwrap_or_default();
            let speed = if *log { (v * 0.01).max(tiny(*max)) } else { (max - min) / 400.0 };
            let drag = DragValue::new(&mut v)
                .range(*min..=*max)
                .speed(speed)
                .min_size(vec2(NUMBER, ROW))
                .update_while_editing(false)
                .custom_formatter(|v, _| written(v));
            let response = ui.add(drag);
            if response.changed() {
                *new = Some(Value::Real(if response.dragged() { three_figures(v).clamp(*min, *max) } else { v }));
            }
            response
        }
        (Kind::Int { min, max, .. }, Value::Int(now)) => {
            let mut v = *now;
            let speed = ((*max - *min) as f64 / 400.0).clamp(0.05, 50.0);
            let drag = DragValue::new(&mut v)
                .range(*min..=*max)
                .speed(speed)
                .min_size(vec2(NUMBER, ROW))
                .update_while_editing(false);
            let response = ui.add(drag);
            if response.changed() {
                *new = Some(Value::Int(v));
            }
            response
        }
        (Kind::Choice { options, .. }, Value::Text(now)) => {
            ComboBox::from_id_salt("choice")
                .selected_text(now.as_str())
                .width(104.0)
                .show_ui(ui, |ui| {
                    for option in options {
                        if ui.selectable_label(option == now, option).clicked() {
                            *new = Some(Value::Text(option.clone()));
                        }
                    }
                })
                .response
        }
        (Kind::Switch { .. }, Value::Flag(now)) => {
            let mut v = *now;
            let response = ui.checkbox(&mut v, "");
            response.widget_info(|| WidgetInfo::selected(Role::CheckBox, ui.is_enabled(), v, &knob.label));
            if response.changed() {
                *new = Some(Value::Flag(v));
            }
            response
        }
        (Kind::Colour { .. }, Value::Text(now)) => {
            let mut rgb = crate::spec::colour(now).unwrap_or_default();
            let response = ui.color_edit_button_srgb(&mut rgb);
            // Black on near-black would not be seen.
            ui.painter().rect_stroke(
                response.rect,
                4.0,
                Stroke::new(1.0, theme::of(ui).weak),
                egui::StrokeKind::Inside,
            );
            if response.changed() {
                *new = Some(Value::Text(format!("#{:02x}{:02x}{:02x}", rgb[0], rgb[1], rgb[2])));
            }
            response
        }
        // A value of another type never gets here: `form` falls back to the start value.
        _ => ui.label("–"),
    }
}

/// Knobs of which only a few values make sense are offered as such.
fn few(knob: &Knob) -> Option<&'static [(i64, &'static str)]> {
    let Kind::Int { min, max, .. } = knob.kind else { return None };
    let options: &[(i64, &str)] = match knob.id.as_str() {
        "size" => &SIZES,
        "channels" => &CHANNELS,
        _ => return None,
    };
    options.iter().all(|(v, _)| (min..=max).contains(v)).then_some(options)
}

fn few_ui(ui: &mut Ui, options: &[(i64, &str)], now: i64, new: &mut Option<Value>) -> Response {
    ui.spacing_mut().item_spacing.x = 2.0;
    let mut all: Option<Response> = None;
    // The row is laid out from the right.
    for (value, word) in options.iter().rev() {
        let response = ui.selectable_label(*value == now, *word);
        if response.clicked() {
            *new = Some(Value::Int(*value));
        }
        all = Some(all.map_or(response.clone(), |a| a.union(response)));
    }
    all.unwrap_or_else(|| ui.label(""))
}

/// A small turning arrow, painted because no font is sure to have it.
fn reset_button(ui: &mut Ui, knob: &Knob) -> Response {
    let name = format!("Reset {}", knob.label);
    let response = ui.add(Button::new("").frame_when_inactive(false).min_size(vec2(20.0, 20.0)));
    let (centre, palette) = (response.rect.center(), theme::of(ui));
    let stroke = Stroke::new(1.5, if response.hovered() { palette.strong } else { palette.weak });
    let point = |turn: f32| centre + 4.5 * egui::Vec2::angled(turn);
    let arc: Vec<_> = (0..=14).map(|i| point(-0.6 + 0.35 * i as f32)).collect();
    let head = arc[0];
    ui.painter().add(egui::Shape::line(arc, stroke));
    ui.painter().line_segment([head, head + vec2(-4.0, -0.5)], stroke);
    ui.painter().line_segment([head, head + vec2(1.0, -4.0)], stroke);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
    response.on_hover_text(format!("Back to {}", knob.start()))
}

fn explain(response: Response, knob: &Knob, frozen: Option<&str>) -> Response {
    let tip = format!(
        "{}\n{}. Allowed: {}. Starts at {}.",
        knob.help,
        upper(knob.effect.words()),
        knob.allowed(),
        shown(&knob.start())
    );
    let response = response.on_hover_text(&tip);
    match frozen {
        Some(why) => response.on_disabled_hover_text(format!("{why}\n{tip}")),
        None => response,
    }
}

fn upper(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|c| c.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Real(v) => Some(*v),
        Value::Int(v) => Some(*v as f64),
        _ => None,
    }
}

/// The value as a form shows it.
pub fn shown(value: &Value) -> String {
    match value {
        Value::Real(v) => written(*v),
        other => other.to_string(),
    }
}

/// Short, and exact: reading it back gives the same number.
fn written(v: f64) -> String {
    let size = v.abs();
    if size != 0.0 && !(1e-3..1e5).contains(&size) { format!("{v:e}") } else { format!("{v}") }
}

fn three_figures(v: f64) -> f64 {
    format!("{v:.2e}").parse().unwrap_or(v)
}

fn tiny(v: f64) -> f64 {
    (v.abs() * 1e-3).max(1e-12)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_exact() {
        assert_eq!([2e-4, 0.5, 0.999, 0.0, 1e-6].map(written), ["2e-4", "0.5", "0.999", "0", "1e-6"]);
        assert!((three_figures(0.000_234_567) - 0.000_235).abs() < 1e-12);
        assert!(
            [2e-4, 1.0 / 3.0, 123_456.789].iter().all(|v| written(*v).parse::<f64>().unwrap().to_bits() == v.to_bits())
        );
    }
}
