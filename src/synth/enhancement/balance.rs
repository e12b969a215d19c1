//! White balance: takes the colour of the light out of a picture.

use super::{
    super::{Materials, Outcome, Task, Tool, Watch},
    LUMA, knobs,
    levels::{ends, histograms},
    pixels, repainted, subject,
};
use crate::{
    models::Player,
    spec::{Knob, Knobs},
};
use anyhow::Result;

/// Estimates the light's colour and divides by it, in linear light, so that grey is grey (von Kries' rule).
pub const WHITE_BALANCE: Tool = Tool {
    id: "white-balance",
    title: "White balance",
    about: "Takes away a cast of colour, such as the yellow of a lamp or the blue of shade. Takes no time.",
    task: Task::Enhancement,
    generator: false,
    knobs: table,
    bytes: |materials, _| 8 * pixels(materials),
    run,
};

/// Greatest factor by which a channel is made brighter or darker: one that is nearly empty holds noise and no colour.
const MOST_GAIN: f64 = 8.0;

fn table() -> Vec<Knob> {
    vec![
        knobs::choice(
            "method",
            "Light's colour",
            "How it is found. grey-world: on average the scene is grey. white-patch: the brightest parts are white. shades-of-grey: between the two, the usual best guess. Where one shifts colours that were right, try another.",
            &["shades-of-grey", "grey-world", "white-patch"],
        ),
        knobs::real("strength", "Strength", "1 takes the whole cast away, 0.5 half of it.", (0.0, 1.0, 1.0)),
    ]
}

/// How a scene's pixels tell the colour of its light.
#[derive(Clone, Copy, Debug)]
enum Method {
    /// The Minkowski mean of this norm: 1 is grey-world (Buchsbaum 1980), 6 shades of grey (Finlayson and Trezzi 2004).
    Mean(f64),
    /// The value that 1 % of the pixels exceed (after Land and `McCann` 1971).
    Bright,
}

/// A byte as linear light in [0, 1] (the sRGB curve).
fn linear(value: u8) -> f64 {
    let v = f64::from(value) / 255.0;
    if v <= 0.040_45 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
}

/// Linear light as a byte.
fn encoded(light: f64) -> u8 {
    let v = if light <= 0.003_130_8 { 12.92 * light } else { 1.055 * light.powf(1.0 / 2.4) - 0.055 };
    (v.clamp(0.0, 1.0) * 255.0).round() as u8
}

fn light_of(counts: &[u64; 256], method: Method) -> f64 {
    match method {
        Method::Bright => linear(ends(counts, 0.01)[1]),
        Method::Mean(norm) => {
            let sum = (0..=255u8).map(|v| counts[usize::from(v)] as f64 * linear(v).powf(norm)).sum::<f64>();
            (sum / counts.iter().sum::<u64>().max(1) as f64).powf(1.0 / norm)
        }
    }
}

fn run(materials: &Materials, knobs: &Knobs, _: Option<&dyn Player>, watch: &mut Watch) -> Result<Outcome> {
    let picture = subject(materials)?;
    let method = match knobs.text("method") {
        "grey-world" => Method::Mean(1.0),
        "white-patch" => Method::Bright,
        _ => Method::Mean(6.0),
    };
    watch.at(0.0)?;
    let light = histograms(picture).map(|counts| light_of(&counts, method));
    // The light itself keeps its luminance: the picture becomes neither brighter nor darker.
    let luminance: f64 = light.iter().zip(LUMA).map(|(l, weight)| l * f64::from(weight)).sum();
    let wanted = light.map(|l| if luminance > 0.0 { luminance / l.max(1e-9) } else { 1.0 });
    let gains = wanted.map(|gain| gain.clamp(1.0 / MOST_GAIN, MOST_GAIN).powf(knobs.real("strength")));
    let tables = gains.map(|gain| std::array::from_fn::<u8, 256, _>(|v| encoded(gain * linear(v as u8))));
    let mut outcome = Outcome::of(repainted(picture, watch, |_, _, pixel| {
        std::array::from_fn(|c| tables[c][usize::from(pixel[c])])
    })?);
    outcome.figures = ["gain_red", "gain_green", "gain_blue"].into_iter().zip(gains).collect();
    for (name, gain) in ["red", "green", "blue"].into_iter().zip(wanted) {
        if gain > MOST_GAIN {
            outcome
                .warnings
                .push(format!("There is next to no {name} in the picture, so the light's colour is a guess."));
        }
    }
    watch.at(1.0)?;
    Ok(outcome)
}
