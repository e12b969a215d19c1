//! The canvas: a picture to be cut out, repaired, textured or enhanced, and the layers that a hand draws on it.

mod hand;
mod header;
mod shelf;
mod textures;
mod view;

use super::{
    action::{Action, CanvasAction},
    change,
    panel::{Panel, Region},
    theme,
};
use crate::{
    canvas::trimap,
    canvas::{Backdrop, CanvasPicture, Layer},
    desk::{Canvas, Desk, Tab},
    picture::Mask,
    session::Session,
    spec::Task,
};
use egui::{
    CursorIcon, Key, Painter, PointerButton, Pos2, Rect, Response, Role, Sense, Stroke, Ui, Vec2, WidgetInfo, pos2,
    vec2,
};
use hand::{Done, Hand};
use std::sync::Arc;
use textures::{Chequers, LayerTexture, LeafTexture};
use view::View;

/// Width of what takes hold of the wipe, in points.
const HOLD: f32 = 14.0;

/// The trimap of a rough mask, kept until the mask or its bands change.
struct Band {
    of: Mask,
    widths: [usize; 2],
    trimap: Mask,
}

/// The canvas.
#[derive(Default)]
pub struct CanvasPanel {
    canvas_picture: LeafTexture,
    before: LeafTexture,
    faint: LeafTexture,
    backdrop: LeafTexture,
    so_far: LeafTexture,
    layer: LayerTexture,
    chequers: Chequers,
    shelf: shelf::Shelf,
    hand: Option<Hand>,
    band: Option<Band>,
    /// Pixels of the screen for one of the picture, when it was last shown.
    zoom: f32,
}

impl Panel for CanvasPanel {
    fn title(&self) -> &'static str {
        "Canvas"
    }

    fn region(&self) -> Region {
        Region::Centre(Tab::Canvas)
    }

    fn ui(&mut self, ui: &mut Ui, session: &Session, desk: &Desk, ask: &mut Vec<Action>) {
        let Some(canvas_picture) = &desk.canvas.document.canvas_picture else {
            header::empty_ui(ui, session, desk, ask);
            self.shelf.ui(ui, desk, ask);
            return;
        };
        header::ui(ui, session, desk, canvas_picture, self.zoom, ask);
        let below = if desk.canvas.document.shelf.is_empty() { 0.0 } else { shelf::HEIGHT + 2.0 * theme::SPACE };
        let size = (ui.available_size() - vec2(0.0, below)).max(Vec2::splat(48.0));
        let (room, response) = ui.allocate_exact_size(size, Sense::click_and_drag());
        let words = format!(
            "Canvas with {}, {}×{} pixels",
            canvas_picture.name, canvas_picture.picture.width, canvas_picture.picture.height
        );
        response.widget_info(|| WidgetInfo::labeled(Role::Canvas, ui.is_enabled(), &words));
        self.picture_ui(ui, room, &response, session, desk, canvas_picture, ask);
        self.shelf.ui(ui, desk, ask);
    }
}

impl CanvasPanel {
    #[allow(clippy::too_many_arguments)]
    fn picture_ui(
        &mut self,
        ui: &Ui,
        room: Rect,
        response: &Response,
        session: &Session,
        desk: &Desk,
        canvas_picture: &CanvasPicture,
        ask: &mut Vec<Action>,
    ) {
        let (canvas, ratio) = (&desk.canvas, ui.pixels_per_point());
        let view =
            View::new(room.shrink(theme::TIGHT), canvas_picture.picture.size(), canvas.zoom, canvas.centre, ratio);
        self.zoom = view.zoom;
        let painter = ui.painter().with_clip_rect(room);
        painter.rect_filled(room, 4.0, theme::of(ui).backdrop);
        self.paint(&painter, &view, session, canvas, canvas_picture);
        // While a tool is at work the picture is its own.
        let wiping = self.wipe_ui(ui, &painter, &view, desk, ask);
        let busy = session.canvas.work.is_some();
        let mut drew = false;
        if !wiping
            && !busy
            && let Done::Draw(layer, stroke) = hand::follow(ui, response, &view, canvas, &mut self.hand)
        {
            let mut document = canvas.document.clone();
            document.draw(layer, &stroke);
            ask.push(Action::Canvas(CanvasAction::Put(Box::new(document))));
            drew = true;
        }
        self.layer_ui(ui, &painter, &view, canvas);
        if !busy {
            Self::tip_ui(ui, &painter, response, &view, canvas);
        }
        // What is set here would be set on a desk without the stroke.
        if !drew {
            moves_ui(ui, response, &view, desk, ask);
        }
    }

    /// The picture over what stands behind it; while a hand draws, what would be cut out.
    fn paint(
        &mut self,
        painter: &Painter,
        view: &View,
        session: &Session,
        canvas: &Canvas,
        canvas_picture: &CanvasPicture,
    ) {
        let (ctx, rect, news) = (painter.ctx(), view.rect(), &session.canvas);
        let draft = news.draft.as_ref().filter(|d| {
            matches!(canvas.task, Task::Matting | Task::Enhancement)
                && canvas.follow
                && d.picture.size() == canvas_picture.picture.size()
                && news.work.is_none()
        });
        let shown = draft.unwrap_or(canvas_picture);
        // A bettered picture keeps its opacity.
        let alpha = if canvas.task == Task::Enhancement { canvas_picture.alpha.as_ref() } else { shown.alpha.as_ref() };
        if alpha.is_some() {
            self.behind(painter, rect, canvas, canvas_picture.picture.size());
        }
        self.canvas_picture.update_parts(ctx, &shown.picture, alpha);
        if draft.is_some() && canvas.task == Task::Matting {
            // What is not cut out stays in sight, faintly: a hand has to see where to draw.
            self.faint.update_parts(ctx, &canvas_picture.picture, None);
            self.faint.paint(painter, rect, 0.25);
        }
        self.canvas_picture.paint(painter, rect, 1.0);
        if let Some(picture) = &news.so_far {
            self.so_far.update_parts(ctx, picture, None);
            let room = view.room;
            let fits = picture.size() == canvas_picture.picture.size();
            let grown = View::new(room, picture.size(), None, [0.5, 0.5], ctx.pixels_per_point());
            if !fits {
                painter.rect_filled(room, 0.0, theme::palette(&ctx.global_style().visuals).backdrop);
            }
            self.so_far.paint(painter, if fits { rect } else { grown.rect() }, 1.0);
        }
    }

    /// What stands behind a cut-out.
    fn behind(&mut self, painter: &Painter, rect: Rect, canvas: &Canvas, [width, height]: [usize; 2]) {
        match &canvas.document.backdrop {
            Backdrop::Nothing => self.chequers.paint(painter, rect),
            Backdrop::Colour([r, g, b]) => {
                painter.rect_filled(rect, 0.0, theme::pixel([*r, *g, *b, 255]));
            }
            Backdrop::Picture(behind) => {
                self.backdrop.update_parts(painter.ctx(), behind, None);
                self.backdrop.paint_part(painter, rect, covering(behind.size(), [width, height]), 1.0);
            }
        }
    }

    /// What was there before, left of a line that can be dragged. True while a hand holds it.
    fn wipe_ui(&mut self, ui: &Ui, painter: &Painter, view: &View, desk: &Desk, ask: &mut Vec<Action>) -> bool {
        let canvas = &desk.canvas;
        let (Some(share), Some(before)) = (canvas.wipe, &canvas.document.before) else { return false };
        let rect = view.rect();
        let x = rect.left() + rect.width() * share;
        let clip = Rect::from_min_max(rect.min, pos2(x, rect.bottom())).intersect(painter.clip_rect());
        let left = painter.with_clip_rect(clip);
        if before.alpha.is_some() {
            self.behind(&left, rect, canvas, before.picture.size());
        }
        self.before.update(painter.ctx(), before);
        self.before.paint(&left, rect, 1.0);
        let palette = theme::of(ui);
        painter.line_segment([pos2(x, rect.top()), pos2(x, rect.bottom())], Stroke::new(2.0, palette.accent));
        let middle = pos2(x, rect.intersect(view.room).center().y);
        painter.circle(middle, HOLD / 2.0, palette.accent, Stroke::new(1.5, palette.on_accent));
        let hold = Rect::from_center_size(pos2(x, rect.center().y), vec2(HOLD, rect.height())).intersect(view.room);
        let response = ui.interact(hold, ui.scope_id().with("wipe"), Sense::drag());
        response.widget_info(|| WidgetInfo::slider(true, f64::from(share), "Before and after"));
        if response.hovered() || response.dragged() {
            ui.ctx().set_cursor_icon(CursorIcon::ResizeHorizontal);
        }
        if let Some(at) = response.interact_pointer_pos().filter(|_| response.dragged()) {
            let share = ((at.x - rect.left()) / rect.width()).clamp(0.0, 1.0);
            change::canvas(desk, ask, |canvas| canvas.wipe = Some(share));
        }
        response.hovered() || response.dragged()
    }

    /// The layer that is drawn on, with the stroke on its way.
    fn layer_ui(&mut self, ui: &Ui, painter: &Painter, view: &View, canvas: &Canvas) {
        if let Some(hand) = &mut self.hand {
            if std::mem::take(&mut hand.fresh) {
                self.layer.update_wet(
                    painter.ctx(),
                    [hand.mask_buffer.width, hand.mask_buffer.height],
                    &hand.mask_buffer.grey,
                    hand.layer,
                );
            }
            self.layer.paint(painter, view.rect());
            let tip = ui.input(|i| i.pointer.hover_pos());
            hand.outline(painter, view, tip, theme::of(ui).accent);
            return;
        }
        if let Some((layer, mask)) = canvas.layer().and_then(|layer| Some((layer, canvas.document.drawn(layer)?)))
            && canvas.layers
        {
            let mask = self.with_band(mask, canvas).clone();
            self.layer.update(painter.ctx(), &mask, layer);
            self.layer.paint(painter, view.rect());
        }
    }

    /// A rough mask with its unknown band; any other layer as it is.
    fn with_band<'a>(&'a mut self, mask: &'a Mask, canvas: &Canvas) -> &'a Mask {
        if canvas.task != Task::Matting || canvas.layer() != Some(Layer::Mask) {
            return mask;
        }
        let widths = [canvas.erode, canvas.dilate];
        let held = self.band.take().filter(|band| band.widths == widths && Arc::ptr_eq(&band.of.grey, &mask.grey));
        let made = || Band { of: mask.clone(), widths, trimap: band(mask, widths) };
        &self.band.insert(held.unwrap_or_else(made)).trimap
    }

    /// How large the tip is.
    fn tip_ui(ui: &Ui, painter: &Painter, response: &Response, view: &View, canvas: &Canvas) {
        use crate::canvas::Pen;
        let Some(at) = response.hover_pos().filter(|_| canvas.layer().is_some()) else { return };
        if matches!(canvas.pen, Pen::Brush | Pen::Eraser | Pen::Line) {
            let radius = view.length(canvas.radius).max(1.0);
            painter.circle_stroke(at, radius, Stroke::new(3.0, theme::of(ui).backdrop.gamma_multiply(0.6)));
            painter.circle_stroke(at, radius, Stroke::new(1.0, theme::of(ui).on_backdrop));
        }
        ui.ctx().set_cursor_icon(CursorIcon::Crosshair);
    }
}

/// The trimap of a rough mask; of a large one thinned, for it is only looked at, and a hand must not wait.
fn band(mask: &Mask, widths: [usize; 2]) -> Mask {
    let thin = textures::thin(mask);
    let [erode, dilate] = widths.map(|width| width * thin.width.max(thin.height) / mask.width.max(mask.height).max(1));
    trimap::from_mask(&thin, erode, dilate)
}

/// The wheel zooms about the pointer; the middle or right button, or Space and a drag, moves the picture; [ and ] change the tip.
fn moves_ui(ui: &Ui, response: &Response, view: &View, desk: &Desk, ask: &mut Vec<Action>) {
    if let Some(at) = response.hover_pos() {
        let (scroll, pinch) = ui.input(|i| (i.smooth_scroll_delta().y, i.zoom_delta()));
        let times = pinch * (scroll / 200.0).exp2();
        if (times - 1.0).abs() > 1e-3 {
            let (zoom, centre) = view.zoomed(times, at);
            change::canvas(desk, ask, |canvas| (canvas.zoom, canvas.centre) = (Some(zoom), centre));
        }
    }
    let spaced = ui.input(|i| i.key_down(Key::Space)) && response.dragged_by(PointerButton::Primary);
    if spaced || response.dragged_by(PointerButton::Middle) || response.dragged_by(PointerButton::Secondary) {
        ui.ctx().set_cursor_icon(CursorIcon::Grabbing);
        let centre = view.moved(response.drag_delta());
        if response.drag_delta() != Vec2::ZERO {
            change::canvas(desk, ask, |canvas| (canvas.zoom, canvas.centre) = (Some(view.zoom), centre));
        }
    }
    if response.hovered() && !ui.ctx().text_edit_focused() {
        let times = match ui.input(|i| (i.key_pressed(Key::OpenBracket), i.key_pressed(Key::CloseBracket))) {
            (true, false) => 0.8,
            (false, true) => 1.25,
            _ => return,
        };
        change::canvas(desk, ask, |canvas| canvas.radius = (canvas.radius * times).clamp(0.5, 256.0));
    }
}

/// The part of a picture, in shares of its sides, that covers another once it is resized: its middle.
fn covering([w, h]: [usize; 2], [width, height]: [usize; 2]) -> Rect {
    let [w, h, width, height] = [w, h, width, height].map(|n| n.max(1) as f32);
    let times = (width / w).max(height / h);
    let part = vec2(width / (w * times), height / (h * times));
    Rect::from_center_size(Pos2::new(0.5, 0.5), part)
}
