//! Neighbourhood search at several scales with k-coherence: a rough texture is refined scale by scale, each pixel taking the place of an
//! exemplar whose surroundings fit best (Wei and Levoy 2000; Tong et al. 2002; Lefebvre and Hoppe 2005).

use super::{
    Place,
    correct::Correction,
    job::{Job, side},
    knobs,
    levels::{Atlas, Field, Layer, NOWHERE, child, ground, ground_halved},
    quilting::sketch,
    similar::Similar,
};
use crate::{
    latent,
    picture::Picture,
    spec::{Knob, Knobs},
    synth::{Materials, Outcome, Task, Tool, Watch},
};
use anyhow::Result;

/// Neighbourhood search.
pub const SEARCH: Tool = Tool {
    id: "search",
    title: "Neighbourhood search",
    about: "Copies pixel by pixel what fits its surroundings, from coarse to fine. Best for irregular textures such as clouds, water and \
            gravel; takes some seconds and repeats less than quilting.",
    task: Task::Texture,
    generator: false,
    knobs: knob_table,
    bytes,
    run,
};

/// Smallest side of an exemplar.
const LEAST: usize = 4;
/// The coarsest scale is the first at which an exemplar's side is below this.
const COARSE: usize = 129;
/// A new texture is made so much larger on each side, because at its border pixels have fewer neighbours to fit; then it is cut off.
const MARGIN: usize = 8;

fn knob_table() -> Vec<Knob> {
    let neighbourhood = "Side of the square that is compared, in pixels of each scale. Larger keeps structures better and takes longer.";
    let candidates =
        "How many similar places are tried for each that the neighbours suggest. More mixes more and takes longer.";
    let variation = "How far pieces are shaken between scales: 0 keeps structures as they are found, 1 scatters them. Try 0.2 on gravel.";
    let passes = "How often each scale is gone over. More passes leave fewer seams.";
    vec![
        Knob {
            kind: crate::spec::Kind::Choice { options: ["5", "7", "9"].map(str::to_owned).to_vec(), start: "7".into() },
            ..knobs::int("neighbourhood", "Neighbourhood", neighbourhood, (0, 0, 0))
        },
        knobs::int("candidates", "Candidates", candidates, (1, 8, 4)),
        knobs::real("variation", "Variation", variation, (0.0, 1.0, 0.0)),
        knobs::int("passes", "Passes", passes, (1, 8, 3)),
        knobs::guide_weight(),
        knobs::tileable(),
    ]
}

fn bytes(materials: &Materials, knobs: &Knobs) -> u64 {
    let [w, h] = materials.picture.as_ref().map_or(materials.size, Picture::size);
    let exemplars = super::job::atlas_pixels(materials);
    // Maps, colours, guides and known colours of all scales, and what measuring takes; of exemplars also the table of similar places.
    64 * (w * h) as u64 + (40 + 6 * knobs.int("candidates") as u64) * exemplars.max(1) + (64 << 20)
}

/// The knobs, read once.
struct Settings {
    neighbourhood: usize,
    candidates: usize,
    variation: f32,
    passes: usize,
    guide_weight: f64,
}

fn run(
    materials: &Materials,
    knobs: &Knobs,
    _: Option<&dyn crate::models::Player>,
    watch: &mut Watch,
) -> Result<Outcome> {
    let job = Job::of(materials, knobs.flag("tileable"), LEAST)?;
    let settings = Settings {
        neighbourhood: knobs.int("neighbourhood"),
        candidates: knobs.int("candidates"),
        variation: knobs.real("variation") as f32,
        passes: knobs.int("passes"),
        guide_weight: knobs.real("guide_weight"),
    };
    let margin = if job.tileable || job.known.is_some() { 0 } else { MARGIN };
    let (atlas, field) = synthesise(&job, &settings, margin, watch)?;
    watch.part(0.95, 1.0);
    watch.at(0.0)?;
    let [w, h] = job.size;
    let inner = (0..h).flat_map(|y| (0..w).map(move |x| (y + margin) * (w + 2 * margin) + x + margin));
    let map: Vec<Place> = inner.map(|i| if field.hole[i] { atlas.place(field.map[i]) } else { Place::NONE }).collect();
    let copied = |of: &dyn Fn(usize) -> Option<Picture>, known: Option<&Picture>| -> Vec<u8> {
        let pictures: Vec<Option<Picture>> = (0..job.sources.len()).map(of).collect();
        let pixel = |(i, p): (usize, &Place)| -> [u8; 3] {
            let (from, at) = match pictures.get(usize::from(p.exemplar)) {
                Some(Some(from)) => (from, usize::from(p.y) * from.width + usize::from(p.x)),
                _ => match known {
                    Some(known) => (known, i),
                    None => return [0; 3],
                },
            };
            [from.rgb[at * 3], from.rgb[at * 3 + 1], from.rgb[at * 3 + 2]]
        };
        map.iter().enumerate().flat_map(pixel).collect()
    };
    let picture = copied(&|e| Some(job.sources[e].picture.clone()), job.known.as_ref());
    let companion = job.has_companions().then(|| copied(&|e| job.sources[e].companion.clone(), None));
    job.outcome(picture, companion, &map, watch)
}

/// From the coarsest scale to the finest: the table of the finest and where each pixel comes from.
fn synthesise(job: &Job, settings: &Settings, margin: usize, watch: &mut Watch) -> Result<(Atlas, Field)> {
    let mut scales: Vec<(Vec<Layer>, Layer)> = vec![(job.sources.iter().map(Layer::of).collect(), ground(job, margin))];
    while let Some((layers, ground)) = scales.last() {
        let smallest = layers.iter().map(|l| side(l.size, &l.ok)).filter(|&s| s > 0).min().unwrap_or(0);
        let largest = layers.iter().map(|l| l.size[0] * l.size[1]).max().unwrap_or(0);
        if smallest < COARSE && (largest < 4 * COARSE * COARSE || smallest < 16) || ground.size.iter().any(|&s| s < 2) {
            break;
        }
        scales.push((layers.iter().map(Layer::halved).collect(), ground_halved(ground)));
    }
    watch.part(0.0, 0.1);
    let mut before: Option<(Atlas, Similar, Field)> = None;
    let count = scales.len();
    for (level, (layers, ground)) in scales.iter().enumerate().rev() {
        let atlas = Atlas::of(layers);
        let (similar, map) = match &before {
            None => {
                let map = first(job, layers, ground, &atlas, settings, watch)?;
                (Similar::all(&atlas, settings.candidates, job.seed, watch.stop()), map)
            }
            Some((coarse, similar, field)) => {
                let map = upsampled(
                    coarse,
                    &atlas,
                    field,
                    ground,
                    settings.variation,
                    latent::mix(&[job.seed, level as u64]),
                );
                (similar.finer(coarse, &atlas, watch.stop()), map)
            }
        };
        watch.check()?;
        let mut field = Field::of(ground, job.tileable, map, &atlas);
        // A scale takes about four times as long as the one before.
        let share = |level: usize| 0.1 + 0.85 * 0.25f32.powi(level as i32);
        watch.part(if level + 1 == count { 0.1 } else { share(level + 1) }, share(level));
        let weight = settings.guide_weight.min(0.99) as f32;
        let correction =
            Correction { atlas: &atlas, similar: &similar, guide: weight / (1.0 - weight), reluctance: 0.0 };
        let passes = settings.passes + if level + 1 == count { 3 } else { 0 };
        for pass in 0..passes {
            // Coarse scales look around farther.
            let changed = match settings.neighbourhood + if level >= 1 || count == 1 { 2 } else { 0 } {
                0..=5 => correction.pass::<5>(&mut field, watch.stop()),
                6..=7 => correction.pass::<7>(&mut field, watch.stop()),
                8..=9 => correction.pass::<9>(&mut field, watch.stop()),
                _ => correction.pass::<11>(&mut field, watch.stop()),
            };
            watch.at((pass + 1) as f32 / passes as f32)?;
            if changed < 0.0005 {
                break;
            }
        }
        before = Some((atlas, similar, field));
    }
    match before {
        Some((atlas, _, field)) => Ok((atlas, field)),
        None => anyhow::bail!("There is no exemplar; give at least one picture to take texture from."),
    }
}

/// The first texture at the coarsest scale: quilted.
fn first(
    job: &Job,
    layers: &[Layer],
    ground: &Layer,
    atlas: &Atlas,
    settings: &Settings,
    watch: &mut Watch,
) -> Result<Vec<u32>> {
    let known = job.known.as_ref().map(|_| ground.source().picture);
    let small = Job {
        sources: layers.iter().map(Layer::source).collect(),
        size: ground.size,
        known,
        hole: ground.ok.iter().map(|ok| !ok).collect(),
        guide: ground.source().guide,
        seed: job.seed,
        tileable: job.tileable,
    };
    let map = sketch(&small, settings.guide_weight, watch)?;
    let own = job.known.is_some() && job.sources.len() == 1 && Some(&job.sources[0].picture) == job.known.as_ref();
    let place = |(i, p): (usize, &Place)| match (p.exemplar, own) {
        // What is known of the exemplar itself is a place in it.
        (Place::KNOWN, true) => atlas.at(0, i % ground.size[0], i / ground.size[0]),
        (Place::KNOWN, false) => NOWHERE,
        (e, _) => atlas.at(usize::from(e), usize::from(p.x), usize::from(p.y)),
    };
    Ok(map.iter().enumerate().map(place).collect())
}

/// Where the pixels of the next scale come from: from the children of their parents' places, shaken by up to `variation` of 3 pixels.
fn upsampled(coarse: &Atlas, fine: &Atlas, field: &Field, ground: &Layer, variation: f32, seed: u64) -> Vec<u32> {
    let [w, h] = ground.size;
    let cw = field.size[0];
    let place = |i: usize| {
        let (x, y) = (i % w, i / w);
        let parent = y / 2 * cw + x / 2;
        let at = child(coarse, fine, field.map[parent], [x % 2, y % 2]);
        if variation <= 0.0 || at == NOWHERE || ground.ok[i] {
            return at;
        }
        // Pixels with one parent are shaken together.
        let bits = latent::mix(&[seed, parent as u64]);
        let shake = |bits: u64| ((bits & 0xffff) as f32 / 32768.0 - 1.0) * 3.0 * variation;
        let (dx, dy) = (shake(bits).round() as isize, shake(bits >> 16).round() as isize);
        let shaken = (at as isize + dy * fine.stride as isize + dx) as u32;
        if fine.ok[shaken as usize] { shaken } else { at }
    };
    (0..w * h).map(place).collect()
}
