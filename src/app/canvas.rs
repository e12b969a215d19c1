//! Puts pictures on the canvas, has tools work on them, and takes over the results.

use super::{App, aside::LEAST_SIDE, dialog::Want};
use crate::{
    canvas::{Backdrop, CanvasDocument, CanvasPicture},
    desk::{Canvas, Desk, Tab, canvas::TrimapFrom},
    engine::protocol::{Exemplar, Helper, Job, Materials, Role, ToolEntry, ToolOrder},
    latent::WrittenCode,
    picture::Mask,
    session::{Intent, Level},
    spec::{Task, Value},
    ui::action::{CanvasAction, CanvasPart},
};
use std::path::PathBuf;

impl App {
    /// Performs an action of the canvas.
    pub(super) fn canvas(&mut self, action: CanvasAction, holding: bool, ctx: &egui::Context) {
        match action {
            CanvasAction::Lay(canvas_picture) => self.lay(canvas_picture),
            CanvasAction::LaySmall(picture, name) => {
                self.lay_enlarged(CanvasPicture { name, picture, alpha: None, made: None }, false, ctx);
            }
            CanvasAction::LaySample { texture } => self.lay_sample(texture, ctx),
            CanvasAction::Open(path, role) => self.read_for_canvas(path, role),
            CanvasAction::Put(document) => self.put_document(*document, holding),
            CanvasAction::Flatten => self.flatten(),
            CanvasAction::Make => self.make(),
            CanvasAction::Cancel => {
                if let Some((job, _)) = &self.session.canvas.work {
                    self.engine.cancel(*job);
                }
            }
            CanvasAction::ExportTo(part, path) => self.export_part(part, path),
            CanvasAction::Choose(role) => self.want_path(Want::Canvas(role), ctx),
            CanvasAction::Export(part) => {
                self.want_path(Want::CanvasPicture(part, self.canvas_picture_name(part)), ctx);
            }
        }
    }

    /// Puts a picture on the canvas and shows it; the former picture goes to the shelf.
    pub(super) fn lay(&mut self, canvas_picture: CanvasPicture) {
        let mut desk = self.desk.clone();
        desk.canvas.document.lay(canvas_picture);
        (desk.tab, desk.canvas.zoom, desk.canvas.centre, desk.canvas.wipe) = (Tab::Canvas, None, [0.5, 0.5], None);
        self.set(desk, false);
        self.desk.tab = Tab::Canvas;
    }

    fn put_document(&mut self, document: CanvasDocument, holding: bool) {
        let mut desk = self.desk.clone();
        let layers = |document: &CanvasDocument| (document.mask.clone(), document.scribbles.clone());
        desk.canvas.layers |= layers(&document) != layers(&desk.canvas.document);
        desk.canvas.document = document;
        self.set(desk, holding);
    }

    /// Puts the picture of the sliders on the canvas, enlarged so that it can be drawn on; with `texture` a texture is made of
    /// it.
    pub(super) fn lay_sample(&mut self, texture: bool, ctx: &egui::Context) {
        if texture && self.session.canvas.work.is_some() {
            return self.session.say(Level::Info, "A tool is at work on the canvas; wait for it or cancel it.");
        }
        let preview = self.session.open_run.preview.as_ref();
        let Some(picture) = preview.and_then(|p| p.pictures.as_ref().ok()).and_then(|p| p.first()) else {
            return self.session.say(Level::Info, "There is no picture yet; move a slider first.");
        };
        let spec = self.session.open_run.spec.as_ref();
        let name = spec.map_or_else(|| "picture".into(), |s| format!("{}-{}", s.name, self.desk.latent.seed));
        let made = self.sampled();
        let canvas_picture = CanvasPicture { name, picture: picture.clone(), alpha: None, made };
        self.lay_enlarged(canvas_picture, texture, ctx);
    }

    /// Has the worker read a picture for the canvas.
    pub(super) fn read_for_canvas(&mut self, path: PathBuf, role: Role) {
        self.job(Job::ReadPicture { path, role }, "");
    }

    /// Returns how the sliders' picture was made, as JSON with all that is needed to draw it again.
    fn sampled(&self) -> Option<String> {
        let open_run = &self.session.open_run;
        let made = serde_json::json!({
            "program": concat!("latent-studio ", env!("CARGO_PKG_VERSION")),
            "tool": "sample",
            "run": open_run.spec.as_ref()?.name,
            "step": open_run.preview.as_ref()?.step,
            "ema": self.desk.ema,
            "code": WrittenCode::from(&self.code()?),
            "smooth_to": LEAST_SIDE,
        });
        Some(made.to_string())
    }

    /// Puts a picture that was read on the canvas, behind it as its backdrop, or over it as a mask.
    pub(super) fn take_picture(&mut self, role: Role, canvas_picture: CanvasPicture) {
        let mut document = self.desk.canvas.document.clone();
        match role {
            Role::Picture => return self.lay(canvas_picture),
            Role::Backdrop => {
                document.backdrop = Backdrop::Picture(canvas_picture.picture.clone());
                document.keep(canvas_picture);
            }
            Role::Layer(layer) => {
                let Some(on) = &document.canvas_picture else {
                    return self.session.say(Level::Info, "Open a picture first; a mask belongs to one.");
                };
                let ([w, h], [width, height]) = (canvas_picture.picture.size(), on.picture.size());
                if [w, h] != [width, height] {
                    let why = format!(
                        "The mask is {w}×{h} pixels and the picture {width}×{height}; choose one of the picture's size."
                    );
                    return self.session.say(Level::Failed, &why);
                }
                let grey = canvas_picture.picture.rgb.chunks_exact(3).map(|p| p[0]).collect();
                document.put_layer(layer, Some(Mask { width, height, grey }));
            }
        }
        self.put_document(document, false);
    }

    /// Puts the result of a tool on the canvas, or on the shelf when another picture was put on the canvas meanwhile.
    pub(super) fn take_result(&mut self, task: Task, mut canvas_picture: CanvasPicture) {
        let mut desk = self.desk.clone();
        let document = &mut desk.canvas.document;
        if document.canvas_picture != self.session.canvas.of {
            document.keep(canvas_picture);
            self.set(desk, false);
            let words = "Another picture came on the canvas meanwhile; what the tool made lies on the shelf.";
            return self.session.say(Level::Info, words);
        }
        if matches!(task, Task::Inpainting | Task::Enhancement) {
            // These tools work on the colours; the opacity stays as it was.
            let former = document.canvas_picture.as_ref().and_then(|former| former.alpha.clone());
            canvas_picture.alpha =
                canvas_picture.alpha.or(former).filter(|alpha| alpha.size() == canvas_picture.picture.size());
        }
        let same = document
            .canvas_picture
            .as_ref()
            .is_some_and(|former| former.picture.size() == canvas_picture.picture.size());
        document.replace(canvas_picture, task);
        // Strokes would hide the cut-out; the next stroke shows them again.
        desk.canvas.layers &= task != Task::Matting;
        if !same {
            (desk.canvas.zoom, desk.canvas.centre, desk.canvas.wipe) = (None, [0.5, 0.5], None);
        }
        self.set(desk, false);
    }

    /// Gives the worker the tool of the form.
    pub(super) fn make(&mut self) {
        if self.session.canvas.work.is_some() {
            return self.session.say(Level::Info, "A tool is at work on the canvas; wait for it or cancel it.");
        }
        match self.tool_order(false) {
            Err(why) => self.session.say(Level::Info, &why),
            Ok(order) => {
                let title = self.tool().map_or_else(String::new, |tool| tool.title.clone());
                self.drop_draft();
                if let Some(job) = self.job(Job::Tool(Box::new(order)), &title) {
                    let of = self.desk.canvas.document.canvas_picture.clone();
                    self.session.note(Intent::ToolSent(job, title, of));
                }
            }
        }
    }

    /// Returns the chosen tool of the chosen task.
    fn tool(&self) -> Option<&ToolEntry> {
        chosen(&self.session.catalogue.tools, &self.desk.canvas)
    }

    /// Returns the order for the chosen tool, or one sentence that says what is missing. A `draft` is a quick one.
    fn tool_order(&self, draft: bool) -> Result<ToolOrder, String> {
        let canvas = &self.desk.canvas;
        let tool = self.tool().ok_or("There is no such tool.")?;
        let mut knobs = canvas.knobs.get(&tool.id).cloned().unwrap_or_default().complete(&tool.knobs)?;
        if draft && tool.knobs.iter().any(|knob| knob.id == "preview") {
            knobs.put("preview", Value::Flag(true));
        }
        let canvas_picture = canvas.document.canvas_picture.as_ref().ok_or("Open a picture on the canvas first.")?;
        let mut materials = Materials { seed: canvas.seed, ..Materials::default() };
        let drawn = canvas.layer().and_then(|layer| canvas.document.drawn(layer).cloned());
        let mut band = None;
        match canvas.task {
            Task::Matting => {
                let how = match canvas.trimap {
                    TrimapFrom::Scribbles => "Draw on the picture: some foreground and some background.",
                    TrimapFrom::RoughMask => "Draw a rough mask over what is to be cut out.",
                };
                materials.mask = Some(drawn.ok_or(how)?);
                band = (canvas.trimap == TrimapFrom::RoughMask).then_some([canvas.erode, canvas.dilate]);
                materials.picture = canvas.document.whole().map(|canvas_picture| canvas_picture.picture.clone());
            }
            Task::Inpainting => {
                materials.mask = Some(drawn.ok_or("Draw over what is to be repaired.")?);
                materials.picture = Some(canvas_picture.picture.clone());
            }
            Task::Texture => {
                let [width, height] = canvas_picture.picture.size();
                if drawn.is_some() {
                    (materials.picture, materials.mask) = (Some(canvas_picture.picture.clone()), drawn);
                    materials.size = [width, height];
                } else {
                    // No texture is taken from transparent pixels.
                    let exemplar = |canvas_picture: &CanvasPicture| Exemplar {
                        sample: canvas_picture.alpha.clone(),
                        ..canvas_picture.picture.clone().into()
                    };
                    let also = canvas.document.sources.iter().filter_map(|&at| canvas.document.shelf.get(at));
                    materials.exemplars = [canvas_picture].into_iter().chain(also).map(exemplar).collect();
                    let [w, h] = canvas.size;
                    let twice = |side: usize, set: usize| if set == 0 { 2 * side } else { set };
                    materials.size = [twice(width, w), twice(height, h)];
                }
            }
            Task::Enhancement => materials.picture = Some(canvas_picture.picture.clone()),
        }
        let open_run = &self.session.open_run;
        if tool.generator && !open_run.playable {
            return Err("Open a run first: this tool asks its generator.".into());
        }
        let run = open_run.spec.as_ref().filter(|_| tool.generator).map(|spec| Helper {
            run: open_run.run,
            ema: self.desk.ema,
            name: spec.name.clone(),
        });
        let of = if canvas.task == Task::Matting { canvas.document.whole() } else { Some(canvas_picture) };
        let made = of.and_then(|canvas_picture| canvas_picture.made.clone());
        Ok(ToolOrder {
            tool: tool.id.clone(),
            knobs,
            materials,
            run,
            made,
            band,
            draft,
            name: canvas_picture.name.clone(),
        })
    }

    /// Has a draft made after every change of strokes or knobs, if a person wants that; the former draft is cancelled.
    pub(super) fn follow_canvas(&mut self, before: &Desk) {
        let (old, new) = (&before.canvas, self.desk.canvas.clone());
        if old.document.canvas_picture != new.document.canvas_picture {
            return self.drop_draft();
        }
        let same = (&old.document.mask, &old.document.scribbles) == (&new.document.mask, &new.document.scribbles)
            && old.knobs == new.knobs
            && (old.trimap, old.erode, old.dilate, old.task) == (new.trimap, new.erode, new.dilate, new.task)
            && (old.follow, &old.tools) == (new.follow, &new.tools);
        if same {
            return;
        }
        let follows = matches!(new.task, Task::Matting | Task::Enhancement);
        if !new.follow || !follows || new.document.canvas_picture.is_none() || self.session.canvas.work.is_some() {
            return self.drop_draft();
        }
        let drawn = new.layer().is_some_and(|layer| new.document.drawn(layer).is_some());
        if !drawn && new.task == Task::Matting {
            return self.drop_draft();
        }
        self.cancel_draft();
        if let Ok(order) = self.tool_order(true) {
            let job = self.job(Job::Tool(Box::new(order)), "");
            self.session.note(Intent::Drafting(job));
        }
    }

    fn cancel_draft(&mut self) {
        if let Some(job) = self.session.canvas.drafting {
            self.engine.cancel(job);
            self.session.note(Intent::Drafting(None));
        }
    }

    fn drop_draft(&mut self) {
        self.cancel_draft();
        self.session.note(Intent::DraftDropped);
    }

    /// Writes a part of the canvas to a path.
    pub(super) fn export_part(&mut self, part: CanvasPart, path: PathBuf) {
        let to = self.exported(path, false);
        match exported(&self.desk.canvas, part, to) {
            Err(why) => self.session.say(Level::Info, why),
            Ok(job) => {
                self.job(job, "Exporting");
            }
        }
    }

    /// Returns the file name that is offered for a part of the canvas.
    fn canvas_picture_name(&self, part: CanvasPart) -> String {
        let name = self
            .desk
            .canvas
            .document
            .canvas_picture
            .as_ref()
            .map_or("picture", |canvas_picture| canvas_picture.name.as_str());
        let what = match part {
            CanvasPart::Picture | CanvasPart::Composite => "",
            CanvasPart::Alpha => "-alpha",
            CanvasPart::Layer => "-mask",
        };
        format!("{name}{what}.png")
    }

    /// Shows the canvas if undo or redo changed it.
    pub(super) fn show_undone(&mut self, before: &Desk) {
        if before.canvas.document != self.desk.canvas.document {
            self.desk.tab = Tab::Canvas;
        }
    }

    /// Has the worker lay the picture over its backdrop, as one opaque picture.
    fn flatten(&mut self) {
        let document = &self.desk.canvas.document;
        if let Some(canvas_picture) = document.canvas_picture.clone() {
            let over = document.backdrop.clone();
            self.job(Job::Compose { canvas_picture: Box::new(canvas_picture), over, to: None }, "");
        }
    }
}

/// Returns the chosen tool of the chosen task, or the first tool of that task.
fn chosen<'a>(tools: &'a [ToolEntry], canvas: &Canvas) -> Option<&'a ToolEntry> {
    let of_task = || tools.iter().filter(|tool| tool.task == canvas.task);
    let id = canvas.tools.get(&canvas.task);
    of_task().find(|tool| Some(&tool.id) == id).or_else(|| of_task().next())
}

/// Returns the job that writes a part of the canvas, or why there is nothing to write.
fn exported(canvas: &Canvas, part: CanvasPart, to: PathBuf) -> Result<Job, &'static str> {
    let document = &canvas.document;
    let canvas_picture = document.canvas_picture.clone().ok_or("There is no picture on the canvas.")?;
    let compose = |canvas_picture: CanvasPicture, over: Backdrop| Job::Compose {
        canvas_picture: Box::new(canvas_picture),
        over,
        to: Some(to.clone()),
    };
    Ok(match part {
        CanvasPart::Picture => compose(canvas_picture, Backdrop::Nothing),
        CanvasPart::Composite => compose(canvas_picture, document.backdrop.clone()),
        CanvasPart::Alpha => Job::WriteMask {
            mask: canvas_picture.alpha.ok_or("The picture is opaque.")?,
            made: canvas_picture.made,
            to,
        },
        CanvasPart::Layer => {
            let layer = canvas.layer().and_then(|layer| document.drawn(layer)).ok_or("Nothing is drawn yet.")?;
            Job::WriteMask { mask: layer.clone(), made: None, to }
        }
    })
}

#[cfg(test)]
mod tests;
