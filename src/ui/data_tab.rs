//! The data in the large: contact sheet, facts, classes, and every file that was left out with its reason.

use super::{
    action::{Action, CanvasAction},
    data_panel::{facts_rows, sheet_layout},
    panel::{Panel, Region},
    strip::StripView,
    texture::{PictureTexture, Placing, snapped},
    theme::{self, GROUP},
    widgets::{self, bytes, fact, plural, thousands},
};
use crate::{
    desk::{Desk, Tab},
    engine::protocol::DataFacts,
    session::{DataState, Session},
};
use egui::{Frame, Label, Margin, Panel as Side, Rect, RichText, Role, ScrollArea, Sense, Ui, WidgetInfo, vec2};

/// The tab *Data* of the centre.
#[derive(Default)]
pub struct DataTab {
    sheet: PictureTexture,
    strip: StripView,
}

impl Panel for DataTab {
    fn title(&self) -> &'static str {
        "Data sheet"
    }

    fn region(&self) -> Region {
        Region::Centre(Tab::Data)
    }

    fn ui(&mut self, ui: &mut Ui, session: &Session, _: &Desk, ask: &mut Vec<Action>) {
        match &session.data {
            DataState::None => widgets::empty(
                ui,
                "Nothing here yet",
                "Pick a built-in set on the left, open a folder of pictures, or drop one on the window.",
            ),
            DataState::Loading(source, done, total, newest) => {
                ui.horizontal(|ui| {
                    ui.label(format!("Reading {source}"));
                    widgets::progress(ui, *done as f32 / (*total).max(1) as f32, 160.0, "Reading pictures");
                    ui.label(theme::figure(format!("{} / {}", thousands(*done as u64), thousands(*total as u64))));
                    if ui.button("Cancel").on_hover_text("Stop reading these pictures").clicked() {
                        ask.push(Action::CancelLoading);
                    }
                });
                if let Some(picture) = newest {
                    let room = ui.available_size();
                    self.sheet.show(ui, picture, room, "Some of the pictures read so far");
                }
            }
            DataState::Ready(facts) => {
                self.strip_ui(ui, session, &facts.spec.source);
                self.facts_ui(ui, facts, ask);
            }
            DataState::Failed(source, why) => {
                widgets::empty(ui, "These pictures could not be read", source);
                widgets::sentence(ui, theme::of(ui).failed, why);
                if ui.button("Read again").clicked() {
                    ask.push(Action::ReloadData);
                }
            }
        }
    }
}

/// The largest picture of the strip, in points.
const LARGEST: f32 = 64.0;

impl DataTab {
    fn strip_ui(&mut self, ui: &mut Ui, session: &Session, source: &str) {
        let Some(strip) = session.strip.as_ref().filter(|strip| strip.request.spec.source == source) else { return };
        Side::top("strip").resizable(false).show_separator_line(false).frame(Frame::new()).show(ui, |ui| {
            self.strip.show(ui, strip, LARGEST);
        });
    }

    fn facts_ui(&mut self, ui: &mut Ui, facts: &DataFacts, ask: &mut Vec<Action>) {
        let frame = Frame::new().inner_margin(Margin { left: 16, right: 0, top: 0, bottom: 0 });
        Side::right("facts").resizable(false).exact_size(248.0).show_separator_line(false).frame(frame).show(
            ui,
            |ui| {
                ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
                    ui.set_max_width(ui.available_width() - theme::SPACE);
                    ui.add(Label::new(RichText::new(&facts.spec.source).strong()).wrap());
                    ui.add_space(theme::TIGHT);
                    facts_rows(ui, facts);
                    fact(ui, "In memory", &bytes(facts.bytes as u64));
                    ui.add_space(theme::SPACE);
                    if ui.button("Save sheet…").on_hover_text("Write this contact sheet as PNG or JPEG").clicked() {
                        ask.push(Action::SavePicture(facts.sheet.clone()));
                    }
                    classes_ui(ui, facts);
                    skipped_ui(ui, facts);
                });
            },
        );
        let (rect, response) = ui.allocate_exact_size(ui.available_size(), Sense::click());
        ui.painter().rect_filled(rect, 4.0, theme::of(ui).backdrop);
        let ratio = ui.pixels_per_point();
        let placing = Placing::largest(sheet_layout(facts), rect.size() - vec2(GROUP, GROUP), ratio);
        let corner = snapped(Rect::from_center_size(rect.center(), placing.size()), ratio).min;
        self.sheet.update(ui.ctx(), &facts.sheet);
        self.sheet.paint_parts(ui, placing.parts(corner), 1.0);
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, "Contact sheet of the prepared pictures"));
        let tile = response.interact_pointer_pos().and_then(|at| placing.at_point(corner, at));
        if response.secondary_clicked()
            && let Some((index, tile)) = tile.and_then(|i| Some((i, facts.sheet.tile(i, sheet_layout(facts))?)))
        {
            let name = format!("picture {}", index + 1);
            ask.push(Action::Canvas(CanvasAction::LaySmall(tile, name)));
        }
        response.on_hover_text_at_pointer("Right-click puts a picture on the canvas.");
    }
}

fn classes_ui(ui: &mut Ui, facts: &DataFacts) {
    if facts.class_names.is_empty() {
        return;
    }
    ui.add_space(GROUP);
    widgets::heading(ui, "Classes");
    let names = facts.class_names.iter().take(100).map(String::as_str).collect::<Vec<_>>().join(", ");
    let more = facts.class_names.len().saturating_sub(100);
    ui.add(Label::new(if more > 0 { format!("{names}, and {more} more") } else { names }).wrap());
}

fn skipped_ui(ui: &mut Ui, facts: &DataFacts) {
    if facts.skipped_count == 0 {
        return;
    }
    ui.add_space(GROUP);
    widgets::heading(ui, &format!("{} left out", plural(facts.skipped_count as u64, "file", "files")));
    for (path, reason) in &facts.skipped {
        let name = path.file_name().map_or_else(|| path.display().to_string(), |n| n.to_string_lossy().into_owned());
        ui.add(Label::new(name).truncate()).on_hover_text(path.display().to_string());
        widgets::caption(ui, reason);
    }
    let more = facts.skipped_count - facts.skipped.len().min(facts.skipped_count);
    if more > 0 {
        widgets::caption(ui, &format!("and {} more", thousands(more as u64)));
    }
}
