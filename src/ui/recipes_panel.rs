//! The gallery of recipes: cards to choose from, the details of one, and the ways to begin it.

mod details;

use super::{
    action::Action,
    panel::{Panel, Region},
    parts,
    texture::{PictureTexture, fitted, snapped},
    theme::{self, SPACE, TIGHT},
};
use crate::{
    desk::{Desk, Tab},
    picture::Picture,
    recipes::{self, Recipe},
    session::Session,
};
use egui::{
    Align, Align2, FontSelection, Rect, Role, ScrollArea, Sense, Stroke, StrokeKind, TextStyle, Ui, Vec2, WidgetInfo,
    text::LayoutJob, vec2,
};
use std::collections::HashMap;

/// Width of a card at least; cards share what is left of a row.
const CARD: f32 = 196.0;
/// Height of a card.
const HEIGHT: f32 = 232.0;
/// Height of the picture on a card.
const TILE: f32 = 104.0;

/// The gallery.
#[derive(Default)]
pub struct RecipesPanel {
    pictures: HashMap<&'static str, Shown>,
    /// The folder that is being typed, for the open recipe.
    typed: Option<String>,
    /// The recipe whose details were shown in the last frame, and the folder of its data.
    last: (Option<String>, Option<String>),
}

/// A reference picture, read when it is first looked at.
struct Shown {
    picture: Option<Picture>,
    texture: PictureTexture,
}

impl Panel for RecipesPanel {
    fn title(&self) -> &'static str {
        "Recipes"
    }

    fn region(&self) -> Region {
        Region::Centre(Tab::Recipes)
    }

    fn ui(&mut self, ui: &mut Ui, session: &Session, desk: &Desk, ask: &mut Vec<Action>) {
        let open = desk.recipes.open.as_deref().and_then(recipes::find);
        let folder = open.and_then(Recipe::needs).and_then(|need| desk.recipes.folders.get(need.id));
        let now = (open.map(|recipe| recipe.id.clone()), folder.cloned());
        if self.last != now {
            (self.last, self.typed) = (now, None);
        }
        match open {
            Some(recipe) => self.details_ui(ui, recipe, session, desk, ask),
            None => self.cards_ui(ui, session, desk, ask),
        }
    }
}

impl RecipesPanel {
    fn cards_ui(&mut self, ui: &mut Ui, session: &Session, desk: &Desk, ask: &mut Vec<Action>) {
        let narrowed = desk.recipes.family.as_deref();
        let known = listed(session, narrowed);
        ui.horizontal(|ui| {
            let words = match narrowed {
                Some(family) => format!("Recipes for {}", family_title(session, family)),
                None => "Settings that are known to work. Click one to see what to expect of it.".into(),
            };
            ui.add(egui::Label::new(words).truncate());
            if narrowed.is_some() {
                ui.with_layout(egui::Layout::right_to_left(Align::Center), |ui| {
                    if ui.button("All recipes").on_hover_text("Shows the recipes of every model.").clicked() {
                        set(desk, ask, |recipes| recipes.family = None);
                    }
                });
            }
        });
        if known.is_empty() {
            parts::notice(ui, "No recipe for this model yet".into(), &["Its presets are a good start."], |_| {});
            return;
        }
        ui.add_space(TIGHT);
        ScrollArea::vertical().id_salt("cards").auto_shrink(false).show(ui, |ui| {
            // Room for the scroll bar.
            let width = (ui.available_width() - SPACE).max(CARD);
            let columns = (((width + SPACE) / (CARD + SPACE)) as usize).max(1);
            let each = (width - SPACE * (columns - 1) as f32) / columns as f32;
            for row in known.chunks(columns) {
                ui.horizontal(|ui| {
                    ui.spacing_mut().item_spacing.x = SPACE;
                    for recipe in row {
                        if self.card_ui(ui, recipe, session, desk, vec2(each, HEIGHT)) {
                            set(desk, ask, |recipes| recipes.open = Some(recipe.id.clone()));
                        }
                    }
                });
                ui.add_space(SPACE - TIGHT);
            }
        });
    }

    /// One card; true when it was clicked.
    fn card_ui(&mut self, ui: &mut Ui, recipe: &'static Recipe, session: &Session, desk: &Desk, size: Vec2) -> bool {
        let (rect, response) = ui.allocate_exact_size(size, Sense::click());
        let palette = theme::of(ui);
        let name = format!("Recipe: {}, {}, {}", recipe.title, data_words(recipe), length_words(recipe));
        response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), &name));
        if response.has_focus() {
            ui.scroll_to_rect(rect, None);
        }
        if ui.is_rect_visible(rect) {
            let fill = if response.hovered() { palette.control } else { palette.field };
            let chosen = desk.recipes.chosen.as_ref() == Some(&recipe.id);
            let stroke = match (response.has_focus(), chosen) {
                (true, _) => Stroke::new(2.0, palette.accent),
                (false, true) => Stroke::new(1.0, palette.accent),
                (false, false) => Stroke::new(1.0, palette.line),
            };
            ui.painter().rect(rect, 4.0, fill, stroke, StrokeKind::Inside);
            let inner = rect.shrink(SPACE);
            let (tile, below) = inner.split_top_bottom_at_y(inner.top() + TILE);
            self.tile_ui(ui, recipe, session, tile);
            card_words_ui(ui, recipe, below.with_min_y(below.top() + TIGHT));
        }
        response.on_hover_text(&recipe.about).clicked()
    }

    /// The reference picture, or the family's title where there is none.
    fn tile_ui(&mut self, ui: &Ui, recipe: &'static Recipe, session: &Session, room: Rect) {
        let palette = theme::of(ui);
        ui.painter().rect_filled(room, 4.0, palette.backdrop);
        let ratio = ui.pixels_per_point();
        let shown = self
            .pictures
            .entry(&recipe.id)
            .or_insert_with(|| Shown { picture: recipe.reference(), texture: PictureTexture::default() });
        if let Some(picture) = &shown.picture {
            let size = fitted(picture, room.size() - Vec2::splat(TIGHT * 2.0), ratio);
            shown.texture.update(ui.ctx(), picture);
            shown.texture.paint(ui, snapped(Rect::from_center_size(room.center(), size), ratio), 1.0);
            return;
        }
        let title = family_title(session, &recipe.family);
        let font = TextStyle::Heading.resolve(ui.style());
        let painter = ui.painter().with_clip_rect(room.intersect(ui.clip_rect()));
        painter.text(room.center(), Align2::CENTER_CENTER, title, font, palette.on_backdrop);
    }
}

/// Title, what it is about, and what it takes, cut off where the card ends.
fn card_words_ui(ui: &Ui, recipe: &Recipe, room: Rect) {
    let palette = theme::of(ui);
    let mut top = room.top();
    let facts = format!("{}, {}", data_words(recipe), length_words(recipe));
    let scores = score_words(recipe);
    let lines: [(&str, TextStyle, egui::Color32, usize); 4] = [
        (&recipe.title, TextStyle::Body, palette.strong, 2),
        (&recipe.about, TextStyle::Small, palette.weak, 2),
        (&facts, TextStyle::Small, palette.text, 1),
        (&scores, TextStyle::Small, palette.text, 1),
    ];
    for (text, style, colour, rows) in lines {
        if text.is_empty() {
            continue;
        }
        let font = FontSelection::from(style).resolve(ui.style());
        let mut job = LayoutJob::simple(text.to_owned(), font, colour, room.width());
        (job.wrap.max_rows, job.wrap.break_anywhere) = (rows, false);
        let galley = ui.painter().layout_job(job);
        let height = galley.size().y;
        ui.painter().with_clip_rect(room.intersect(ui.clip_rect())).galley(
            egui::pos2(room.left(), top),
            galley,
            colour,
        );
        top += height + 2.0;
    }
}

/// The recipes of a family, or all, as the families are offered.
fn listed(session: &Session, family: Option<&str>) -> Vec<&'static Recipe> {
    let rank = |recipe: &Recipe| {
        session.catalogue.families.iter().position(|f| f.card.id == recipe.family).unwrap_or(usize::MAX)
    };
    let mut known: Vec<_> = recipes::all().iter().filter(|r| family.is_none_or(|id| r.family == id)).collect();
    known.sort_by_key(|recipe| (rank(recipe), recipe.needs().is_some()));
    known
}

fn family_title(session: &Session, id: &str) -> String {
    let card = session.catalogue.families.iter().map(|f| &f.card).find(|card| card.id == id);
    card.map_or_else(|| id.to_owned(), |card| card.title.clone())
}

/// `MNIST`, or `glyphs, built in`.
fn data_words(recipe: &Recipe) -> String {
    recipe.needs().map_or_else(|| format!("{}, built in", recipe.data), |need| need.title.to_owned())
}

/// `about 5 min on a small CPU`, or the steps where nobody has measured the time.
fn length_words(recipe: &Recipe) -> String {
    recipe.time_words().unwrap_or_else(|| super::widgets::plural(recipe.steps, "step", "steps"))
}

/// `swd 12.3, coverage 0.81`.
fn score_words(recipe: &Recipe) -> String {
    let scores: Vec<_> = recipe.scores.iter().map(|(name, value)| format!("{name} {}", figure(*value))).collect();
    scores.join(", ")
}

/// Three figures that matter, no zeros at the end.
fn figure(value: f64) -> String {
    let text = match value.abs() {
        v if v >= 100.0 => format!("{value:.0}"),
        v if v >= 10.0 => format!("{value:.1}"),
        v if v >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    };
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// Asks for a change of the recipes' part of the desk.
fn set(desk: &Desk, ask: &mut Vec<Action>, change: impl FnOnce(&mut crate::desk::Recipes)) {
    let mut new = desk.clone();
    change(&mut new.recipes);
    ask.push(Action::Set(Box::new(new)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_show_three_figures() {
        assert_eq!([123.4, 12.34, 1.234, 0.812].map(figure), ["123", "12.3", "1.23", "0.812"]);
        assert_eq!([200.0, 18.0, 0.71, 0.0].map(figure), ["200", "18", "0.71", "0"]);
    }

    #[test]
    fn built_in_data_stand_first_and_families_are_grouped() {
        let session = Session::default();
        let all = listed(&session, None);
        assert_eq!(all.len(), recipes::all().len());
        let brought: Vec<_> = listed(&session, Some("dcgan")).iter().map(|r| r.needs().is_some()).collect();
        assert!(brought.is_sorted() && brought.len() >= 3);
    }
}
