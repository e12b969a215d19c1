//! Tests of pix2pix: pairs from the data, their direction, and what a player takes for an input.

use super::*;
use crate::models::{
    Model, Player,
    common::testing::{NetPlayer, Trainer, plain, set},
};

fn shape(paired: bool) -> DataShape {
    DataShape { paired, ..plain(4, 28, 3) }
}

fn tiny(shape: &DataShape, assignments: &[&str]) -> Knobs {
    set(&family_knobs(shape), &[&["width=2", "layers=1", "precision=fp32"], assignments].concat())
}

fn flat(value: u8) -> Pixels {
    let mut pixels = Pixels::new(28, 3);
    (0..4).for_each(|_| pixels.push(&[value; 28 * 28 * 3]));
    pixels
}

fn build(knobs: &Knobs, shape: &DataShape) -> Result<Trainer<Pix2Pix>> {
    Trainer::new(knobs, shape, Device::Cpu)
}

fn player(knobs: &Knobs, shape: &DataShape) -> NetPlayer<Pix2Pix> {
    NetPlayer::new(knobs, shape, Device::Cpu).unwrap()
}

fn input(player: &NetPlayer<Pix2Pix>, code: &Code) -> Result<Tensor> {
    player.decoder.input(code, Device::Cpu)
}

#[test]
fn pairs_of_the_data_are_taken_either_way() {
    let batch = Batch {
        pictures: flat(200).into(),
        inputs: Some(flat(10).into()),
        index: (0..4).collect(),
        ..Batch::default()
    };
    for (direction, wanted) in [("a-to-b", [10, 200]), ("b-to-a", [200, 10])] {
        let shape = shape(true);
        let knobs = tiny(&shape, &[&format!("direction={direction}")]);
        assert_eq!(knobs.text("task"), "paired", "the start on paired data");
        let examples = build(&knobs, &shape).unwrap().examples(&batch).unwrap().unwrap();
        assert_eq!(examples.map(|e| (e.len(), e[3].rgb[5])), wanted.map(|v| (4, v)));
    }
    let without = Batch { inputs: None, ..batch };
    assert!(build(&tiny(&shape(true), &[]), &shape(true)).unwrap().examples(&without).is_err());
}

#[test]
fn what_cannot_be_learned_is_a_sentence() {
    let grey = DataShape { channels: 1, ..shape(false) };
    let why = build(&tiny(&grey, &["task=grey"]), &grey).err().unwrap().to_string();
    assert!(why.contains("set channels to 3"), "{why}");
    let why = tiny(&shape(true), &[]);
    assert!(build(&why, &shape(false)).err().unwrap().to_string().contains("no pairs"));
    assert!(Knobs::default().set(&family_knobs(&shape(false)), "task=paired").is_err());
}

#[test]
fn an_input_of_any_size_becomes_the_networks() {
    let shape = shape(false);
    let knobs = tiny(&shape, &["task=edges"]);
    let player = player(&knobs, &shape);
    // Wide: dark sides that are cut off, a light middle.
    let row: Vec<u8> = (0..60).flat_map(|x| if (15..45).contains(&x) { [240; 3] } else { [0; 3] }).collect();
    let wide = Picture { width: 60, height: 30, rgb: row.repeat(30).into() };
    let code = |dials: Knobs| Code { input: Some(wide.clone()), dials, ..Code::from_seed(0, 0) };
    let x = input(&player, &code(Knobs::default())).unwrap();
    assert_eq!(x.size(), [1, 1, 28, 28]);
    let light = 240.0 / 127.5 - 1.0;
    assert!(f64::try_from((x - light).abs().max()).unwrap() < 1e-5);
    let mut dials = Knobs::default();
    dials.put(MAKE, crate::spec::Value::Flag(true));
    let outlines = input(&player, &code(dials)).unwrap();
    assert!(f64::try_from((outlines - 1.0).abs().max()).unwrap() < 1e-6, "a flat picture has no outlines");
    let small = Code { input: Some(Picture::filled(3, 5, [255; 3])), ..Code::from_seed(0, 0) };
    assert!(f64::try_from((input(&player, &small).unwrap() - 1.0).abs().max()).unwrap() < 1e-5);
    assert!(input(&player, &Code::from_seed(0, 0)).unwrap_err().to_string().contains("input picture"));
}

#[test]
fn mirrored_pairs_stay_together() {
    crate::nn::seed_global(4);
    let x = Tensor::arange(4, (Kind::Float, Device::Cpu)).view([1, 1, 1, 4]).repeat([32, 1, 1, 1]);
    let [a, b] = mirrored([x.shallow_clone(), &x + 10.0]).unwrap();
    assert_eq!(&a + 10.0, b);
    let first: Vec<f32> = Vec::try_from(a.narrow(3, 0, 1).reshape([-1])).unwrap();
    let turned = first.iter().filter(|&&v| v > 2.5).count();
    assert!((6..=26).contains(&turned) && first.iter().all(|v| *v < 0.5 || *v > 2.5), "{turned} of 32");
}

#[test]
fn a_challenge_draws_from_the_inputs_that_training_sees() {
    let (mut pictures, mut inputs) = (Pixels::new(28, 3), Pixels::new(28, 3));
    for i in 0..4usize {
        pictures.push(&(0..28 * 28 * 3).map(|p| ((p * (i + 2) / 7) % 256) as u8).collect::<Vec<_>>());
        inputs.push(&[40 * i as u8; 28 * 28 * 3]);
    }
    let batch = Batch {
        pictures: pictures.clone().into(),
        inputs: Some(inputs.clone().into()),
        index: vec![3, 9, 4, 1],
        ..Batch::default()
    };
    for (paired, set) in [
        (false, vec!["task=masked"]),
        (false, vec!["task=edges"]),
        (true, vec!["direction=a-to-b"]),
        (true, vec!["direction=b-to-a"]),
    ] {
        let shape = shape(paired);
        let knobs = tiny(&shape, &set);
        let [wanted, aims] = build(&knobs, &shape).unwrap().examples(&batch).unwrap().unwrap();
        let player = player(&knobs, &shape);
        let (codes, targets) = player.paired_examples(&pictures, Some(&inputs), &batch.index).unwrap().unwrap();
        let shown: Vec<_> = codes.iter().map(|code| input(&player, code).unwrap()).collect();
        assert_eq!(nn::to_pictures(&Tensor::cat(&shown, 0)).unwrap(), wanted, "{set:?}");
        assert_eq!((0..4).map(|i| targets.picture(i)).collect::<Vec<_>>(), aims, "{set:?}");
        assert_eq!(player.paired_examples(&pictures, None, &batch.index).is_err(), paired);
    }
}
