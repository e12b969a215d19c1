//! Which tool, how it is set, and the button that runs it.

use crate::{
    canvas::Layer,
    desk::{Canvas, Desk},
    engine::protocol::ToolEntry,
    latent,
    session::{Said, Session},
    spec::{Knobs, Task},
    ui::{
        action::{Action, CanvasAction},
        change, knob_form, theme,
        widgets::{caption, primary, progress, sentence},
    },
};
use egui::{ComboBox, DragValue, Ui};

/// The chosen tool of the chosen task, else the first there is.
fn chosen<'a>(tools: &'a [ToolEntry], canvas: &Canvas) -> Option<&'a ToolEntry> {
    let of_task = || tools.iter().filter(|tool| tool.task == canvas.task);
    let id = canvas.tools.get(&canvas.task);
    of_task().find(|tool| Some(&tool.id) == id).or_else(|| of_task().next())
}

/// The tool of the task, its knobs, the button, and what it said.
pub fn ui(ui: &mut Ui, session: &Session, desk: &Desk, ask: &mut Vec<Action>) {
    let canvas = &desk.canvas;
    let Some(tool) = chosen(&session.catalogue.tools, canvas) else { return };
    let shown = ComboBox::from_id_salt("tool").width(ui.available_width() - theme::SPACE).selected_text(&tool.title);
    let response = shown.show_ui(ui, |ui| {
        for other in session.catalogue.tools.iter().filter(|other| other.task == canvas.task) {
            if ui.selectable_label(other.id == tool.id, &other.title).on_hover_text(&other.about).clicked() {
                change::canvas(desk, ask, |canvas| drop(canvas.tools.insert(canvas.task, other.id.clone())));
            }
        }
    });
    super::super::parts::described(ui, response.response, "Tool").on_hover_text(&tool.about);
    let following = match canvas.task {
        Task::Matting => Some(("Cut out while drawing", "A rough cut-out follows every stroke while you draw.")),
        Task::Enhancement => Some(("Preview", "Shows what the tool would do while you set it.")),
        _ => None,
    };
    if let Some((name, tip)) = following {
        let mut follow = canvas.follow;
        if ui.checkbox(&mut follow, name).on_hover_text(tip).changed() {
            change::canvas(desk, ask, |canvas| canvas.follow = follow);
        }
    }
    ui.add_space(theme::TIGHT);
    run_ui(ui, session, desk, tool, ask);
}

/// How the tool is set.
pub fn settings_ui(ui: &mut Ui, session: &Session, desk: &Desk, ask: &mut Vec<Action>) {
    let canvas = &desk.canvas;
    let Some(tool) = chosen(&session.catalogue.tools, canvas) else { return };
    caption(ui, &tool.about);
    knobs_ui(ui, desk, tool, ask);
    if canvas.task == Task::Texture {
        size_ui(ui, desk, ask);
    }
    if matches!(canvas.task, Task::Texture | Task::Inpainting) {
        seed_ui(ui, desk, ask);
    }
}

fn knobs_ui(ui: &mut Ui, desk: &Desk, tool: &ToolEntry, ask: &mut Vec<Action>) {
    let values = desk.canvas.knobs.get(&tool.id).cloned().unwrap_or_default();
    // The quick look is what drafts are for.
    for knob in tool.knobs.iter().filter(|knob| knob.id != "preview") {
        let start = knob.start();
        let value = values.get(&knob.id).filter(|value| knob.accepts(value)).unwrap_or(&start);
        let change = ui.push_id((&tool.id, &knob.id), |ui| knob_form::knob_ui(ui, knob, value, None)).inner;
        if let Some(value) = change {
            change::canvas(desk, ask, |canvas| {
                let knobs: &mut Knobs = canvas.knobs.entry(tool.id.clone()).or_default();
                knobs.put(&knob.id, value);
            });
        }
    }
}

/// Width and height of a new texture.
fn size_ui(ui: &mut Ui, desk: &Desk, ask: &mut Vec<Action>) {
    let canvas = &desk.canvas;
    let filling = canvas.layer().is_some_and(|layer| canvas.document.drawn(layer).is_some());
    let twice = canvas
        .document
        .canvas_picture
        .as_ref()
        .map_or([0, 0], |canvas_picture| canvas_picture.picture.size().map(|side| 2 * side));
    ui.add_enabled_ui(!filling, |ui| {
        ui.horizontal(|ui| {
            let label = ui.label("Size");
            for (i, name) in ["Width", "Height"].into_iter().enumerate() {
                let mut side = if canvas.size[i] == 0 { twice[i] } else { canvas.size[i] };
                let number = DragValue::new(&mut side).range(1..=16_384).suffix(" px").speed(2.0);
                let response = ui.add(number).labelled_by(label.id);
                let response = super::super::parts::described(ui, response, name);
                if response.changed() {
                    change::canvas(desk, ask, |canvas| canvas.size[i] = side);
                }
            }
            if canvas.size != [0, 0] && ui.button("2×").on_hover_text("Twice the picture's size again.").clicked() {
                change::canvas(desk, ask, |canvas| canvas.size = [0, 0]);
            }
        });
    });
}

fn seed_ui(ui: &mut Ui, desk: &Desk, ask: &mut Vec<Action>) {
    ui.horizontal(|ui| {
        let label = ui.label("Seed");
        let mut seed = desk.canvas.seed;
        let tip = "The same seed makes the same picture, here and on the command line.";
        if ui.add(DragValue::new(&mut seed).speed(0.1)).labelled_by(label.id).on_hover_text(tip).changed() {
            change::canvas(desk, ask, |canvas| canvas.seed = seed);
        }
        if ui.button("Another").on_hover_text("Another seed, another picture.").clicked() {
            change::canvas(desk, ask, |canvas| canvas.seed = latent::mix(&[canvas.seed]) % 1_000_000);
        }
    });
}

/// The one primary button; while a tool is at work, how far it is.
fn run_ui(ui: &mut Ui, session: &Session, desk: &Desk, tool: &ToolEntry, ask: &mut Vec<Action>) {
    let news = &session.canvas;
    if let Some((job, title)) = &news.work {
        let (done, total) = session.jobs.get(job).map_or((0, 0), |(_, done, total)| (*done, *total));
        ui.horizontal(|ui| {
            let width = (ui.available_width() - 72.0).max(40.0);
            progress(ui, done as f32 / total.max(1) as f32, width, title);
            if ui.button("Cancel").on_hover_text("Ends the tool; nothing is changed.").clicked() {
                ask.push(Action::Canvas(CanvasAction::Cancel));
            }
        });
        return;
    }
    let lacking = lacking(session, desk, tool);
    let button = primary(ui, verb(desk.canvas.task));
    let size = egui::vec2(ui.available_width() - theme::SPACE, theme::ROW);
    let response = ui.add_enabled_ui(lacking.is_none(), |ui| ui.add_sized(size, button)).inner;
    if response.clicked() {
        ask.push(Action::Canvas(CanvasAction::Make));
    }
    match (lacking, &news.no_draft, &news.said) {
        (Some(why), ..) => drop(caption(ui, why)),
        (None, Some(why), _) => drop(caption(ui, scribbled(desk).unwrap_or(why))),
        (None, None, Some(said)) if said.tool == tool.id => said_ui(ui, said),
        _ => {}
    }
}

fn verb(task: Task) -> &'static str {
    match task {
        Task::Matting => "Cut out",
        Task::Inpainting => "Repair",
        Task::Texture => "Make texture",
        Task::Enhancement => "Enhance",
    }
}

/// What has to be there before the tool can run.
fn lacking(session: &Session, desk: &Desk, tool: &ToolEntry) -> Option<&'static str> {
    let canvas = &desk.canvas;
    if canvas.document.canvas_picture.is_none() {
        return Some("Open a picture first.");
    }
    let drawn = canvas.layer().is_some_and(|layer| canvas.document.drawn(layer).is_some());
    match canvas.task {
        Task::Matting if !drawn && canvas.layer() == Some(Layer::Mask) => {
            Some("Draw roughly over what is to be cut out first.")
        }
        Task::Matting if !drawn => {
            Some("Draw on the picture first: a little of what is to be cut out, and of what is not.")
        }
        Task::Matting if canvas.layer() == Some(Layer::Scribbles) => scribbled(desk),
        Task::Inpainting if !drawn => Some("Draw over what is to be repaired first."),
        _ if tool.generator && !session.open_run.playable => Some("Open a run first: this tool asks its generator."),
        _ => None,
    }
}

/// What scribbles lack still, in the words of those who draw them.
fn scribbled(desk: &Desk) -> Option<&'static str> {
    let scribbles =
        desk.canvas.document.scribbles.as_ref().filter(|_| desk.canvas.layer() == Some(Layer::Scribbles))?;
    match (scribbles.count(|v| v == 255), scribbles.count(|v| v == 0)) {
        (0, _) => Some("Draw some of the foreground too."),
        (_, 0) => Some("Draw some of the background too."),
        _ => None,
    }
}

/// Seconds, figures and warnings of the last run.
fn said_ui(ui: &mut Ui, said: &Said) {
    let shown = |(name, value): &(&'static str, f64)| {
        let value = match value.abs() {
            v if v > 0.0 && v < 1e-3 => format!("{value:.1e}"),
            v if v >= 100.0 => format!("{value:.0}"),
            _ => format!("{value:.3}"),
        };
        format!("{name}: {value}").replace('_', " ")
    };
    let figures: Vec<String> = said.figures.iter().map(shown).collect();
    caption(ui, &format!("Done in {:.2} s.", said.secs)).on_hover_text(figures.join("\n"));
    for warning in &said.warnings {
        sentence(ui, theme::of(ui).warning, warning);
    }
}
