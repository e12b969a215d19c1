//! Neural textures of real exemplars.

use super::{
    bars::{self, Bar, Figure, Judge},
    real,
};
use latent_studio::{
    picture::Picture,
    spec::Knobs,
    synth::{Exemplar, Materials, Watch, tool},
};

/// Figures of a texture of 128×128 pixels after this many steps: the tool's own distance of statistics, and how far the mean
/// colours are from the exemplar's in levels.
fn figures(exemplar: &Picture, steps: usize) -> [Figure; 2] {
    let tool = tool("neural").unwrap();
    let table = (tool.knobs)();
    let mut knobs = Knobs::start(&table);
    for assignment in [&format!("steps={steps}"), "levels=3", "filters=32", "tileable=on"] {
        knobs.set(&table, assignment).unwrap();
    }
    let mean = |rgb: &[u8], c: usize| {
        rgb.iter().skip(c).step_by(3).map(|&v| f64::from(v)).sum::<f64>() * 3.0 / rgb.len() as f64
    };
    let materials = Materials {
        exemplars: vec![Exemplar::from(exemplar.clone())],
        size: [128, 128],
        seed: bars::seed(1),
        ..Materials::default()
    };
    let made = (tool.run)(&materials, &knobs, None, &mut Watch::new(&|| false, &mut |_, _| ())).unwrap();
    let p = &made.picture;
    let colours = (0..3).map(|c| (mean(&p.rgb, c) - mean(&exemplar.rgb, c)).abs()).fold(0.0, f64::max);
    [("distance of statistics", made.figures[0].1, Bar::Below(0.003)), ("mean colour off", colours, Bar::Below(1.0))]
}

/// A texture of a photograph of water has its colours and comes near its statistics.
#[test]
fn water_becomes_more_water() {
    let Some(exemplar) = real("textures/1.jpg") else { return };
    let mut judge = Judge::new("water_becomes_more_water");
    judge.passes("neural", &figures(&exemplar, 30));
    judge.fails("neural", "five steps", &figures(&exemplar, 5));
    judge.close();
}
