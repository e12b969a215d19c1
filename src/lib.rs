//! Latent Studio: train a small image generator and play it like an instrument, in one window.
//!
//! # Rooms, in reading order
//!
//! A **worker** owns the heavy things (tensors, models, optimisers). A **closed enum** goes each way. The **window** reads a
//! plain mirror of what it was told and pushes requests. For pictures only the newest counts.
//!
//! ```text
//! main ─▶ cli · app ─▶ ui ─▶ session ─▶ engine::protocol ─▶ spec · picture · latent · history · weights · mailbox · desk
//!            └──▶ engine ─▶ models · data · run ─▶ nn ─▶ tch
//! ```

pub mod app;
pub mod cli;
pub mod data;
pub mod desk;
pub mod engine;
pub mod history;
pub mod latent;
pub mod mailbox;
pub mod models;
pub mod nn;
pub mod picture;
pub mod run;
pub mod session;
pub mod spec;
pub mod ui;
pub mod weights;
