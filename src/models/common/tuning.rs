//! The knobs of learning that all families share: optimiser, rates, schedule, clipping, averaging.

use super::{
    batch::StepInfo,
    knobs::{choice, int, live, rate, real, training},
    picture_knobs,
    schedule::Schedule,
};
use crate::{
    nn::Rule,
    spec::{DataShape, Knob, Knobs},
};

/// Start values of a family's knobs of learning.
#[derive(Clone, Copy, Debug)]
pub struct Start {
    /// Pictures per step.
    pub batch: i64,
    /// Learning rate.
    pub lr: f64,
    /// First of Adam's betas.
    pub beta1: f64,
    /// Second of Adam's betas.
    pub beta2: f64,
    /// Decay of the moving average; 0 is none.
    pub ema: f64,
}

/// Names of the optimisers.
const OPTIMISERS: &[&str] = &["adam", "adamw", "sgd", "nesterov", "rmsprop"];

/// All knobs of a family with one network: the preparation of pictures, its own knobs, then those of learning.
pub fn table(data: &DataShape, own: Vec<Knob>, start: Start) -> Vec<Knob> {
    [picture_knobs::all(data), own, knobs(start)].concat()
}

/// All knobs of a family with two networks: [`table`] and the discriminator's own learning rate, optimiser and frozen layers.
pub fn adversarial_table(data: &DataShape, own: Vec<Knob>, start: Start) -> Vec<Knob> {
    [table(data, own, start), discriminator_knobs()].concat()
}

/// The knobs: `batch optimiser lr beta1 beta2 momentum weight_decay clip ema precision schedule warmup horizon`.
fn knobs(start: Start) -> Vec<Knob> {
    vec![
        training("batch", "Batch", int(2, 1024, start.batch))
            .help("Real pictures each step looks at. More is steadier and slower; batch norm wants at least 16."),
        training("optimiser", "Optimiser", choice(OPTIMISERS, "adam"))
            .help("How gradients become changes. Adam suits nearly everything; SGD wants a learning rate ten to a hundred times higher."),
        live("lr", "Learning rate", rate(1e-6, start.lr))
            .help("Step length of the optimiser. Too high and pictures flicker or collapse, too low and nothing happens."),
        live("beta1", "Adam beta 1", real(0.0, 0.999, start.beta1))
            .help("How long Adam remembers its direction. GANs like less than the usual 0.9."),
        live("beta2", "Adam beta 2", real(0.0, 0.9999, start.beta2))
            .help("How long Adam and RMSprop remember how steep it was."),
        live("momentum", "Momentum", real(0.0, 0.999, 0.9))
            .help("How long SGD and RMSprop keep their direction. 0.9 is usual for SGD."),
        live("weight_decay", "Weight decay", real(0.0, 0.5, 0.0))
            .help("How much AdamW and SGD pull weights to 0. Try 0.01; 0 switches it off."),
        live("clip", "Gradient clipping", real(0.0, 1000.0, 0.0))
            .help("Longer gradients are shortened to this length. Try 1 when training jumps; 0 switches it off."),
        live("ema", "Averaging", real(0.0, 0.9999, start.ema))
            .help("Decay of the moving average of the weights, which draws steadier pictures. 0 switches it off."),
        training("precision", "Precision", choice(&["auto", "fp32", "bf16"], "auto"))
            .help("auto uses bf16 where the processor or graphics card multiplies it in hardware: about the same pictures in less time."),
        training("schedule", "Schedule", choice(&["constant", "linear", "cosine", "exponential"], "constant"))
            .help("How the learning rate falls over the horizon: not at all, or to 5 percent along a line, a cosine or by a constant ratio."),
        live("warmup", "Warm-up", int(0, 100_000, 0))
            .help("Steps over which the learning rate rises from 0 at the start of a run."),
        training("horizon", "Horizon", int(0, 10_000_000, 0))
            .help("Steps over which schedules run; 0 means the run's first total, so that raising the total later changes nothing before."),
    ]
}

/// The knobs of the discriminator alone: `lr_d optimiser_d freeze_d`.
fn discriminator_knobs() -> Vec<Knob> {
    let mut words = vec!["same"];
    words.extend(OPTIMISERS);
    vec![
        live("lr_d", "Discriminator rate", rate(0.0, 0.0))
            .help("Step length of the discriminator's optimiser; 0 follows the learning rate."),
        training("optimiser_d", "Discriminator optimiser", choice(&words, "same"))
            .help("How the discriminator's gradients become changes; same follows the other one."),
        training("freeze_d", "Frozen layers", int(0, 32, 0))
            .help("How many of the discriminator's first layers keep their numbers; the last always learns. For runs that begin with another's weights and have few pictures: try 2 or 3, 0 is none."),
    ]
}

/// How one network learns, read from its knobs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tuning {
    /// The optimiser's update rule.
    pub rule: Rule,
    /// Learning rate before the schedule.
    pub lr: f64,
    /// How the learning rate falls over the horizon.
    pub schedule: Schedule,
    /// Steps over which the learning rate rises linearly from 0.
    pub warmup: u64,
    /// Norm to which longer gradients are clipped; 0 switches clipping off.
    pub clip: f64,
    /// Decay of the moving average.
    pub ema: f64,
    /// Number of first layers whose parameters are frozen, for a discriminator only and for a run's whole life.
    pub frozen: usize,
}

impl Tuning {
    /// Reads the knobs of the generator, or of a model's only network.
    pub fn read(knobs: &Knobs) -> Self {
        Self::of(knobs, knobs.text("optimiser"), knobs.real("lr"))
    }

    /// Reads the knobs of the discriminator.
    pub fn read_discriminator(knobs: &Knobs) -> Self {
        let (own, rate) = (knobs.text("optimiser_d"), knobs.real("lr_d"));
        let word = if own == "same" { knobs.text("optimiser") } else { own };
        let tuning = Self::of(knobs, word, if rate > 0.0 { rate } else { knobs.real("lr") });
        Self { frozen: knobs.int("freeze_d"), ..tuning }
    }

    fn of(knobs: &Knobs, word: &str, lr: f64) -> Self {
        let (betas, momentum) = ((knobs.real("beta1"), knobs.real("beta2")), knobs.real("momentum"));
        let decay = knobs.real("weight_decay");
        Self {
            rule: match word {
                "sgd" => Rule::Sgd { momentum, nesterov: false, decay },
                "nesterov" => Rule::Sgd { momentum, nesterov: true, decay },
                "rmsprop" => Rule::RmsProp { alpha: betas.1, momentum },
                "adamw" => Rule::Adam { betas, decay },
                _ => Rule::Adam { betas, decay: 0.0 },
            },
            lr,
            schedule: Schedule::from_word(knobs.text("schedule")),
            warmup: knobs.int("warmup") as u64,
            clip: knobs.real("clip"),
            ema: knobs.real("ema"),
            frozen: 0,
        }
    }

    /// The learning rate of a step: rate × warm-up × schedule.
    pub fn lr_at(&self, at: &StepInfo) -> f64 {
        let rise = if at.step < self.warmup { (at.step + 1) as f64 / self.warmup as f64 } else { 1.0 };
        self.lr * rise * self.schedule.factor(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start() -> Start {
        Start { batch: 8, lr: 0.01, beta1: 0.5, beta2: 0.99, ema: 0.0 }
    }

    #[test]
    fn knobs_say_how_each_network_learns() {
        let mut table = knobs(start());
        table.extend(discriminator_knobs());
        let mut values = Knobs::start(&table);
        let adam = Rule::Adam { betas: (0.5, 0.99), decay: 0.0 };
        assert_eq!(Tuning::read(&values).rule, adam);
        assert_eq!(Tuning::read_discriminator(&values), Tuning::read(&values), "the other follows");
        for assignment in ["optimiser_d=nesterov", "lr_d=0.05", "weight_decay=0.1"] {
            values.set(&table, assignment).unwrap();
        }
        let d = Tuning::read_discriminator(&values);
        assert_eq!((d.rule, d.lr), (Rule::Sgd { momentum: 0.9, nesterov: true, decay: 0.1 }, 0.05));
        assert_eq!(Tuning::read(&values).rule, adam, "plain Adam has no weight decay");
    }

    #[test]
    fn the_rate_rises_then_falls() {
        let table = knobs(start());
        let mut values = Knobs::start(&table);
        for assignment in ["warmup=10", "schedule=linear"] {
            values.set(&table, assignment).unwrap();
        }
        let tuning = Tuning::read(&values);
        let at = |step| tuning.lr_at(&StepInfo { step, horizon: 100 });
        assert!((at(0) - 0.001).abs() < 1e-9 && (at(4) - 0.005 * (1.0 - 0.95 * 0.04)).abs() < 1e-9);
        assert!((at(50) - 0.01 * 0.525).abs() < 1e-9);
    }
}
