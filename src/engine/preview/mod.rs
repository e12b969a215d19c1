//! The previewer, which answers the sliders, and the strip of pictures before and after they are prepared.

pub mod previewer;
pub mod strip;
