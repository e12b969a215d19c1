//! The menus, straight from the table of actions.

use super::{
    action::{Action, PLAIN, Plain},
    panel::{Panel, Region},
};
use crate::{
    desk::{Desk, Theme, Window},
    engine::protocol::Place,
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
                        if entry.plain == Plain::OpenRun {
                            starters_ui(ui, session, ask);
                        }
                        if matches!(
                            entry.plain,
                            Plain::Recipes
                                | Plain::OpenWeights
                                | Plain::ExportWeights
                                | Plain::SaveCurves
                                | Plain::Step
                                | Plain::Redo
                        ) {
                            ui.separator();
                        }
                    }
                    if menu == "Run" {
                        ui.separator();
                        device_ui(ui, session, desk, ask);
                        ui.separator();
                        exact_ui(ui, desk, ask);
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

/// The generators that ship with the program.
fn starters_ui(ui: &mut Ui, session: &Session, ask: &mut Vec<Action>) {
    let allowed = Plain::OpenRun.available(session);
    let list = |ui: &mut Ui| {
        for name in &session.catalogue.starters {
            let here = session.open_run.place == Some(Place::Starter(name.clone()));
            if ui.add(Button::new(name).selected(here)).clicked() {
                ask.push(Action::Open(Place::Starter(name.clone())));
                ui.close();
            }
        }
    };
    let submenu = ui.add_enabled_ui(allowed.is_ok(), |ui| ui.menu_button("Open starter", list).response).inner;
    let submenu = submenu.on_hover_text("Look at a trained generator that ships with the program");
    if let Err(why) = allowed {
        submenu.on_disabled_hover_text(why);
    }
}

/// Where to calculate: what this machine offers, and what was chosen elsewhere.
fn device_ui(ui: &mut Ui, session: &Session, desk: &Desk, ask: &mut Vec<Action>) {
    const WHEN: &str = "\nTakes effect in the next run; the sliders' pictures move at once.";
    let here = &session.catalogue.devices;
    let mut choices = vec![(
        "auto".to_owned(),
        "Device by itself".to_owned(),
        "The graphics card where there is one that works, else the processor",
    )];
    for word in here {
        let (label, tip) = match word.strip_prefix("cuda:") {
            Some(number) => (format!("Graphics card {number}"), "Train and draw on this graphics card"),
            None => ("Processor".to_owned(), "Train and draw on the processor, also where there is a graphics card"),
        };
        choices.push((word.clone(), label, tip));
    }
    if choices.iter().all(|(word, ..)| *word != desk.device) {
        let label = format!("{} (not here)", desk.device);
        choices.push((desk.device.clone(), label, "Chosen before, but this machine does not offer it now"));
    }
    for (device, label, tip) in choices {
        if ui.radio(desk.device == device, label).on_hover_text(format!("{tip}.{WHEN}")).clicked() {
            ask.push(Action::Set(Box::new(Desk { device, ..desk.clone() })));
            ui.close();
        }
    }
}

/// Whether threads may follow what the machine has to spare.
fn exact_ui(ui: &mut Ui, desk: &Desk, ask: &mut Vec<Action>) {
    const TIP: &str = "The same seed then gives the same bytes again, as on the command line. Without it a run uses fewer threads \
                       while the computer is busy or a slider is dragged.\nTakes effect in the next run.";
    let mut exact = desk.exact;
    if ui.checkbox(&mut exact, "Repeatable bit for bit").on_hover_text(TIP).changed() {
        ask.push(Action::Set(Box::new(Desk { exact, ..desk.clone() })));
        ui.close();
    }
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
