//! The list of sliders: in the order of the dimensions, or those that matter most first.

use super::{
    super::{action::Action, change, theme, widgets},
    slider::{self, Turned},
};
use crate::{
    desk::{Desk, Latent},
    session::Session,
};
use egui::{Rect, ScrollArea, Ui};

/// Sliders that are open without asking.
pub const FIRST: usize = 16;

/// The list, and the order it stands in.
#[derive(Default)]
pub struct Sliders {
    order: Vec<usize>,
    area: Option<Rect>,
}

impl Sliders {
    /// Draws the sliders of the generator of the open run, in so much height.
    pub fn ui(&mut self, ui: &mut Ui, height: f32, session: &Session, desk: &Desk, ask: &mut Vec<Action>) {
        let z_dim = session.open_run.z_dim;
        if z_dim == 0 {
            widgets::caption(ui, "This family draws from an input picture; it has no latent to turn.");
            return;
        }
        let importance = session.open_run.importance.as_deref().filter(|all| all.len() == z_dim);
        if importance.is_some() {
            sort_ui(ui, desk, ask);
        }
        self.settle(ui, importance.filter(|_| desk.latent.sort), z_dim);
        let most = importance.and_then(|all| all.iter().copied().reduce(f32::max)).filter(|most| *most > 0.0);
        let share = |dimension: usize| Some((importance?.get(dimension)? / most?).clamp(0.0, 1.0));
        let mut latent = values(desk, z_dim);
        let open = if latent.all { z_dim } else { z_dim.min(FIRST) };
        let (mut turned, mut held) = (None, false);
        let scroll = ScrollArea::vertical().id_salt("latent sliders").max_height(height).auto_shrink([false, true]);
        let shown = scroll.show_rows(ui, theme::ROW, open, |ui, rows| {
            for &dimension in &self.order[rows] {
                let locked = latent.locked.contains(&dimension);
                let row = slider::row_ui(ui, dimension, latent.z[dimension], locked, share(dimension));
                held |= row.held;
                turned = row.turned.map(|what| (dimension, what)).or(turned);
            }
        });
        self.area = Some(shown.inner_rect);
        if held {
            ask.push(Action::HoldSlider);
        }
        let Some((dimension, what)) = turned else { return };
        match what {
            Turned::To(value) => latent.z[dimension] = value,
            Turned::Lock => {
                if !latent.locked.remove(&dimension) {
                    latent.locked.insert(dimension);
                }
            }
        }
        change::latent(desk, latent, ask);
    }

    /// Puts the sliders in order. While the pointer is over them they stay where they are: the next step of training must not
    /// move a slider away from the pointer that drags it.
    fn settle(&mut self, ui: &Ui, importance: Option<&[f32]>, z_dim: usize) {
        let pointed =
            self.area.is_some_and(|area| ui.rect_contains_pointer(area)) || ui.input(|i| i.pointer.any_down());
        let Some(all) = importance else {
            self.order = (0..z_dim).collect();
            return;
        };
        if self.order.len() != z_dim || !pointed {
            self.order = by_importance(all);
        }
    }
}

/// Dimensions, those that matter most first; equal ones in their own order.
fn by_importance(all: &[f32]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..all.len()).collect();
    order.sort_by(|a, b| all[*b].total_cmp(&all[*a]));
    order
}

/// The sliders' values, as many as the generator takes.
fn values(desk: &Desk, z_dim: usize) -> Latent {
    let mut latent = desk.latent.clone();
    latent.z.resize(z_dim, 0.0);
    latent
}

fn sort_ui(ui: &mut Ui, desk: &Desk, ask: &mut Vec<Action>) {
    let mut sort = desk.latent.sort;
    let tip = "The sliders that matter most stand first; the small bars say how much each matters.";
    if ui.checkbox(&mut sort, "Sort by importance").on_hover_text(tip).changed() {
        change::latent(desk, Latent { sort, ..desk.latent.clone() }, ask);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_important_comes_first() {
        assert_eq!(by_importance(&[0.5, 2.0, 0.0, 2.0]), [1, 3, 0, 2]);
    }
}
