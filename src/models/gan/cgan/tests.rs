//! Classes as a person meets them: the one asked for is drawn, and weights blend.

use super::*;
use crate::{
    latent,
    models::{Model, Player, common::testing::Trainer},
    nn::bars::{self, Bar, Figure, Judge},
    picture::{Picture, Pixels},
    spec::Value,
};

const DATA: DataShape = DataShape { count: 8, classes: 2, size: 28, channels: 1, paired: false, sides: None };

/// Four dark pictures of class 0, four bright ones of class 1.
fn dark_and_bright() -> Batch {
    let mut pixels = Pixels::new(28, 1);
    let labels: Vec<u32> = (0..8).map(|i| i % 2).collect();
    for &class in &labels {
        pixels.push(&[if class == 0 { 30 } else { 220 }; 28 * 28]);
    }
    Batch { pictures: pixels.into(), labels: Some(labels), index: (0..8).collect(), ..Batch::default() }
}

/// One of some networks, by its number, after this many steps.
fn trained(conditioning: &str, steps: u64, network: u64) -> (Trainer<Cgan>, Box<dyn Player>) {
    let mut knobs = Knobs::start(&family_knobs(&DATA));
    knobs.0.extend(presets(&DATA).into_iter().find(|p| p.id == "tiny").unwrap().set.0);
    for (id, value) in [("conditioning", Value::Text(conditioning.into())), ("lr", Value::Real(3e-3))] {
        knobs.put(id, value);
    }
    knobs.put("ema", Value::Real(0.0));
    nn::use_threads(bars::threads());
    nn::seed_global(bars::seed(4 + network));
    let mut model = Trainer::<Cgan>::new(&knobs, &DATA, Device::Cpu).unwrap();
    for step in 0..steps {
        nn::seed_global(latent::mix(&[bars::seed(4 + network), step]));
        drop(model.step(&dark_and_bright(), &StepInfo { step, horizon: steps }).unwrap());
    }
    let weights = model.weights(steps).unwrap();
    let mut player = (FAMILY.player)(&knobs, &DATA, Device::Cpu).unwrap();
    player.load_weights(&weights.ema, weights.discriminator.as_deref()).unwrap();
    (model, player)
}

fn of(classes: &[(u32, f32)], seed: u64) -> Code {
    Code { classes: classes.to_vec(), ..Code::from_seed(seed, 8) }
}

fn brightness(pictures: &[Picture]) -> f32 {
    let all = || pictures.iter().flat_map(|p| p.rgb.iter());
    all().map(|&v| f32::from(v)).sum::<f32>() / all().count() as f32
}

/// Networks whose figures are averaged: those of a single one depend much on its seed.
const NETWORKS: u64 = 8;

/// How far the classes are apart in networks after this many steps: in brightness of what is drawn; in how much better the
/// discriminator likes a bright picture than a dark one when it is asked for bright ones; and where half of each lies on the way.
fn told_apart(conditioning: &str, steps: u64) -> [f64; 3] {
    let pictures = [[30; 3], [220; 3]].map(|colour| Picture::filled(28, 28, colour));
    let mut sums = [0.0; 3];
    for network in 0..NETWORKS {
        let (_, player) = trained(conditioning, steps, network);
        let all = |classes: &[(u32, f32)]| (0..8).map(|seed| of(classes, seed)).collect::<Vec<_>>();
        let play = |classes: &[(u32, f32)]| brightness(&player.play(&all(classes)).unwrap());
        let (dark, bright) = (play(&[(0, 1.0)]), play(&[(1, 1.0)]));
        let rank = |class| player.rank(&all(&[(class, 1.0)])[..2], &pictures).unwrap().unwrap();
        let lead = |ranks: &[f32]| ranks[1] - ranks[0];
        let half = (play(&[(0, 0.5), (1, 0.5)]) - dark) / (bright - dark);
        for (sum, value) in sums.iter_mut().zip([bright - dark, lead(&rank(1)) - lead(&rank(0)), half]) {
            *sum += f64::from(value) / NETWORKS as f64;
        }
    }
    sums
}

#[test]
fn the_class_asked_for_is_drawn_and_weights_blend() {
    let mut judge = Judge::new("the_class_asked_for_is_drawn_and_weights_blend");
    for conditioning in ["projection", "concat"] {
        let learned = |[brightness, lead, _]: [f64; 3]| -> [Figure; 2] {
            [
                ("brightness apart", brightness, Bar::Above(100.0)),
                ("lead of the class asked for", lead, Bar::Above(0.0)),
            ]
        };
        judge.fails(conditioning, "untrained", &learned(told_apart(conditioning, 0)));
        let figures = told_apart(conditioning, 160);
        judge.passes(conditioning, &learned(figures));
        judge.passes(conditioning, &[("half and half, above dark", figures[2], Bar::Above(0.0))]);
        judge.passes(conditioning, &[("half and half, below bright", figures[2], Bar::Below(1.0))]);

        let (model, player) = trained(conditioning, 160, 0);
        let play =
            |classes: &[(u32, f32)]| player.play(&(0..8).map(|seed| of(classes, seed)).collect::<Vec<_>>()).unwrap();
        let (dark, bright) = (play(&[(0, 1.0)]), play(&[(1, 1.0)]));
        assert_eq!(play(&[(0, 0.0), (1, 1.0)]), bright, "a weight of 0 is none");
        assert_eq!(play(&[(1, 0.5)]), bright, "weights count by their share");
        let any = player.play(&[of(&[], 6), of(&[], 7)]).unwrap();
        assert_eq!(any[..], [dark[6].clone(), bright[7].clone()], "the seed picks a class where none is asked for");
        let why = player.play(&[of(&[(2, 1.0)], 0)]).unwrap_err().to_string();
        assert!(why.contains("no class 2"), "{why}");
        let test = model.test(&dark_and_bright(), &StepInfo { step: 0, horizon: 1 }).unwrap();
        assert!(test.iter().any(|s| s.0 == "test_loss_d") && test.iter().all(|s| s.1.is_finite()), "{test:?}");
    }
    judge.close();
}

#[test]
fn the_two_kinds_of_conditioning_are_different_networks() {
    let [projection, concat] = ["projection", "concat"].map(|kind| trained(kind, 0, 0).0.weights(0).unwrap());
    assert_eq!(projection.raw["norm1.weight"].shape, [2, 16], "a scale for each class");
    assert_eq!(concat.raw["norm1.weight"].shape, [16]);
    assert_eq!(concat.raw["label.weight"].shape, [2, 32]);
    let [projection, concat] = [projection.discriminator.unwrap(), concat.discriminator.unwrap()];
    assert_eq!(projection["embedding.weight"].shape, [2, 16]);
    assert_eq!(concat["conv1.weight"].shape, [8, 2, 4, 4], "the label is a second plane");
}

#[test]
fn data_without_classes_are_refused_with_a_sentence() {
    let plain = DataShape { classes: 0, ..DATA };
    let why = (FAMILY.fits)(&plain).unwrap_err();
    assert!(why.contains("needs data with classes") && why.ends_with('.'), "{why}");
    assert!((FAMILY.build)(&Knobs::start(&family_knobs(&plain)), &plain, Device::Cpu).is_err());
    let unlabelled = Batch { labels: None, ..dark_and_bright() };
    let (mut model, _) = { trained("projection", 0, 0) };
    let why = model.step(&unlabelled, &StepInfo { step: 0, horizon: 1 }).unwrap_err().to_string();
    assert!(why.contains("no classes"), "{why}");
}
