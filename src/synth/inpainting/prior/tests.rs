//! A generator of the tests' own, whose pictures are known, completes them.

use super::*;
use crate::{
    failure::Failure,
    latent::{self, Code},
    models::Decoded,
    nn::{self, Kind},
    synth::tool,
    weights::Arrays,
};

const SIDE: usize = 24;
const WIDTH: usize = 5;

/// tanh of a mix of smooth waves: pictures of 24×24.
struct Painter {
    waves: Tensor,
    decodes: bool,
}

impl Painter {
    fn new(decodes: bool) -> Self {
        let numbers = latent::normal(21, WIDTH * 3 * 4);
        let value = |k: usize, c: usize, x: usize, y: usize| {
            let own = &numbers[4 * (3 * k + c)..][..4];
            let [x, y] = [x, y].map(|v| v as f32 / SIDE as f32);
            1.2 * (4.0 * own[0] * x + 4.0 * own[1] * y + 3.0 * own[2]).sin() + 0.2 * own[3]
        };
        let all = (0..WIDTH * 3 * SIDE * SIDE)
            .map(|i| value(i / (3 * SIDE * SIDE), i / (SIDE * SIDE) % 3, i % SIDE, i / SIDE % SIDE));
        let waves = Tensor::from_slice(&all.collect::<Vec<f32>>()).view([WIDTH as i64, -1]);
        Self { waves, decodes }
    }

    fn draw(&self, z: &Tensor) -> Tensor {
        z.matmul(&self.waves).tanh().view([-1, 3, SIDE as i64, SIDE as i64])
    }
}

impl Player for Painter {
    fn z_dim(&self) -> usize {
        WIDTH
    }

    fn load_weights(&mut self, _: &Arrays, _: Option<&Arrays>) -> Result<()> {
        Ok(())
    }

    fn play(&self, codes: &[Code]) -> Result<Vec<Picture>> {
        let flat: Vec<f32> = codes.iter().flat_map(|code| code.z.clone()).collect();
        nn::to_pictures(&self.draw(&Tensor::from_slice(&flat).view([codes.len() as i64, WIDTH as i64])))
    }

    fn decode_differentiably(&self, z: &Tensor, _: &[Code]) -> Result<Option<Decoded>> {
        Ok(self.decodes.then(|| Decoded { pictures: self.draw(z), logits: None }))
    }
}

fn hole(width: usize, height: usize, x: std::ops::Range<usize>, y: std::ops::Range<usize>) -> Mask {
    let grey: Vec<u8> = (0..width * height)
        .map(|i| if x.contains(&(i % width)) && y.contains(&(i / width)) { 255 } else { 0 })
        .collect();
    Mask { width, height, grey: grey.into() }
}

fn run_with(painter: &Painter, materials: &Materials, set: &[&str]) -> Result<Outcome> {
    let table = (PRIOR.knobs)();
    let mut knobs = Knobs::start(&table);
    for assignment in set {
        knobs.set(&table, assignment).unwrap();
    }
    (PRIOR.run)(materials, &knobs, Some(painter), &mut Watch::new(&|| false, &mut |_, _| ()))
}

/// Mean absolute difference in the hole.
fn lost(a: &Picture, b: &Picture, mask: &Mask) -> f64 {
    let inside: Vec<usize> = (0..mask.grey.len()).filter(|&i| mask.grey[i] >= HOLE).collect();
    let off = |i: &usize| (0..3).map(|c| f64::from(a.rgb[3 * i + c].abs_diff(b.rgb[3 * i + c]))).sum::<f64>() / 3.0;
    inside.iter().map(off).sum::<f64>() / inside.len() as f64
}

#[test]
fn a_picture_that_the_generator_drew_is_completed_as_it_was() {
    for (decodes, share) in [(true, 0.06), (false, 0.15)] {
        let painter = Painter::new(decodes);
        let whole = painter.play(&[Code::from_seed(4, WIDTH)]).unwrap().remove(0);
        let mask = hole(SIDE, SIDE, 7..17, 6..18);
        let mut rgb = whole.rgb.to_vec();
        (0..mask.grey.len()).filter(|&i| mask.grey[i] > 0).for_each(|i| rgb[3 * i..3 * i + 3].fill(128));
        let grey = Picture { width: SIDE, height: SIDE, rgb: rgb.into() };
        let materials =
            Materials { picture: Some(grey.clone()), mask: Some(mask.clone()), seed: 9, ..Materials::default() };
        let made = run_with(&painter, &materials, &["prior_weight=0.001", "steps=150"]).unwrap();
        let (before, after) = (lost(&grey, &whole, &mask), lost(&made.picture, &whole, &mask));
        assert!(before > 25.0 && after < share * before, "{decodes}: {after} of {before}");
        let kept = |i: usize| mask.grey[i] > 0 || made.picture.rgb[3 * i..3 * i + 3] == whole.rgb[3 * i..3 * i + 3];
        assert!((0..SIDE * SIDE).all(kept), "what is known stays");
        assert!(made.warnings.is_empty(), "{:?}", made.warnings);
        let again = run_with(&painter, &materials, &["prior_weight=0.001", "steps=150"]).unwrap();
        assert_eq!(again, made, "the same seed, the same picture");
    }
}

#[test]
fn larger_pictures_are_drawn_in_a_window_and_odd_ones_do_not_panic() {
    let painter = Painter::new(true);
    let small = painter.play(&[Code::from_seed(2, WIDTH)]).unwrap().remove(0);
    let whole = small.enlarged(4);
    let mask = hole(96, 96, 20..70, 30..80);
    let materials = Materials { picture: Some(whole.clone()), mask: Some(mask.clone()), ..Materials::default() };
    let made = run_with(&painter, &materials, &["prior_weight=0", "steps=60"]).unwrap();
    assert_eq!(made.picture.size(), [96, 96]);
    for (width, height, x, y) in
        [(2, 1, 0..1, 0..1), (200, 3, 5..190, 1..2), (7, 90, 0..7, 0..89), (30, 30, 0..30, 1..30)]
    {
        let picture = Picture::filled(width, height, [10, 200, 90]);
        let mask = hole(width, height, x, y);
        let materials = Materials { picture: Some(picture), mask: Some(mask), ..Materials::default() };
        let made = run_with(&painter, &materials, &["steps=10", "restarts=2"]).unwrap();
        assert_eq!(made.picture.size(), [width, height]);
    }
}

#[test]
fn what_is_missing_is_said_in_a_sentence() {
    let painter = Painter::new(true);
    let with = |mask: Mask| Materials {
        picture: Some(Picture::filled(9, 9, [1; 3])),
        mask: Some(mask),
        ..Materials::default()
    };
    let sentence = |materials: &Materials| run_with(&painter, materials, &[]).unwrap_err().to_string();
    assert!(sentence(&Materials::default()).contains("no picture"));
    assert!(sentence(&with(Mask::filled(9, 9, 0))).contains("nothing to fill"));
    assert!(sentence(&with(Mask::filled(9, 9, 255))).contains("whole picture"));
    assert!(sentence(&with(Mask::filled(8, 9, 255))).contains("8×9"));
    let (knobs, materials) = (Knobs::start(&(PRIOR.knobs)()), with(hole(9, 9, 2..5, 2..5)));
    let nobody = (PRIOR.run)(&materials, &knobs, None, &mut Watch::new(&|| false, &mut |_, _| ()));
    assert!(nobody.unwrap_err().to_string().contains("trained run"));
    let asked = std::sync::atomic::AtomicUsize::new(0);
    let stop = || asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed) > 20;
    let stopped = (PRIOR.run)(&materials, &knobs, Some(&painter), &mut Watch::new(&stop, &mut |_, _| ()));
    assert_eq!(Failure::of(&stopped.unwrap_err()), Failure::Cancelled);
    let z = Tensor::ones([1], (Kind::Float, nn::Device::Cpu)).set_requires_grad(true);
    assert!((&z * 2.0).requires_grad(), "gradients are on again");
    assert_eq!(tool("prior").unwrap().id, PRIOR.id);
}

#[test]
fn progress_shows_a_few_pictures_in_which_what_is_known_stays() {
    let painter = Painter::new(true);
    let picture = painter.play(&[Code::from_seed(1, WIDTH)]).unwrap().remove(0);
    let mask = hole(SIDE, SIDE, 8..12, 8..12);
    let materials = Materials { picture: Some(picture.clone()), mask: Some(mask), ..Materials::default() };
    let mut shown = Vec::new();
    let mut on_progress = |share: f32, so_far: Option<Picture>| shown.extend(so_far.map(|p| (share, p)));
    let knobs = Knobs::start(&(PRIOR.knobs)());
    (PRIOR.run)(&materials, &knobs, Some(&painter), &mut Watch::new(&|| false, &mut on_progress)).unwrap();
    assert!((3..=8).contains(&shown.len()), "{}", shown.len());
    assert!(shown.iter().all(|(_, p)| p.rgb[..100] == picture.rgb[..100]));
}

#[test]
fn a_window_leaves_surroundings_and_counts_areas() {
    let mask = hole(100, 60, 40..60, 20..30);
    assert_eq!(Window::around(&mask, HOLE, 16), Window { x: 34, y: 9, side: 32, small: 16 });
    assert_eq!(Window::around(&mask, HOLE, 64), Window { x: 18, y: -2, side: 64, small: 64 }, "reaches beyond");
    let corner = Window::around(&hole(100, 60, 0..4, 0..4), HOLE, 8);
    assert_eq!((corner.x, corner.y, corner.side), (0, 0, 8));
    // Two by two pixels make one; of the first one is unknown.
    let rgb: Vec<u8> = (0..16_u8).flat_map(|i| [i * 10; 3]).collect();
    let picture = Picture { width: 4, height: 4, rgb: rgb.into() };
    let window = Window { x: 0, y: 0, side: 4, small: 2 };
    let (colours, known) = window.shrunk(&picture, &hole(4, 4, 0..1, 0..1), HOLE);
    let level = |i: usize| (colours[i] + 1.0) * 127.5;
    assert!((level(0) - (10.0 + 40.0 + 50.0) / 3.0).abs() < 1e-3 && (level(3) - 125.0).abs() < 1e-3);
    assert_eq!(known, [0.75, 1.0, 1.0, 1.0]);
    let weights = window::weights(&[1.0, 1.0, 1.0, 0.0], 2);
    assert!((weights.iter().sum::<f32>() - 1.0).abs() < 1e-6 && weights[3] == 0.0);
}

#[test]
fn a_blended_fill_meets_the_edge_and_keeps_its_own_detail() {
    let base = Picture::filled(12, 12, [100; 3]);
    let rgb: Vec<u8> = (0..144).flat_map(|i| [if i % 2 == 0 { 40 } else { 60 }; 3]).collect();
    let fill = Picture { width: 12, height: 12, rgb: rgb.into() };
    let mask = hole(12, 12, 3..9, 3..9);
    let pasted = |blend| super::pasted(&base, &fill, &mask, blend, &Watch::new(&|| false, &mut |_, _| ())).unwrap();
    let (plain, blended) = (pasted(false), pasted(true));
    assert_eq!(plain.row(5)[15..18], fill.row(5)[15..18]);
    let middle = |p: &Picture| f64::from(p.row(5)[15]) - f64::from(p.row(5)[18]);
    assert!((middle(&blended) - middle(&plain)).abs() < 10.0, "detail stays");
    assert!(
        (f64::from(blended.row(5)[15]) + f64::from(blended.row(5)[18]) - 200.0).abs() < 12.0,
        "at the edge's level"
    );
    assert_eq!(blended.row(0), base.row(0));
}
