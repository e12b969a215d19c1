//! Knobs of the pictures that all families share: what is done to light and colours, how values reach the networks, how pictures vary.

use super::knobs::{choice, knob, live};
use crate::spec::{DataShape, Filter, Group, Kind, Knob};

/// Ids that say how brightness becomes the networks' numbers: families whose inputs are made of pictures do without.
pub const NORMALISING: [&str; 4] = ["normalise", "norm_mean", "norm_std", "norm_reach"];
/// Ids that would spoil what is to be drawn where the data have no pairs whose input could take them.
pub const STAINING: [&str; 2] = ["aug_colour", "aug_noise"];

/// How pictures are prepared: `size channels fit background`, then light and colours, normalisation and augmentation.
pub fn all(shape: &DataShape) -> Vec<Knob> {
    let channels = if shape.channels == 3 { "3" } else { "1" };
    let mut all = vec![
        knob(
            "size",
            "Size",
            "Side of the pictures in pixels. Larger ones take four times as long per doubling.",
            Group::Data,
            choice(&["28", "32", "64", "128"], &shape.size.to_string()),
        ),
        knob("channels", "Channels", "1 is grey, 3 is colour.", Group::Data, choice(&["1", "3"], channels)),
        knob(
            "fit",
            "Fit",
            "How pictures become square: cut the middle out, pad with the background, or stretch.",
            Group::Data,
            choice(&["crop", "pad", "stretch"], "crop"),
        ),
        knob(
            "background",
            "Background",
            "The colour behind transparent and padded pixels.",
            Group::Data,
            Kind::Colour { start: "#000000".into() },
        ),
    ];
    all.extend(adjusting());
    all.extend(normalising());
    all.extend(augmenting(shape));
    all
}

fn adjusting() -> Vec<Knob> {
    let adjust = |id: &str, label: &str, help: &str, kind| knob(id, label, help, Group::Adjust, kind);
    let real = |min, max, start| Kind::Real { min, max, start, log: false };
    vec![
        adjust(
            "filter",
            "Resize filter",
            "How pixels are averaged when a picture is scaled: auto takes lanczos3 to make smaller and catmull-rom to make larger; nearest keeps \
             the hard squares of pixel art; area and bilinear are soft.",
            choice(&Filter::ALL.map(|(name, _)| name), Filter::ALL[0].0),
        ),
        adjust(
            "balance",
            "Colour balance",
            "grey-world takes the cast of colour out of each picture: its mean becomes grey. Good for photographs under different lamps.",
            choice(&["none", "grey-world"], "none"),
        ),
        adjust(
            "levels",
            "Auto levels",
            "Spreads each picture from black to white; the darkest and brightest half percent are cut off.",
            Kind::Switch { start: false },
        ),
        adjust(
            "gamma",
            "Gamma",
            "Above 1 lifts the shadows, below 1 deepens them; black and white stay.",
            real(0.2, 5.0, 1.0),
        ),
        adjust(
            "brightness",
            "Brightness",
            "Added to every value, as a share of the whole range.",
            real(-1.0, 1.0, 0.0),
        ),
        adjust("contrast", "Contrast", "How far values are from middle grey; 1 leaves them.", real(0.0, 4.0, 1.0)),
        adjust(
            "saturation",
            "Saturation",
            "How far colours are from grey: 0 has none, 1 leaves them.",
            real(0.0, 4.0, 1.0),
        ),
    ]
}

fn normalising() -> Vec<Knob> {
    let colour = |start: &str| Kind::Colour { start: start.into() };
    let adjust = |id: &str, label: &str, help: &str, kind| knob(id, label, help, Group::Adjust, kind);
    vec![
        adjust(
            "normalise",
            "Normalise",
            "How brightness becomes the networks' numbers. range: black is −1 and white 1. measured and given: each channel minus its mean, \
             divided by its standard deviation times the reach; beyond, it is clipped. Drawn pictures are turned back, so nothing of it shows.",
            choice(&["range", "measured", "given"], "range"),
        ),
        adjust(
            "norm_mean",
            "Mean",
            "With normalise = given, the mean of each channel; a run that measures notes it here.",
            colour("#808080"),
        ),
        adjust(
            "norm_std",
            "Deviation",
            "With normalise = given, the standard deviation of each channel; a run that measures notes it here.",
            colour("#404040"),
        ),
        adjust(
            "norm_reach",
            "Reach",
            "So many standard deviations about the mean become −1 and 1; what lies beyond is clipped.",
            Kind::Real { min: 1.0, max: 6.0, start: 3.0, log: false },
        ),
    ]
}

fn augmenting(shape: &DataShape) -> Vec<Knob> {
    let target = if shape.paired { " Input and picture of a pair move together." } else { "" };
    let stained = if shape.paired { " Families that take an input vary only the input." } else { "" };
    let augment = |id: &str, label: &str, help: String, max: f64| {
        live(knob(id, label, &help, Group::Augmentation, Kind::Real { min: 0.0, max, start: 0.0, log: false }))
    };
    vec![
        augment("aug_flip_h", "Mirror", format!("Share of pictures shown mirrored, left for right.{target}"), 1.0),
        augment("aug_flip_v", "Upside down", format!("Share of pictures shown on their heads.{target}"), 1.0),
        augment(
            "aug_rotate",
            "Rotation",
            format!("Pictures are turned by up to so many degrees either way.{target}"),
            180.0,
        ),
        augment(
            "aug_zoom",
            "Zoom",
            format!("Up to this share of each side is cut away and the rest enlarged.{target}"),
            0.9,
        ),
        augment(
            "aug_colour",
            "Colour jitter",
            format!("How far brightness, contrast and saturation vary.{stained}"),
            1.0,
        ),
        augment("aug_noise", "Noise", format!("Strength of added noise, as a share of the whole range.{stained}"), 0.5),
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
