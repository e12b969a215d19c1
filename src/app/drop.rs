//! Turns what a person drops on the window or pastes into it into actions.

use crate::{
    canvas::CanvasPicture,
    picture::{Mask, Picture},
    ui::action::{Action, CanvasAction},
};
use egui::{ColorImage, Context};

/// Asks to open the first file that was dropped on the window in this frame.
pub fn dropped(ctx: &Context, ask: &mut Vec<Action>) {
    let path = ctx.input(|i| i.raw.dropped_files.first().map(|file| file.path().to_path_buf()));
    ask.extend(path.map(Action::OpenDropped));
}

/// Asks to put a picture that was pasted in this frame on the canvas.
pub fn pasted(ctx: &Context, ask: &mut Vec<Action>) {
    let image = ctx.input(|i| {
        i.events
            .iter()
            .find_map(|event| if let egui::Event::PasteImage(image) = event { Some(image.clone()) } else { None })
    });
    ask.extend(image.map(|image| Action::Canvas(CanvasAction::Lay(canvas_picture_of(&image)))));
}

fn canvas_picture_of(image: &ColorImage) -> CanvasPicture {
    let [width, height] = image.size;
    let opaque_rgb = |pixel: &egui::Color32| {
        let [r, g, b, _] = pixel.to_srgba_unmultiplied();
        [r, g, b]
    };
    let rgb = image.pixels.iter().flat_map(opaque_rgb).collect();
    let opaque = image.pixels.iter().all(egui::Color32::is_opaque);
    let alpha = (!opaque).then(|| Mask { width, height, grey: image.pixels.iter().map(egui::Color32::a).collect() });
    CanvasPicture { name: "pasted".into(), picture: Picture { width, height, rgb }, alpha, made: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pasted_picture_has_an_opacity_only_where_it_is_transparent() {
        let pixels = [200, 100, 50, 255, 0, 10, 20, 255];
        let opaque = canvas_picture_of(&ColorImage::from_rgba_unmultiplied([2, 1], &pixels));
        let picture = Picture { width: 2, height: 1, rgb: [200, 100, 50, 0, 10, 20].into() };
        assert_eq!(opaque, CanvasPicture { name: "pasted".into(), picture, alpha: None, made: None });
        let pixels = [200, 100, 50, 0, 0, 10, 20, 255];
        let cut = canvas_picture_of(&ColorImage::from_rgba_unmultiplied([2, 1], &pixels));
        assert_eq!(cut.alpha, Some(Mask { width: 2, height: 1, grey: vec![0, 255].into() }));
    }
}
