//! How the pictures of the open run were prepared, as far as it shows in what is drawn.

use super::OpenRun;
use crate::spec::Fit;

impl OpenRun {
    /// Width and height that drawn pictures had before they were stretched to squares; `None` where they were not, or not all alike.
    pub fn stretched(&self) -> Option<[usize; 2]> {
        self.spec.as_ref().filter(|spec| spec.data.fit == Fit::Stretch).and_then(|spec| spec.shape.sides)
    }

    /// Whether a discriminator plays along, which says how real a picture looks.
    pub fn judges(&self) -> bool {
        self.preview.as_ref().is_some_and(|preview| preview.judged.is_some())
    }
}
