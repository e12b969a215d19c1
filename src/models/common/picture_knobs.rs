//! Knobs of the pictures that all families share: adjustment of light and colours, normalisation, augmentation.

use super::knobs::{choice, colour, knob, real, switch};
use crate::spec::{DataShape, Filter, Group, Kind, Knob};

/// Ids of the normalisation knobs, which families that compute their inputs from the pictures do not have.
pub const NORMALISING: [&str; 4] = ["normalise", "norm_mean", "norm_std", "norm_reach"];
/// Ids of augmentations that would change the targets of a translation, unless the data have input pictures to apply them to.
pub const STAINING: [&str; 2] = ["aug_colour", "aug_noise"];

/// How pictures are prepared: `size channels fit background`, then light and colours, normalisation and augmentation.
pub fn all(shape: &DataShape) -> Vec<Knob> {
    let data = |id: &str, label: &str, kind| knob(Group::Data, id, label, kind);
    let channels = if shape.channels == 3 { "3" } else { "1" };
    let mut all = vec![
        data("size", "Size", choice(&["28", "32", "64", "128"], &shape.size.to_string()))
            .help("Side of the pictures in pixels. Larger ones take four times as long per doubling."),
        data("channels", "Channels", choice(&["1", "3"], channels)).help("1 is grey, 3 is colour."),
        data("fit", "Fit", choice(&["crop", "pad", "stretch"], "crop"))
            .help("How pictures become square: cut the middle out, pad with the background, or stretch."),
        data("background", "Background", colour("#000000")).help("The colour behind transparent and padded pixels."),
    ];
    all.extend(adjusting());
    all.extend(normalising());
    all.extend(augmenting(shape));
    all
}

fn adjust(id: &str, label: &str, kind: Kind) -> Knob {
    knob(Group::Adjust, id, label, kind)
}

fn adjusting() -> Vec<Knob> {
    vec![
        adjust("filter", "Resize filter", choice(&Filter::ALL.map(|(name, _)| name), Filter::ALL[0].0))
            .help("How pixels are averaged when a picture is scaled: auto takes lanczos3 to make smaller and catmull-rom to make larger; nearest keeps \
                   the hard squares of pixel art; area and bilinear are soft."),
        adjust("balance", "Colour balance", choice(&["none", "grey-world"], "none"))
            .help("grey-world takes the cast of colour out of each picture: its mean becomes grey. Good for photographs under different lamps."),
        adjust("levels", "Auto levels", switch(false))
            .help("Spreads each picture from black to white; the darkest and brightest half percent are cut off."),
        adjust("gamma", "Gamma", real(0.2, 5.0, 1.0))
            .help("Above 1 lifts the shadows, below 1 deepens them; black and white stay."),
        adjust("brightness", "Brightness", real(-1.0, 1.0, 0.0))
            .help("Added to every value, as a share of the whole range."),
        adjust("contrast", "Contrast", real(0.0, 4.0, 1.0)).help("How far values are from middle grey; 1 leaves them."),
        adjust("saturation", "Saturation", real(0.0, 4.0, 1.0))
            .help("How far colours are from grey: 0 has none, 1 leaves them."),
    ]
}

fn normalising() -> Vec<Knob> {
    vec![
        adjust("normalise", "Normalise", choice(&["range", "measured", "given"], "range"))
            .help("How brightness becomes the networks' numbers. range: black is −1 and white 1. measured and given: each channel minus its mean, \
                   divided by its standard deviation times the reach; beyond, it is clipped. Drawn pictures are turned back, so nothing of it shows."),
        adjust("norm_mean", "Mean", colour("#808080"))
            .help("With normalise = given, the mean of each channel; a run that measures notes it here."),
        adjust("norm_std", "Deviation", colour("#404040"))
            .help("With normalise = given, the standard deviation of each channel; a run that measures notes it here."),
        adjust("norm_reach", "Reach", real(1.0, 6.0, 3.0))
            .help("So many standard deviations about the mean become −1 and 1; what lies beyond is clipped."),
    ]
}

fn augmenting(shape: &DataShape) -> Vec<Knob> {
    let target = if shape.paired { " Input and picture of a pair move together." } else { "" };
    let stained = if shape.paired { " Families that take an input vary only the input." } else { "" };
    let augment = |id: &str, label: &str, max, help: String| {
        knob(Group::Augmentation, id, label, real(0.0, max, 0.0)).help(&help).live()
    };
    vec![
        augment("aug_flip_h", "Mirror", 1.0, format!("Share of pictures shown mirrored, left for right.{target}")),
        augment("aug_flip_v", "Upside down", 1.0, format!("Share of pictures shown on their heads.{target}")),
        augment(
            "aug_rotate",
            "Rotation",
            180.0,
            format!("Pictures are turned by up to so many degrees either way.{target}"),
        ),
        augment(
            "aug_zoom",
            "Zoom",
            0.9,
            format!("Up to this share of each side is cut away and the rest enlarged.{target}"),
        ),
        augment(
            "aug_colour",
            "Colour jitter",
            1.0,
            format!("How far brightness, contrast and saturation vary.{stained}"),
        ),
        augment("aug_noise", "Noise", 0.5, format!("Strength of added noise, as a share of the whole range.{stained}")),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::{Adjust, Augment, Knobs};

    #[test]
    fn start_values_change_nothing_and_every_knob_is_read() {
        for paired in [false, true] {
            let table = all(&DataShape { paired, ..DataShape::default() });
            let start = Knobs::start(&table);
            assert!(Adjust::from_knobs(&start).is_usual() && !Augment::from_knobs(&start).is_active());
            assert_eq!(crate::nn::Normalisation::read(&start), crate::nn::Normalisation::default());
            for (id, text) in [
                ("filter", "area"),
                ("balance", "grey-world"),
                ("levels", "on"),
                ("gamma", "2"),
                ("brightness", "0.1"),
                ("contrast", "2"),
                ("saturation", "0"),
            ] {
                let mut knobs = start.clone();
                knobs.set(&table, &format!("{id}={text}")).unwrap();
                assert!(!Adjust::from_knobs(&knobs).is_usual(), "{id}");
            }
            for knob in table.iter().filter(|k| k.group == Group::Augmentation) {
                let mut knobs = start.clone();
                knobs.set(&table, &format!("{}=0.3", knob.id)).unwrap();
                assert!(
                    Augment::from_knobs(&knobs).is_active() && Augment::leaks(&knobs, false).len() == 1,
                    "{}",
                    knob.id
                );
            }
        }
    }
}
