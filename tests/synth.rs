//! Pictures made of pictures: loops over the table of tools, and real files where `LATENT_STUDIO_DATA` names them.

#[path = "synth/inpainting.rs"]
mod inpainting;
#[path = "synth/matting.rs"]
mod matting;
#[path = "synth/table.rs"]
mod table;
#[path = "synth/texture.rs"]
mod texture;
