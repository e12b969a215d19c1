//! Latent codes, and the noise that everything but training draws from.

use crate::{
    picture::{Picture, square_columns},
    spec::{Card, DataShape, Knobs},
};
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{RngCore, SeedableRng},
};
use serde::{Deserialize, Serialize};

/// What a player turns into a picture. Families read the parts their card promises and ignore the rest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Code {
    /// The latent vector, standard normal at random.
    pub z: Vec<f32>,
    /// Truncation ψ: scales `z` (or pulls `w` to its mean). 1 leaves it as it is.
    pub psi: f32,
    /// Weights of the asked-for classes; empty means any.
    pub classes: Vec<(u32, f32)>,
    /// Seed of per-layer noise.
    pub noise_seed: u64,
    /// The picture to start from, for families that take one.
    pub input: Option<Picture>,
    /// What the family's card lets turn while it plays; what is missing is at its start value.
    pub dials: Knobs,
    /// A quick picture will do: the slider is still being dragged. Families that draw in many steps take one.
    pub draft: bool,
}

impl Code {
    /// The code that belongs to a seed: picture i of `sample --seed s` is `from_seed(s + i, …)`.
    pub fn from_seed(seed: u64, z_dim: usize) -> Self {
        Self { z: normal(seed, z_dim), psi: 1.0, noise_seed: seed, ..Self::default() }
    }
}

/// A code as it is written down: enough to make the picture again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WrittenCode {
    /// The latent vector.
    pub z: Vec<f32>,
    /// Truncation ψ.
    pub psi: f32,
    /// Weights of the classes; empty means any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<(u32, f32)>,
    /// Seed of per-layer noise.
    #[serde(default)]
    pub noise_seed: u64,
    /// What was turned while it played.
    #[serde(default, skip_serializing_if = "Knobs::is_empty")]
    pub dials: Knobs,
}

impl From<&Code> for WrittenCode {
    /// All of a code but its input picture, which is a file of its own.
    fn from(code: &Code) -> Self {
        let Code { z, psi, classes, noise_seed, dials, .. } = code.clone();
        Self { z, psi, classes, noise_seed, dials }
    }
}

impl From<WrittenCode> for Code {
    fn from(WrittenCode { z, psi, classes, noise_seed, dials }: WrittenCode) -> Self {
        Self { z, psi, classes, noise_seed, dials, ..Self::default() }
    }
}

/// Most classes that have a row each in a sample grid.
pub const MOST_ROWS: usize = 16;

/// Most inputs that a sample grid shows.
pub const MOST_PAIRS: usize = 24;
/// Number of inputs in a row of a sample grid, each with its picture.
pub const PAIRS_ACROSS: usize = 3;

/// Which of `count` fixed inputs belongs to a seed: they follow each other as the seeds do. `None` when there are none.
pub fn place_of(seed: u64, count: usize) -> Option<usize> {
    (count > 0).then(|| (seed % count.max(1) as u64) as usize)
}

/// The codes that a sample grid shows of these seeds, and how many of them stand in a row.
///
/// A family that draws classes (`labels` on its card, data with 2 to [`MOST_ROWS`] classes) gets a row for each class: the same first
/// seeds in every row, 4 to 16 of them, about as many codes in all as there are seeds. With more classes than that, and without any,
/// each seed has one code, classes in turn, in ⌈√n⌉ columns. A family that takes an input picture (`inputs` on its card) gets up to
/// [`MOST_PAIRS`] of those given, each seed its own ([`place_of`]), [`PAIRS_ACROSS`] in a row; with none given the codes have none.
pub fn fixed_codes(
    card: &Card,
    shape: &DataShape,
    z_dim: usize,
    seeds: &[u64],
    inputs: &[Picture],
) -> (Vec<Code>, usize) {
    if card.can.inputs && !inputs.is_empty() {
        let codes = seeds.iter().take(inputs.len().min(MOST_PAIRS));
        let input = |seed| place_of(seed, inputs.len()).map(|i| inputs[i].clone());
        let codes: Vec<_> = codes.map(|&seed| Code { input: input(seed), ..Code::from_seed(seed, z_dim) }).collect();
        let columns = codes.len().min(PAIRS_ACROSS);
        return (codes, columns);
    }
    let classes = if card.can.labels { shape.classes } else { 0 };
    let rows = (2..=MOST_ROWS).contains(&classes);
    let columns =
        if rows { (seeds.len() / classes).clamp(4, 16).min(seeds.len()) } else { square_columns(seeds.len()) };
    let count = if rows { columns * classes } else { seeds.len() };
    let codes = (0..count).map(|i| {
        let (seed, class) = if rows { (seeds[i % columns], i / columns) } else { (seeds[i], i % classes.max(1)) };
        Code {
            classes: if classes > 0 { vec![(class as u32, 1.0)] } else { Vec::new() },
            ..Code::from_seed(seed, z_dim)
        }
    });
    (codes.collect(), columns)
}

/// A generator of reproducible random numbers; `stream` separates uses of one seed.
pub fn rng(seed: u64, stream: u64) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(stream);
    rng
}

/// Uniform in [0, 1), with 24 random bits.
pub fn uniform(rng: &mut ChaCha8Rng) -> f32 {
    (rng.next_u32() >> 8) as f32 / 16_777_216.0
}

/// Uniform in [`low`, `high`).
pub fn between(rng: &mut ChaCha8Rng, low: f32, high: f32) -> f32 {
    low + (high - low) * uniform(rng)
}

/// A whole number below `n`, without bias that matters for n far below 2⁶⁴.
pub fn below(rng: &mut ChaCha8Rng, n: usize) -> usize {
    if n == 0 { 0 } else { (rng.next_u64() % n as u64) as usize }
}

/// `n` standard normal numbers that belong to a seed (Box–Muller on `ChaCha8`).
pub fn normal(seed: u64, n: usize) -> Vec<f32> {
    let mut rng = rng(seed, 0);
    normals(&mut rng, n)
}

/// The next `n` standard normal numbers.
pub fn normals(rng: &mut ChaCha8Rng, n: usize) -> Vec<f32> {
    let mut out = Vec::with_capacity(n + 1);
    while out.len() < n {
        let radius = (-2.0 * (1.0 - uniform(rng)).ln()).sqrt();
        let (sin, cos) = (std::f32::consts::TAU * uniform(rng)).sin_cos();
        out.extend([radius * cos, radius * sin]);
    }
    out.truncate(n);
    out
}

/// A permutation of 0..n (Fisher–Yates).
pub fn permutation(rng: &mut ChaCha8Rng, n: usize) -> Vec<u32> {
    let mut order: Vec<u32> = (0..n as u32).collect();
    for i in (1..n).rev() {
        order.swap(i, below(rng, i + 1));
    }
    order
}

/// One number out of several (`SplitMix64` over them), to derive a seed per step, epoch or use.
pub fn mix(parts: &[u64]) -> u64 {
    parts.iter().fold(0x9e37_79b9_7f4a_7c15, |state, &part| {
        let mut z = (state ^ part).wrapping_add(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normal_numbers_have_mean_zero_and_variance_one() {
        let x = normal(7, 100_000);
        let mean = x.iter().sum::<f32>() / x.len() as f32;
        let var = x.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / x.len() as f32;
        assert!(mean.abs() < 0.01 && (var - 1.0).abs() < 0.02, "{mean} {var}");
        assert_eq!(x[..8], normal(7, 8)[..], "a shorter draw is a prefix");
        assert_ne!(x[..8], normal(8, 8)[..]);
    }

    fn card(labels: bool, inputs: bool) -> Card {
        let can = crate::spec::Capabilities { labels, inputs, ..Default::default() };
        Card { id: "x".into(), title: "X".into(), about: String::new(), can, dials: Vec::new() }
    }

    #[test]
    fn a_grid_has_a_row_for_each_class() {
        let seeds: Vec<u64> = (700..764).collect();
        for (classes, rows, columns) in [(2, 2, 16), (4, 4, 16), (10, 10, 6), (16, 16, 4), (100, 8, 8), (0, 8, 8)] {
            let shape = DataShape { classes, ..DataShape::default() };
            let (codes, across) = fixed_codes(&card(true, false), &shape, 3, &seeds, &[]);
            assert_eq!((across, codes.len()), (columns, rows * columns), "{classes} classes");
            let place = |row: usize, column: usize| &codes[row * columns + column];
            if (2..=16).contains(&classes) {
                assert_eq!((place(1, 3).noise_seed, &place(1, 3).z), (703, &place(0, 3).z), "one seed a column");
                assert!((0..rows).all(|row| place(row, 2).classes == [(row as u32, 1.0)]));
            } else {
                assert_eq!(
                    (place(1, 2).noise_seed, place(1, 2).classes.first()),
                    match classes {
                        0 => (710, None),
                        _ => (710, Some(&(10, 1.0))),
                    }
                );
            }
        }
        let shape = DataShape { classes: 10, ..DataShape::default() };
        let (plain, columns) = fixed_codes(&card(false, false), &shape, 3, &seeds, &[]);
        assert!(columns == 8 && plain.len() == 64 && plain.iter().all(|c| c.classes.is_empty() && c.input.is_none()));
        let (few, columns) = fixed_codes(&card(true, false), &shape, 3, &seeds[..2], &[]);
        assert_eq!((few.len(), columns), (20, 2), "no more columns than seeds");
        assert!(fixed_codes(&card(true, true), &shape, 3, &[], &[]).0.is_empty());
    }

    #[test]
    fn a_grid_takes_each_seeds_input() {
        let inputs = [10, 20, 30].map(|v| Picture::filled(1, 1, [v; 3]));
        let (codes, _) = fixed_codes(&card(false, true), &DataShape::default(), 0, &[1, 2, 3, 4], &inputs);
        let first: Vec<_> = codes.iter().map(|c| c.input.as_ref().unwrap().rgb[0]).collect();
        assert_eq!(first, [20, 30, 10], "each once, in order from the seed");
        let (codes, _) = fixed_codes(&card(false, true), &DataShape::default(), 0, &[1], &[]);
        assert!(codes[0].input.is_none());
    }

    #[test]
    fn a_written_code_comes_back_also_from_before_there_were_classes() {
        let mut code = Code { classes: vec![(3, 0.25), (8, 0.75)], psi: 0.5, ..Code::from_seed(9, 2) };
        code.dials.put("steps", crate::spec::Value::Int(10));
        let text = serde_json::to_string(&WrittenCode::from(&code)).unwrap();
        assert_eq!(Code::from(serde_json::from_str::<WrittenCode>(&text).unwrap()), code);
        let old: WrittenCode = serde_json::from_str(r#"{"z": [1.0, 2.0], "psi": 1.0}"#).unwrap();
        assert!(old.classes.is_empty() && old.dials.is_empty() && old.noise_seed == 0);
    }

    #[test]
    fn a_permutation_holds_everything_once() {
        let mut p = permutation(&mut rng(1, 2), 1000);
        assert_ne!(p[..5], [0, 1, 2, 3, 4]);
        p.sort_unstable();
        assert!(p.iter().enumerate().all(|(i, &v)| i == v as usize));
    }
}
