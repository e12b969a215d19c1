//! The canvas: puts pictures on it, orders tools, takes over what they made.

use super::{App, aside::LEAST_SIDE, dialogs::Want};
use crate::{
    desk::{
        Canvas, Desk, Tab,
        canvas::{Backdrop, Leaf, Sheet, TrimapFrom},
    },
    engine::protocol::{Exemplar, Helper, Job, Made, Materials, Role, ToolEntry, ToolOrder},
    latent::WrittenCode,
    picture::Mask,
    session::Level,
    spec::{Task, Value},
    ui::action::{CanvasAction, LeafPart},
};
use std::path::{Path, PathBuf};

impl App {
    /// Does what was asked of the canvas.
    pub(super) fn canvas(&mut self, action: CanvasAction, holding: bool, ctx: &egui::Context) {
        match action {
            CanvasAction::Lay(leaf) => self.lay(leaf),
            CanvasAction::LaySmall(picture, name) => {
                self.lay_enlarged(Leaf { name, picture, alpha: None, made: None }, false, ctx);
            }
            CanvasAction::LaySample { texture } => self.lay_sample(texture, ctx),
            CanvasAction::Open(path, role) => self.read_for_canvas(path, role),
            CanvasAction::Put(sheet) => self.put_sheet(*sheet, holding),
            CanvasAction::Flatten => self.flatten(),
            CanvasAction::Make => self.make(),
            CanvasAction::Cancel => {
                if let Some((job, _)) = &self.session.canvas.work {
                    self.engine.cancel(*job);
                }
            }
            CanvasAction::ExportTo(part, path) => self.export_leaf(part, path),
            // Asked for their path before they get here.
            CanvasAction::Choose(_) | CanvasAction::Export(_) => {}
        }
    }

    /// Puts a picture on the canvas and shows it; what lay there goes to the shelf.
    pub(super) fn lay(&mut self, leaf: Leaf) {
        let mut desk = self.desk.clone();
        desk.canvas.sheet.lay(leaf);
        (desk.tab, desk.canvas.zoom, desk.canvas.centre, desk.canvas.wipe) = (Tab::Canvas, None, [0.5, 0.5], None);
        self.set(desk, false);
        self.desk.tab = Tab::Canvas;
    }

    fn put_sheet(&mut self, sheet: Sheet, holding: bool) {
        let mut desk = self.desk.clone();
        let layers = |sheet: &Sheet| (sheet.mask.clone(), sheet.scribbles.clone());
        desk.canvas.layers |= layers(&sheet) != layers(&desk.canvas.sheet);
        desk.canvas.sheet = sheet;
        self.set(desk, holding);
    }

    /// Puts the large picture of the sliders on the canvas, large enough to be drawn on.
    pub(super) fn lay_sample(&mut self, texture: bool, ctx: &egui::Context) {
        if texture && self.session.canvas.work.is_some() {
            return self.session.say(Level::Info, "A tool is at work on the canvas; wait for it or cancel it.");
        }
        let preview = self.session.stage.preview.as_ref();
        let Some(picture) = preview.and_then(|p| p.pictures.as_ref().ok()).and_then(|p| p.first()) else {
            return self.session.say(Level::Info, "There is no picture yet; move a slider first.");
        };
        let spec = self.session.stage.spec.as_ref();
        let name = spec.map_or_else(|| "picture".into(), |s| format!("{}-{}", s.name, self.desk.latent.seed));
        let made = self.sampled();
        let leaf = Leaf { name, picture: picture.clone(), alpha: None, made };
        self.lay_enlarged(leaf, texture, ctx);
    }

    /// Has a picture read for the canvas.
    pub(super) fn read_for_canvas(&mut self, path: PathBuf, role: Role) {
        self.job(Job::ReadPicture { path, role }, "");
    }

    /// How the sliders' picture was made: enough to draw it again.
    fn sampled(&self) -> Option<String> {
        let stage = &self.session.stage;
        let made = serde_json::json!({
            "program": concat!("latent-studio ", env!("CARGO_PKG_VERSION")),
            "tool": "sample",
            "run": stage.spec.as_ref()?.name,
            "step": stage.preview.as_ref()?.step,
            "ema": self.desk.ema,
            "code": WrittenCode::from(&self.code()?),
            "smooth_to": LEAST_SIDE,
        });
        Some(made.to_string())
    }

    /// Takes over a picture that was read.
    pub(super) fn take_picture(&mut self, role: Role, leaf: Leaf) {
        let mut sheet = self.desk.canvas.sheet.clone();
        match role {
            Role::Picture => return self.lay(leaf),
            Role::Backdrop => {
                sheet.backdrop = Backdrop::Picture(leaf.picture.clone());
                sheet.keep(leaf);
            }
            Role::Layer(layer) => {
                let Some(on) = &sheet.leaf else {
                    return self.session.say(Level::Info, "Open a picture first; a mask belongs to one.");
                };
                let ([w, h], [width, height]) = (leaf.picture.size(), on.picture.size());
                if [w, h] != [width, height] {
                    let why = format!(
                        "The mask is {w}×{h} pixels and the picture {width}×{height}; choose one of the picture's size."
                    );
                    return self.session.say(Level::Failed, &why);
                }
                let grey = leaf.picture.rgb.chunks_exact(3).map(|p| p[0]).collect();
                sheet.put_layer(layer, Some(Mask { width, height, grey }));
            }
        }
        self.put_sheet(sheet, false);
    }

    /// Takes over what a tool made.
    pub(super) fn take_made(&mut self, made: &Made) {
        let ours = self.session.canvas.work.as_ref().is_some_and(|(job, _)| *job == made.job);
        if made.draft || !ours {
            return;
        }
        let mut desk = self.desk.clone();
        let sheet = &mut desk.canvas.sheet;
        let mut leaf = made.leaf.clone();
        if sheet.leaf != self.session.canvas.of {
            sheet.keep(leaf);
            self.set(desk, false);
            let words = "Another picture came on the canvas meanwhile; what the tool made lies on the shelf.";
            return self.session.say(Level::Info, words);
        }
        if matches!(made.task, Task::Inpainting | Task::Enhancement) {
            // The opacity is none of its business.
            let former = sheet.leaf.as_ref().and_then(|former| former.alpha.clone());
            leaf.alpha = leaf.alpha.or(former).filter(|alpha| alpha.size() == leaf.picture.size());
        }
        let same = sheet.leaf.as_ref().is_some_and(|former| former.picture.size() == leaf.picture.size());
        sheet.replace(leaf, made.task);
        // What was drawn has done its work; the next stroke shows it again.
        desk.canvas.layers &= made.task != Task::Matting;
        if !same {
            (desk.canvas.zoom, desk.canvas.centre, desk.canvas.wipe) = (None, [0.5, 0.5], None);
        }
        self.set(desk, false);
    }

    /// Orders what the form says.
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
                    self.session.canvas.work = Some((job, title));
                    self.session.canvas.of = self.desk.canvas.sheet.leaf.clone();
                }
            }
        }
    }

    /// The chosen tool of the chosen task.
    fn tool(&self) -> Option<&ToolEntry> {
        chosen(&self.session.catalogue.tools, &self.desk.canvas)
    }

    /// What the form and the canvas say; one sentence where something is missing.
    fn tool_order(&self, draft: bool) -> Result<ToolOrder, String> {
        let canvas = &self.desk.canvas;
        let tool = self.tool().ok_or("There is no such tool.")?;
        let mut knobs = canvas.knobs.get(&tool.id).cloned().unwrap_or_default().complete(&tool.knobs)?;
        if draft && tool.knobs.iter().any(|knob| knob.id == "preview") {
            knobs.put("preview", Value::Flag(true));
        }
        let leaf = canvas.sheet.leaf.as_ref().ok_or("Open a picture on the canvas first.")?;
        let mut materials = Materials { seed: canvas.seed, ..Materials::default() };
        let drawn = canvas.layer().and_then(|layer| canvas.sheet.drawn(layer).cloned());
        let mut band = None;
        match canvas.task {
            Task::Matting => {
                let how = match canvas.trimap {
                    TrimapFrom::Scribbles => "Draw on the picture: some foreground and some background.",
                    TrimapFrom::RoughMask => "Draw a rough mask over what is to be cut out.",
                };
                materials.mask = Some(drawn.ok_or(how)?);
                band = (canvas.trimap == TrimapFrom::RoughMask).then_some([canvas.erode, canvas.dilate]);
                materials.picture = canvas.sheet.whole().map(|leaf| leaf.picture.clone());
            }
            Task::Inpainting => {
                materials.mask = Some(drawn.ok_or("Draw over what is to be repaired.")?);
                materials.picture = Some(leaf.picture.clone());
            }
            Task::Texture => {
                let [width, height] = leaf.picture.size();
                if drawn.is_some() {
                    (materials.picture, materials.mask) = (Some(leaf.picture.clone()), drawn);
                    materials.size = [width, height];
                } else {
                    // What is transparent is no texture.
                    let exemplar = |leaf: &Leaf| Exemplar { sample: leaf.alpha.clone(), ..leaf.picture.clone().into() };
                    let also = canvas.sheet.sources.iter().filter_map(|&at| canvas.sheet.shelf.get(at));
                    materials.exemplars = [leaf].into_iter().chain(also).map(exemplar).collect();
                    let [w, h] = canvas.size;
                    let twice = |side: usize, set: usize| if set == 0 { 2 * side } else { set };
                    materials.size = [twice(width, w), twice(height, h)];
                }
            }
            Task::Enhancement => materials.picture = Some(leaf.picture.clone()),
        }
        let stage = &self.session.stage;
        if tool.generator && !stage.playable {
            return Err("Open a run first: this tool asks its generator.".into());
        }
        let run = stage.spec.as_ref().filter(|_| tool.generator).map(|spec| Helper {
            run: stage.run,
            ema: self.desk.ema,
            name: spec.name.clone(),
        });
        let of = if canvas.task == Task::Matting { canvas.sheet.whole() } else { Some(leaf) };
        let made = of.and_then(|leaf| leaf.made.clone());
        Ok(ToolOrder { tool: tool.id.clone(), knobs, materials, run, made, band, draft, name: leaf.name.clone() })
    }

    /// Orders a rough cut-out after every stroke, when a person wants that; the one before has had its time.
    pub(super) fn follow_canvas(&mut self, before: &Desk) {
        let (old, new) = (&before.canvas, self.desk.canvas.clone());
        if old.sheet.leaf != new.sheet.leaf {
            return self.drop_draft();
        }
        let same = (&old.sheet.mask, &old.sheet.scribbles) == (&new.sheet.mask, &new.sheet.scribbles)
            && old.knobs == new.knobs
            && (old.trimap, old.erode, old.dilate, old.task) == (new.trimap, new.erode, new.dilate, new.task)
            && (old.follow, &old.tools) == (new.follow, &new.tools);
        if same {
            return;
        }
        let follows = matches!(new.task, Task::Matting | Task::Enhancement);
        if !new.follow || !follows || new.sheet.leaf.is_none() || self.session.canvas.work.is_some() {
            return self.drop_draft();
        }
        let drawn = new.layer().is_some_and(|layer| new.sheet.drawn(layer).is_some());
        if !drawn && new.task == Task::Matting {
            return self.drop_draft();
        }
        self.cancel_draft();
        if let Ok(order) = self.tool_order(true) {
            self.session.canvas.drafting = self.job(Job::Tool(Box::new(order)), "");
        }
    }

    fn cancel_draft(&mut self) {
        if let Some(job) = self.session.canvas.drafting.take() {
            self.engine.cancel(job);
        }
    }

    fn drop_draft(&mut self) {
        self.cancel_draft();
        (self.session.canvas.draft, self.session.canvas.no_draft) = (None, None);
    }

    /// Writes a part of the canvas to a path.
    fn export_leaf(&mut self, part: LeafPart, path: PathBuf) {
        let to = self.exported(path, false);
        match exported(&self.desk.canvas, part, to) {
            Err(why) => self.session.say(Level::Info, why),
            Ok(job) => {
                self.job(job, "Exporting");
            }
        }
    }

    /// What the file dialog of the canvas was for.
    pub(super) fn canvas_path(&mut self, want: &Want, path: &Path) {
        match want {
            Want::Canvas(role) => self.read_for_canvas(path.into(), *role),
            Want::Leaf(part, _) => self.export_leaf(*part, path.into()),
            _ => {}
        }
    }

    /// The name that is offered for a part of the canvas.
    pub(super) fn leaf_name(&self, part: LeafPart) -> String {
        let name = self.desk.canvas.sheet.leaf.as_ref().map_or("picture", |leaf| leaf.name.as_str());
        let what = match part {
            LeafPart::Picture | LeafPart::Composite => "",
            LeafPart::Alpha => "-alpha",
            LeafPart::Layer => "-mask",
        };
        format!("{name}{what}.png")
    }

    /// Undo brings its change into view.
    pub(super) fn show_undone(&mut self, before: &Desk) {
        if before.canvas.sheet != self.desk.canvas.sheet {
            self.desk.tab = Tab::Canvas;
        }
    }

    /// Lays the picture over its backdrop, as one opaque picture.
    fn flatten(&mut self) {
        let sheet = &self.desk.canvas.sheet;
        if let Some(leaf) = sheet.leaf.clone() {
            let over = sheet.backdrop.clone();
            self.job(Job::Compose { leaf: Box::new(leaf), over, to: None }, "");
        }
    }
}

/// The chosen tool of the chosen task, else the first there is.
fn chosen<'a>(tools: &'a [ToolEntry], canvas: &Canvas) -> Option<&'a ToolEntry> {
    let of_task = || tools.iter().filter(|tool| tool.task == canvas.task);
    let id = canvas.tools.get(&canvas.task);
    of_task().find(|tool| Some(&tool.id) == id).or_else(|| of_task().next())
}

/// The job that writes a part of the canvas.
fn exported(canvas: &Canvas, part: LeafPart, to: PathBuf) -> Result<Job, &'static str> {
    let sheet = &canvas.sheet;
    let leaf = sheet.leaf.clone().ok_or("There is no picture on the canvas.")?;
    let compose = |leaf: Leaf, over: Backdrop| Job::Compose { leaf: Box::new(leaf), over, to: Some(to.clone()) };
    Ok(match part {
        LeafPart::Picture => compose(leaf, Backdrop::Nothing),
        LeafPart::Composite => compose(leaf, sheet.backdrop.clone()),
        LeafPart::Alpha => Job::WriteMask { mask: leaf.alpha.ok_or("The picture is opaque.")?, made: leaf.made, to },
        LeafPart::Layer => {
            let layer = canvas.layer().and_then(|layer| sheet.drawn(layer)).ok_or("Nothing is drawn yet.")?;
            Job::WriteMask { mask: layer.clone(), made: None, to }
        }
    })
}
