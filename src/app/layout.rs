//! Lays out the panels: bars at the top, forms left, pictures in the centre, sliders right, curves at the bottom.

use crate::{
    desk::{Desk, Tab, Window},
    session::Session,
    ui::{
        action::{Action, Plain},
        panel::{Panel, Region},
        theme::{self, GROUP, LEFT, NARROW, RIGHT, SPACE},
        widgets,
    },
};
use egui::{Align2, Area, CentralPanel, Frame, Id, Margin, Order, Panel as Side, Rect, ScrollArea, Ui, vec2};

/// Draws all panels.
pub fn show(ui: &mut Ui, panels: &mut [Box<dyn Panel>], session: &Session, desk: &Desk, ask: &mut Vec<Action>) {
    let own_tools = panels.iter().any(|panel| panel.region() == Region::Beside(desk.tab));
    let mut draw = |ui: &mut Ui, region: Region, between: f32| {
        let mut first = true;
        for panel in panels.iter_mut().filter(|p| p.region() == region) {
            if !std::mem::take(&mut first) && between > 0.0 {
                ui.add_space(between / 2.0);
                ui.separator();
            }
            ui.push_id(panel.title(), |ui| panel.ui(ui, session, desk, ask));
        }
    };
    let narrow = ui.ctx().content_rect().width() < NARROW;
    // A tab with tools of its own leaves only the run bar and the sliders of the other panels.
    let left = if own_tools { Region::Beside(desk.tab) } else { Region::Left };
    let frame = Frame::new().fill(theme::of(ui).panel).inner_margin(Margin::symmetric(12, 8));
    Side::top("top").frame(frame.inner_margin(Margin::symmetric(12, 4))).show(ui, |ui| draw(ui, Region::Top, 0.0));
    let side = frame.inner_margin(Margin { left: 12, right: 4, top: 8, bottom: 0 });
    Side::left("left").resizable(true).default_size(LEFT).size_range(248.0..=440.0).frame(side).show(ui, |ui| {
        ScrollArea::vertical().id_salt("left").auto_shrink([false, false]).show(ui, |ui| {
            // The scroll bar must not lie over a number.
            ui.set_max_width(ui.available_width() - SPACE);
            draw(ui, left, GROUP);
            ui.add_space(GROUP);
        });
    });
    if !narrow {
        Side::right("right").resizable(true).default_size(RIGHT).size_range(260.0..=560.0).frame(frame).show(
            ui,
            |ui| {
                draw(ui, Region::Right, GROUP);
            },
        );
    }
    let most = (ui.available_height() * 0.7).max(120.0);
    if !own_tools {
        Side::bottom("bottom").resizable(true).default_size(240.0).size_range(96.0..=most).frame(frame).show(
            ui,
            |ui| {
                draw(ui, Region::Bottom, GROUP);
            },
        );
    }
    let mut chosen = None;
    let centre = CentralPanel::default()
        .frame(frame.inner_margin(Margin { left: 12, right: 12, top: 0, bottom: 8 }))
        .show(ui, |ui| {
            let tab = if desk.tab == Tab::Latent && !narrow { Tab::Samples } else { desk.tab };
            chosen = tabs_ui(ui, tab, narrow);
            let region = if tab == Tab::Latent { Region::Right } else { Region::Centre(tab) };
            draw(ui, region, GROUP);
        });
    for window in &desk.open {
        let Some(panel) = panels.iter_mut().find(|p| p.region() == Region::Window(*window)) else { continue };
        if *window == Window::Performance {
            overlay_ui(ui, centre.response.rect, |ui| panel.ui(ui, session, desk, ask));
        } else {
            window_ui(ui, panel.as_mut(), *window, session, desk, ask);
        }
    }
    if let Some(tab) = chosen {
        ask.push(Action::Set(Box::new(Desk { tab, ..desk.clone() })));
    }
}

fn tabs_ui(ui: &mut Ui, now: Tab, narrow: bool) -> Option<Tab> {
    let mut chosen = None;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 0.0;
        for (tab, name) in [
            (Tab::Samples, "Samples"),
            (Tab::Data, "Data sheet"),
            (Tab::Runs, "Runs"),
            (Tab::Recipes, "Recipes"),
            (Tab::Scores, "Scores"),
            (Tab::Canvas, "Canvas"),
            (Tab::Latent, "Latent"),
        ] {
            if (tab != Tab::Latent || narrow) && widgets::tab(ui, tab == now, name).clicked() && tab != now {
                chosen = Some(tab);
            }
        }
    });
    ui.add_space(theme::TIGHT);
    chosen
}

/// Draws the performance overlay in the lower left corner of the centre, above the slider of the history. Clicks go through it.
fn overlay_ui(ui: &Ui, centre: Rect, content: impl FnOnce(&mut Ui)) {
    let corner = centre.left_bottom() + vec2(GROUP, -(theme::ROW + 3.0 * SPACE));
    Area::new(Id::unique("overlay"))
        .order(Order::Middle)
        .pivot(Align2::LEFT_BOTTOM)
        .fixed_pos(corner)
        .interactable(false)
        .show(ui.ctx(), content);
}

fn window_ui(
    ui: &mut Ui,
    panel: &mut dyn Panel,
    window: Window,
    session: &Session,
    desk: &Desk,
    ask: &mut Vec<Action>,
) {
    let (mut open, size) = (true, ui.ctx().content_rect().size());
    egui::Window::new(panel.title())
        .open(&mut open)
        .collapsible(false)
        .default_pos(ui.ctx().content_rect().center() - egui::vec2(220.0, size.y * 0.3))
        .max_size(size - egui::vec2(64.0, 96.0))
        .show(ui.ctx(), |ui| panel.ui(ui, session, desk, ask));
    if !open {
        ask.push(Action::Plain(match window {
            Window::Log => Plain::ToggleLog,
            Window::Shortcuts => Plain::ToggleShortcuts,
            Window::About => Plain::ToggleAbout,
            Window::Performance => Plain::TogglePerformance,
        }));
    }
}
