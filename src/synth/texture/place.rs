//! Where the pixels of a texture come from.

/// Where a pixel of the result was copied from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Which exemplar; [`Place::KNOWN`] for a pixel that was there already and was copied from none.
    pub exemplar: u16,
    /// Column in it.
    pub x: u16,
    /// Row in it.
    pub y: u16,
}

impl Place {
    /// The exemplar of a pixel that was not copied.
    pub const KNOWN: u16 = u16::MAX;
    /// A pixel that was not copied.
    pub const NONE: Self = Self { exemplar: Self::KNOWN, x: 0, y: 0 };
}
