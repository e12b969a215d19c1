//! Panels.

pub mod action;
pub mod panel;
