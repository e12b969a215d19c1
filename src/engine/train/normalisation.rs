//! Measures what a run's pictures are normalised by, and notes it among the knobs that the run keeps.

use crate::{
    data::{self, Loaded},
    spec::{Knobs, Value},
};

/// Where the knobs ask for it, writes mean and standard deviation of the pictures to train on into `norm_mean` and `norm_std`, as colours:
/// the same numbers in and out, whatever is rounded. Called once in a run's life, before its networks are built.
pub fn fit(knobs: &mut Knobs, loaded: &Loaded) {
    if knobs.get_text("normalise") != Some("measured") {
        return;
    }
    let moments = data::moments(&loaded.train.pixels);
    for (at, id) in ["norm_mean", "norm_std"].into_iter().enumerate() {
        let byte = |channel: usize| moments.get(channel).map_or(0, |m| m[at].round() as u8);
        let [r, g, b] = if moments.len() == 3 { [0, 1, 2].map(byte) } else { [byte(0); 3] };
        knobs.put(id, Value::Text(format!("#{r:02x}{g:02x}{b:02x}")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{data::Split, picture::Pixels, spec::DataSpec};

    fn loaded(channels: usize, bytes: Vec<u8>) -> Loaded {
        let pixels = Pixels { count: 2, size: 1, channels, bytes };
        let (train, test) = (Split { pixels, ..Split::default() }, Split::default());
        let (spec, shape) = (DataSpec::default(), crate::spec::DataShape::default());
        Loaded { spec, shape, class_names: vec![], train, test, skipped: vec![], fingerprint: String::new() }
    }

    #[test]
    fn only_what_is_to_be_measured_is_noted() {
        let mut knobs = Knobs::default();
        knobs.put("normalise", Value::Text("given".into()));
        fit(&mut knobs, &loaded(1, vec![100, 120]));
        assert_eq!(knobs.get("norm_mean"), None);
        knobs.put("normalise", Value::Text("measured".into()));
        fit(&mut knobs, &loaded(1, vec![100, 120]));
        assert_eq!((knobs.text("norm_mean"), knobs.text("norm_std")), ("#6e6e6e", "#0a0a0a"));
        fit(&mut knobs, &loaded(3, vec![0, 16, 255, 32, 16, 255]));
        assert_eq!((knobs.text("norm_mean"), knobs.text("norm_std")), ("#1010ff", "#100000"));
    }
}
