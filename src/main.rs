//! Picks a subcommand or opens the window.

use clap::Parser;
use eframe::{Renderer, egui};
use latent_studio::{
    app::{self, App, pacer::Pacer},
    bench,
    cli::{self, Cli, Command, Exit, WrongUse},
    desk::Settings,
    engine::{Engine, Options},
    run, terminal,
};
use signal_hook::consts::{SIGINT, SIGTERM};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

fn main() -> ExitCode {
    settle_environment();
    // The window's libraries have much to say; only what is ours or grave is for people.
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::new("latent_studio=info,error"))
        .with_writer(std::io::stderr)
        .init();
    let cli = Cli::parse();
    let result = match cli.command {
        None => open(&cli.open),
        Some(Command::Open(open_with)) => open(&open_with),
        Some(Command::Bench(bench)) => measure(&bench),
        Some(command) => cli::run(command),
    };
    match result {
        Ok(Exit::Done) => ExitCode::SUCCESS,
        Ok(Exit::Signal(code)) => ExitCode::from(u8::try_from(code).unwrap_or(1)),
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::from(if error.downcast_ref::<WrongUse>().is_some() { 2 } else { 1 })
        }
    }
}

/// Variables that are read once, when libtorch loads, so that the program begins again with them set, unless the user has set them.
///
/// libtorch's OpenMP workers spin at barriers, and one that shares a core with a busy window starves the one it waits for: a bounded
/// spin keeps a step at its speed. Where there is an NVIDIA driver, 32-bit matrix products may be TF32 as its convolutions are anyway.
fn settle_environment() {
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt;
        let set = |name| std::env::var_os(name).is_some();
        let mut missing = Vec::new();
        if !set("GOMP_SPINCOUNT") && !set("OMP_WAIT_POLICY") {
            missing.push(("GOMP_SPINCOUNT", "10000"));
        }
        let driver = || ["/dev/nvidiactl", "/dev/dxg"].iter().any(|place| Path::new(place).exists());
        if !set("TORCH_ALLOW_TF32_CUBLAS_OVERRIDE") && driver() {
            missing.push(("TORCH_ALLOW_TF32_CUBLAS_OVERRIDE", "1"));
        }
        if missing.is_empty() {
            return;
        }
        let Ok(program) = std::env::current_exe() else { return };
        // Only comes back when it failed; then it goes on as it is.
        let _ = std::process::Command::new(program).args(std::env::args_os().skip(1)).envs(missing).exec();
    }
}

/// Measures; what needs the window's program is measured here.
fn measure(bench: &bench::Bench) -> anyhow::Result<Exit> {
    let mut of_window = |what| {
        let home = tempfile::tempdir()?;
        let (runs, threads) = (home.path().to_path_buf(), bench.threads());
        let options = Options { threads, device: bench.choice()?, runs, sample_every_s: 2.0, measure_every_s: None };
        if what == "latency" {
            let mut app = App::new(Engine::start(Arc::new(|| {}), options)?, bench_settings(bench), None);
            app.open_with("shapes:2000");
            Ok(Some(app::measure::headless(app, bench.seconds)))
        } else if terminal::has_display() {
            bench_window(options, bench, what == "empty").map(Some)
        } else {
            tracing::warn!("The window is not measured: there is no display.");
            Ok(None)
        }
    };
    bench.run(&mut of_window)?;
    Ok(Exit::Done)
}

/// The usual case of the other measurements: width 64, batch 64.
fn bench_settings(bench: &bench::Bench) -> Settings {
    let mut settings = Settings::default();
    settings.desk.device.clone_from(&bench.device);
    settings.desk.knobs.put("width", latent_studio::spec::Value::Int(64));
    settings
}

/// An empty window trains and turns the sliders as any other, and draws an empty panel.
fn bench_window(options: Options, bench: &bench::Bench, empty: bool) -> anyhow::Result<app::measure::Figures> {
    let (seconds, settings) = (bench.seconds, bench_settings(bench));
    let renderer = renderers(bench.renderer.as_deref())[0];
    let (out, figures) = crossbeam_channel::bounded(1);
    let create = move |cc: &eframe::CreationContext<'_>| {
        let ctx = cc.egui_ctx.clone();
        let wake = Arc::new(move || ctx.request_repaint_after(FRAME));
        let mut app = App::new(Engine::start(wake, options)?, settings, None);
        app.open_with("shapes:2000");
        let measure = Some((app::measure::Measure::new(seconds), out));
        let signal = signals(&cc.egui_ctx)?;
        Ok(Box::new(Window { app, signal, pacer: pacer(), measure, empty, startup: None, last: None })
            as Box<dyn eframe::App>)
    };
    eframe::run_native("latent-studio", native_options(renderer, None), Box::new(create))
        .map_err(|e| anyhow::anyhow!("The window could not be opened: {e}."))?;
    figures.try_recv().map_err(|_| anyhow::anyhow!("The window was closed before the measurement ended."))
}

/// Opens the window, with another renderer when the first one fails.
fn open(with: &cli::Open) -> anyhow::Result<Exit> {
    if !terminal::has_display() {
        return Err(cli::wrong_use(
            "There is no display to open a window on; set DISPLAY, or use a subcommand such as train (see latent-studio --help).",
        ));
    }
    if let Some(device) = &with.device {
        cli::device(device)?;
    }
    let mut last = None;
    for renderer in renderers(with.renderer.as_deref()) {
        match window(with, renderer) {
            Ok(()) => return Ok(Exit::Done),
            Err(eframe::Error::WinitEventLoop(error)) => {
                return Err(cli::wrong_use(format!("The display could not be opened: {error}.").replace('\n', " ")));
            }
            Err(error) => {
                tracing::warn!("{renderer:?} failed: {error}");
                last = Some(error);
            }
        }
    }
    Err(anyhow::anyhow!("No window could be opened: {}.", last.map_or_else(String::new, |e| e.to_string())))
}

/// Renderers to try, best first. Where there is no graphics device the processor draws, and Mesa's software OpenGL draws a frame five
/// times as fast as its software Vulkan: 26 against 132 ms beside a training run on two cores.
fn renderers(asked: Option<&str>) -> Vec<Renderer> {
    match asked {
        Some("glow") => vec![Renderer::Glow],
        Some(_) => vec![Renderer::Wgpu],
        None if !has_graphics_device() => vec![Renderer::Glow, Renderer::Wgpu],
        None => vec![Renderer::Wgpu, Renderer::Glow],
    }
}

fn window(with: &cli::Open, renderer: Renderer) -> eframe::Result {
    let home = run::home();
    let layout = home.settings.with_file_name("layout.ron");
    if with.reset_ui {
        let _ = std::fs::remove_file(&layout);
    }
    let options = native_options(renderer, Some(layout));
    let (what, device) = (with.what.clone(), with.device.clone());
    let startup = with.report_startup.then(app::startup::Startup::default);
    eframe::run_native(
        "latent-studio",
        options,
        Box::new(move |cc| {
            let ctx = cc.egui_ctx.clone();
            let wake = Arc::new(move || ctx.request_repaint_after(FRAME));
            let engine = Engine::start(wake, Options::usual())?;
            let mut settings = read_settings(&home.settings);
            if let Some(device) = device {
                settings.desk.device = device;
            }
            let mut app = App::new(engine, settings, Some(home.settings.clone()));
            if let Some(what) = what {
                app.open_with(&what);
            }
            let signal = signals(&cc.egui_ctx)?;
            Ok(Box::new(Window { app, signal, pacer: pacer(), measure: None, empty: false, startup, last: None }))
        }),
    )
}

/// Where the processor draws, frames keep a distance; a graphics device has the screen's rhythm.
fn pacer() -> Option<Pacer> {
    (!has_graphics_device()).then(Pacer::default)
}

fn has_graphics_device() -> bool {
    !cfg!(target_os = "linux") || Path::new("/dev/dri").exists()
}

/// At most 30 frames a second for what the engine tells: under software rendering a frame costs what a step needs.
const FRAME: Duration = Duration::from_millis(33);

/// A frame of a usual screen.
const SCREEN: Duration = Duration::from_micros(16_667);

fn native_options(renderer: Renderer, layout: Option<PathBuf>) -> eframe::NativeOptions {
    let viewport = egui::ViewportBuilder::default()
        .with_app_id("latent-studio")
        .with_title("Latent Studio")
        .with_inner_size([1280.0, 800.0])
        .with_min_inner_size([720.0, 480.0])
        .with_drag_and_drop(true);
    let viewport = match eframe::icon_data::from_png_bytes(include_bytes!("../assets/icon.png")) {
        Ok(icon) => viewport.with_icon(icon),
        Err(_) => viewport,
    };
    eframe::NativeOptions { viewport, renderer, persistence_path: layout, ..eframe::NativeOptions::default() }
}

/// Settings of last time; a file that does not read is put aside, never lost.
fn read_settings(path: &Path) -> Settings {
    let Ok(text) = std::fs::read_to_string(path) else { return Settings::default() };
    toml::from_str(&text).unwrap_or_else(|error| {
        tracing::warn!("{} does not read and was put aside: {error}", path.display());
        let _ = std::fs::rename(path, path.with_extension("toml.bak"));
        Settings::default()
    })
}

/// The first SIGINT or SIGTERM is kept for the window to act on, and wakes it; the second ends the program at once.
fn signals(ctx: &egui::Context) -> std::io::Result<Arc<AtomicUsize>> {
    let seen = Arc::new(AtomicUsize::new(0));
    for (number, code) in [(SIGINT, 2), (SIGTERM, 15)] {
        let armed = Arc::new(AtomicBool::new(false));
        signal_hook::flag::register_conditional_shutdown(number, 128 + number, armed.clone())?;
        signal_hook::flag::register(number, armed)?;
        signal_hook::flag::register_usize(number, seen.clone(), code)?;
    }
    #[cfg(unix)]
    {
        let (mut bell, ctx) = (signal_hook::iterator::Signals::new([SIGINT, SIGTERM])?, ctx.clone());
        let ring = move || bell.forever().for_each(|_| ctx.request_repaint());
        std::thread::Builder::new().name("signals".into()).spawn(ring)?;
    }
    Ok(seen)
}

/// The program as eframe sees it.
struct Window {
    app: App,
    signal: Arc<AtomicUsize>,
    pacer: Option<Pacer>,
    measure: Option<(app::measure::Measure, crossbeam_channel::Sender<app::measure::Figures>)>,
    /// Draws an empty panel until the measurement is over.
    empty: bool,
    startup: Option<app::startup::Startup>,
    /// When the last frame of a measurement began.
    last: Option<Instant>,
}

impl eframe::App for Window {
    fn logic(&mut self, ctx: &egui::Context, _frame: &mut eframe::Frame) {
        if self.measure.is_some() {
            // A screen shows 60 frames a second; one that nobody sees would let us draw without end.
            std::thread::sleep(self.last.map_or(Duration::ZERO, |last| SCREEN.saturating_sub(last.elapsed())));
            self.last = Some(Instant::now());
        }
        if self.signal.load(Ordering::Relaxed) != 0 {
            self.app.leave(ctx);
        }
        if let Some(pacer) = self.pacer.as_mut().filter(|_| self.app.session.open_run.status.is_alive()) {
            pacer.wait();
        }
        if cfg!(not(unix)) {
            // There a signal rings no bell: look again in a while.
            ctx.request_repaint_after(Duration::from_millis(500));
        }
        self.app.listen();
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        let ctx = ui.ctx().clone();
        if let Some((measure, out)) = &mut self.measure
            && let Some(figures) = measure.drive(&mut self.app, &ctx)
        {
            let _ = out.try_send(figures);
            self.empty = false;
            self.app.leave(&ctx);
        }
        if self.empty {
            ui.painter().rect_filled(ui.max_rect(), 0.0, ui.visuals().panel_fill);
            return;
        }
        if let Some(startup) = self.startup.as_mut().filter(|startup| !startup.is_over()) {
            let news = startup.news(&ctx).into_iter().zip(bench::STARTUP_WORDS);
            news.filter(|(new, _)| *new).for_each(|(_, word)| cli::line(word));
            if startup.is_over() {
                self.app.leave(&ctx);
            }
        }
        let begin = Instant::now();
        self.app.show(ui);
        if let Some((measure, _)) = &mut self.measure {
            measure.took(begin.elapsed());
        }
        if let Some(startup) = &mut self.startup {
            startup.drew(&self.app);
        }
    }
}
