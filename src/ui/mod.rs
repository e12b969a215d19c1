//! The panels of the window, what they share, and the table of them all.

pub mod action;
mod canvas_panel;
mod canvas_tools;
mod change;
pub mod confirm;
pub mod curves_panel;
mod data_panel;
mod data_tab;
mod doctor_panel;
mod help_windows;
mod knob_form;
pub mod latent_panel;
pub mod log_panel;
mod menu_panel;
mod model_panel;
pub mod panel;
pub mod parts;
mod performance_panel;
pub mod recipes_panel;
mod run_bar;
pub mod runs_panel;
pub mod samples_panel;
pub mod scores_panel;
pub mod strip;
pub mod texture;
pub mod theme;
pub mod toasts;
mod training_panel;
pub mod widgets;

use panel::Panel;

/// All panels, each region from top to bottom. A new one is one file, one `mod` line and one line here.
pub fn all() -> Vec<Box<dyn Panel>> {
    vec![
        Box::<menu_panel::MenuPanel>::default(),
        Box::<run_bar::RunBar>::default(),
        Box::<data_panel::DataPanel>::default(),
        Box::<model_panel::ModelPanel>::default(),
        Box::<training_panel::TrainingPanel>::default(),
        Box::<samples_panel::SamplesPanel>::default(),
        Box::<data_tab::DataTab>::default(),
        Box::<runs_panel::RunsPanel>::default(),
        Box::<recipes_panel::RecipesPanel>::default(),
        Box::<scores_panel::ScoresPanel>::default(),
        Box::<canvas_panel::CanvasPanel>::default(),
        Box::<canvas_tools::CanvasTools>::default(),
        Box::<curves_panel::CurvesPanel>::default(),
        Box::<latent_panel::LatentPanel>::default(),
        Box::<log_panel::LogPanel>::default(),
        Box::<performance_panel::PerformancePanel>::default(),
        Box::<help_windows::Shortcuts>::default(),
        Box::<help_windows::About>::default(),
    ]
}
