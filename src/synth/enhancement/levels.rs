//! Auto levels: stretches what is there to the whole range from black to white.

use super::{
    super::{Materials, Outcome, Task, Tool, Watch},
    fitted, knobs, luma, pixels, repainted, subject,
};
use crate::{
    models::Player,
    picture::Picture,
    spec::{Knob, Knobs},
};
use anyhow::Result;

/// Stretches the range between two percentiles to 0..=255, of the brightness or of each channel.
pub const AUTO_LEVELS: Tool = Tool {
    id: "auto-levels",
    title: "Auto levels",
    about: "Makes the darkest parts black and the brightest white. Good for flat, hazy or underexposed pictures; takes no time.",
    task: Task::Enhancement,
    generator: false,
    knobs: table,
    bytes: |materials, _| 8 * pixels(materials),
    run,
};

fn table() -> Vec<Knob> {
    vec![
        knobs::choice(
            "stretch",
            "What to stretch",
            "brightness: all colours alike, so that none shifts. channels: red, green and blue each by itself, which also takes a cast of colour away, or brings one in where the picture is of few colours.",
            &["brightness", "channels"],
        ),
        knobs::real(
            "clip",
            "Cut off",
            "How many per cent of the pixels may become fully black, and how many fully white. 0 is led by the single darkest and brightest pixel; try 0.1 to 2.",
            (0.0, 10.0, 0.5),
        ),
    ]
}

/// How often each value occurs in each channel.
pub fn histograms(picture: &Picture) -> [[u64; 256]; 3] {
    let mut counts = [[0; 256]; 3];
    for pixel in picture.rgb.chunks_exact(3) {
        for (count, &value) in counts.iter_mut().zip(pixel) {
            count[usize::from(value)] += 1;
        }
    }
    counts
}

/// The least and the greatest value once a share of the pixels is left out at either end.
pub fn ends(counts: &[u64; 256], clip: f64) -> [u8; 2] {
    let most = clip * counts.iter().sum::<u64>() as f64;
    [end(0..=255, counts, most).unwrap_or(0), end((0..=255).rev(), counts, most).unwrap_or(255)]
}

/// The first value on the way at which more pixels were passed than `most`.
fn end(mut values: impl Iterator<Item = u8>, counts: &[u64; 256], most: f64) -> Option<u8> {
    let mut passed = 0;
    values.find(|&v| {
        passed += counts[usize::from(v)];
        passed as f64 > most
    })
}

/// What becomes of a value when `low` becomes 0 and `high` 255; a range of one value stays where it is.
fn stretched(value: f32, [low, high]: [u8; 2]) -> f32 {
    if low >= high {
        return value;
    }
    (value - f32::from(low)) * 255.0 / (f32::from(high) - f32::from(low))
}

fn run(materials: &Materials, knobs: &Knobs, _: Option<&dyn Player>, watch: &mut Watch) -> Result<Outcome> {
    let picture = subject(materials)?;
    let clip = knobs.real("clip") / 100.0;
    watch.at(0.0)?;
    let (made, flat) = if knobs.text("stretch") == "channels" {
        let ranges = histograms(picture).map(|counts| ends(&counts, clip));
        let tables =
            ranges.map(|range| std::array::from_fn::<u8, 256, _>(|v| stretched(v as f32, range).round() as u8));
        let made = repainted(picture, watch, |_, _, pixel| std::array::from_fn(|c| tables[c][usize::from(pixel[c])]))?;
        (made, ranges.iter().all(|[low, high]| low >= high))
    } else {
        let mut counts = [0; 256];
        for pixel in picture.rgb.chunks_exact(3) {
            counts[luma(pixel).round() as usize] += 1;
        }
        let range = ends(&counts, clip);
        let made = repainted(picture, watch, |_, _, pixel| {
            let colour = [0, 1, 2].map(|c| stretched(f32::from(pixel[c]), range));
            fitted(colour, stretched(luma(pixel), range))
        })?;
        (made, range[0] >= range[1])
    };
    let mut outcome = Outcome::of(made);
    if flat {
        let sentence =
            "All pixels that count are equally bright, so there is nothing to stretch; try a smaller cut-off.";
        outcome.warnings.push(sentence.into());
    }
    watch.at(1.0)?;
    Ok(outcome)
}
