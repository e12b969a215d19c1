//! Where the data come from: built-in sets, a path, dialogs; what is known of them; how they are prepared.

mod groups;

use super::{
    action::{Action, Plain},
    knob_form,
    panel::{Panel, Region},
    texture::{PictureTexture, Placing},
    theme,
    widgets::{self, action_button, fact, heading, plural, thousands},
};
use crate::{
    desk::{Desk, Tab},
    engine::protocol::DataFacts,
    picture::{Layout, Picture},
    session::{DataState, Session},
    spec::Group,
};
use egui::{ComboBox, Key, Role, Sense, TextEdit, Ui, WidgetInfo, vec2};

/// The data part of the left column.
#[derive(Default)]
pub struct DataPanel {
    sheet: PictureTexture,
    groups: groups::Groups,
}

impl Panel for DataPanel {
    fn title(&self) -> &'static str {
        "Data"
    }

    fn region(&self) -> Region {
        Region::Left
    }

    fn ui(&mut self, ui: &mut Ui, session: &Session, desk: &Desk, ask: &mut Vec<Action>) {
        heading(ui, "Data");
        picker_ui(ui, session, desk, ask);
        path_ui(ui, session, desk, ask);
        ui.add_space(theme::TIGHT);
        match &session.data {
            DataState::None => {
                widgets::caption(ui, "No pictures yet. Pick a built-in set, open a folder, or drop one on the window.");
            }
            DataState::Loading(source, done, total, newest) => {
                self.loading_ui(ui, source, (*done, *total), newest.as_ref(), ask);
            }
            DataState::Ready(facts) => self.facts_ui(ui, facts, desk, ask),
            DataState::Failed(_, why) => {
                widgets::sentence(ui, theme::of(ui).failed, why);
                widgets::caption(ui, "Pick other data, or mend the files and read them again.");
                if ui.button("Read again").clicked() {
                    ask.push(Action::ReloadData);
                }
            }
        }
        knobs_ui(ui, session, desk, ask);
        self.groups.ui(ui, session, desk, ask);
    }
}

fn picker_ui(ui: &mut Ui, session: &Session, desk: &Desk, ask: &mut Vec<Action>) {
    let built_in = || session.catalogue.datasets.iter().filter(|d| d.built_in);
    let id = desk.source.split(':').next().unwrap_or_default();
    let now = match built_in().find(|d| d.id == id) {
        Some(entry) => entry.title.clone(),
        None if desk.source.is_empty() => "Choose pictures…".into(),
        None => short_name(&desk.source),
    };
    let width = ui.available_width();
    let response = ComboBox::from_id_salt("source")
        .width(width)
        .truncate()
        .selected_text(&now)
        .show_ui(ui, |ui| {
            widgets::caption(ui, "Built in, no download");
            for entry in built_in() {
                if ui.selectable_label(entry.id == id, &entry.title).on_hover_text(&entry.about).clicked() {
                    ask.push(Action::ChooseSource(entry.id.clone()));
                }
            }
            let recent: Vec<_> = session.recent.iter().filter(|s| !built_in().any(|d| d.id == **s)).collect();
            if !recent.is_empty() {
                widgets::caption(ui, "Recent");
            }
            for source in recent {
                if ui.selectable_label(*source == desk.source, short_name(source)).on_hover_text(source).clicked() {
                    ask.push(Action::ChooseSource(source.clone()));
                }
            }
        })
        .response;
    response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, format!("Pictures: {now}")));
    response.on_hover_text("What to train on");
}

fn short_name(source: &str) -> String {
    std::path::Path::new(source).file_name().map_or_else(|| source.to_owned(), |n| n.to_string_lossy().into_owned())
}

fn path_ui(ui: &mut Ui, session: &Session, desk: &Desk, ask: &mut Vec<Action>) {
    let mut path = desk.source_field.clone();
    let field = TextEdit::singleline(&mut path).hint_text("Path of a folder or file").desired_width(f32::INFINITY);
    let response = ui.add(field).on_hover_text(
        "A folder of pictures (sub-folders are classes), an MNIST or Fashion-MNIST folder or file, or CIFAR-10 binary files. Enter reads it.",
    );
    response.widget_info(|| WidgetInfo::text_edit(true, &desk.source_field, &path, "Path of a folder or file"));
    if response.changed() {
        ask.push(Action::Set(Box::new(Desk { source_field: path.clone(), ..desk.clone() })));
    }
    let typed = path.trim().to_owned();
    let entered = response.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter));
    ui.horizontal(|ui| {
        action_button(ui, session, Plain::OpenFolder, "Folder…", false, ask);
        action_button(ui, session, Plain::OpenFile, "File…", false, ask);
        let read = ui
            .add_enabled(!typed.is_empty(), egui::Button::new("Read path"))
            .on_hover_text("Read what the path field says");
        if (read.on_disabled_hover_text("Type a path first.").clicked() || entered) && !typed.is_empty() {
            ask.push(Action::ChooseSource(typed.clone()));
        }
    });
}

impl DataPanel {
    fn loading_ui(
        &mut self,
        ui: &mut Ui,
        source: &str,
        at: (usize, usize),
        newest: Option<&Picture>,
        ask: &mut Vec<Action>,
    ) {
        let (done, total) = at;
        let words = if total == 0 {
            format!("Looking at {}…", short_name(source))
        } else {
            format!("{} of {}", thousands(done as u64), plural(total as u64, "picture", "pictures"))
        };
        ui.horizontal(|ui| {
            let width = (ui.available_width() - 72.0).max(40.0);
            widgets::progress(ui, done as f32 / total.max(1) as f32, width, "Reading pictures");
            if ui.button("Cancel").on_hover_text("Stop reading these pictures").clicked() {
                ask.push(Action::CancelLoading);
            }
        });
        ui.label(theme::figure(words));
        if let Some(picture) = newest {
            let room = vec2(ui.available_width(), 128.0);
            self.sheet.show(ui, picture, room, "Some of the pictures read so far");
        }
    }

    fn facts_ui(&mut self, ui: &mut Ui, facts: &DataFacts, desk: &Desk, ask: &mut Vec<Action>) {
        let room = vec2(ui.available_width(), 120.0);
        let layout = sheet_layout(facts);
        let zoom = (32.0 / facts.tile.max(1) as f32).min(1.0) * ui.pixels_per_point().floor().max(1.0);
        let placing = Placing::filling(layout, room, zoom, ui.pixels_per_point());
        let (rect, response) = ui.allocate_exact_size(placing.size(), Sense::click());
        self.sheet.update(ui.ctx(), &facts.sheet);
        self.sheet.paint_parts(ui, placing.parts(rect.min), 1.0);
        response.widget_info(|| {
            WidgetInfo::labeled(Role::Button, ui.is_enabled(), "Contact sheet of the prepared pictures")
        });
        if response.on_hover_text("Pictures as the model sees them. Click for a large sheet.").clicked() {
            ask.push(Action::Set(Box::new(Desk { tab: Tab::Data, ..desk.clone() })));
        }
        facts_rows(ui, facts);
        if facts.skipped_count > 0 {
            let text = format!("{} left out", plural(facts.skipped_count as u64, "file", "files"));
            let text = egui::RichText::new(text).color(theme::of(ui).warning);
            if ui.link(text).on_hover_text("Which files, and why").clicked() {
                ask.push(Action::Set(Box::new(Desk { tab: Tab::Data, ..desk.clone() })));
            }
        }
    }
}

/// Where the tiles of the sheet are.
pub(super) fn sheet_layout(facts: &DataFacts) -> Layout {
    let along = |length: usize| ((length + 1) / (facts.tile + 1)).max(1);
    let (columns, rows) = (along(facts.sheet.width), along(facts.sheet.height));
    // The last row may be cut short, where there are fewer pictures than places.
    Layout { tile: facts.tile, count: (columns * rows).min(facts.shape.count.max(1)), columns, gap: 1 }
}

/// Count, size, channels, classes, held out.
pub(super) fn facts_rows(ui: &mut Ui, facts: &DataFacts) {
    let shape = &facts.shape;
    let colour = if shape.channels == 1 { "grey" } else { "RGB" };
    fact(ui, "Pictures to train on", &thousands(shape.count as u64));
    fact(ui, "Held out for tests", &thousands(facts.test_count as u64));
    fact(ui, "Prepared as", &format!("{0}×{0} {colour}", facts.spec.size));
    fact(ui, "Classes", &if shape.classes == 0 { "none".into() } else { thousands(shape.classes as u64) });
}

fn knobs_ui(ui: &mut Ui, session: &Session, desk: &Desk, ask: &mut Vec<Action>) {
    let Some(family) = session.catalogue.families.iter().find(|f| f.card.id == desk.family) else { return };
    let knobs: Vec<_> = family.knobs.iter().filter(|k| k.group == Group::Data).collect();
    let alive = session.open_run.status.is_alive();
    let frozen = |_: &crate::spec::Knob| alive.then_some(groups::FROZEN);
    for (id, value) in knob_form::form(ui, &knobs, &desk.knobs, frozen) {
        let mut new = desk.clone();
        new.knobs.put(&id, value);
        ask.push(Action::Set(Box::new(new)));
    }
}
