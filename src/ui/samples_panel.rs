//! The samples: what the generator makes of its fixed seeds, beside real pictures, over the steps of the run.

mod around;
mod beside;
mod shown;
mod star;

use shown::{Shown, sheet_layout};

use super::{
    action::{Action, CanvasAction},
    panel::{Panel, Region},
    texture::{PictureTexture, Placing, snapped},
    theme,
    widgets::thousands,
};
use crate::{
    desk::{Desk, Tab},
    picture::{Layout, Picture},
    session::{Session, Status},
};
use egui::{Align2, Key, Pos2, Rect, Response, Role, Sense, Stroke, StrokeKind, TextStyle, Ui, Vec2, WidgetInfo, vec2};

/// How long a new grid takes to fade in, in seconds.
const FADE: f64 = 0.1;

/// The seed of a tile that is being dragged, for whoever takes it: egui's drag-and-drop payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DraggedSeed(pub u64);

/// The sample grid.
#[derive(Default)]
pub struct SamplesPanel {
    now: PictureTexture,
    before: PictureTexture,
    real: PictureTexture,
    shown: Option<Shown>,
    /// When the grid on show came, in seconds of egui's clock.
    since: f64,
    /// The tile that the Tab key reaches; arrow keys move it.
    cursor: usize,
}

impl Panel for SamplesPanel {
    fn title(&self) -> &'static str {
        "Samples"
    }

    fn region(&self) -> Region {
        Region::Centre(Tab::Samples)
    }

    fn ui(&mut self, ui: &mut Ui, session: &Session, desk: &Desk, ask: &mut Vec<Action>) {
        if let Status::Failed(why, kept) = &session.open_run.status {
            around::failed_ui(ui, session, why, *kept, ask);
            return;
        }
        self.take_over(ui, session, desk);
        let Some(shown) = self.shown.clone() else {
            around::empty_ui(ui, session, desk, ask);
            return;
        };
        around::header_ui(ui, session, desk, &shown, ask);
        around::expectation_ui(ui, session, shown.step);
        let scrubber = if session.open_run.sample_steps.len() > 1 { theme::ROW + theme::SPACE } else { 0.0 };
        let (room, _) =
            ui.allocate_exact_size((ui.available_size() - vec2(0.0, scrubber)).max(Vec2::splat(48.0)), Sense::hover());
        self.pictures_ui(ui, room, session, desk, &shown, ask);
        if scrubber > 0.0 {
            around::scrubber_ui(ui, session, desk, &shown, ask);
        }
    }
}

impl SamplesPanel {
    /// Notes which grid is to be shown now; the former one stays while a past one is being read.
    fn take_over(&mut self, ui: &Ui, session: &Session, desk: &Desk) {
        let open_run = &session.open_run;
        if self.shown.as_ref().is_some_and(|s| s.run != open_run.run) {
            (self.shown, self.before, self.cursor) = (None, PictureTexture::default(), 0);
        }
        let Some(next) = wanted(session, desk) else { return };
        if self.now_differs(&next) {
            std::mem::swap(&mut self.now, &mut self.before);
            self.since = ui.input(|i| i.time);
            if self.shown.as_ref().is_none_or(|s| s.layout != next.layout) {
                self.before = PictureTexture::default();
            }
        }
        self.shown = Some(next);
    }

    fn now_differs(&self, next: &Shown) -> bool {
        self.shown.as_ref().is_none_or(|s| !std::sync::Arc::ptr_eq(&s.grid.rgb, &next.grid.rgb))
    }

    fn pictures_ui(
        &mut self,
        ui: &mut Ui,
        room: Rect,
        session: &Session,
        desk: &Desk,
        shown: &Shown,
        ask: &mut Vec<Action>,
    ) {
        let palette = theme::of(ui);
        ui.painter().rect_filled(room, 4.0, palette.backdrop);
        let inner = room.shrink(theme::SPACE);
        let caption = 12.0 + theme::TIGHT * 2.0;
        let real = beside::wanted(session, desk, inner.width());
        let ratio = ui.pixels_per_point();
        let tall = (inner.height() - caption).max(16.0);
        let shared = if real.is_some() { 0.7 } else { 1.0 };
        let placing = Placing::largest(shown.layout, vec2(inner.width() * shared, tall), ratio);
        let left = inner.width() - placing.size().x - theme::GROUP;
        let reals = real.filter(|real| left >= real.layout.tile as f32 / ratio).map(|real| {
            let room = vec2(left, tall);
            if real.pairs {
                // In the sheet's own columns, or pairs would be torn apart.
                let beside = Placing::largest(real.layout, room, ratio);
                return (real, beside);
            }
            // Smaller than the generated ones, so that it is clear which are the heroes.
            let most = placing.side * ratio / real.layout.tile.max(1) as f32 * 0.75;
            let beside = Placing::beside(real.layout, room, most, ratio);
            (real, beside)
        });
        let beside = reals.as_ref().map_or(0.0, |(_, p)| p.size().x + theme::GROUP);
        let indent = ((inner.width() - placing.size().x - beside) / 2.0).max(0.0);
        let corner = snapped(Rect::from_min_size(inner.min + vec2(indent, caption), placing.size()), ratio).min;
        let label = |at: Pos2, text: &str| {
            let font = TextStyle::Small.resolve(ui.style());
            ui.painter().text(at - vec2(0.0, theme::TIGHT), Align2::LEFT_BOTTOM, text, font, palette.on_backdrop);
        };
        let drawn_from = session.open_run.examples.as_ref().is_some_and(|e| !e.inputs.is_empty());
        label(corner, if drawn_from { "input, output, target" } else { "generated" });
        if let Some((real, reals)) = reals {
            let at =
                snapped(Rect::from_min_size(corner + vec2(placing.size().x + theme::GROUP, 0.0), reals.size()), ratio);
            label(at.min, real.words);
            real.show(ui, &mut self.real, at, reals, ask);
        }
        match desk.tile.filter(|&i| i < shown.layout.count) {
            Some(tile) => {
                self.tile_ui(ui, Rect::from_min_size(corner, placing.size()), tile, session, desk, shown, ask);
            }
            None => self.grid_ui(ui, corner, placing, session, desk, shown, ask),
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn grid_ui(
        &mut self,
        ui: &mut Ui,
        corner: Pos2,
        placing: Placing,
        session: &Session,
        desk: &Desk,
        shown: &Shown,
        ask: &mut Vec<Action>,
    ) {
        self.now.update_for(ui.ctx(), &shown.grid, placing.zoom);
        let age = ui.input(|i| i.time) - self.since;
        if age < FADE {
            self.before.paint_parts(ui, placing.parts(corner), 1.0);
            ui.ctx().request_repaint_after(std::time::Duration::from_millis(33));
        }
        self.now.paint_parts(ui, placing.parts(corner), (age / FADE).clamp(0.0, 1.0) as f32);
        self.cursor = self.cursor.min(placing.count.saturating_sub(1));
        let base = ui.scope_id().with("tile");
        for (index, response) in self.tiles(ui, base, corner, placing, session, desk, shown) {
            if response.hovered() || response.has_focus() {
                let stroke = Stroke::new(2.0, theme::of(ui).accent);
                ui.painter().rect_stroke(placing.rect(corner, index), 0.0, stroke, StrokeKind::Outside);
            }
            if response.has_focus() {
                self.move_cursor(ui, base, index, placing);
            }
            if let Some(seed) = seed_of(session, shown, index) {
                response.dnd_set_drag_payload(DraggedSeed(seed));
            }
            if response.clicked() {
                self.cursor = index;
                show_tile(session, desk, shown, index, ask);
            }
            if response.secondary_clicked()
                && let Some(tile) = shown.grid.tile(index, shown.layout)
            {
                let name = tile_words(session, desk, shown, index);
                ask.push(Action::Canvas(CanvasAction::LaySmall(tile, name)));
            }
            if response.hovered() {
                let words = tile_words(session, desk, shown, index);
                response.on_hover_text_at_pointer(format!("{words}\nRight-click puts it on the canvas."));
            }
        }
    }

    /// The tiles that somebody can touch in this frame: that of the keyboard and that under the pointer, however many there are;
    /// all of them for a screen reader, which walks over them.
    #[allow(clippy::too_many_arguments)]
    fn tiles(
        &self,
        ui: &Ui,
        base: egui::Id,
        corner: Pos2,
        placing: Placing,
        session: &Session,
        desk: &Desk,
        shown: &Shown,
    ) -> Vec<(usize, Response)> {
        let read_aloud = ui.ctx().has_accesskit_node(ui.unique_id());
        let sense = if read_aloud { Sense::hover() } else { Sense::CLICK | Sense::DRAG };
        // Not `base`: a tooltip's id is its widget's with 0, and that is the first tile's.
        let id = ui.scope_id().with("all tiles");
        let whole = ui.interact(Rect::from_min_size(corner, placing.size()), id, sense);
        whole.widget_info(|| WidgetInfo::labeled(Role::Image, true, format!("{} generated pictures", placing.count)));
        let named = if read_aloud { 0..placing.count } else { self.cursor..(self.cursor + 1).min(placing.count) };
        let mut tiles: Vec<_> = named
            .map(|index| {
                // One stop of the Tab key for the whole grid; the arrow keys go from tile to tile.
                let sense = if index == self.cursor { Sense::click_and_drag() } else { Sense::CLICK | Sense::DRAG };
                let response = ui.interact(placing.rect(corner, index), base.with(index), sense);
                response.widget_info(|| {
                    let words = format!("Tile {}, {}", index + 1, tile_words(session, desk, shown, index));
                    WidgetInfo::labeled(Role::Button, ui.is_enabled(), words)
                });
                (index, response)
            })
            .collect();
        // A drag belongs to the tile where it began.
        let pressed = ui.input(|i| i.pointer.press_origin()).filter(|_| whole.is_pointer_button_down_on());
        let point = pressed.or(whole.interact_pointer_pos()).or(whole.hover_pos()).filter(|_| !read_aloud);
        tiles.extend(point.and_then(|point| placing.at_point(corner, point)).map(|index| (index, whole)));
        tiles
    }

    fn move_cursor(&mut self, ui: &Ui, base: egui::Id, index: usize, placing: Placing) {
        let filter =
            egui::EventFilter { horizontal_arrows: true, vertical_arrows: true, ..egui::EventFilter::default() };
        ui.memory_mut(|m| m.set_focus_lock_filter(base.with(index), filter));
        // Consumed, or the tile that gets the focus would pass it on.
        let down = |key| ui.input_mut(|i| i.consume_key(egui::Modifiers::NONE, key));
        let to = if down(Key::ArrowRight) {
            index + 1
        } else if down(Key::ArrowLeft) {
            index.wrapping_sub(1)
        } else if down(Key::ArrowDown) {
            index + placing.columns
        } else if down(Key::ArrowUp) {
            index.wrapping_sub(placing.columns)
        } else {
            return;
        };
        if to < placing.count {
            self.cursor = to;
            ui.memory_mut(|m| m.request_focus(base.with(to)));
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn tile_ui(
        &mut self,
        ui: &mut Ui,
        room: Rect,
        tile: usize,
        session: &Session,
        desk: &Desk,
        shown: &Shown,
        ask: &mut Vec<Action>,
    ) {
        let ratio = ui.pixels_per_point();
        let caption = 12.0 + theme::SPACE;
        let one = Layout { count: 1, columns: 1, ..shown.layout };
        let large = Placing::largest(one, room.size() - vec2(0.0, caption), ratio).whole();
        let rect = snapped(Rect::from_center_size(room.center() - vec2(0.0, caption / 2.0), large.size()), ratio);
        let placing = Placing { from: shown.layout, ..large };
        self.now.update_for(ui.ctx(), &shown.grid, large.zoom);
        self.now.paint_parts(ui, placing.part(tile).map(|part| (rect, part)), 1.0);
        let words = tile_words(session, desk, shown, tile);
        let font = TextStyle::Small.resolve(ui.style());
        let at = rect.center_bottom() + vec2(0.0, theme::TIGHT);
        ui.painter().text(
            at,
            Align2::CENTER_TOP,
            format!("{words}. Click or Escape closes it."),
            font,
            theme::of(ui).on_backdrop,
        );
        let response = ui.interact(rect, ui.scope_id().with("large tile"), Sense::click());
        response.widget_info(|| {
            WidgetInfo::labeled(Role::Button, ui.is_enabled(), format!("Close tile {}, {words}", tile + 1))
        });
        if response.has_focus() {
            ui.painter().rect_stroke(rect, 0.0, Stroke::new(2.0, theme::of(ui).accent), StrokeKind::Outside);
        }
        if response.clicked() || escape(ui, &response) {
            ask.push(Action::Set(Box::new(Desk { tile: None, ..desk.clone() })));
        }
    }
}

/// Whether Escape is meant for the enlarged tile, not for a field that is being typed in.
fn escape(ui: &Ui, response: &Response) -> bool {
    let elsewhere = ui.memory(|m| m.focused().is_some_and(|id| id != response.id));
    !elsewhere && ui.input(|i| i.key_pressed(Key::Escape))
}

/// The grid that the desk asks for, if it is there.
fn wanted(session: &Session, desk: &Desk) -> Option<Shown> {
    let open_run = &session.open_run;
    let samples = open_run.samples.as_ref();
    let layout_of = |grid: &Picture| {
        let known = samples.filter(|s| (s.grid.width, s.grid.height) == (grid.width, grid.height));
        match (known, &open_run.spec) {
            (Some(s), _) => Layout::in_columns(s.tile, s.seeds.len(), s.columns),
            (None, Some(spec)) => sheet_layout(grid, spec.data.size),
            (None, None) => Layout { tile: grid.width.min(grid.height), count: 1, columns: 1, gap: 1 },
        }
    };
    let (step, grid) = match desk.history_step {
        Some(step) if samples.is_none_or(|s| s.step != step) => (step, open_run.past.get(&step)?),
        _ => (samples?.step, &samples?.grid),
    };
    Some(Shown { run: open_run.run, step, grid: grid.clone(), layout: layout_of(grid) })
}

fn seed_of(session: &Session, shown: &Shown, index: usize) -> Option<u64> {
    let samples = session.open_run.samples.as_ref()?;
    (samples.seeds.len() <= shown.layout.count).then(|| samples.seeds.get(index).copied())?
}

/// `cat, seed 1004, D(x) 0.63`: what is known of a tile.
fn tile_words(session: &Session, desk: &Desk, shown: &Shown, index: usize) -> String {
    let Some(seed) = seed_of(session, shown, index) else { return format!("step {}", thousands(shown.step)) };
    let (samples, spec) = (session.open_run.samples.as_ref(), session.open_run.spec.as_ref());
    let class = samples.and_then(|s| s.classes.get(index)).map(|&class| {
        let name = spec.and_then(|s| s.class_names.get(class as usize)).filter(|name| name.parse::<u32>().is_err());
        name.map_or_else(|| format!("class {class}, "), |name| format!("{name}, "))
    });
    let mut class = class.unwrap_or_default();
    if session.open_run.examples.as_ref().is_some_and(|e| !e.inputs.is_empty()) {
        class = ["input of ", "output of ", "target of "][index % 3].into();
    }
    let current = samples.filter(|s| s.step == shown.step && desk.history_step.is_none_or(|h| h == s.step));
    match current.and_then(|s| s.judged.as_ref()?.get(index)) {
        Some(judged) => format!("{class}seed {seed}, D(x) {judged:.2}"),
        None => format!("{class}seed {seed}"),
    }
}

/// Enlarges a tile, and sends its latent to the sliders. In this order: the second must see the first.
fn show_tile(session: &Session, desk: &Desk, shown: &Shown, index: usize, ask: &mut Vec<Action>) {
    ask.push(Action::Set(Box::new(Desk { tile: Some(index), ..desk.clone() })));
    ask.extend(seed_of(session, shown, index).map(Action::LoadSeed));
}
