//! DCGAN: two convolutional networks against each other, as in the textbook.

use super::{
    At, Batch, Family, Model, Player, Scalar,
    dcgan_nets::{Mode, Net, Shape},
    dcgan_player::DcganPlayer,
    knobs,
};
use crate::{
    nn::{self, Device, Ema, Kind, Optimiser, Precision, Rule, Tensor},
    spec::{Capabilities, Card, DataShape, Knob, Knobs, Preset},
    weights::{Checkpoint, Weights},
};
use anyhow::{Result, ensure};
use std::sync::Arc;

/// The family's line in the table.
pub const FAMILY: Family = Family {
    card,
    knobs: family_knobs,
    presets,
    fits: super::any_data,
    build: |knobs, shape, device| Ok(Box::new(Dcgan::new(knobs, shape, device)?)),
    player: |knobs, _, device| {
        Ok(Box::new(DcganPlayer::new(shape_of(knobs), precision_of(knobs, device), device)) as Box<dyn Player>)
    },
};

fn card() -> Card {
    Card {
        id: "dcgan".into(),
        title: "DCGAN".into(),
        about: "The textbook's convolutional GAN: quick to show shapes, crisp at small sizes. \
                Expect blobs after seconds, readable pictures after a few minutes."
            .into(),
        can: Capabilities { discriminator: true, ..Capabilities::default() },
        dials: Vec::new(),
    }
}

fn family_knobs(shape: &DataShape) -> Vec<Knob> {
    let mut all = knobs::data(shape);
    all.extend([
        knobs::int("width", "Width", "Filters of the thinnest layer; every other layer has a multiple. More draws finer and trains slower; the textbook has 64.", (4, 128, 32)),
        knobs::int("z_dim", "Latent size", "Length of the latent vector: how many sliders there are. The textbook has 100.", (2, 512, 100)),
        knobs::batch(64),
        knobs::rate("lr", "Learning rate", "Step length of the generator's optimiser. Too high and pictures flicker or collapse, too low and nothing happens.", 5e-4),
        knobs::rate_or_same("lr_d", "Discriminator rate", "Step length of the discriminator's optimiser; 0 follows the learning rate."),
        knobs::real("beta1", "Adam beta 1", "How long the optimiser remembers its direction. GANs like less than the usual 0.9.", (0.0, 0.999, 0.5)),
        knobs::real("beta2", "Adam beta 2", "How long the optimiser remembers how steep it was.", (0.0, 0.9999, 0.999)),
        knobs::live(knobs::int("d_per_g", "D steps per G step", "How often the discriminator learns before the generator may. The textbook's 5 works, and is slower.", (1, 10, 1))),
        knobs::live(knobs::real("smoothing", "Label smoothing", "Real pictures count as 1 minus this for the discriminator, which keeps it from being too sure. Try 0.1.", (0.0, 0.5, 0.0))),
        knobs::live(knobs::real("ema", "Averaging", "Decay of the generator's moving average, which draws steadier pictures. 0 switches it off.", (0.0, 0.9999, 0.995))),
        knobs::precision(),
        knobs::schedule(),
        knobs::horizon(),
    ]);
    all
}

fn presets(shape: &DataShape) -> Vec<Preset> {
    let table = family_knobs(shape);
    vec![
        knobs::preset(&table, "quick", "Quick", "For a small computer: good pictures within minutes.", &[]),
        knobs::preset(
            &table,
            "textbook",
            "Textbook",
            "As in the paper and most courses: width 64, learning rate 2e-4, 32-bit.",
            &["width=64", "lr=2e-4", "precision=fp32"],
        ),
        knobs::preset(
            &table,
            "tiny",
            "Tiny",
            "To try things out in seconds; the pictures stay rough.",
            &["width=4", "z_dim=8", "batch=8", "precision=fp32"],
        ),
    ]
}

fn shape_of(knobs: &Knobs) -> Shape {
    Shape {
        size: knobs.int("size"),
        channels: knobs.int("channels") as i64,
        z_dim: knobs.int("z_dim") as i64,
        width: knobs.int("width") as i64,
    }
}

/// The live settings.
struct Live {
    lr: f64,
    lr_d: f64,
    d_per_g: u64,
    smoothing: f64,
    schedule: knobs::Schedule,
}

impl Live {
    fn read(knobs: &Knobs) -> Self {
        let lr = knobs.real("lr");
        let own = knobs.real("lr_d");
        Self {
            lr,
            lr_d: if own > 0.0 { own } else { lr },
            d_per_g: knobs.int("d_per_g").max(1) as u64,
            smoothing: knobs.real("smoothing"),
            schedule: knobs::Schedule::from_word(knobs.text("schedule")),
        }
    }
}

fn precision_of(knobs: &Knobs, device: Device) -> Precision {
    Precision::from_word(knobs.text("precision"), device)
}

struct Dcgan {
    live: Live,
    z_dim: i64,
    device: Device,
    kind: Kind,
    g: Net,
    d: Net,
    adam_g: Optimiser,
    adam_d: Optimiser,
    ema: Ema,
    ema_buffers: Ema,
}

impl Dcgan {
    fn new(knobs: &Knobs, data: &DataShape, device: Device) -> Result<Self> {
        let shape = shape_of(knobs);
        ensure!(data.count >= 2, "Training needs at least 2 pictures.");
        let precision = precision_of(knobs, device);
        let g = Net::generator(&shape, precision, device)?;
        let d = Net::discriminator(&shape, precision, device)?;
        let live = Live::read(knobs);
        let rule = Rule::Adam { betas: (knobs.real("beta1"), knobs.real("beta2")), decay: 0.0 };
        Ok(Self {
            adam_g: Optimiser::new(&g.bank, rule, live.lr),
            adam_d: Optimiser::new(&d.bank, rule, live.lr_d),
            ema: Ema::new(g.bank.master(), knobs.real("ema")),
            ema_buffers: Ema::new(&g.buffers(), knobs.real("ema")),
            live,
            z_dim: shape.z_dim,
            device,
            kind: precision.kind(),
            g,
            d,
        })
    }
}

/// Binary cross-entropy on logits against one target, averaged (softplus form, stable for large logits).
fn bce(logits: &Tensor, target: f64) -> Tensor {
    (logits.softplus() - logits * target).mean(Kind::Float)
}

impl Model for Dcgan {
    fn step(&mut self, batch: &Batch, at: &At) -> Result<Vec<Scalar>> {
        let real = batch.tensor(self.kind, self.device)?;
        let z = Tensor::f_randn([real.size()[0], self.z_dim], (Kind::Float, self.device))?;
        let fake = self.g.generate(&z, Mode::Train);
        let factor = self.live.schedule.factor(at);

        let on_real = self.d.discriminate(&real, Mode::Train);
        let on_fake = self.d.discriminate(&fake.detach(), Mode::Train);
        let loss_d = bce(&on_real, 1.0 - self.live.smoothing) + bce(&on_fake, 0.0);
        let grad_d = self.d.bank.gradient(&loss_d)?;
        self.adam_d.lr = self.live.lr_d * factor;
        self.adam_d.step(&mut self.d.bank, &grad_d);

        let mut names = vec!["loss_d", "d_real", "d_fake", "grad_d"];
        let mut values = vec![
            loss_d.detach(),
            on_real.detach().sigmoid().mean(Kind::Float),
            on_fake.detach().sigmoid().mean(Kind::Float),
            nn::norm(&grad_d),
        ];
        if (at.step + 1).is_multiple_of(self.live.d_per_g) {
            // The same fakes, judged by the discriminator that has just learned; only the generator's gradient is calculated.
            let loss_g = bce(&self.d.discriminate(&fake, Mode::Judge), 1.0);
            let grad_g = self.g.bank.gradient(&loss_g)?;
            self.adam_g.lr = self.live.lr * factor;
            self.adam_g.step(&mut self.g.bank, &grad_g);
            self.ema.update(self.g.bank.master());
            self.ema_buffers.update(&self.g.buffers());
            names.extend(["loss_g", "grad_g"]);
            values.extend([loss_g.detach(), nn::norm(&grad_g)]);
        }
        let numbers: Vec<f32> = Vec::try_from(Tensor::stack(&values, 0))?;
        Ok(names.into_iter().zip(numbers).collect())
    }

    fn test(&self, batch: &Batch, _at: &At) -> Result<Vec<Scalar>> {
        let _guard = nn::without_gradients();
        let real = batch.tensor(self.kind, self.device)?;
        let logits = self.d.discriminate(&real, Mode::Infer);
        Ok(vec![("test_d_real", f64::try_from(logits.sigmoid().mean(Kind::Float))? as f32)])
    }

    fn turn(&mut self, live: &Knobs) -> Result<()> {
        self.live = Live::read(live);
        self.ema.decay = live.real("ema");
        self.ema_buffers.decay = self.ema.decay;
        Ok(())
    }

    fn weights(&self, step: u64) -> Result<Weights> {
        let _guard = nn::without_gradients();
        Ok(Weights {
            step,
            raw: Arc::new(self.g.arrays(self.g.bank.master(), &self.g.buffers())?),
            ema: Arc::new(self.g.arrays(&self.ema.mean, &self.ema_buffers.mean)?),
            discriminator: Some(Arc::new(self.d.arrays(self.d.bank.master(), &self.d.buffers())?)),
        })
    }

    fn save(&self, to: &mut Checkpoint) -> Result<()> {
        let _guard = nn::without_gradients();
        to.files.insert("generator".into(), self.g.arrays(self.g.bank.master(), &self.g.buffers())?);
        to.files.insert("ema".into(), self.g.arrays(&self.ema.mean, &self.ema_buffers.mean)?);
        to.files.insert("discriminator".into(), self.d.arrays(self.d.bank.master(), &self.d.buffers())?);
        to.facts.insert("ema.updates".into(), self.ema.updates);
        self.adam_g.save("optimiser_g", &self.g.bank, to)?;
        self.adam_d.save("optimiser_d", &self.d.bank, to)
    }

    fn load(&mut self, from: &Checkpoint) -> Result<()> {
        let g = self.g.read(from.file("generator")?)?;
        let d = self.d.read(from.file("discriminator")?)?;
        let ema = self.g.read(from.file("ema")?)?;
        let updates = from.fact("ema.updates")?;
        let adam_g = self.adam_g.read("optimiser_g", &self.g.bank, from)?;
        let adam_d = self.adam_d.read("optimiser_d", &self.d.bank, from)?;
        self.g.take(&g.0, &g.1);
        self.d.take(&d.0, &d.1);
        (self.ema.mean, self.ema_buffers.mean) = ema;
        (self.ema.updates, self.ema_buffers.updates) = (updates, updates);
        self.adam_g.take(adam_g);
        self.adam_d.take(adam_d);
        Ok(())
    }
}
