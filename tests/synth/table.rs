//! What every tool promises, in loops over the table.

use latent_studio::{
    engine::{
        open_player,
        protocol::{Failure, Place},
    },
    latent,
    models::Player,
    nn::{self, Device},
    picture::{Mask, Picture},
    spec::{Knobs, Task, Value},
    synth::{Exemplar, Materials, Outcome, TOOLS, Tool, Watch, perform, tool},
};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Soft blobs of colour with a little noise: something for every tool to work on.
pub fn picture(width: usize, height: usize, seed: u64) -> Picture {
    let noise = latent::normal(seed, width * height * 3);
    let value = |x: usize, y: usize, c: usize| {
        let (x, y) = (x as f32 / 9.0, y as f32 / 7.0);
        let wave = (x + c as f32).sin() * (y - 0.5 * c as f32).cos();
        128.0 + 80.0 * wave
    };
    let rgb = (0..width * height * 3).map(|i| {
        let (pixel, c) = (i / 3, i % 3);
        (value(pixel % width, pixel / width, c) + 6.0 * noise[i]).clamp(0.0, 255.0) as u8
    });
    Picture { width, height, rgb: rgb.collect() }
}

/// A trimap in bands from left to right, or a hole in the middle third.
fn mask(task: Task, width: usize, height: usize) -> Mask {
    let third = |i: usize, n: usize| i * 3 / n.max(1);
    let value = |x: usize, y: usize| match task {
        Task::Matting => [0, 128, 255][third(x, width).min(2)],
        _ if third(x, width) == 1 && third(y, height) == 1 => 255,
        _ => 0,
    };
    let grey = (0..width * height).map(|i| value(i % width, i / width)).collect();
    Mask { width, height, grey }
}

/// What a tool needs, from a picture of this size.
fn materials(tool: &Tool, width: usize, height: usize, seed: u64) -> Materials {
    let picture = picture(width, height, 1);
    let mut materials = Materials { seed, ..Materials::default() };
    match tool.task {
        Task::Texture => {
            materials.size = [width + width / 2, height + 5];
            materials.exemplars = vec![Exemplar::from(picture)];
        }
        Task::Enhancement => materials.picture = Some(picture),
        task => {
            materials.mask = Some(mask(task, width, height));
            materials.picture = Some(picture);
        }
    }
    materials
}

/// The tool's settings with whatever costs time turned down.
fn quick(tool: &Tool) -> Knobs {
    let mut knobs = Knobs::start(&(tool.knobs)());
    for (id, value) in [("steps", 12), ("restarts", 2), ("filters", 8), ("levels", 2)] {
        let table = (tool.knobs)();
        if let Some(knob) = table.iter().find(|knob| knob.id == id) {
            let value = Value::Int(value);
            assert!(knob.accepts(&value), "{}: {id} takes {}", tool.id, knob.allowed());
            knobs.put(id, value);
        }
    }
    knobs
}

fn generator(tool: &Tool) -> Option<Box<dyn Player>> {
    let starter = Place::Starter("glyphs".into());
    tool.generator.then(|| open_player(&starter, None, true, Device::Cpu).expect("the starter opens").0)
}

fn run(tool: &Tool, materials: &Materials, stop: &(dyn Fn() -> bool + Sync)) -> (anyhow::Result<Outcome>, Vec<f32>) {
    nn::use_threads(1);
    let mut heard = Vec::new();
    let mut on_progress = |share: f32, _: Option<Picture>| heard.push(share);
    let player = generator(tool);
    let result = perform(tool, materials, &quick(tool), player.as_deref(), &mut Watch::new(stop, &mut on_progress));
    (result, heard)
}

fn made(tool: &Tool, materials: &Materials) -> Outcome {
    run(tool, materials, &|| false).0.unwrap_or_else(|why| panic!("{}: {why:#}", tool.id))
}

#[test]
fn every_tool_is_there_once_and_says_what_it_is() {
    let wanted = [
        (Task::Matting, &["closed-form", "knn", "learning-based"][..]),
        (Task::Inpainting, &["harmonic", "biharmonic", "patchmatch", "prior"]),
        (Task::Texture, &["quilting", "search", "neural"]),
        (Task::Enhancement, &["auto-levels", "white-balance", "clahe", "sharpen", "denoise"]),
    ];
    for (task, ids) in wanted {
        let found: Vec<_> = TOOLS.iter().filter(|t| t.task == task).map(|t| t.id).collect();
        assert_eq!(found, ids, "{task:?}");
    }
    for known in TOOLS {
        assert_eq!(tool(known.id).unwrap().id, known.id);
        assert!(known.about.ends_with('.') && !known.title.is_empty(), "{}", known.id);
        for knob in (known.knobs)() {
            assert!(knob.accepts(&knob.start()) && knob.help.len() > 20, "{}: {}", known.id, knob.id);
        }
    }
    let why = tool("magic").err().unwrap().to_string();
    assert!(why.contains("closed-form, knn"), "{why}");
}

#[test]
fn a_seed_makes_the_same_picture_at_any_thread_count() {
    for tool in TOOLS {
        let materials = materials(tool, 48, 40, 7);
        let with = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| made(tool, &materials))
        };
        let first = with(1);
        assert_eq!(first, with(3), "{}", tool.id);
        let size = if tool.task == Task::Texture { materials.size } else { [48, 40] };
        assert_eq!(first.picture.size(), size, "{}", tool.id);
        assert_eq!(first.alpha.is_some(), tool.task == Task::Matting, "{}", tool.id);
        if tool.task == Task::Texture {
            let other = made(tool, &Materials { seed: 8, ..materials.clone() });
            assert_ne!(first.picture, other.picture, "{}: another seed, another picture", tool.id);
        }
    }
}

#[test]
fn progress_never_falls_and_ends_at_one() {
    for tool in TOOLS {
        let (result, heard) = run(tool, &materials(tool, 48, 40, 1), &|| false);
        result.unwrap_or_else(|why| panic!("{}: {why:#}", tool.id));
        assert!(heard.windows(2).all(|pair| pair[0] <= pair[1]), "{}: {heard:?}", tool.id);
        assert_eq!(heard.last(), Some(&1.0), "{}", tool.id);
    }
}

#[test]
fn a_cancel_is_heard_wherever_it_comes() {
    for tool in TOOLS {
        let materials = materials(tool, 48, 40, 1);
        let asked = AtomicUsize::new(0);
        let counting = || {
            asked.fetch_add(1, Relaxed);
            false
        };
        run(tool, &materials, &counting).0.unwrap_or_else(|why| panic!("{}: {why:#}", tool.id));
        let times = asked.load(Relaxed);
        assert!(times >= 3, "{} asks {times} times whether it is still wanted", tool.id);
        for after in [0, 1, times / 2] {
            let asked = AtomicUsize::new(0);
            let stop = || asked.fetch_add(1, Relaxed) >= after;
            let why = run(tool, &materials, &stop).0.expect_err(tool.id);
            assert!(Failure::is_cancelled(&why), "{} after {after} of {times}: {why:#}", tool.id);
        }
    }
}

#[test]
fn pictures_of_any_shape_are_made_or_refused_with_one_sentence() {
    for tool in TOOLS {
        for [width, height] in [[1, 1], [1, 9], [9, 1], [2, 2], [3, 3], [5, 70], [17, 16], [512, 4]] {
            for materials in [materials(tool, width, height, 1), plain(tool, width, height)] {
                match run(tool, &materials, &|| false).0 {
                    Ok(outcome) => {
                        let size = if tool.task == Task::Texture { materials.size } else { [width, height] };
                        assert_eq!(outcome.picture.size(), size, "{} {width}×{height}", tool.id);
                    }
                    Err(why) => sentence(tool, &why),
                }
            }
        }
    }
}

/// The same of one colour.
fn plain(tool: &Tool, width: usize, height: usize) -> Materials {
    let grey = Picture::filled(width, height, [90; 3]);
    let materials = materials(tool, width, height, 1);
    let exemplars = materials.exemplars.iter().map(|_| Exemplar::from(grey.clone())).collect();
    Materials { picture: materials.picture.clone().map(|_| grey), exemplars, ..materials }
}

fn sentence(tool: &Tool, why: &anyhow::Error) {
    assert!(!Failure::is_cancelled(why));
    let why = why.to_string();
    assert!(why.ends_with('.') && why.len() > 20 && !why.contains('\n'), "{}: {why:?}", tool.id);
}

#[test]
fn what_cannot_be_worked_on_is_refused_with_one_sentence() {
    for tool in TOOLS {
        let good = materials(tool, 48, 40, 1);
        let refused = |what: &str, materials: Materials, words: &str| {
            let why = run(tool, &materials, &|| false).0.expect_err(what);
            sentence(tool, &why);
            assert!(why.to_string().contains(words), "{} with {what}: {why}", tool.id);
        };
        if tool.task == Task::Texture {
            let (picture, hole) = (picture(48, 40, 1), mask(Task::Inpainting, 48, 40));
            let fill = Materials { picture: Some(picture.clone()), mask: Some(hole.clone()), ..Materials::default() };
            if tool.id == "neural" {
                refused("a hole", fill, "choose quilting or search");
            } else {
                let filled = made(tool, &fill).picture;
                let kept = |i: usize| hole.grey[i] > 0 || filled.rgb[3 * i..][..3] == picture.rgb[3 * i..][..3];
                assert!((0..48 * 40).all(kept), "{} leaves what is known", tool.id);
                assert_ne!(filled, picture, "{} fills the hole", tool.id);
            }
            refused("no exemplar", Materials { exemplars: Vec::new(), ..good.clone() }, "exemplar");
            refused("no size", Materials { size: [0, 4], ..good.clone() }, "pixel");
            refused("a huge size", Materials { size: [20_000, 4], ..good.clone() }, "16");
            continue;
        }
        refused("no picture", Materials { picture: None, ..good.clone() }, "picture");
        if tool.task == Task::Enhancement {
            continue;
        }
        refused(
            "no mask",
            Materials { mask: None, ..good.clone() },
            if tool.task == Task::Matting { "trimap" } else { "mask" },
        );
        refused("a mask of another size", Materials { mask: Some(mask(tool.task, 40, 40)), ..good.clone() }, "40×40");
        for value in [0, 255] {
            let mask = Some(Mask::filled(48, 40, value));
            refused("a mask of one value", Materials { mask, ..good.clone() }, "");
        }
    }
}
