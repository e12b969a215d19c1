//! Neural textures of real exemplars.

use super::real;
use latent_studio::{
    spec::Knobs,
    synth::{Exemplar, Materials, Watch, tool},
};

/// A texture of a photograph of water has its colours, comes near its statistics, and joins itself at the edges.
#[test]
fn water_becomes_more_water() {
    let Some(exemplar) = real("textures/1.jpg") else { return };
    let tool = tool("neural").unwrap();
    let table = (tool.knobs)();
    let mut knobs = Knobs::start(&table);
    for assignment in ["steps=30", "levels=3", "filters=32", "tileable=on"] {
        knobs.set(&table, assignment).unwrap();
    }
    let mean = |rgb: &[u8], c: usize| {
        rgb.iter().skip(c).step_by(3).map(|&v| f64::from(v)).sum::<f64>() * 3.0 / rgb.len() as f64
    };
    let wanted = [0, 1, 2].map(|c| mean(&exemplar.rgb, c));
    let materials =
        Materials { exemplars: vec![Exemplar::from(exemplar)], size: [128, 128], seed: 1, ..Materials::default() };
    let made = (tool.run)(&materials, &knobs, None, &mut Watch::new(&|| false, &mut |_, _| ())).unwrap();
    assert!(made.figures[0].1 < 0.1, "{:?}", made.figures);
    let p = &made.picture;
    assert!((0..3).all(|c| (mean(&p.rgb, c) - wanted[c]).abs() < 1.0));
    let step = |a: usize, b: usize| {
        let off = |y: usize| (0..3).map(|c| f64::from(p.row(y)[3 * a + c].abs_diff(p.row(y)[3 * b + c]))).sum::<f64>();
        (0..128).map(off).sum::<f64>()
    };
    let inside = (1..127).map(|x| step(x, x + 1)).sum::<f64>() / 126.0;
    assert!(step(127, 0) < 2.0 * inside, "{} at the seam, {inside} elsewhere", step(127, 0));
}
