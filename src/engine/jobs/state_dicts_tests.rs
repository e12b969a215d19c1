//! Weights that `PyTorch` made draw here what they draw there, and leave as the bytes they came as.

use super::*;
use crate::engine::dataset_cache::DatasetCache;

/// Networks of `tests/references/state_dicts.py`, which also wrote what they draw.
const MADE: &[(&str, &str)] = &[
    ("dcgan28", "dcgan"),
    ("dcgan32", "dcgan"),
    ("dcgan64", "dcgan"),
    ("mlp_vae", "mlp-vae"),
    ("vae28", "vae"),
    ("vae32", "vae"),
];

fn reference(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/references/state_dicts").join(name)
}

fn request(file: &Path, folder: &Path) -> Import {
    Import {
        file: file.into(),
        discriminator: None,
        family: None,
        source: "shapes:64".into(),
        prepare: Knobs::default(),
        set: Vec::new(),
        seed: 3,
        steps: 40,
        threads: 1,
        name: "from-torch".into(),
        location: crate::engine::protocol::Location::Folder(folder.into()),
    }
}

fn imported(request: &Import) -> Result<String> {
    let cache = DatasetCache::default();
    import(request.clone(), &mut |spec| cache.fetch(spec, &mut crate::data::NoWatch)).map(|(line, _)| line)
}

#[track_caller]
fn near(got: &[f32], wanted: &Array, what: &str) {
    assert_eq!(got.len(), wanted.data.len(), "{what}");
    let apart = got.iter().zip(&wanted.data).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    let spread =
        wanted.data.iter().fold(f32::MIN, |a, b| a.max(*b)) - wanted.data.iter().fold(f32::MAX, |a, b| a.min(*b));
    assert!(apart < 1e-5, "{what}: {apart} apart");
    assert!(spread > 0.005, "{what} says something: {spread}");
}

#[test]
fn pytorchs_weights_draw_the_same_here_and_leave_byte_for_byte() {
    nn::use_threads(1);
    let home = tempfile::tempdir().unwrap();
    for (name, family) in MADE {
        let (file, folder) = (reference(&format!("{name}.safetensors")), home.path().join(name));
        let words = imported(&request(&file, &folder)).unwrap();
        assert_eq!(words.contains("with its discriminator"), *family == "dcgan", "{words}");
        let spec = run::read_spec(&folder).unwrap();
        assert_eq!(spec.family, *family);
        assert!(spec.from.as_ref().unwrap().is_file() && spec.fingerprint.len() == 64);

        // What PyTorch drew, judged and encoded.
        let (wanted, _) = run::read_state_dict(&reference(&format!("{name}.check.safetensors"))).unwrap();
        let wanted = wanted.floats;
        let (_, playing, _) = library::open(RunId(0), &Place::Folder(folder.clone()), Device::Cpu).unwrap();
        let mut player = precise_player(&playing.plan).unwrap();
        player.load_weights(&playing.weights.ema, playing.weights.discriminator.as_deref()).unwrap();
        let latents = &wanted["latents"];
        let rows = latents.data.chunks_exact(latents.shape[1]);
        let codes: Vec<Code> = rows.map(|z| Code { z: z.to_vec(), psi: 1.0, ..Code::default() }).collect();
        let drawn = player.decode_array(&codes).unwrap().unwrap();
        assert_eq!(drawn.shape, wanted["pictures"].shape);
        near(&drawn.data, &wanted["pictures"], name);
        let pictures = player.play(&codes).unwrap();
        near(&seen(&pictures, drawn.shape[1]).unwrap().data, &wanted["seen"], name);
        if let Some(judged) = player.judge(&pictures).unwrap() {
            near(&judged, &wanted["judged"], name);
        } else {
            let codes = player.encode(&pictures).unwrap().unwrap();
            near(&codes.into_iter().flat_map(|c| c.z).collect::<Vec<_>>(), &wanted["codes"], name);
        }

        let out = home.path().join(format!("{name}.safetensors"));
        for ema in [true, false] {
            export(&playing, Moment::Live, ema, &out).unwrap();
            assert!(std::fs::read(&out).unwrap() == std::fs::read(&file).unwrap(), "{name}");
        }
        if *family == "dcgan" {
            assert!(std::fs::read(beside(&out)).unwrap() == std::fs::read(beside(&file)).unwrap(), "{name}");
        }
    }
}

#[test]
fn a_wrong_file_is_refused_with_one_sentence_and_leaves_nothing() {
    let home = tempfile::tempdir().unwrap();
    let (folder, good) =
        (home.path().join("run"), request(&reference("dcgan32.safetensors"), &home.path().join("run")));
    let refused = |request: &Import, says: &str| {
        let why = imported(request).unwrap_err().to_string();
        assert!(why.contains(says) && why.ends_with('.') && !why.contains('\n'), "{why}");
        assert!(!folder.exists());
    };
    let family = |id: &str| Import { family: Some(id.into()), ..good.clone() };
    refused(&family("vae"), "holds the weights of dcgan, not of vae");
    refused(&family("flow"), "has no counterpart in PyTorch");
    refused(&family("nonsense"), "There is no family");
    refused(&Import { set: vec!["upsampling=resize".into()], ..good.clone() }, "no counterpart");
    refused(&Import { set: vec!["width=9".into()], ..good.clone() }, "is needed");
    refused(&Import { file: reference("dcgan32-discriminator.safetensors"), ..good.clone() }, "is a discriminator");
    refused(
        &Import { discriminator: Some(reference("dcgan64-discriminator.safetensors")), ..good.clone() },
        "can't be used",
    );
    refused(&Import { file: reference("mlp_vae.check.safetensors"), ..good.clone() }, "none of the networks");
    refused(&Import { file: reference("../state_dicts.py"), ..good.clone() }, "not a whole safetensors file");
    let (mut dict, _) = run::read_state_dict(&good.file).unwrap();
    let path = home.path().join("biased.safetensors");
    dict.floats.insert("main.0.bias".into(), Array { shape: vec![1], data: vec![0.0] });
    run::write_state_dict(&path, &dict).unwrap();
    refused(&Import { file: path, ..good.clone() }, "main.0.bias, for which the network has no place");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("mine"), "x").unwrap();
    assert!(imported(&good).unwrap_err().to_string().contains("is not empty"));
    assert!(folder.join("mine").exists());
}

#[test]
fn starters_leave_too_and_other_families_say_why_not() {
    let home = tempfile::tempdir().unwrap();
    let (out, check) = (home.path().join("net.safetensors"), home.path().join("check.safetensors"));
    export_from(&Place::Starter("glyphs".into()), None, true, &out, Some(&check)).unwrap();
    let (dict, _) = run::read_state_dict(&out).unwrap();
    assert!(dict.counts.values().all(|n| *n > 0) && !beside(&out).exists());
    let (checks, _) = run::read_state_dict(&check).unwrap();
    assert_eq!(checks.floats["latents"].shape[0], CHECKED);
    let (_, playing, _) = library::open(RunId(0), &Place::Starter("glyphs".into()), Device::Cpu).unwrap();
    let plan = Blueprint { family: "flow".into(), ..playing.plan.as_ref().clone() };
    let other = Playing { plan: Arc::new(plan), ..playing };
    assert!(export(&other, Moment::Live, true, &out).unwrap_err().to_string().starts_with("Only dcgan"));
}

#[test]
fn layouts_are_the_networks_that_are_built() {
    for id in pytorch::FAMILIES {
        let family = models::family(id).unwrap();
        for (size, channels) in [(28, 3), (32, 1), (64, 3), (128, 1)] {
            let shape = crate::spec::DataShape { count: 8, size, channels, ..Default::default() };
            let tiny = (family.presets)(&shape).into_iter().find(|p| p.id == "tiny").unwrap();
            let knobs = tiny.set.complete(&(family.knobs)(&shape)).unwrap();
            let model = (family.build)(&knobs, &shape, Device::Cpu).unwrap();
            let weights = model.weights(0).unwrap();
            let shapes =
                |arrays: &Arrays| -> Shapes { arrays.iter().map(|(n, a)| (n.clone(), a.shape.clone())).collect() };
            let layout = pytorch::layout(id, &knobs).unwrap();
            let mut whole = layout.generator.clone();
            whole.extend(layout.private);
            assert_eq!(whole, shapes(&weights.raw), "{id} {size}");
            assert_eq!(layout.discriminator, weights.discriminator.as_deref().map(shapes), "{id} {size}");
        }
    }
}
