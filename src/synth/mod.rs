//! Pictures made of pictures: matting, inpainting, texture and enhancement, one tool per file.
//!
//! A tool is a pure function of materials, knobs and a seed; the same ones give the same bytes at any thread count (neural ones at one
//! thread count). [`perform`] is the one door: it checks what was given, estimates the memory, and runs the tool.

mod enhancement;
mod inpainting;
mod materials;
mod table;
mod texture;
mod watch;

pub use materials::{Exemplar, Materials, Outcome};
pub use table::{TOOLS, Task, Tool, tool};
pub use watch::{CANCELLED, Stop, Watch};
