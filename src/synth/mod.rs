//! Pictures made of pictures: matting, inpainting, texture and enhancement, one tool per file.
//!
//! A tool is a pure function of materials, knobs and a seed; the same ones give the same bytes at any thread count (neural ones at one
//! thread count). [`perform`] is the one door: it checks what was given, estimates the memory, and runs the tool.

pub mod enhancement;
pub mod inpainting;
mod knobs;
pub mod made;
mod materials;
pub mod matting;
mod perform;
mod table;
pub mod texture;
mod tool;
mod watch;

pub use crate::spec::Task;
pub use materials::{Exemplar, Materials, Outcome};
pub use matting::{composite, trimap};
pub use perform::{MOST_A_SIDE, afford, check, perform};
pub use table::{TOOLS, tool};
pub use tool::Tool;
pub use watch::{Stop, Watch};
