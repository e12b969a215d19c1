//! Looks at what lies at a path that was dropped, and enlarges pictures, on short-lived threads.

use super::{
    App,
    threads::{Found, PathKind},
};
use crate::{
    canvas::CanvasPicture,
    desk::Tab,
    engine::{
        is_picture_name,
        protocol::{Place, Role},
        smooth,
    },
    picture::Picture,
    run,
    session::Level,
    spec::Task,
};
use egui::{ColorImage, Context};
use std::path::PathBuf;

/// The smaller side, in pixels, that a generated picture is enlarged to at least for the canvas, so that it can be drawn on.
pub const LEAST_SIDE: usize = 256;

impl App {
    /// Finds out what lies at a path that was dropped on the window; the next frame opens it.
    pub(super) fn open_dropped(&mut self, path: PathBuf, ctx: &Context) {
        let started = self.pending.aside.run(ctx, move || {
            let kind = kind_of(&path);
            Found::Dropped(path, kind)
        });
        self.say_unless(started);
    }

    /// Copies a picture to the clipboard, each pixel enlarged to `scale` × `scale`.
    pub(super) fn copy_enlarged(&mut self, picture: Picture, scale: usize, ctx: &Context) {
        let started = self.pending.aside.run(ctx, move || {
            let large = picture.enlarged(scale);
            Found::Copied(ColorImage::from_rgb([large.width, large.height], &large.rgb))
        });
        self.say_unless(started);
    }

    /// Puts a generated picture on the canvas at a whole multiple of its size, smoothly, so that its smaller side is
    /// [`LEAST_SIDE`] at least; then makes a texture of it, where that is asked for.
    pub(super) fn lay_enlarged(&mut self, canvas_picture: CanvasPicture, texture: bool, ctx: &Context) {
        let started = self.pending.aside.run(ctx, move || {
            let picture = enlarged(&canvas_picture.picture);
            Found::Laid(Box::new(CanvasPicture { picture, ..canvas_picture }), texture)
        });
        self.say_unless(started);
    }

    fn say_unless(&mut self, started: bool) {
        if !started {
            self.session.say(Level::Warning, "The system starts no more threads; close other programs and try again.");
        }
    }

    /// Takes over the results of the threads.
    pub(super) fn take_found(&mut self) {
        while let Ok(found) = self.pending.aside.found.try_recv() {
            match found {
                Found::Dropped(path, kind) => self.open_by_kind(path, kind),
                Found::Copied(image) => self.pending.aside.copy = Some(image),
                Found::Laid(canvas_picture, texture) => {
                    self.lay(*canvas_picture);
                    if texture {
                        self.desk.canvas.task = Task::Texture;
                        self.make();
                    }
                }
            }
        }
    }

    /// Copies a picture that a thread has enlarged to the clipboard.
    pub(super) fn copy_found(&mut self, ctx: &Context) {
        if let Some(image) = self.pending.aside.copy.take() {
            let [width, height] = image.size;
            ctx.copy_image(image);
            self.session.say(Level::Done, &format!("The picture is on the clipboard, {width}×{height} pixels."));
        }
    }

    /// Opens a run, imports weights, or takes a path as data. A picture goes on the canvas while that is shown, else to the
    /// generator if that draws from input pictures, else it is data.
    fn open_by_kind(&mut self, path: PathBuf, kind: PathKind) {
        if kind == PathKind::Run {
            self.open(Place::Folder(path));
        } else if super::transfer::is_weights(&path) {
            self.import_weights(path);
        } else if kind == PathKind::Picture && self.desk.tab == Tab::Canvas {
            self.read_for_canvas(path, Role::Picture);
        } else if kind == PathKind::Picture && self.session.open_run.examples.is_some() {
            self.open_input(path);
        } else {
            self.choose(&path.display().to_string());
        }
    }
}

fn kind_of(path: &std::path::Path) -> PathKind {
    if run::is_run(path) {
        PathKind::Run
    } else if is_picture_name(path) && !path.is_dir() {
        PathKind::Picture
    } else {
        PathKind::Other
    }
}

fn enlarged(picture: &Picture) -> Picture {
    let times = LEAST_SIDE.div_ceil(picture.width.min(picture.height).max(1));
    if times <= 1 {
        return picture.clone();
    }
    smooth(picture, [picture.width * times, picture.height * times])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        app::testing::{jobs, said, unattended},
        engine::protocol::Job,
    };

    #[test]
    fn a_path_is_known_by_what_lies_there() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("pictures.png");
        std::fs::create_dir(&folder).unwrap();
        let run = home.path().join("run");
        std::fs::create_dir(&run).unwrap();
        std::fs::write(run.join("run.toml"), "").unwrap();
        let file = home.path().join("a.png");
        std::fs::write(&file, "").unwrap();
        let kinds = [&folder, &run, &file, &home.path().join("b.txt")].map(|path| kind_of(path));
        assert_eq!(kinds, [PathKind::Other, PathKind::Run, PathKind::Picture, PathKind::Other]);
    }

    #[test]
    fn a_small_picture_is_enlarged_by_a_whole_number_and_a_large_one_left() {
        let sizes =
            [[28, 28], [32, 40], [256, 300], [1, 1]].map(|[w, h]| enlarged(&Picture::filled(w, h, [9; 3])).size());
        assert_eq!(sizes, [[280, 280], [256, 320], [256, 300], [256, 256]]);
    }

    #[test]
    fn what_is_dropped_is_opened_by_what_it_is_and_what_is_shown() {
        let (mut app, far_ends) = unattended(8);
        app.open_by_kind("/a.safetensors".into(), PathKind::Other);
        assert!(said(&app).starts_with("Choose data first"), "weights need data to go on with");
        app.open_by_kind("/a.png".into(), PathKind::Picture);
        app.desk.tab = Tab::Canvas;
        app.open_by_kind("/b.png".into(), PathKind::Picture);
        app.open_by_kind("/runs/a".into(), PathKind::Run);
        let run = app.session.open_run.run;
        let [Job::Load { source, .. }, read, open] = &jobs(&far_ends)[..] else { panic!("three jobs") };
        assert_eq!(source, "/a.png");
        assert_eq!(*read, Job::ReadPicture { path: "/b.png".into(), role: Role::Picture });
        assert_eq!(*open, Job::Open { run, place: Place::Folder("/runs/a".into()) });
    }
}
