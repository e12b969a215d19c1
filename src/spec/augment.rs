//! What happens to real pictures at each step of training, at random, and what of it shows in drawn ones.

use super::Knobs;

/// How training pictures are varied; all 0 is not at all. Held-out pictures never are.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Augment {
    /// Chance of a picture to be mirrored left to right, 0 to 1.
    pub flip_h: f64,
    /// Chance of a picture to stand on its head, 0 to 1.
    pub flip_v: f64,
    /// Greatest rotation in degrees, either way, 0 to 180.
    pub rotate: f64,
    /// At most this share of each side is cut away, the rest enlarged; 0 to 0.9.
    pub zoom: f64,
    /// How far brightness, contrast and saturation vary, 0 to 1.
    pub colour: f64,
    /// Standard deviation of added noise as a share of the whole range, 0 to 0.5.
    pub noise: f64,
}

/// Ids of the knobs, each with what it does to drawn pictures.
const LEAKS: [(&str, &str); 6] = [
    ("aug_flip_h", "Drawn pictures will be mirrored too, writing among them."),
    ("aug_flip_v", "Drawn pictures will stand on their heads too."),
    ("aug_rotate", "Drawn pictures will be rotated too."),
    ("aug_zoom", "Drawn pictures will be cut closer too."),
    ("aug_colour", "Drawn pictures will vary in light and colour too."),
    ("aug_noise", "Drawn pictures will be noisy too."),
];

impl Augment {
    /// What the knobs `aug_flip_h aug_flip_v aug_rotate aug_zoom aug_colour aug_noise` say; those that are absent are 0.
    pub fn from_knobs(knobs: &Knobs) -> Self {
        let [flip_h, flip_v, rotate, zoom, colour, noise] = LEAKS.map(|(id, _)| knobs.get_real(id).unwrap_or(0.0));
        Self { flip_h, flip_v, rotate, zoom, colour, noise }
    }

    /// Whether anything is varied.
    pub fn is_active(&self) -> bool {
        *self != Self::default()
    }

    /// What these knobs do to drawn pictures: the id of each knob that is on, with one sentence or two. Nothing for families that turn
    /// `inputs` into pictures, where the input says what is drawn. For families that have `DiffAugment` the text says that it does not leak.
    pub fn leaks(knobs: &Knobs, inputs: bool) -> Vec<(&'static str, String)> {
        if inputs {
            return Vec::new();
        }
        let better = if knobs.get("diffaugment").is_some() { " DiffAugment does not leak." } else { "" };
        let on = LEAKS.iter().filter(|(id, _)| knobs.get_real(id).is_some_and(|share| share > 0.0));
        on.map(|(id, words)| (*id, format!("{words}{better}"))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Value;

    #[test]
    fn what_is_on_is_said_to_leak() {
        let mut knobs = Knobs::default();
        assert!(!Augment::from_knobs(&knobs).is_active() && Augment::leaks(&knobs, false).is_empty());
        knobs.put("aug_rotate", Value::Real(15.0));
        knobs.put("aug_zoom", Value::Real(0.0));
        let augment = Augment::from_knobs(&knobs);
        assert!(augment.is_active() && augment == Augment { rotate: 15.0, ..Augment::default() });
        assert_eq!(Augment::leaks(&knobs, false), [("aug_rotate", "Drawn pictures will be rotated too.".to_owned())]);
        knobs.put("diffaugment", Value::Text("none".into()));
        assert!(Augment::leaks(&knobs, false)[0].1.ends_with("too. DiffAugment does not leak."));
        assert!(Augment::leaks(&knobs, true).is_empty(), "the input says what is drawn");
    }
}
