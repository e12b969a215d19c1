//! The menus, straight from the table of actions.

use super::{
    action::{Action, PLAIN, Plain},
    panel::{Panel, Region},
};
use crate::{
    desk::{Desk, Theme, Window},
    session::Session,
};
use egui::{Button, MenuBar, Ui};

/// File, Run, View, Help.
#[derive(Default)]
pub struct MenuPanel;

const MENUS: [&str; 4] = ["File", "Run", "View", "Help"];

impl Panel for MenuPanel {
    fn title(&self) -> &'static str {
        "Menu"
    }

    fn region(&self) -> Region {
        Region::Top
    }

    fn ui(&mut self, ui: &mut Ui, session: &Session, desk: &Desk, ask: &mut Vec<Action>) {
        MenuBar::new().ui(ui, |ui| {
            for menu in MENUS {
                ui.menu_button(menu, |ui| {
                    ui.set_min_width(220.0);
                    for entry in PLAIN.iter().filter(|e| e.menu == menu) {
                        item_ui(ui, entry.plain, session, desk, ask);
                        if matches!(entry.plain, Plain::OpenRun | Plain::SaveCurves | Plain::Step | Plain::Redo) {
                            ui.separator();
                        }
                    }
                    if menu == "View" {
                        ui.separator();
                        theme_ui(ui, desk, ask);
                    }
                });
            }
        });
    }
}

fn item_ui(ui: &mut Ui, plain: Plain, session: &Session, desk: &Desk, ask: &mut Vec<Action>) {
    let entry = plain.entry();
    let allowed = plain.available(session);
    let mut button = Button::new(entry.label).selected(is_open(plain, desk));
    if let Some(key) = &entry.shortcut {
        button = button.shortcut_text(ui.ctx().format_shortcut(key));
    }
    let mut response = ui.add_enabled(allowed.is_ok(), button).on_hover_text(entry.tip);
    if let Err(why) = allowed {
        response = response.on_disabled_hover_text(why);
    }
    if response.clicked() {
        ask.push(Action::Plain(plain));
        ui.close();
    }
}

/// Whether the entry shows or hides a side window that is open now.
fn is_open(plain: Plain, desk: &Desk) -> bool {
    let window = match plain {
        Plain::ToggleLog => Window::Log,
        Plain::ToggleShortcuts => Window::Shortcuts,
        Plain::ToggleAbout => Window::About,
        Plain::TogglePerformance => Window::Performance,
        _ => return false,
    };
    desk.open.contains(&window)
}

fn theme_ui(ui: &mut Ui, desk: &Desk, ask: &mut Vec<Action>) {
    for (theme, label, tip) in [
        (Theme::System, "As the system", "Light or dark, as the desktop has it"),
        (Theme::Light, "Light", "Paper white"),
        (Theme::Dark, "Dark", "Near black, so that pictures read true"),
    ] {
        if ui.radio(desk.theme == theme, label).on_hover_text(tip).clicked() {
            ask.push(Action::Set(Box::new(Desk { theme, ..desk.clone() })));
            ui.close();
        }
    }
}
