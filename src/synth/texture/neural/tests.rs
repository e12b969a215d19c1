//! What the statistics promise, and that textures come near them.

use super::*;
use crate::{
    failure::Failure,
    nn::{Device, Kind},
    synth::{Exemplar, tool},
};

fn stop() -> bool {
    false
}

fn striped(side: usize) -> Picture {
    let rgb: Vec<u8> =
        (0..side * side).flat_map(|i| if i % side % 8 < 4 { [200, 60, 40] } else { [30, 60, 150] }).collect();
    Picture { width: side, height: side, rgb: rgb.into() }
}

fn made(exemplar: Picture, size: [usize; 2], set: &[&str]) -> Result<Outcome> {
    let table = (NEURAL.knobs)();
    let mut knobs = Knobs::start(&table);
    for assignment in set {
        knobs.set(&table, assignment).unwrap();
    }
    let materials = Materials { exemplars: vec![Exemplar::from(exemplar)], size, seed: 3, ..Materials::default() };
    (NEURAL.run)(&materials, &knobs, None, &mut Watch::new(&stop, &mut |_, _| ()))
}

const QUICK: [&str; 3] = ["steps=12", "filters=16", "levels=2"];

#[test]
fn the_slope_is_that_of_finite_differences() {
    nn::use_threads(1);
    let _guard = nn::without_gradients();
    let noise = |seed, high: i64, wide: i64| {
        Tensor::from_slice(&latent::normal(seed, (3 * high * wide) as usize)).view([1, 3, high, wide])
    };
    let bank = Bank::new(12, 5).unwrap();
    let mut silent = |_: f32, _: Option<Picture>| ();
    let watch = Watch::new(&stop, &mut silent);
    let levels = [0, 1].map(|level| Level::learn(&bank, &[noise(1, 40, 44) * 0.3], level, &watch).unwrap());
    for [high, wide] in [[36, 33], [37, 40]] {
        let x = noise(2, high, wide);
        let (loss, felt) = slope(&levels, &x, &watch).unwrap();
        let way = noise(3, high, wide);
        let told = (&felt * &way).sum(Kind::Double).double_value(&[]);
        let ahead = |by: f64| slope(&levels, &(&x + &way * by), &watch).unwrap().0;
        let found = (ahead(1e-3) - ahead(-1e-3)) / 2e-3;
        assert!(loss > 0.0 && (found / told - 1.0).abs() < 0.01, "{found} {told}");
    }
}

#[test]
fn halving_and_its_way_back_are_transposes_of_each_other() {
    let noise =
        |seed, n: i64, m: i64| Tensor::from_slice(&latent::normal(seed, (3 * n * m) as usize)).view([1, 3, n, m]);
    for [high, wide] in [[16, 18], [17, 20], [19, 21]] {
        let (x, y) = (noise(1, high, wide), noise(2, (high + 1) / 2, (wide + 1) / 2));
        let there = (pyramid::halved(&x, true).unwrap() * &y).sum(Kind::Double).double_value(&[]);
        let back = (pyramid::felt(&y, [high, wide]).unwrap() * &x).sum(Kind::Double).double_value(&[]);
        assert!((there - back).abs() < 1e-3, "{there} {back}");
    }
    let flat = Tensor::ones([1, 3, 9, 6], (Kind::Float, Device::Cpu));
    assert!((pyramid::halved(&flat, false).unwrap() - 1.0).abs().max().double_value(&[]) < 1e-6);
}

#[test]
fn a_descent_finds_the_bottom_of_a_long_valley() {
    let scale = Tensor::from_slice(&[1f32, 30.0, 900.0]);
    let mut descent = Descent::new(Tensor::from_slice(&[5f32, -3.0, 2.0]));
    let mut value = f64::MAX;
    for _ in 0..60 {
        value = descent
            .step(&mut |x| Ok(((x.square() * &scale).sum(Kind::Double).double_value(&[]), x * &scale * 2.0)))
            .unwrap();
    }
    assert!(value < 1e-6, "{value}");
}

#[test]
fn a_texture_has_the_exemplars_colours_and_more_of_its_statistics_with_each_step() {
    nn::use_threads(1);
    let set = |steps| [steps, "filters=16", "levels=2", "tileable=on"];
    let [short, long] = ["steps=5", "steps=25"].map(|steps| made(striped(32), [48, 40], &set(steps)).unwrap());
    assert_eq!(long.picture.size(), [48, 40]);
    assert!(long.figures[0].1 < 0.7 * short.figures[0].1, "{:?} {:?}", short.figures, long.figures);
    for colour in [0, 1, 2] {
        let mean = |p: &Picture| {
            p.rgb.iter().skip(colour).step_by(3).map(|&v| f64::from(v)).sum::<f64>() * 3.0 / p.rgb.len() as f64
        };
        assert!((mean(&long.picture) - mean(&striped(32))).abs() < 1.0);
    }
    assert!(
        long.picture.rgb.chunks_exact(3).all(|p| [200, 30].contains(&p[0]) && p[1] == 60),
        "only values that are there"
    );
    assert_eq!(made(striped(32), [48, 40], &set("steps=5")).unwrap(), short, "the same seed, the same bytes");
}

#[test]
fn odd_sizes_and_wants_are_answered() {
    nn::use_threads(1);
    assert_eq!(tool("neural").unwrap().id, NEURAL.id);
    assert_eq!(made(striped(17), [16, 90], &QUICK).unwrap().picture.size(), [16, 90]);
    let flat = made(Picture::filled(20, 20, [9, 8, 7]), [30, 20], &QUICK).unwrap();
    assert_eq!((flat.picture, flat.warnings.len()), (Picture::filled(30, 20, [9, 8, 7]), 1));
    let sentence = |picture, size| made(picture, size, &QUICK).unwrap_err().to_string();
    assert!(sentence(striped(8), [30, 30]).contains("8×8"));
    assert!(sentence(striped(20), [1, 1]).contains("1×1"));
    let knobs = Knobs::start(&(NEURAL.knobs)());
    let run = |materials: &Materials, stop: crate::synth::Stop| {
        (NEURAL.run)(materials, &knobs, None, &mut Watch::new(stop, &mut |_, _| ())).unwrap_err()
    };
    assert!(run(&Materials::default(), &stop).to_string().contains("no exemplar"));
    let asked = std::sync::atomic::AtomicUsize::new(0);
    let later = || asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed) > 30;
    let exemplars = vec![Exemplar::from(striped(40))];
    let materials = Materials { exemplars, size: [40, 40], ..Materials::default() };
    assert!(Failure::is_cancelled(&run(&materials, &later)));
    let z = Tensor::ones([1], (Kind::Float, Device::Cpu)).set_requires_grad(true);
    assert!((&z * 2.0).requires_grad(), "gradients are on again");
}
