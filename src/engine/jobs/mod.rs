//! The worker: the thread for everything that takes a while, one job at a time, and the light measures between them.

pub mod best_of_n;
pub mod compare;
pub mod export;
pub mod state_dicts;
pub mod tools;
pub mod worker;

mod canvas;
mod facts;
mod light;
mod perform;
mod reference;
