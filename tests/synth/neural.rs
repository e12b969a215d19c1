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

/// Figures of a texture of 128×128 pixels after this many steps: the tool's own distance of statistics, how far the mean colours are
/// from the exemplar's in levels, and the mean step over the joined edges as a share of the mean step inside.
fn figures(exemplar: &Picture, steps: usize, tileable: &str) -> [Figure; 3] {
    let tool = tool("neural").unwrap();
    let table = (tool.knobs)();
    let mut knobs = Knobs::start(&table);
    for assignment in [&format!("steps={steps}"), "levels=3", "filters=32", &format!("tileable={tileable}")] {
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
    let step = |a: usize, b: usize| {
        let off = |y: usize| (0..3).map(|c| f64::from(p.row(y)[3 * a + c].abs_diff(p.row(y)[3 * b + c]))).sum::<f64>();
        (0..128).map(off).sum::<f64>()
    };
    let inside = (1..127).map(|x| step(x, x + 1)).sum::<f64>() / 126.0;
    [
        ("distance of statistics", made.figures[0].1, Bar::Below(0.003)),
        ("mean colour off", colours, Bar::Below(1.0)),
        ("step at the seam, share of inside", step(127, 0) / inside, Bar::Below(3.0)),
    ]
}

/// A texture of a photograph of water has its colours, comes near its statistics, and joins itself at the edges.
#[test]
fn water_becomes_more_water() {
    let Some(exemplar) = real("textures/1.jpg") else { return };
    let mut judge = Judge::new("water_becomes_more_water");
    judge.passes("neural", &figures(&exemplar, 30, "on"));
    judge.fails("neural", "five steps", &figures(&exemplar, 5, "on"));
    judge.fails("neural", "edges that are not joined", &figures(&exemplar, 30, "off"));
    judge.close();
}
