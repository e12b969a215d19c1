//! Picks a subcommand or opens the window.

use clap::Parser;
use eframe::{Renderer, egui};
use latent_studio::{
    app::App,
    cli::{self, Cli, Command, Exit, WrongUse},
    desk::Settings,
    engine::{Engine, Options},
    run,
};
use signal_hook::consts::{SIGINT, SIGTERM};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

fn main() -> ExitCode {
    settle_openmp();
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::new("latent_studio=info,error"))
        .with_writer(std::io::stderr)
        .init();
    let cli = Cli::parse();
    let result = match cli.command {
        None => open(&cli.open),
        Some(Command::Open(open_with)) => open(&open_with),
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

/// libtorch's OpenMP workers spin at barriers, and one that shares a core with a busy window starves the one it waits for: a
/// bounded spin keeps a step at its speed. The variables are read once, when the library loads, so the program begins again
/// with them set, unless the user has set them.
fn settle_openmp() {
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt;
        let set = |name| std::env::var_os(name).is_some();
        if set("GOMP_SPINCOUNT") || set("OMP_WAIT_POLICY") {
            return;
        }
        let Ok(program) = std::env::current_exe() else { return };
        // Only comes back when it failed; then it goes on as it is.
        let _ =
            std::process::Command::new(program).args(std::env::args_os().skip(1)).env("GOMP_SPINCOUNT", "10000").exec();
    }
}

/// Opens the window, with another renderer when the first one fails.
fn open(with: &cli::Open) -> anyhow::Result<Exit> {
    let set = |name: &str| std::env::var_os(name).is_some_and(|v| !v.is_empty());
    if !set("DISPLAY") && !set("WAYLAND_DISPLAY") {
        return Err(cli::wrong_use(
            "There is no display to open a window on; set DISPLAY, or use a subcommand such as train (see latent-studio --help).",
        ));
    }
    let renderers = match with.renderer.as_deref() {
        Some("glow") => vec![Renderer::Glow],
        Some(_) => vec![Renderer::Wgpu],
        None => vec![Renderer::Wgpu, Renderer::Glow],
    };
    let mut last = None;
    for renderer in renderers {
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

fn window(with: &cli::Open, renderer: Renderer) -> eframe::Result {
    let home = run::home();
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
    let layout = home.settings.with_file_name("layout.ron");
    if with.reset_ui {
        let _ = std::fs::remove_file(&layout);
    }
    let options = eframe::NativeOptions {
        viewport,
        renderer,
        persistence_path: Some(layout),
        ..eframe::NativeOptions::default()
    };
    let what = with.what.clone();
    eframe::run_native(
        "latent-studio",
        options,
        Box::new(move |cc| {
            let ctx = cc.egui_ctx.clone();
            // At most 30 frames a second for what the engine tells: under software rendering a frame costs what a step needs.
            let wake = Arc::new(move || ctx.request_repaint_after(Duration::from_millis(33)));
            let engine = Engine::start(wake, Options::usual())?;
            let settings = read_settings(&home.settings);
            let mut app = App::new(engine, settings, Some(home.settings.clone()));
            if let Some(what) = what {
                app.open_with(&what);
            }
            Ok(Box::new(Window { app, signal: signals()? }))
        }),
    )
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

/// The first SIGINT or SIGTERM is kept for the window to act on, the second ends the program at once.
fn signals() -> std::io::Result<Arc<AtomicUsize>> {
    let seen = Arc::new(AtomicUsize::new(0));
    for (number, code) in [(SIGINT, 2), (SIGTERM, 15)] {
        let armed = Arc::new(AtomicBool::new(false));
        signal_hook::flag::register_conditional_shutdown(number, 128 + number, armed.clone())?;
        signal_hook::flag::register(number, armed)?;
        signal_hook::flag::register_usize(number, seen.clone(), code)?;
    }
    Ok(seen)
}

/// The program as eframe sees it.
struct Window {
    app: App,
    signal: Arc<AtomicUsize>,
}

impl eframe::App for Window {
    fn logic(&mut self, ctx: &egui::Context, _frame: &mut eframe::Frame) {
        if self.signal.load(Ordering::Relaxed) != 0 {
            self.app.leave(ctx);
        }
        // A signal rings no bell of ours: look again in a while.
        ctx.request_repaint_after(Duration::from_millis(500));
        self.app.listen();
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        self.app.show(ui);
    }
}
