//! pix2pix: learns from pairs to turn one kind of picture into another (Isola et al. 2017).

mod networks;
mod tasks;

use crate::{
    latent::Code,
    models::common::{
        adversarial_pair::{AdversarialPair, chance},
        picture_knobs,
        prelude::*,
    },
    nn::{self, Device, Frozen, Kind, Mode, Numbers, Plan, Tensor, losses, losses::Adversarial},
    picture::{Picture, Pixels},
    spec::{Capabilities, Card, DataShape, Knob, Knobs, Preset, Value},
};
use anyhow::{Context, Result, bail, ensure};
use networks::{Patches, Shape, UNet, fitting_layers};
use tasks::Task;

/// The family's line in the table.
pub const FAMILY: Family = Family::of::<Pix2Pix, Pix2Pix>(
    || {
        let about = "Turns one kind of picture into another: outlines into pictures, grey into colour, or whatever your pairs show. \
                     Expect the right colours in the right places after minutes, and detail later; there are no sliders, an input picture takes their place.";
        let can = Capabilities { inputs: true, ..Capabilities::default() };
        Card { dials: vec![dial()], ..card("pix2pix", "pix2pix", about, can) }
    },
    family_knobs,
    presets,
);

/// Id of the dial that computes the input from a whole picture.
const MAKE: &str = "make_input";

fn dial() -> Knob {
    let help = "Takes the picture you opened as one to make the input of, such as its outlines; off takes it as the input itself.";
    knobs::model(MAKE, "Make the input", switch(false)).help(help).live()
}

fn family_knobs(shape: &DataShape) -> Vec<Knob> {
    let small = shape.size <= 32;
    let words: Vec<_> = Task::ALL.iter().map(|t| t.0).filter(|&t| t != "paired" || shape.paired).collect();
    let mut own = vec![knobs::model("task", "Input", choice(&words, if shape.paired { "paired" } else { "edges" }))
        .help("What the input is made of each picture: its outlines, no colour, the left half, a quarter of the size, out of focus, or a block missing. \
         paired takes the inputs that the data bring.")];
    if shape.paired {
        own.push(
            knobs::model("direction", "Direction", choice(&["a-to-b", "b-to-a"], "a-to-b"))
                .help("Which picture of a pair is the input: A is the left one, or that of the folder A or input."),
        );
    }
    own.extend([
        knobs::model("width", "Width", int(2, 128, if small { 32 } else { 16 }))
            .help("Filters of the outermost layer; inner ones have up to eight times as many. More draws finer and trains slower; the textbook has 64."),
        knobs::model("norm", "Norm", choice(&["batch", "instance"], "batch"))
            .help("Whether features are normalised over the batch, or within each picture, which suits batches of 1."),
        knobs::model("dropout", "Dropout", switch(false))
            .help("Drops half of the innermost features while training, as in the paper: more variety, slower learning."),
        knobs::model("layers", "Patch layers", int(1, 4, if small { 2 } else { 3 }))
            .help("Halvings of the discriminator: 1, 2, 3, 4 judge patches of 16, 34, 70, 142 pixels. Small pictures take as many as fit."),
        knobs::training("loss", "Game", choice(&["non-saturating", "least-squares", "hinge"], "non-saturating"))
            .help("What the networks play against each other; the paper has the usual cross-entropy, non-saturating."),
        knobs::live("l1", "L1 weight", real(0.0, 1000.0, 100.0))
            .help("How much the plain distance to the target counts beside the game. 0 leaves only the game; the paper has 100."),
        knobs::live("flip", "Mirror", switch(false))
            .help("Shows half of the pairs mirrored. Good where left and right do not matter, wrong for writing."),
    ]);
    let start = Start { batch: 8, lr: 2e-4, beta1: 0.5, beta2: 0.999, ema: 0.99 };
    let mut all = tuning::adversarial_table(shape, own, start);
    // Inputs are computed from pictures without normalisation, and targets stay free of colour jitter and noise.
    let stains = |id: &str| !shape.paired && picture_knobs::STAINING.contains(&id);
    all.retain(|knob| !picture_knobs::NORMALISING.contains(&knob.id.as_str()) && !stains(&knob.id));
    for knob in all.iter_mut().filter(|k| k.id == "batch") {
        knob.help = "Pairs that each step looks at. The paper has 1, with the norm instance; 8 is quicker.".into();
        knob.kind = crate::spec::Kind::Int { min: 1, max: 1024, start: 8 };
    }
    all
}

fn presets(shape: &DataShape) -> Vec<Preset> {
    let textbook =
        ["width=64", "layers=3", "batch=1", "norm=instance", "dropout=on", "flip=on", "ema=0", "precision=fp32"];
    Presets::of(family_knobs(shape))
        .quick("For a small computer: good pictures within minutes.")
        .textbook("As in the paper: width 64, one pair a step, 32-bit.", &textbook)
        .tiny(&["width=4", "layers=1"])
}

/// Both networks, the task and the losses.
struct Pix2Pix {
    shape: Shape,
    task: Task,
    /// Whether inputs and pictures of the data are swapped.
    swapped: bool,
    unet: UNet,
    patches: Patches,
    loss: Adversarial,
    l1: f64,
    flip: bool,
}

impl Networks for Pix2Pix {
    fn plan(knobs: &Knobs, data: &DataShape, _: Device) -> Result<(Self, Plans)> {
        let (task, channels) = (Task::from_word(knobs.text("task")), knobs.int("channels") as i64);
        let shape = Shape {
            size: knobs.int("size") as i64,
            inputs: task.channels(channels),
            outputs: channels,
            width: knobs.int("width") as i64,
            instance: knobs.text("norm") == "instance",
            dropout: knobs.flag("dropout"),
        };
        let swapped = task == Task::Paired && knobs.text("direction") == "b-to-a";
        ensure!(
            task != Task::Grey || shape.outputs == 3,
            "Grey pictures have no colours to learn; set channels to 3, or choose another input than grey."
        );
        ensure!(task != Task::Paired || data.paired, "These data have no pairs; choose another input than paired.");
        let (mut g, mut d) = (Plan::default(), Plan::default());
        let unet = UNet::new(&mut g, &shape);
        let patches = Patches::new(&mut d, &shape, fitting_layers(knobs.int("layers"), shape.size));
        let (loss, l1, flip) = (Adversarial::from_word(knobs.text("loss")), knobs.real("l1"), knobs.flag("flip"));
        Ok((Self { shape, task, swapped, unet, patches, loss, l1, flip }, (g, d).into()))
    }
}

impl Pix2Pix {
    /// Inputs and targets of a batch in [−1, 1], 32-bit.
    fn pair(&self, batch: &Batch, device: Device) -> Result<[Tensor; 2]> {
        let (pictures, task) = (batch.tensor(Kind::Float, device)?, self.task);
        if task != Task::Paired {
            return Ok([task.inputs(&pictures, &batch.index), pictures]);
        }
        let given = batch.inputs_tensor(Kind::Float, device)?;
        let given = given.context("The data brought no inputs with their pictures.")?;
        Ok(if self.swapped { [pictures, given] } else { [given, pictures] })
    }
}

/// Mirrors about half of the pairs, drawing from torch's global generator.
fn mirrored(pair: [Tensor; 2]) -> Result<[Tensor; 2]> {
    let chosen = Tensor::f_rand([pair[0].size()[0], 1, 1, 1], (Kind::Float, pair[0].device()))?.lt(0.5);
    Ok(pair.map(|x| x.flip([3i64]).where_self(&chosen, &x)))
}

impl Learner for Pix2Pix {
    type Parts = AdversarialPair;
    /// The discriminator judges pairs, and players are asked about single pictures.
    const PUBLISHES_DISCRIMINATOR: bool = false;

    fn step(&mut self, pair: &mut AdversarialPair, batch: &Batch, at: &StepInfo) -> Result<Vec<Scalar>> {
        let [mut input, mut real] = self.pair(batch, pair.generator.net.device())?;
        if self.flip {
            [input, real] = mirrored([input, real])?;
        }
        let fake = self.unet.forward(&pair.generator.net, &input, Mode::Train);

        let net = &pair.discriminator.net;
        let on_real = self.patches.forward(net, &input, &real, Mode::Train);
        let on_fake = self.patches.forward(net, &input, &fake.detach(), Mode::Train);
        // Halved, as in the paper, to slow the discriminator down.
        let loss_d = self.loss.discriminator(&on_real, &on_fake, 0.0) * 0.5;
        let grad_d = pair.discriminator.learn(&loss_d, at)?;

        let judged = self.patches.forward(&pair.discriminator.net, &input, &fake, Mode::Judge);
        let l1 = losses::l1(&fake, &real);
        let loss_g = self.loss.generator(&judged) + &l1 * self.l1;
        let grad_g = pair.generator.learn(&loss_g, at)?;
        let [d_real, d_fake] = [on_real, on_fake].map(|logits| chance(Adversarial::NonSaturating, &logits));
        rows::scalars(&[
            ("loss_g", loss_g),
            ("loss_d", loss_d),
            ("l1", l1),
            ("d_real", d_real),
            ("d_fake", d_fake),
            ("grad_g", grad_g),
            ("grad_d", grad_d),
        ])
    }

    fn test(&self, pair: &AdversarialPair, batch: &Batch, _: &StepInfo) -> Result<Vec<Scalar>> {
        let _guard = nn::without_gradients();
        let [input, real] = self.pair(batch, pair.generator.net.device())?;
        let fake = self.unet.forward(&pair.generator.net, &input, Mode::Infer);
        rows::scalars(&[("test_l1", losses::l1(&fake, &real))])
    }

    fn set_live(&mut self, live: &Knobs) {
        (self.l1, self.flip) = (live.real("l1"), live.flag("flip"));
    }

    fn examples(&self, batch: &Batch, device: Device) -> Result<Option<[Vec<Picture>; 2]>> {
        let _guard = nn::without_gradients();
        let [inputs, targets] = self.pair(batch, device)?;
        let normalisation = batch.normalisation;
        Ok(Some([normalisation.to_pictures(&inputs)?, normalisation.to_pictures(&targets)?]))
    }
}

impl Pix2Pix {
    /// The input of a code, 1×inputs×S×S.
    fn input(&self, code: &Code, device: Device) -> Result<Tensor> {
        let picture = code.input.as_ref().context("This family draws from an input picture, and there is none.")?;
        let square = self.centre_square(picture, device)?;
        if code.dials.get_flag(MAKE) == Some(true) && self.task != Task::Paired {
            let whole = if self.shape.outputs == 1 { tasks::grey(&square) } else { square };
            return Ok(self.task.inputs(&whole, &[code.noise_seed as u32]));
        }
        Ok(if self.shape.inputs == 1 { tasks::grey(&square) } else { square })
    }

    /// A picture's centre square, resized to the network's size: 1×3×S×S in [−1, 1].
    fn centre_square(&self, picture: &Picture, device: Device) -> Result<Tensor> {
        let (edge, size) = (picture.width.min(picture.height), self.shape.size);
        ensure!(edge > 0, "The input picture has no pixels.");
        let (left, top) = ((picture.width - edge) / 2, (picture.height - edge) / 2);
        let bytes: Vec<u8> =
            (top..top + edge).flat_map(|y| &picture.row(y)[left * 3..(left + edge) * 3]).copied().collect();
        let square = Pixels { count: 1, size: edge, channels: 3, bytes };
        let x = nn::from_pixels(&square, Kind::Float, device)?;
        Ok(match (edge as i64).cmp(&size) {
            std::cmp::Ordering::Equal => x,
            std::cmp::Ordering::Greater => x.adaptive_avg_pool2d([size, size]),
            std::cmp::Ordering::Less => x.upsample_bilinear2d([size, size], false, None, None),
        })
    }
}

/// Draws from input pictures instead of latents.
impl Decoder for Pix2Pix {
    type Loaded = Frozen;
    // The discriminator judges pairs; a player is asked about single pictures.
    const JUDGES: bool = false;
    const DIFFERENTIABLE: bool = false;

    fn load(&self, source: &Source) -> Result<Frozen> {
        source.frozen()
    }

    fn decode(&self, net: &Frozen, _: &Tensor, codes: &[Code]) -> Result<Tensor> {
        let inputs = codes.iter().map(|code| self.input(code, net.device())).collect::<Result<Vec<_>>>()?;
        Ok(self.unet.forward(net, &Tensor::cat(&inputs, 0), Mode::Infer))
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
mod tests;
