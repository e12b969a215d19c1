//! `latent-studio tools`: lists the methods of `matte`, `inpaint`, `texture` and `enhance` with their knobs.

use crate::{
    cli::{
        line,
        shared::{described, print_json},
    },
    synth::{TOOLS, Task},
};
use anyhow::Result;
use clap::Args;
use serde_json::json;

/// Arguments of `tools`.
#[derive(Args, Debug)]
pub struct List {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl List {
    /// Prints the tools: id, title, knobs.
    pub fn run(&self) -> Result<()> {
        if self.json {
            let all: Vec<_> = TOOLS
                .iter()
                .map(|tool| {
                    json!({
                        "id": tool.id, "title": tool.title, "about": tool.about, "command": command(tool.task),
                        "knobs": (tool.knobs)(),
                    })
                })
                .collect();
            return print_json(&all);
        }
        for tool in TOOLS {
            line(&format!("{:<15} {} ({})\n  {}", tool.id, tool.title, command(tool.task), tool.about));
            for knob in (tool.knobs)() {
                line(&format!("  --set {}=…  {}", knob.id, described(&knob)));
            }
        }
        Ok(())
    }
}

/// Returns the subcommand for the tools of a task.
fn command(task: Task) -> &'static str {
    match task {
        Task::Matting => "matte",
        Task::Inpainting => "inpaint",
        Task::Texture => "texture",
        Task::Enhancement => "enhance",
    }
}
