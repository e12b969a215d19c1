//! pix2pix: learns from pairs to turn one kind of picture into another (Isola et al. 2017).

use super::{
    Batch, Family, Model, Player, Scalar, StepInfo, knobs,
    part::Part,
    picture_knobs,
    pix2pix_nets::{Patches, Shape, UNet, fitting_layers},
    tasks::{self, Task},
    tuning::{self, Start, Tuning},
};
use crate::{
    latent::Code,
    nn::{self, Device, Frozen, Kind, Mode, Normalisation, Plan, Precision, Tensor, losses, losses::Adversarial},
    picture::{Picture, Pixels},
    spec::{Capabilities, Card, DataShape, Effect, Knob, Knobs, Preset, Value},
    weights::{Arrays, Weights},
};
use anyhow::{Context, Result, bail, ensure};
use std::sync::Arc;

/// The family's line in the table.
pub const FAMILY: Family = Family {
    card,
    knobs: family_knobs,
    presets,
    fits: super::any_data,
    build: |knobs, shape, device| Ok(Box::new(Pix2Pix::new(knobs, shape, device)?)),
    player: |knobs, _, device| Ok(Box::new(Pix2PixPlayer::new(knobs, device)) as Box<dyn Player>),
};

/// The dial that makes an input of a whole picture.
const MAKE: &str = "make_input";

fn card() -> Card {
    let mut make = knobs::model_switch(
        MAKE,
        "Make the input",
        "Takes the picture you opened as one to make the input of, such as its outlines; off takes it as the input itself.",
        false,
    );
    make.effect = Effect::Now;
    Card {
        id: "pix2pix".into(),
        title: "pix2pix".into(),
        about: "Turns one kind of picture into another: outlines into pictures, grey into colour, or whatever your pairs show. \
                Expect the right colours in the right places after minutes, and detail later; there are no sliders, an input picture takes their place."
            .into(),
        can: Capabilities { inputs: true, ..Capabilities::default() },
        dials: vec![make],
    }
}

fn family_knobs(shape: &DataShape) -> Vec<Knob> {
    let small = shape.size <= 32;
    let words: Vec<_> = Task::ALL.iter().map(|t| t.0).filter(|&t| t != "paired" || shape.paired).collect();
    let mut all = knobs::data(shape);
    // Inputs are made of pictures as they are, and what is to be drawn stays clean.
    let stains = |id: &str| !shape.paired && picture_knobs::STAINING.contains(&id);
    all.retain(|knob| !picture_knobs::NORMALISING.contains(&knob.id.as_str()) && !stains(&knob.id));
    all.push(knobs::model_choice(
        "task",
        "Input",
        "What the input is made of each picture: its outlines, no colour, the left half, a quarter of the size, out of focus, or a block missing. \
         paired takes the inputs that the data bring.",
        &words,
        if shape.paired { "paired" } else { "edges" },
    ));
    if shape.paired {
        all.push(knobs::model_choice(
            "direction",
            "Direction",
            "Which picture of a pair is the input: A is the left one, or that of the folder A or input.",
            &["a-to-b", "b-to-a"],
            "a-to-b",
        ));
    }
    all.extend([
        knobs::int("width", "Width", "Filters of the outermost layer; inner ones have up to eight times as many. More draws finer and trains slower; the textbook has 64.", (2, 128, if small { 32 } else { 16 })),
        knobs::model_choice("norm", "Norm", "Whether features are normalised over the batch, or within each picture, which suits batches of 1.", &["batch", "instance"], "batch"),
        knobs::model_switch("dropout", "Dropout", "Drops half of the innermost features while training, as in the paper: more variety, slower learning.", false),
        knobs::model_int("layers", "Patch layers", "Halvings of the discriminator: 1, 2, 3, 4 judge patches of 16, 34, 70, 142 pixels. Small pictures take as many as fit.", (1, 4, if small { 2 } else { 3 })),
        knobs::training_choice("loss", "Game", "What the networks play against each other; the paper has the usual cross-entropy, non-saturating.", &["non-saturating", "least-squares", "hinge"], "non-saturating"),
        knobs::live(knobs::real("l1", "L1 weight", "How much the plain distance to the target counts beside the game. 0 leaves only the game; the paper has 100.", (0.0, 1000.0, 100.0))),
        knobs::live(knobs::training_switch("flip", "Mirror", "Shows half of the pairs mirrored. Good where left and right do not matter, wrong for writing.", false)),
    ]);
    let mut learning = tuning::knobs(Start { batch: 8, lr: 2e-4, beta1: 0.5, beta2: 0.999, ema: 0.99 });
    for knob in learning.iter_mut().filter(|k| k.id == "batch") {
        knob.help = "Pairs that each step looks at. The paper has 1, with the norm instance; 8 is quicker.".into();
        knob.kind = crate::spec::Kind::Int { min: 1, max: 1024, start: 8 };
    }
    all.extend(learning);
    all.extend(tuning::discriminator_knobs());
    all
}

fn presets(shape: &DataShape) -> Vec<Preset> {
    let table = family_knobs(shape);
    let textbook =
        ["width=64", "layers=3", "batch=1", "norm=instance", "dropout=on", "flip=on", "ema=0", "precision=fp32"];
    vec![
        knobs::preset(&table, "quick", "Quick", "For a small computer: good pictures within minutes.", &[]),
        knobs::preset(&table, "textbook", "Textbook", "As in the paper: width 64, one pair a step, 32-bit.", &textbook),
        knobs::tiny(&table, &["width=4", "layers=1"]),
    ]
}

fn shape_of(knobs: &Knobs) -> Shape {
    let channels = knobs.int("channels") as i64;
    Shape {
        size: knobs.int("size") as i64,
        inputs: Task::from_word(knobs.text("task")).channels(channels),
        outputs: channels,
        width: knobs.int("width") as i64,
        instance: knobs.text("norm") == "instance",
        dropout: knobs.flag("dropout"),
    }
}

fn is_swapped(task: Task, knobs: &Knobs) -> bool {
    task == Task::Paired && knobs.text("direction") == "b-to-a"
}

fn precision_of(knobs: &Knobs, device: Device) -> Precision {
    Precision::from_word(knobs.text("precision"), device)
}

struct Pix2Pix {
    task: Task,
    /// Inputs and pictures of the data change places.
    swapped: bool,
    game: Adversarial,
    l1: f64,
    flip: bool,
    device: Device,
    unet: UNet,
    patches: Patches,
    generator: Part,
    discriminator: Part,
}

impl Pix2Pix {
    fn new(knobs: &Knobs, data: &DataShape, device: Device) -> Result<Self> {
        let (shape, task) = (shape_of(knobs), Task::from_word(knobs.text("task")));
        ensure!(data.count >= 2, "Training needs at least 2 pictures.");
        ensure!(
            task != Task::Grey || shape.outputs == 3,
            "Grey pictures have no colours to learn; set channels to 3, or choose another input than grey."
        );
        ensure!(task != Task::Paired || data.paired, "These data have no pairs; choose another input than paired.");
        let precision = precision_of(knobs, device);
        let (mut plan_g, mut plan_d) = (Plan::default(), Plan::default());
        let unet = UNet::new(&mut plan_g, &shape);
        let patches = Patches::new(&mut plan_d, &shape, fitting_layers(knobs.int("layers"), shape.size));
        let tuning = Tuning::read_discriminator(knobs);
        Ok(Self {
            task,
            swapped: is_swapped(task, knobs),
            game: Adversarial::from_word(knobs.text("loss")),
            l1: knobs.real("l1"),
            flip: knobs.flag("flip"),
            device,
            unet,
            patches,
            generator: Part::new("generator", plan_g, Tuning::read(knobs), true, precision, device)?,
            discriminator: Part::new("discriminator", plan_d, tuning, false, precision, device)?,
        })
    }

    /// Inputs and targets of a batch in [−1, 1], 32-bit.
    fn pair(&self, batch: &Batch) -> Result<[Tensor; 2]> {
        let pictures = batch.tensor(Kind::Float, self.device)?;
        if self.task != Task::Paired {
            return Ok([self.task.inputs(&pictures, &batch.index), pictures]);
        }
        let given = batch.inputs_tensor(Kind::Float, self.device)?;
        let given = given.context("The data brought no inputs with their pictures.")?;
        Ok(if self.swapped { [pictures, given] } else { [given, pictures] })
    }
}

/// Mirrors about half of the pairs, drawing from torch's global generator.
fn mirrored(pair: [Tensor; 2]) -> Result<[Tensor; 2]> {
    let chosen = Tensor::f_rand([pair[0].size()[0], 1, 1, 1], (Kind::Float, pair[0].device()))?.lt(0.5);
    Ok(pair.map(|x| x.flip([3i64]).where_self(&chosen, &x)))
}

impl Model for Pix2Pix {
    fn step(&mut self, batch: &Batch, at: &StepInfo) -> Result<Vec<Scalar>> {
        let mut pair = self.pair(batch)?;
        if self.flip {
            pair = mirrored(pair)?;
        }
        let [input, real] = pair;
        let fake = self.unet.forward(&self.generator.net, &input, Mode::Train);

        let net = &self.discriminator.net;
        let on_real = self.patches.forward(net, &input, &real, Mode::Train);
        let on_fake = self.patches.forward(net, &input, &fake.detach(), Mode::Train);
        // Halved, as in the paper: the discriminator is to learn slower than the generator.
        let loss_d = self.game.discriminator(&on_real, &on_fake, 0.0) * 0.5;
        let grad_d = self.discriminator.learn(&loss_d, at)?;

        let judged = self.patches.forward(&self.discriminator.net, &input, &fake, Mode::Judge);
        let l1 = losses::l1(&fake, &real);
        let loss_g = self.game.generator(&judged) + &l1 * self.l1;
        let grad_g = self.generator.learn(&loss_g, at)?;

        let chance = |logits: &Tensor| logits.detach().sigmoid().mean(Kind::Float);
        let names = ["loss_g", "loss_d", "l1", "d_real", "d_fake", "grad_g", "grad_d"];
        let values =
            [loss_g.detach(), loss_d.detach(), l1.detach(), chance(&on_real), chance(&on_fake), grad_g, grad_d];
        let numbers: Vec<f32> = Vec::try_from(Tensor::stack(&values.map(|v| v.reshape([])), 0))?;
        Ok(names.into_iter().zip(numbers).collect())
    }

    fn test(&self, batch: &Batch, _at: &StepInfo) -> Result<Vec<Scalar>> {
        let _guard = nn::without_gradients();
        let [input, real] = self.pair(batch)?;
        let fake = self.unet.forward(&self.generator.net, &input, Mode::Infer);
        Ok(vec![("test_l1", f64::try_from(losses::l1(&fake, &real))? as f32)])
    }

    fn parts(&self) -> Vec<&Part> {
        vec![&self.generator, &self.discriminator]
    }

    fn parts_mut(&mut self) -> Vec<&mut Part> {
        vec![&mut self.generator, &mut self.discriminator]
    }

    fn set_live(&mut self, live: &Knobs) -> Result<()> {
        (self.l1, self.flip) = (live.real("l1"), live.flag("flip"));
        (self.generator.tuning, self.discriminator.tuning) = (Tuning::read(live), Tuning::read_discriminator(live));
        Ok(())
    }

    fn weights(&self, step: u64) -> Result<Weights> {
        let _guard = nn::without_gradients();
        let (raw, ema) = (Arc::new(self.generator.raw()?), Arc::new(self.generator.averaged()?));
        Ok(Weights { step, raw, ema, discriminator: None })
    }

    fn examples(&self, batch: &Batch) -> Result<Option<[Vec<Picture>; 2]>> {
        let _guard = nn::without_gradients();
        let [inputs, targets] = self.pair(batch)?;
        let normalisation = batch.normalisation;
        Ok(Some([normalisation.to_pictures(&inputs)?, normalisation.to_pictures(&targets)?]))
    }
}

struct Pix2PixPlayer {
    shape: Shape,
    task: Task,
    swapped: bool,
    precision: Precision,
    device: Device,
    normalisation: Normalisation,
    plan: Plan,
    unet: UNet,
    numbers: Option<Frozen>,
}

impl Pix2PixPlayer {
    fn new(knobs: &Knobs, device: Device) -> Self {
        let (shape, mut plan) = (shape_of(knobs), Plan::default());
        let unet = UNet::new(&mut plan, &shape);
        let (task, precision) = (Task::from_word(knobs.text("task")), precision_of(knobs, device));
        let swapped = is_swapped(task, knobs);
        let normalisation = Normalisation::read(knobs);
        Self { shape, task, swapped, precision, device, normalisation, plan, unet, numbers: None }
    }

    /// The input that a code asks for: 1×inputs×S×S.
    fn input(&self, code: &Code) -> Result<Tensor> {
        ensure!(code.z.is_empty(), "This family has no latent, and a code brought {} numbers.", code.z.len());
        let picture = code.input.as_ref().context("This family draws from an input picture, and there is none.")?;
        let square = self.squared(picture)?;
        if code.dials.get_flag(MAKE) == Some(true) && self.task != Task::Paired {
            let whole = if self.shape.outputs == 1 { tasks::grey(&square) } else { square };
            return Ok(self.task.inputs(&whole, &[code.noise_seed as u32]));
        }
        Ok(if self.shape.inputs == 1 { tasks::grey(&square) } else { square })
    }

    /// A picture's middle square at the network's size, 1×3×S×S in [−1, 1].
    fn squared(&self, picture: &Picture) -> Result<Tensor> {
        let (edge, size) = (picture.width.min(picture.height), self.shape.size);
        ensure!(edge > 0, "The input picture has no pixels.");
        let (left, top) = ((picture.width - edge) / 2, (picture.height - edge) / 2);
        let bytes: Vec<u8> =
            (top..top + edge).flat_map(|y| &picture.row(y)[left * 3..(left + edge) * 3]).copied().collect();
        let square = Pixels { count: 1, size: edge, channels: 3, bytes };
        let x = self.normalisation.from_pixels(&square, Kind::Float, self.device)?;
        Ok(match (edge as i64).cmp(&size) {
            std::cmp::Ordering::Equal => x,
            std::cmp::Ordering::Greater => x.adaptive_avg_pool2d([size, size]),
            std::cmp::Ordering::Less => x.upsample_bilinear2d([size, size], false, None, None),
        })
    }
}

impl Player for Pix2PixPlayer {
    fn z_dim(&self) -> usize {
        0
    }

    fn load_weights(&mut self, generator: &Arrays, _discriminator: Option<&Arrays>) -> Result<()> {
        self.numbers = Some(Frozen::read(&self.plan, generator, self.precision, self.device)?);
        Ok(())
    }

    fn play(&self, codes: &[Code]) -> Result<Vec<Picture>> {
        let numbers = self.numbers.as_ref().context("There are no weights to play yet.")?;
        if codes.is_empty() {
            return Ok(Vec::new());
        }
        let _guard = nn::without_gradients();
        let inputs = codes.iter().map(|code| self.input(code)).collect::<Result<Vec<_>>>()?;
        self.normalisation.to_pictures(&self.unet.forward(numbers, &Tensor::cat(&inputs, 0), Mode::Infer))
    }

    fn paired_examples(
        &self,
        pictures: &Pixels,
        inputs: Option<&Pixels>,
        index: &[u32],
    ) -> Result<Option<(Vec<Code>, Pixels)>> {
        let (shown, target) = match (self.task == Task::Paired, inputs) {
            (false, _) => (pictures, pictures),
            (true, Some(inputs)) if self.swapped => (pictures, inputs),
            (true, Some(inputs)) => (inputs, pictures),
            (true, None) => bail!("This run learned from pairs, and these data bring no inputs with their pictures."),
        };
        let code = |(i, &place): (usize, &u32)| {
            let mut code = Code { input: Some(shown.picture(i)), ..Code::from_seed(u64::from(place), 0) };
            code.dials.put(MAKE, Value::Flag(self.task != Task::Paired));
            code
        };
        Ok(Some((index.iter().enumerate().map(code).collect(), target.clone())))
    }
}

#[cfg(test)]
#[path = "pix2pix_tests.rs"]
mod tests;
