//! The command line: one file a subcommand, on the same engine as the window.

mod compare;
mod data;
mod doctor;
mod enhance;
mod evaluate;
mod exchange;
mod families;
mod from;
mod inpaint;
mod inputs;
mod inspect;
mod matte;
mod monitor;
mod progress;
mod recipes;
mod sample;
mod shared;
mod signal;
mod tables;
mod texture;
mod tools;
mod train;

pub use crate::terminal::{Exit, WrongUse, line, make_parent, wrong_use};
pub use shared::device;
pub use signal::noted as noted_signal;

use shared::place;

use crate::bench;
use anyhow::{Result, bail};
use clap::{Args, Parser, Subcommand};

/// Train a small image generator and play it like an instrument.
#[derive(Parser, Debug)]
#[command(name = "latent-studio", version, about, args_conflicts_with_subcommands = true)]
pub struct Cli {
    /// What to do; without it, the window opens.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// What the window opens with.
    #[command(flatten)]
    pub open: Open,
}

/// A subcommand.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Train without a window
    Train(train::Train),
    /// Draw pictures with a trained run
    Sample(sample::Sample),
    /// Measure how good a run's pictures are, or those of a folder
    Evaluate(evaluate::Evaluate),
    /// Cut a foreground out of a photograph, or of a folder of them
    Matte(matte::Matte),
    /// Fill a hole in a picture
    Inpaint(inpaint::Inpaint),
    /// Make a larger picture that looks like others
    Texture(texture::Texture),
    /// Better pictures
    Enhance(enhance::Enhance),
    /// List what makes pictures of pictures: the methods of matte, inpaint, texture and enhance
    Tools(tools::List),
    /// Prepare data and write a contact sheet
    Data(data::Data),
    /// List the families of models, or measure what one costs here
    Families(families::Families),
    /// List the recipes: settings that are known to work
    Recipes(recipes::Recipes),
    /// List the kinds of data
    Datasets(tables::Tables),
    /// Say what a run folder holds
    Inspect(inspect::Inspect),
    /// Say where the settings of runs differ, and what came of them
    Compare(compare::Compare),
    /// Say what the studio finds on this machine
    Doctor(tables::Tables),
    /// Write a run's networks as state dictionaries of torch
    ExportWeights(exchange::ExportWeights),
    /// Make a run of a state dictionary of torch
    ImportWeights(exchange::ImportWeights),
    /// Measure speed and memory
    Bench(bench::Bench),
    /// Open the window
    Open(Open),
}

/// What the window opens with.
#[derive(Args, Clone, Debug, Default)]
pub struct Open {
    /// A run folder to look at, or data to train on (a folder, a file, or a built-in set)
    pub what: Option<String>,
    /// Draw with wgpu or glow instead of trying one after the other
    #[arg(long, value_parser = ["wgpu", "glow"])]
    pub renderer: Option<String>,
    /// Where to calculate: auto (a graphics card if there is one), cpu, or cuda:N; kept for next time
    #[arg(long)]
    pub device: Option<String>,
    /// Forget the window's size and layout
    #[arg(long)]
    pub reset_ui: bool,
    /// Say when the window and its first pictures are shown, then leave: for `bench startup`
    #[arg(long, hide = true)]
    pub report_startup: bool,
}

/// Runs a subcommand other than `open` and `bench`.
pub fn run(command: Command) -> Result<Exit> {
    match command {
        Command::Train(train) => train.run(),
        Command::Sample(sample) => sample.run().map(|()| Exit::Done),
        Command::Evaluate(evaluate) => evaluate.run().map(|()| Exit::Done),
        Command::Matte(matte) => matte.run(),
        Command::Inpaint(inpaint) => inpaint.run(),
        Command::Texture(texture) => texture.run(),
        Command::Enhance(enhance) => enhance.run(),
        Command::Tools(list) => list.run().map(|()| Exit::Done),
        Command::Data(data) => data.run().map(|()| Exit::Done),
        Command::Families(families) => families.run().map(|()| Exit::Done),
        Command::Recipes(recipes) => recipes.run().map(|()| Exit::Done),
        Command::Datasets(tables) => tables.datasets().map(|()| Exit::Done),
        Command::Compare(compare) => compare.run().map(|()| Exit::Done),
        Command::Inspect(inspect) => inspect.run().map(|()| Exit::Done),
        Command::ExportWeights(export) => export.run(),
        Command::ImportWeights(import) => import.run(),
        Command::Doctor(tables) => doctor::run(tables.json).map(|()| Exit::Done),
        Command::Bench(_) | Command::Open(_) => bail!("Only the window's program opens windows and measures them."),
    }
}
