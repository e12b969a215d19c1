//! Grey8 pictures that say where: trimaps, holes, alpha, guides.

use std::sync::Arc;

/// One byte a pixel, row by row. Cheap to clone.
#[derive(Clone, PartialEq, Eq)]
pub struct Mask {
    /// Pixels across.
    pub width: usize,
    /// Pixels down.
    pub height: usize,
    /// `width * height` bytes.
    pub grey: Arc<[u8]>,
}

impl std::fmt::Debug for Mask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Mask({}×{})", self.width, self.height)
    }
}

impl Mask {
    /// A mask of one value.
    pub fn filled(width: usize, height: usize, value: u8) -> Self {
        Self { width, height, grey: vec![value; width * height].into() }
    }

    /// The value at a pixel inside.
    pub fn at(&self, x: usize, y: usize) -> u8 {
        self.grey[y * self.width + x]
    }

    /// How many pixels have a value that `which` says yes to.
    pub fn count(&self, which: impl Fn(u8) -> bool) -> usize {
        self.grey.iter().filter(|&&v| which(v)).count()
    }

    /// Width and height.
    pub fn size(&self) -> [usize; 2] {
        [self.width, self.height]
    }
}
