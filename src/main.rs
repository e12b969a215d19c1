//! Picks a subcommand or opens the window.

use clap::Parser;
use latent_studio::cli::{self, Cli, Command, Exit, WrongUse};
use std::process::ExitCode;

fn main() -> ExitCode {
    settle_openmp();
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
        let _ = std::process::Command::new(program).args(std::env::args_os().skip(1)).env("GOMP_SPINCOUNT", "10000").exec();
    }
}
fn open(_: &cli::Open) -> anyhow::Result<Exit> { Ok(Exit::Done) }
