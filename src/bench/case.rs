//! The networks that the measurements train and play.

use super::report::Row;
use crate::{
    latent,
    models::{self, Batch, Model, Player},
    nn::{self, Device, Precision},
    picture::Pixels,
    spec::{DataShape, DataSpec, Fit, Knobs, RunSpec, Value},
};
use anyhow::Result;

/// A network to measure.
#[derive(Clone, Copy)]
pub struct Case {
    /// Side of its pictures in pixels.
    pub size: usize,
    /// Filters of the thinnest layer.
    pub width: usize,
    /// Channels of its pictures, 1 or 3.
    pub channels: usize,
    /// Number of pictures a step.
    pub batch: usize,
    /// The value of the precision knob: `auto`, `fp32` or `bf16`.
    pub precision: &'static str,
}

/// All cases. `train` measures each, all other measurements the first.
pub const CASES: [Case; 4] = [
    Case { size: 32, width: 64, channels: 1, batch: 64, precision: "auto" },
    Case { size: 32, width: 64, channels: 1, batch: 64, precision: "fp32" },
    Case { size: 32, width: 32, channels: 1, batch: 64, precision: "auto" },
    Case { size: 64, width: 32, channels: 3, batch: 64, precision: "auto" },
];

impl Case {
    /// Returns a row of the report that says what this case is.
    pub fn row(self, bench: &'static str, threads: usize, device: Device) -> Row {
        Row::new(bench)
            .fact("family", "dcgan")
            .fact("size", self.size)
            .fact("width", self.width)
            .fact("channels", self.channels)
            .fact("batch", self.batch)
            .fact("threads", threads)
            .fact("device", nn::device_word(device))
            .fact("precision", self.precision(device))
    }

    /// Returns the precision on this device: `fp32` or `bf16`.
    pub fn precision(self, device: Device) -> &'static str {
        Precision::from_word(self.precision, device).word()
    }

    /// Returns the arguments that tell a peer script of this case, with `count` repetitions a round.
    pub fn arguments(self, threads: usize, count: usize) -> Vec<String> {
        [
            ("--size", self.size),
            ("--width", self.width),
            ("--channels", self.channels),
            ("--batch", self.batch),
            ("--threads", threads),
            ("--count", count),
        ]
        .into_iter()
        .flat_map(|(name, value)| [name.to_owned(), value.to_string()])
        .collect()
    }

    /// Builds a model with random weights, and a batch of noise to train it on.
    pub fn model(self, device: Device) -> Result<(Box<dyn Model>, Batch)> {
        nn::seed_global(0);
        let model = (models::family("dcgan")?.build)(&self.knobs()?, &self.shape(), device)?;
        let mut rng = latent::rng(0, 0);
        let len = self.batch * self.size * self.size * self.channels;
        let bytes = (0..len).map(|_| latent::below(&mut rng, 256) as u8).collect();
        let pictures = Pixels { count: self.batch, size: self.size, channels: self.channels, bytes };
        Ok((model, Batch { pictures: nn::settle(pictures, device)?, ..Batch::default() }))
    }

    /// Builds a player with the weights of a model that was not trained.
    pub fn player(self, device: Device) -> Result<Box<dyn Player>> {
        let weights = self.model(device)?.0.weights(0)?;
        let mut player = (models::family("dcgan")?.player)(&self.knobs()?, &self.shape(), device)?;
        player.load_weights(&weights.ema, None)?;
        Ok(player)
    }

    /// Returns the spec of a run with too many steps to end during a measurement.
    pub fn spec(self, source: &str, threads: usize) -> Result<RunSpec> {
        Ok(RunSpec {
            name: "bench".into(),
            family: "dcgan".into(),
            steps: 1_000_000,
            threads,
            program: env!("CARGO_PKG_VERSION").into(),
            libtorch: nn::LIBTORCH.into(),
            data: DataSpec {
                source: source.into(),
                size: self.size,
                channels: self.channels,
                fit: Fit::Crop,
                background: [0; 3],
                seed: 1,
                ..DataSpec::default()
            },
            shape: self.shape(),
            knobs: self.knobs()?,
            ..RunSpec::default()
        })
    }

    fn shape(self) -> DataShape {
        DataShape { count: 10_000, classes: 0, size: self.size, channels: self.channels, paired: false, sides: None }
    }

    fn knobs(self) -> Result<Knobs> {
        let mut knobs = Knobs::start(&(models::family("dcgan")?.knobs)(&self.shape()));
        knobs.put("width", Value::Int(self.width as i64));
        knobs.put("batch", Value::Int(self.batch as i64));
        knobs.put("precision", Value::Text(self.precision.into()));
        Ok(knobs)
    }
}
