//! Pictures before and after they are prepared, asked for while a knob is dragged.

use crate::{
    picture::Picture,
    spec::{Augment, DataSpec},
};
use std::time::Duration;

/// Asks for a few pictures of a source: newest wins. The answer comes in the lane of strips.
#[derive(Clone, Debug, PartialEq)]
pub struct StripRequest {
    /// The source and how it is prepared.
    pub spec: DataSpec,
    /// How its pictures vary in training.
    pub augment: Augment,
}

/// The first pictures of a source, in the same order in each row; of pairs, each input before its picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Strip {
    /// What was asked for.
    pub request: StripRequest,
    /// The pictures as they are read, reduced, in their own aspect.
    pub read: Vec<Picture>,
    /// The pictures after preparation.
    pub prepared: Vec<Picture>,
    /// The pictures as the first training step would see them; empty where augmentation is off.
    pub varied: Vec<Picture>,
    /// What making them took.
    pub took: Duration,
}
