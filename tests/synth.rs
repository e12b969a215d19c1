//! Pictures made of pictures: loops over the table of tools, and real files where `LATENT_STUDIO_DATA` names them.

#[path = "synth/table.rs"]
mod table;
