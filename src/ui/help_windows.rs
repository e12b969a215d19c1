//! The list of keys, and what this program is.

use super::{
    action::{Action, PLAIN, Plain},
    panel::{Panel, Region},
    theme::{self, GROUP},
    widgets::{self, fact},
};
use crate::{
    desk::{Desk, Window},
    session::Session,
};
use egui::{Grid, Label, RichText, Ui};

/// All keys, from the table of actions.
#[derive(Default)]
pub struct Shortcuts;

impl Panel for Shortcuts {
    fn title(&self) -> &'static str {
        "Keyboard shortcuts"
    }

    fn region(&self) -> Region {
        Region::Window(Window::Shortcuts)
    }

    fn ui(&mut self, ui: &mut Ui, _: &Session, _: &Desk, ask: &mut Vec<Action>) {
        Grid::new("keys").num_columns(2).spacing([GROUP, 4.0]).show(ui, |ui| {
            for entry in PLAIN {
                if let Some(key) = &entry.shortcut {
                    ui.label(theme::figure(ui.ctx().format_shortcut(key)));
                    ui.label(entry.label.trim_end_matches('…')).on_hover_text(entry.tip);
                    ui.end_row();
                }
            }
            for (keys, what) in [
                ("Tab", "Next control"),
                ("Arrow keys", "Move a slider that has the focus"),
                ("Double-click", "Back to the start value"),
                ("Right-click", "Lock a latent slider; put a sample on the canvas"),
                ("[ and ]", "A smaller or larger brush on the canvas"),
                ("Space and drag", "Move the canvas's picture"),
                ("Escape", "Close the enlarged picture or the performance figures"),
            ] {
                ui.label(theme::figure(keys));
                ui.label(what);
                ui.end_row();
            }
        });
        close_ui(ui, Plain::ToggleShortcuts, ask);
    }
}

/// Versions, folders, licence.
#[derive(Default)]
pub struct About;

impl Panel for About {
    fn title(&self) -> &'static str {
        "About Latent Studio"
    }

    fn region(&self) -> Region {
        Region::Window(Window::About)
    }

    fn ui(&mut self, ui: &mut Ui, session: &Session, _: &Desk, ask: &mut Vec<Action>) {
        let catalogue = &session.catalogue;
        ui.set_max_width(360.0);
        ui.label(RichText::new("Latent Studio").text_style(theme::title()).color(theme::of(ui).strong));
        ui.add(Label::new("Train a small image generator and play it like an instrument, in one window.").wrap());
        ui.add_space(theme::SPACE);
        fact(ui, "Version", env!("CARGO_PKG_VERSION"));
        fact(ui, "libtorch", if catalogue.libtorch.is_empty() { "not known yet" } else { &catalogue.libtorch });
        fact(ui, "Threads of a run", &catalogue.threads.to_string());
        fact(ui, "Licence", env!("CARGO_PKG_LICENSE"));
        widgets::caption(ui, "Runs are kept in");
        ui.add(Label::new(theme::figure(catalogue.home.display().to_string())).wrap().selectable(true));
        close_ui(ui, Plain::ToggleAbout, ask);
    }
}

fn close_ui(ui: &mut Ui, plain: Plain, ask: &mut Vec<Action>) {
    ui.add_space(GROUP);
    if ui.button("Close").clicked() {
        ask.push(Action::Plain(plain));
    }
}
