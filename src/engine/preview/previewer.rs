//! The thread that answers the sliders: its own copy of the weights, one intra-op thread, newest request first.

use crate::{
    engine::{
        device::Chosen,
        guard::guarded,
        library::{fixed_codes, weights_at},
        protocol::{Event, Examples, GridRequest, Moment, Preview, PreviewRequest, RunId, Samples, Scene},
        reporter::Reporter,
        weight_store::WeightStore,
    },
    latent::Code,
    mailbox::Outbox,
    models::{self, Player},
    nn::{self, Device},
    picture::Picture,
};
use anyhow::{Context, Result};
use crossbeam_channel::{Receiver, TryRecvError};
use std::sync::Arc;
use std::time::Instant;

/// Players kept ready.
const KEPT: usize = 4;
/// Tiles drawn between two looks at the requests: a drag never waits for more than this.
const CHUNK: usize = 4;

/// A player and what it holds now.
struct Ready {
    run: RunId,
    moment: Moment,
    ema: bool,
    device: Device,
    step: u64,
    player: Box<dyn Player>,
    /// What the player says of its dimensions with the weights that it holds.
    importance: Option<Arc<[f32]>>,
}

/// What came of the scenes of a request.
#[derive(Default)]
struct Drawn {
    pictures: Vec<Picture>,
    judged: Option<Vec<f32>>,
    step: u64,
    importance: Option<Arc<[f32]>>,
}

/// A grid that is being drawn.
struct Unfinished {
    request: GridRequest,
    codes: Vec<Code>,
    columns: usize,
    tiles: Vec<Picture>,
    judged: Option<Vec<f32>>,
    examples: Examples,
}

/// Owns the players of the sliders.
pub struct Previewer {
    requests: Receiver<PreviewRequest>,
    answers: Outbox<Preview>,
    grids: Outbox<Samples>,
    report: Reporter,
    store: WeightStore,
    device: Chosen,
    ready: Vec<Ready>,
    unfinished: Option<Unfinished>,
}

impl Previewer {
    /// A previewer between these lanes; [`Previewer::run`] sets it to work.
    pub fn new(
        requests: Receiver<PreviewRequest>,
        answers: Outbox<Preview>,
        grids: Outbox<Samples>,
        report: Reporter,
        store: WeightStore,
        device: Chosen,
    ) -> Self {
        Self { requests, answers, grids, report, store, device, ready: Vec::new(), unfinished: None }
    }

    /// Until somebody hangs up.
    pub fn run(mut self) {
        // One thread: two pools that spin at the same cores starve each other.
        nn::use_threads(1);
        loop {
            let request = if self.unfinished.is_some() {
                match self.requests.try_recv() {
                    Ok(request) => Some(request),
                    Err(TryRecvError::Empty) => None,
                    Err(TryRecvError::Disconnected) => return,
                }
            } else {
                match self.requests.recv() {
                    Ok(request) => Some(request),
                    Err(_) => return,
                }
            };
            match request {
                Some(request) => self.answer(request),
                None => self.go_on(),
            }
        }
    }

    fn answer(&mut self, request: PreviewRequest) {
        let PreviewRequest { ticket, posted, scenes, grid, encode } = request;
        if let Some(first) = scenes.first() {
            let run = first.run;
            let begin = Instant::now();
            let drawn = guarded(|| self.draw(&scenes));
            let decode = begin.elapsed();
            let (pictures, Drawn { judged, step, importance, .. }) = match drawn {
                Ok(mut drawn) => (Ok(std::mem::take(&mut drawn.pictures)), drawn),
                Err(why) => (Err(why), Drawn::default()),
            };
            let delay = posted.elapsed();
            self.answers.post(Preview { ticket, run, step, posted, delay, decode, pictures, judged, importance });
            self.report.wake();
        }
        if let (Some(scene), Some(picture)) = (scenes.first(), encode) {
            self.encode(scene, picture);
        }
        // The same question again, because the answer takes a while: go on.
        if let Some(request) = grid.filter(|request| self.unfinished.as_ref().is_none_or(|u| u.request != *request)) {
            let (codes, tiles, judged) = (Vec::new(), Vec::new(), Some(Vec::new()));
            self.unfinished =
                Some(Unfinished { request, codes, columns: 0, tiles, judged, examples: Examples::default() });
        }
    }

    fn draw(&mut self, scenes: &[Scene]) -> Result<Drawn> {
        let mut all = Drawn { judged: Some(Vec::new()), ..Drawn::default() };
        for scene in scenes {
            let ready = self.player(scene.run, scene.moment, scene.ema)?;
            let drawn = ready.player.play(std::slice::from_ref(&scene.code))?;
            match (&mut all.judged, ready.player.judge(&drawn)?) {
                (Some(all), Some(some)) => all.extend(some),
                (slot, _) => *slot = None,
            }
            (all.step, all.importance) = (ready.step, ready.importance.clone());
            all.pictures.extend(drawn);
        }
        Ok(all)
    }

    /// Finds the code of a picture with the player of this scene.
    fn encode(&mut self, scene: &Scene, picture: Picture) {
        let run = scene.run;
        let found = guarded(|| {
            let ready = self.player(run, scene.moment, scene.ema)?;
            let codes = ready.player.encode(&[picture])?.context("This family finds no codes of pictures.")?;
            codes.into_iter().next().context("The picture has no code.")
        });
        self.report.send(match found {
            Ok(code) => Event::Encoded { run, code: Box::new(code) },
            Err(failure) => Event::Warning { run, why: failure.to_string() },
        });
    }

    /// Draws the next tiles of the grid under way.
    fn go_on(&mut self) {
        let Some(mut grid) = self.unfinished.take() else { return };
        match guarded(|| self.draw_tiles(&mut grid)) {
            Ok(None) => self.unfinished = Some(grid),
            Ok(Some(samples)) => {
                self.grids.post(samples);
                self.report.wake();
            }
            // The preview beside it says the same in words.
            Err(_) => {}
        }
    }

    fn draw_tiles(&mut self, grid: &mut Unfinished) -> Result<Option<Samples>> {
        let GridRequest { run, moment, ema } = grid.request;
        if grid.codes.is_empty() {
            let playing = self.store.get(run).context("The run is not open.")?;
            let z_dim = self.player(run, moment, ema)?.player.z_dim();
            (grid.codes, grid.columns) = fixed_codes(&playing.plan, z_dim, playing.seed, &playing.examples.inputs)?;
            grid.examples = playing.examples;
        }
        let done = grid.tiles.len();
        let codes = &grid.codes[done..(done + CHUNK).min(grid.codes.len())];
        let ready = self.player(run, moment, ema)?;
        let drawn = ready.player.play(codes)?;
        match (&mut grid.judged, ready.player.judge(&drawn)?) {
            (Some(all), Some(some)) => all.extend(some),
            (slot, _) => *slot = None,
        }
        let step = ready.step;
        grid.tiles.extend(drawn);
        if grid.tiles.len() < grid.codes.len() {
            return Ok(None);
        }
        let (of, judged) = ((run, step, ema), grid.judged.take());
        let samples = Samples::join(of, &grid.codes, grid.columns, &grid.tiles, judged, &grid.examples);
        samples.context("There are no fixed seeds.").map(Some)
    }

    /// The player of a moment with its newest weights.
    fn player(&mut self, run: RunId, moment: Moment, ema: bool) -> Result<&Ready> {
        let playing = self.store.get(run).context("The run is not open.")?;
        let device = self.device.to_play();
        // Players on a device that nobody wants any more would hold its memory.
        self.ready.retain(|r| r.device == device);
        let at = self.ready.iter().position(|r| (r.run, r.moment, r.ema) == (run, moment, ema));
        let mut ready = if let Some(at) = at {
            self.ready.remove(at)
        } else {
            let player = models::player(&playing.plan, device)?;
            Ready { run, moment, ema, device, step: u64::MAX, player, importance: None }
        };
        if ready.step == u64::MAX || (moment == Moment::Live && ready.step != playing.weights.step) {
            let weights = weights_at(&playing, moment)?;
            ready
                .player
                .load_weights(if ema { &weights.ema } else { &weights.raw }, weights.discriminator.as_deref())?;
            ready.step = weights.step;
            ready.importance = ready.player.importance().map(Arc::from);
        }
        self.ready.insert(0, ready);
        self.ready.truncate(KEPT);
        Ok(&self.ready[0])
    }
}
