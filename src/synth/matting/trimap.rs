//! Trimaps: 0 background, 255 foreground, anything else unknown.
