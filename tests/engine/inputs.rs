//! Families that draw from input pictures: the run's fixed inputs, kept with it, and grids of input, output and target.

use super::rig::{PATIENCE, engine, resume, spec, start, until, until_end};
use latent_studio::{
    engine::protocol::*,
    latent::Code,
    models,
    picture::{Layout, Picture},
    spec::{Knobs, RunSpec},
};
use std::time::Instant;

fn translation(steps: u64) -> RunSpec {
    let plain = spec(steps);
    let family = models::family("pix2pix").unwrap();
    let mut knobs = Knobs::start(&(family.knobs)(&plain.shape));
    knobs.0.extend((family.presets)(&plain.shape).into_iter().find(|p| p.id == "tiny").unwrap().set.0);
    RunSpec { family: "pix2pix".into(), knobs, ..plain }
}

fn examples(seen: &[Event]) -> Examples {
    let found = seen.iter().find_map(|e| if let Event::Examples { examples, .. } = e { Some(examples) } else { None });
    found.unwrap().clone()
}

fn drawn(samples: &Samples) -> Vec<Picture> {
    let layout = Layout::in_columns(samples.tile, samples.seeds.len(), samples.columns);
    (0..layout.count).map(|i| samples.grid.tile(i, layout).unwrap()).collect()
}

#[test]
fn fixed_inputs_are_shown_for_life_also_when_the_data_are_gone() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("run");
    let engine = engine(home.path());
    start(&engine, 1, translation(4), &folder, false);
    let fixed = examples(&until_end(&engine));
    assert_eq!((fixed.inputs.len(), fixed.targets.len()), (6, 6), "all that are held out of 64");
    let grid = engine.samples.try_iter().last().unwrap();
    assert_eq!((grid.columns, grid.seeds.len(), grid.judged.as_ref()), (9, 18, None));
    for (tiles, seed) in drawn(&grid).chunks(3).zip(grid.seeds.chunks(3)) {
        let place = (seed[0] % 6) as usize;
        assert_eq!((&tiles[0], &tiles[2]), (&fixed.inputs[place], &fixed.targets[place]));
        assert!(tiles[0].rgb.iter().all(|&v| v == 0 || v == 255), "outlines are black on white");
        assert!(tiles[1] != tiles[2]);
    }

    // Opened by itself: the same inputs, the same grid by the previewer, and any other picture.
    engine.job(Job::Open { run: RunId(2), place: Place::Folder(folder.clone()) }).unwrap();
    let opened = until(&engine, |e| matches!(e, Event::Examples { .. }));
    assert_eq!(examples(&opened), fixed);
    assert!(opened.iter().any(|e| matches!(e, Event::Opened(o) if o.z_dim == 0)));
    let input = Some(Picture::filled(50, 40, [200; 3]));
    let code = Code { input, ..Code::from_seed(0, 0) };
    let (run, moment, ema) = (RunId(2), Moment::Live, true);
    let scenes = vec![Scene { run, moment, ema, code }];
    engine.request(PreviewRequest {
        ticket: 1,
        posted: Instant::now(),
        scenes,
        grid: Some(GridRequest { run, moment, ema }),
        encode: None,
    });
    let preview = engine.previews.recv_timeout(PATIENCE).unwrap();
    assert_eq!((preview.pictures.unwrap()[0].width, preview.judged), (32, None));
    let again = engine.samples.recv_timeout(PATIENCE).unwrap();
    assert_eq!((again.columns, &again.seeds), (grid.columns, &grid.seeds));
    let far = again.grid.rgb.iter().zip(grid.grid.rgb.iter()).map(|(a, b)| a.abs_diff(*b)).max();
    assert!(far <= Some(2), "the previewer draws what the trainer drew: {far:?}");

    let path = home.path().join("wide.png");
    let wide = Picture::filled(60, 30, [9; 3]);
    engine.job(Job::SavePicture { picture: wide, scale: 1, to: path.clone() }).unwrap();
    engine.job(Job::OpenInput { run, path, prepare: translation(4).data }).unwrap();
    let read = until(&engine, |e| matches!(e, Event::InputOpened { .. }));
    let Some(Event::InputOpened { picture, .. }) = read.last() else { unreachable!() };
    assert_eq!(*picture, Picture::filled(32, 32, [9; 3]));

    resume(&engine, 3, &folder, 6);
    assert_eq!(examples(&until_end(&engine)), fixed);
}
