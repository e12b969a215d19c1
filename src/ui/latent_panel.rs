//! The latent sliders and the large picture that follows them.

mod classes;
mod dials;
mod export;
mod input;
mod slider;
mod sliders;

use super::{
    action::{Action, CanvasAction, Plain},
    change,
    panel::{Panel, Region},
    parts,
    samples_panel::DraggedSeed,
    texture::{PictureTexture, fitted},
    theme::{self, HANDLE},
    widgets::{action_button, thousands},
};
use crate::{
    desk::{Desk, Latent},
    engine::protocol::Preview,
    session::Session,
};
use egui::{Align, CollapsingHeader, DragValue, Layout, Rect, ScrollArea, Sense, Slider, Stroke, StrokeKind, Ui, vec2};
use std::time::Duration;

/// Largest seed that can be typed: a number field calculates with 53 bits.
const LARGEST_SEED: u64 = (1 << 53) - 1;

/// The newest answer to the sliders that became a texture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Textured {
    /// The request's ticket.
    pub ticket: u64,
    /// Time from the posting of the request to the texture.
    pub delay: Duration,
}

/// What the panel made a texture of last, for whoever measures it.
pub fn textured(ctx: &egui::Context) -> Option<Textured> {
    ctx.data(|d| d.get_temp(textured_id()))
}

fn textured_id() -> egui::Id {
    egui::Id::unique("the newest texture of the sliders")
}

/// The latent panel.
#[derive(Default)]
pub struct LatentPanel {
    picture: PictureTexture,
    input: PictureTexture,
    sliders: sliders::Sliders,
}

impl Panel for LatentPanel {
    fn title(&self) -> &'static str {
        "Latent"
    }

    fn region(&self) -> Region {
        Region::Right
    }

    fn ui(&mut self, ui: &mut Ui, session: &Session, desk: &Desk, ask: &mut Vec<Action>) {
        if !session.open_run.playable {
            let sentence = "Open a run, or start one: its sliders appear here as soon as it has a generator.";
            parts::notice(ui, "No generator yet".into(), &[sentence], |_| {});
            return;
        }
        let room = ui.available_rect_before_wrap();
        self.picture_ui(ui, session);
        let export_open = ui.data_mut(|d| *d.get_temp_mut_or(export_id(), false));
        let below = 4.0 * (theme::ROW + theme::TIGHT)
            + theme::SPACE
            + if export_open { 4.0 * (theme::ROW + theme::TIGHT) } else { 0.0 };
        choices_ui(ui, (ui.available_height() - below - 6.0 * theme::ROW).max(4.0 * theme::ROW), session, desk, ask);
        let height = (ui.available_height() - below).max(4.0 * theme::ROW);
        if session.open_run.examples.is_some() {
            input::ui(ui, &mut self.input, session, desk, ask);
        }
        self.sliders.ui(ui, height, session, desk, ask);
        ui.add_space(theme::TIGHT);
        seed_ui(ui, session, desk, ask);
        psi_ui(ui, session, desk, ask);
        export_ui(ui, session, desk, ask);
        take_dragged(ui, room, ask);
    }
}

impl LatentPanel {
    fn picture_ui(&mut self, ui: &mut Ui, session: &Session) {
        let room = vec2(ui.available_width(), (ui.available_height() * 0.36).max(64.0));
        let preview = session.open_run.preview.as_ref();
        let found = preview.map(|p| p.pictures.as_ref().map(|all| all.first()));
        let height = match &found {
            Some(Ok(Some(picture))) => fitted(picture, room, ui.pixels_per_point()).y + theme::SPACE,
            _ => room.y.min(160.0),
        };
        let (rect, _) = ui.allocate_exact_size(vec2(room.x, height), Sense::hover());
        ui.painter().rect_filled(rect, 4.0, theme::of(ui).backdrop);
        let mut inside = ui.new_child(
            egui::UiBuilder::new().max_rect(rect).layout(Layout::centered_and_justified(egui::Direction::TopDown)),
        );
        match found {
            Some(Ok(Some(picture))) => {
                let mut inside = ui.new_child(
                    egui::UiBuilder::new()
                        .max_rect(rect.shrink2(vec2(0.0, theme::TIGHT)))
                        .layout(Layout::top_down(Align::Center)),
                );
                if let Some(preview) = preview.filter(|_| self.picture.update(ui.ctx(), picture)) {
                    let now = Textured { ticket: preview.ticket, delay: preview.posted.elapsed() };
                    ui.data_mut(|d| d.insert_temp(textured_id(), now));
                }
                self.picture.show(&mut inside, picture, room, "The picture of the latent sliders");
            }
            Some(Err(why)) => {
                inside.set_clip_rect(rect);
                inside.label(egui::RichText::new(why.to_string()).color(theme::of(ui).on_backdrop));
            }
            _ => {
                inside.label(egui::RichText::new("The picture is on its way.").color(theme::of(ui).on_backdrop));
            }
        }
        ui.horizontal(|ui| caption_ui(ui, preview));
    }
}

/// The step of the weights, and what the discriminator says.
fn caption_ui(ui: &mut Ui, preview: Option<&Preview>) {
    let Some(preview) = preview else {
        ui.label(theme::caption(ui, " "));
        return;
    };
    ui.label(theme::caption(ui, "step"));
    ui.label(theme::figure(thousands(preview.step)));
    if let Some(judged) = preview.judged.as_ref().and_then(|j| j.first()) {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.label(theme::figure(format!("{judged:.2}")))
                .on_hover_text("How real the discriminator finds it, 0 to 1.");
            ui.label(theme::caption(ui, "D(x)"));
        });
    }
}

/// Classes and dials, where the family has them; they scroll when they need more than this height.
fn choices_ui(ui: &mut Ui, height: f32, session: &Session, desk: &Desk, ask: &mut Vec<Action>) {
    let Some(card) = session.card() else { return };
    if !card.can.labels && card.dials.is_empty() {
        return;
    }
    ScrollArea::vertical().id_salt("choices").max_height(height).auto_shrink([false, true]).show(ui, |ui| {
        classes::ui(ui, session, desk, ask);
        dials::ui(ui, session, desk, ask);
    });
}

fn seed_ui(ui: &mut Ui, session: &Session, desk: &Desk, ask: &mut Vec<Action>) {
    ui.horizontal(|ui| {
        action_button(ui, session, Plain::Randomise, "Randomise", false, ask);
        action_button(ui, session, Plain::ResetLatent, "Reset", false, ask);
        let z_dim = session.open_run.z_dim;
        if z_dim > sliders::FIRST {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let tip = format!("Shows all {z_dim} sliders, or only the first {}.", sliders::FIRST);
                if ui.selectable_label(desk.latent.all, format!("All {z_dim}")).on_hover_text(tip).clicked() {
                    change::latent(desk, Latent { all: !desk.latent.all, ..desk.latent.clone() }, ask);
                }
            });
        }
    });
}

fn psi_ui(ui: &mut Ui, session: &Session, desk: &Desk, ask: &mut Vec<Action>) {
    ui.horizontal(|ui| {
        let label = ui.label(theme::caption(ui, "Seed"));
        let mut seed = desk.latent.seed;
        let number = DragValue::new(&mut seed)
            .range(0..=LARGEST_SEED)
            .clamp_existing_to_range(false)
            .speed(0.1)
            .update_while_editing(false);
        let response = ui
            .add(number)
            .labelled_by(label.id)
            .on_hover_text("The picture that belongs to a number: the same in every window and on the command line.");
        if response.changed() && seed != desk.latent.seed {
            ask.push(Action::LoadSeed(seed));
        }
        if session.open_run.z_dim == 0 {
            return;
        }
        let mut psi = desk.latent.psi;
        let label = ui.label(theme::caption(ui, "Truncation ψ"));
        ui.spacing_mut().interact_size.y = HANDLE;
        ui.spacing_mut().slider_width = (ui.available_width() - theme::NUMBER).max(32.0);
        let tip =
            "Scales the latent: below 1 safer and more alike, above 1 wilder. 1 leaves it as it is. Takes effect now.";
        let slider = ui.add(Slider::new(&mut psi, 0.0..=2.0).fixed_decimals(2)).labelled_by(label.id);
        if slider.is_pointer_button_down_on() {
            ask.push(Action::HoldSlider);
        }
        slider.on_hover_text(tip);
        if (psi - desk.latent.psi).abs() > f32::EPSILON {
            change::latent(desk, Latent { psi, ..desk.latent.clone() }, ask);
        }
    });
}

fn export_id() -> egui::Id {
    egui::Id::unique("the export section is open")
}

fn export_ui(ui: &mut Ui, session: &Session, desk: &Desk, ask: &mut Vec<Action>) {
    ui.horizontal(|ui| {
        // Four words that just fit.
        ui.spacing_mut().item_spacing.x = theme::TIGHT;
        action_button(ui, session, Plain::Export, "Export…", false, ask);
        action_button(ui, session, Plain::CopyPicture, "Copy", false, ask);
        action_button(ui, session, Plain::ToCanvas, "To canvas", false, ask);
        let tip = "Makes a larger texture of the picture, on the canvas.";
        if ui.button("Texture").on_hover_text(tip).clicked() {
            ask.push(Action::Canvas(CanvasAction::LaySample { texture: true }));
        }
    });
    let section =
        CollapsingHeader::new("Export settings").id_salt("export").show(ui, |ui| export::ui(ui, session, desk, ask));
    let open = section.openness > 0.0;
    ui.data_mut(|d| d.insert_temp(export_id(), open));
}

/// A tile of the sample grid that is dropped on this panel sends its latent to the sliders.
fn take_dragged(ui: &Ui, room: Rect, ask: &mut Vec<Action>) {
    if !egui::DragAndDrop::has_payload_of_type::<DraggedSeed>(ui.ctx()) {
        return;
    }
    ui.painter().rect_stroke(room, 4.0, Stroke::new(2.0, theme::of(ui).accent), StrokeKind::Inside);
    let over = ui.input(|i| i.pointer.interact_pos().is_some_and(|p| room.contains(p)) && i.pointer.any_released());
    if over && let Some(seed) = egui::DragAndDrop::take_payload::<DraggedSeed>(ui.ctx()) {
        ask.push(Action::LoadSeed(seed.0));
    }
}
