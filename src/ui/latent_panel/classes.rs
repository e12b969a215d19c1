//! Which class the picture is to show: one click for one, Shift for one beside another, or a slider for each.

use super::super::{change, theme};
use crate::{
    desk::{Desk, Latent},
    session::Session,
    ui::action::Action,
};
use egui::{Align, Button, Label, Layout, Response, Role, ScrollArea, Slider, Ui, WidgetInfo, vec2};

/// Rows of classes that are seen at once.
const ROWS: f32 = 4.0;

/// Draws the classes that the open run's family can be asked for; nothing for other families.
pub fn ui(ui: &mut Ui, session: &Session, desk: &Desk, ask: &mut Vec<Action>) {
    let names = session.classes();
    if names.is_empty() {
        return;
    }
    let mut latent = desk.latent.clone();
    ui.horizontal(|ui| {
        ui.label(theme::caption(ui, "Class"));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let tip = "A slider for each class, to blend as many as you like.";
            if ui.selectable_label(latent.blend, "Blend").on_hover_text(tip).clicked() {
                latent.blend = !latent.blend;
            }
            if ui.selectable_label(latent.classes.is_empty(), "Any").on_hover_text("Asks for no class.").clicked() {
                latent.classes.clear();
            }
        });
    });
    let room = ROWS * (theme::ROW + theme::TIGHT);
    ScrollArea::vertical().id_salt("classes").max_height(room).auto_shrink([false, true]).show(ui, |ui| {
        if latent.blend {
            weights_ui(ui, &names, &mut latent, ask);
        } else {
            chips_ui(ui, &names, &mut latent);
        }
    });
    if !latent.blend {
        between_ui(ui, &names, &mut latent, ask);
    }
    if latent != desk.latent {
        change::latent(desk, latent, ask);
    }
}

fn chips_ui(ui: &mut Ui, names: &[String], latent: &mut Latent) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(2.0, 2.0);
        for (class, name) in (0u32..).zip(names) {
            let on = latent.weight(class) > 0.0;
            let chip = ui.add(Button::selectable(on, name));
            chip.widget_info(|| WidgetInfo::selected(Role::RadioButton, ui.is_enabled(), on, format!("Class {name}")));
            if chip.clicked() {
                latent.pick(class, ui.input(|i| i.modifiers.shift));
            }
            chip.on_hover_text("Asks for this class; once more, for any.\nShift and click: blends it with the first.");
        }
    });
}

/// One slider from the one class to the other.
fn between_ui(ui: &mut Ui, names: &[String], latent: &mut Latent, ask: &mut Vec<Action>) {
    let [(one, _), (other, was)] = latent.classes[..] else { return };
    let (Some(from), Some(to)) = (names.get(one as usize), names.get(other as usize)) else { return };
    ui.horizontal(|ui| {
        let name = |ui: &mut Ui, name: &str| ui.add(Label::new(theme::caption(ui, name)).truncate());
        name(ui, from);
        ui.spacing_mut().slider_width =
            (ui.available_width() - 9.0 * to.chars().count().min(8) as f32 - theme::GROUP).max(48.0);
        ui.spacing_mut().interact_size.y = theme::HANDLE;
        let mut share = was / (was + latent.weight(one)).max(f32::EPSILON);
        let before = share;
        let slider = share_ui(ui, &mut share, false, &format!("From {from} to {to}"), ask);
        slider.on_hover_text("How much of each of the two classes the picture shows.");
        name(ui, to);
        if (share - before).abs() > f32::EPSILON {
            // Neither goes quite to nothing: both stay chosen.
            let share = share.clamp(0.001, 0.999);
            latent.classes = vec![(one, 1.0 - share), (other, share)];
        }
    });
}

fn weights_ui(ui: &mut Ui, names: &[String], latent: &mut Latent, ask: &mut Vec<Action>) {
    for (class, name) in (0u32..).zip(names) {
        ui.horizontal(|ui| {
            ui.allocate_ui_with_layout(vec2(72.0, theme::ROW), Layout::left_to_right(Align::Center), |ui| {
                ui.set_min_width(72.0);
                ui.add(Label::new(theme::caption(ui, name)).truncate());
            });
            ui.spacing_mut().slider_width = (ui.available_width() - theme::NUMBER).max(48.0);
            ui.spacing_mut().interact_size.y = theme::HANDLE;
            let before = latent.weight(class);
            let mut weight = before;
            share_ui(ui, &mut weight, true, &format!("Weight of class {name}"), ask);
            if (weight - before).abs() > f32::EPSILON {
                latent.weigh(class, weight);
            }
        });
    }
}

/// A slider from 0 to 1 that says while it is being dragged.
fn share_ui(ui: &mut Ui, share: &mut f32, number: bool, name: &str, ask: &mut Vec<Action>) -> Response {
    let slider = ui.add(Slider::new(share, 0.0..=1.0).show_value(number).fixed_decimals(2));
    slider.widget_info(|| WidgetInfo::slider(ui.is_enabled(), f64::from(*share), name));
    if slider.is_pointer_button_down_on() {
        ask.push(Action::HoldSlider);
    }
    slider
}
