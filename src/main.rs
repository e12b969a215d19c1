//! Picks a subcommand or opens the window.

use clap::Parser;
use eframe::{Renderer, egui};
use latent_studio::{
    app::{
        App,
        measure::{Figures, WindowMeasure, headless},
        pacer::Pacer,
        probe::Probe,
        startup::Startup,
    },
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
use std::sync::atomic::{AtomicUsize, Ordering};
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

/// Starts the program again with variables set that libtorch reads once, when it loads, unless the user has set them.
///
/// libtorch's OpenMP workers spin at barriers, and one that shares a core with a busy window starves the one it waits for: a
/// bounded spin keeps a step at its speed. Where there is an NVIDIA driver, 32-bit matrix products may be TF32 as its
/// convolutions are anyway.
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

/// Runs `bench`. What needs the window's program is measured here, since only this file knows both `bench` and `app`.
fn measure(bench: &bench::Bench) -> anyhow::Result<Exit> {
    let mut of_window = |what| {
        let home = tempfile::tempdir()?;
        let (runs, threads) = (home.path().to_path_buf(), bench.threads());
        let options = Options { threads, device: bench.choice()?, runs, sample_every_s: 2.0, measure_every_s: None };
        if what == "latency" {
            let mut app = App::new(Engine::start(Arc::new(|| {}), options)?, bench_settings(bench), None);
            app.open_with("shapes:2000");
            Ok(Some(headless(app, bench.seconds)))
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

/// Settings for the same network as in the other measurements: DCGAN of width 64, with batches of 64.
fn bench_settings(bench: &bench::Bench) -> Settings {
    let mut settings = Settings::default();
    settings.desk.device.clone_from(&bench.device);
    settings.desk.knobs.put("width", latent_studio::spec::Value::Int(64));
    settings
}

/// Measures a window. An `empty` one trains and moves the slider as any other, and draws an empty panel.
fn bench_window(options: Options, bench: &bench::Bench, empty: bool) -> anyhow::Result<Figures> {
    let (seconds, settings) = (bench.seconds, bench_settings(bench));
    let renderer = renderers(bench.renderer.as_deref())[0];
    let (out, figures) = crossbeam_channel::bounded(1);
    let create = move |cc: &eframe::CreationContext<'_>| {
        let ctx = cc.egui_ctx.clone();
        let wake = Arc::new(move || ctx.request_repaint_after(FRAME));
        let mut app = App::new(Engine::start(wake, options)?, settings, None);
        app.open_with("shapes:2000");
        let probe: Box<dyn Probe> = Box::new(WindowMeasure::new(seconds, empty, out));
        let signal = signals(&cc.egui_ctx)?;
        Ok(Box::new(Window { app, signal, pacer: pacer(), probe: Some(probe) }) as Box<dyn eframe::App>)
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

/// Renderers to try, best first. Where there is no graphics device the processor draws, and Mesa's software OpenGL draws a frame
/// five times as fast as its software Vulkan: 26 against 132 ms during a training run on two cores.
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
    let startup = with.report_startup;
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
            let probe = startup.then(|| Box::new(Startup::new(bench::STARTUP_WORDS)) as Box<dyn Probe>);
            Ok(Box::new(Window { app, signal, pacer: pacer(), probe }))
        }),
    )
}

/// Returns what keeps frames apart where the processor draws; a graphics device follows the screen's refresh rate.
fn pacer() -> Option<Pacer> {
    (!has_graphics_device()).then(Pacer::default)
}

fn has_graphics_device() -> bool {
    !cfg!(target_os = "linux") || Path::new("/dev/dri").exists()
}

/// The engine's news are drawn at most 30 times a second: under software rendering a frame takes time from the training step.
const FRAME: Duration = Duration::from_millis(33);

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

/// Reads the settings of last time. A file that cannot be read is renamed to `.toml.bak`, not overwritten.
fn read_settings(path: &Path) -> Settings {
    let Ok(text) = std::fs::read_to_string(path) else { return Settings::default() };
    toml::from_str(&text).unwrap_or_else(|error| {
        tracing::warn!("{} does not read and was put aside: {error}", path.display());
        let _ = std::fs::rename(path, path.with_extension("toml.bak"));
        Settings::default()
    })
}

/// Keeps the number of the first SIGINT or SIGTERM for the window to act on, and wakes it; the second ends the program at once.
fn signals(ctx: &egui::Context) -> anyhow::Result<Arc<AtomicUsize>> {
    let seen = cli::noted_signal()?;
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
    /// The number of the first signal that came, 0 before.
    signal: Arc<AtomicUsize>,
    pacer: Option<Pacer>,
    /// What a benchmark watches the window with.
    probe: Option<Box<dyn Probe>>,
}

impl eframe::App for Window {
    fn logic(&mut self, ctx: &egui::Context, _frame: &mut eframe::Frame) {
        if let Some(probe) = &mut self.probe {
            probe.frame_begins();
        }
        if self.signal.load(Ordering::Relaxed) != 0 {
            self.app.leave(ctx);
        }
        if let Some(pacer) = self.pacer.as_mut().filter(|_| self.app.is_alive()) {
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
        if let Some(probe) = &mut self.probe
            && !probe.before_panels(&mut self.app, &ctx)
        {
            ui.painter().rect_filled(ui.max_rect(), 0.0, ui.visuals().panel_fill);
            return;
        }
        let begin = Instant::now();
        self.app.show(ui);
        if let Some(probe) = &mut self.probe {
            probe.after_panels(&self.app, begin.elapsed());
        }
    }
}
