//! Measures the window from inside while a run trains and a slider is dragged: `latent-studio bench window` and `bench latency`.

use super::{App, probe::Probe};
use crate::{
    meter::at_share,
    session::{DataState, Status},
    ui::{
        action::{Action, Plain},
        latent_panel,
    },
};
use crossbeam_channel::Sender;
use egui::Context;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Figures by name: medians and 95th percentiles in milliseconds, and a few counts.
pub type Figures = BTreeMap<&'static str, f64>;

/// Starts a run, drags a slider in every frame, and takes the times. All times are in milliseconds.
pub struct Measure {
    length: Duration,
    begun: Option<Instant>,
    first_step: u64,
    ours: Vec<f64>,
    between: Vec<f64>,
    delays: Vec<f64>,
    decodes: Vec<f64>,
    textures: Vec<f64>,
    last_frame: Option<Instant>,
    last_ticket: u64,
    last_texture: u64,
    turns: u64,
    over: bool,
}

impl Measure {
    /// A measurement of this many seconds, which begin when the run has done five steps.
    pub fn new(seconds: u64) -> Self {
        Self {
            length: Duration::from_secs(seconds),
            begun: None,
            first_step: 0,
            ours: Vec::new(),
            between: Vec::new(),
            delays: Vec::new(),
            decodes: Vec::new(),
            textures: Vec::new(),
            last_frame: None,
            last_ticket: 0,
            last_texture: 0,
            turns: 0,
            over: false,
        }
    }

    /// To be called before a frame is drawn: starts the run, then moves the slider. Returns the figures, once, when the time is
    /// over.
    pub fn drive(&mut self, app: &mut App, ctx: &Context) -> Option<Figures> {
        if self.over {
            return None;
        }
        ctx.request_repaint();
        let status = app.session.open_run.status.clone();
        match (&app.session.data, &status) {
            (DataState::Ready(_), s) if !s.is_alive() => {
                app.desk.steps = 1_000_000;
                app.perform(Action::Plain(Plain::Start), ctx, false);
                return None;
            }
            (_, Status::Training) if app.session.open_run.step >= 5 => {}
            _ => return None,
        }
        let now = Instant::now();
        let begun = *self.begun.get_or_insert_with(|| {
            self.first_step = app.session.open_run.step;
            now
        });
        if let Some(preview) = app.session.open_run.preview.as_ref().filter(|p| p.ticket > self.last_ticket) {
            self.last_ticket = preview.ticket;
            self.delays.push(preview.delay.as_secs_f64() * 1e3);
            self.decodes.push(preview.decode.as_secs_f64() * 1e3);
        }
        if let Some(textured) = latent_panel::textured(ctx).filter(|t| t.ticket > self.last_texture) {
            self.last_texture = textured.ticket;
            self.textures.push(textured.delay.as_secs_f64() * 1e3);
        }
        if let Some(last) = self.last_frame.replace(now) {
            self.between.push((now - last).as_secs_f64() * 1e3);
        }
        self.turns += 1;
        let mut desk = app.desk.clone();
        if let Some(z) = desk.latent.z.first_mut() {
            *z = (self.turns as f32 * 0.07).sin() * 2.5;
        }
        app.perform(Action::Set(Box::new(desk)), ctx, true);
        app.perform(Action::HoldSlider, ctx, true);
        self.over = now - begun >= self.length;
        self.over.then(|| self.figures(app, now - begun))
    }

    /// To be called after a frame is drawn, with what logic and panels took.
    pub fn took(&mut self, ours: Duration) {
        if self.begun.is_some() {
            self.ours.push(ours.as_secs_f64() * 1e3);
        }
    }

    fn figures(&mut self, app: &App, length: Duration) -> Figures {
        let steps = app.session.open_run.step.saturating_sub(self.first_step) as f64;
        let mut figures = Figures::from([
            ("seconds", length.as_secs_f64()),
            ("steps_per_s", steps / length.as_secs_f64()),
            ("frames_per_s", self.between.len() as f64 / length.as_secs_f64()),
            ("pictures", self.delays.len() as f64),
        ]);
        for (names, values) in [
            (["wish_ms", "wish_ms_p95"], &mut self.delays),
            (["decode_ms", "decode_ms_p95"], &mut self.decodes),
            (["texture_ms", "texture_ms_p95"], &mut self.textures),
            (["frame_ms", "frame_ms_p95"], &mut self.between),
            (["ours_ms", "ours_ms_p95"], &mut self.ours),
        ] {
            values.sort_by(f64::total_cmp);
            for (name, share) in names.into_iter().zip([0.5, 0.95]) {
                figures.insert(name, at_share(values, share).unwrap_or(f64::NAN));
            }
        }
        figures
    }
}

/// A frame of a usual screen.
const SCREEN: Duration = Duration::from_micros(16_667);

/// Measures a real window and closes it when the time is over.
pub struct WindowMeasure {
    measure: Measure,
    out: Sender<Figures>,
    /// An empty panel is drawn in place of the program's until the time is over.
    empty: bool,
    last_frame: Option<Instant>,
}

impl WindowMeasure {
    /// Measures for this many seconds and sends the figures to `out`. With `empty` the window trains and moves the slider as any
    /// other, but draws nothing.
    pub fn new(seconds: u64, empty: bool, out: Sender<Figures>) -> Self {
        Self { measure: Measure::new(seconds), out, empty, last_frame: None }
    }
}

impl Probe for WindowMeasure {
    fn frame_begins(&mut self) {
        // A screen shows 60 frames a second; one that nobody sees would let us draw without end.
        std::thread::sleep(self.last_frame.map_or(Duration::ZERO, |last| SCREEN.saturating_sub(last.elapsed())));
        self.last_frame = Some(Instant::now());
    }

    fn before_panels(&mut self, app: &mut App, ctx: &Context) -> bool {
        if let Some(figures) = self.measure.drive(app, ctx) {
            // Nobody waits for the figures of a window that was closed by hand.
            self.out.try_send(figures).ok();
            self.empty = false;
            app.leave(ctx);
        }
        !self.empty
    }

    fn after_panels(&mut self, _app: &App, took: Duration) {
        self.measure.took(took);
    }
}

/// Measures without a window: what a frame costs in logic, panels and tessellation (`frame_ours_ms`), during the same
/// training. Painting is the graphics driver's.
pub fn headless(mut app: App, seconds: u64) -> Figures {
    const FRAME: Duration = Duration::from_millis(33);
    let ctx = Context::default();
    let mut measure = Measure::new(seconds);
    loop {
        let begin = Instant::now();
        let input = egui::RawInput {
            screen_rect: Some(egui::Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(1280.0, 800.0))),
            ..egui::RawInput::default()
        };
        app.listen();
        let done = measure.drive(&mut app, &ctx);
        let mut output = ctx.run_ui(input, |ui| app.show(ui));
        output.textures_delta.clear();
        let triangles = ctx.tessellate(output.shapes, output.pixels_per_point);
        measure.took(begin.elapsed());
        drop(triangles);
        if let Some(figures) = done {
            return figures;
        }
        std::thread::sleep(FRAME.saturating_sub(begin.elapsed()));
    }
}
