//! The DCGAN's knobs and presets.

use super::mixture_latent;
use crate::{
    models::common::prelude::*,
    nn::{Augment, losses::Adversarial},
    spec::{DataShape, Knob, Preset},
};

/// All knobs of the family.
pub fn table(shape: &DataShape) -> Vec<Knob> {
    let start = Start { batch: 64, lr: 5e-4, beta1: 0.5, beta2: 0.999, ema: 0.995 };
    tuning::adversarial_table(shape, [networks(), game()].concat(), start)
}

/// The knobs of the networks.
fn networks() -> Vec<Knob> {
    vec![
        knobs::model("width", "Width", int(4, 128, 32))
            .help("Filters of the thinnest layer; every other layer has a multiple. More draws finer and trains slower; the textbook has 64."),
        knobs::model("z_dim", "Latent size", int(2, 512, 100))
            .help("Length of the latent vector: how many sliders there are. The textbook has 100."),
        mixture_latent::knob(),
        knobs::model("upsampling", "Upsampling", choice(&["transposed", "resize"], "transposed"))
            .help("How the generator doubles its maps: transposed convolutions, as in the textbook, or repeated pixels and a 3×3 convolution, which leaves no checkerboards."),
        knobs::model("blocks", "Blocks", choice(&["plain", "residual"], "plain"))
            .help("Plain layers, as in the textbook, or residual blocks, which learn more detail and take several times as long."),
        knobs::model("attention", "Self-attention", choice(&["none", "8", "16"], "none"))
            .help("Lets every place look at every other, on the map of this side in both networks (7 and 14 in pictures of 28). Helps shapes that span the picture; 16 is slower than 8."),
        knobs::model("spectral_norm", "Spectral norm", switch(false))
            .help("Keeps the discriminator from getting too steep, in place of its batch norm. Nearly free; goes well with hinge."),
    ]
}

/// The knobs of the loss, its penalties and the balance of both networks.
fn game() -> Vec<Knob> {
    let words = Adversarial::ALL.map(|(word, _)| word);
    vec![
        knobs::training("loss", "Loss", choice(&words, words[0]))
            .help("What the two networks play. Non-saturating is the textbook's; hinge wants spectral norm; Wasserstein breaks down without a gradient penalty or spectral norm, and its scores are no probabilities."),
        knobs::training("gradient_penalty", "Gradient penalty", real(0.0, 100.0, 0.0))
            .help("Weight of WGAN-GP's pull of slopes towards 1, in every step; the discriminator then has no batch norm. 10 is usual and takes half as long again; 0 is none."),
        knobs::live("r1", "R1 penalty", real(0.0, 100.0, 0.0))
            .help("Weight of the pull of slopes at real pictures towards 0, in every 16th step. Try 0.01 at 32 pixels, 0.1 at 64; 0 is none."),
        knobs::live("diffaugment", "DiffAugment", choice(&Augment::WORDS, "none"))
            .help("Shifts, recolours and cuts holes into what the discriminator sees, real and drawn alike, so that it can't learn few pictures by heart."),
        knobs::live("instance_noise", "Instance noise", real(0.0, 1.0, 0.0))
            .help("Noise on what the discriminator sees, fading to none at the horizon; whites are 2 above blacks. Try 0.1 when the discriminator wins at once."),
        knobs::live("d_per_g", "D steps per G step", int(1, 10, 1))
            .help("How often the discriminator learns before the generator may. The textbook's 5 works, and is slower."),
        knobs::live("smoothing", "Label smoothing", real(0.0, 0.5, 0.0))
            .help("Real pictures count as 1 minus this for the discriminator, which keeps it from being too sure; not with hinge or Wasserstein. Try 0.1."),
    ]
}

/// The presets of the family.
pub fn presets(shape: &DataShape) -> Vec<Preset> {
    Presets::of(table(shape))
        .quick("For a small computer: good pictures within minutes.")
        .textbook(
            "As in the paper and most courses: width 64, learning rate 2e-4, 32-bit.",
            &["width=64", "lr=2e-4", "precision=fp32"],
        )
        .with(
            "fine",
            "Fine",
            "Residual blocks, R1 and a mixture of 50 Gaussians as latent: fewer pictures that are neither one thing nor another. At 32 pixels better than at 28.",
            &[
                "width=16",
                "z_dim=16",
                "components=50",
                "lr=2e-3",
                "upsampling=resize",
                "blocks=residual",
                "r1=0.1",
                "beta1=0",
                "beta2=0.99",
                "ema=0.998",
                "schedule=linear",
            ],
        )
        .with(
            "steady",
            "Steady",
            "Hinge loss and spectral norm: slower at first, hardly ever breaks down.",
            &["loss=hinge", "spectral_norm=on", "lr=2e-4", "beta1=0", "beta2=0.9"],
        )
        .with(
            "few",
            "Few pictures",
            "For hundreds of pictures, not thousands: DiffAugment and R1.",
            &["diffaugment=all", "r1=0.01", "lr=2e-4", "ema=0.998"],
        )
        .with(
            "wgan-gp",
            "WGAN-GP",
            "Wasserstein loss with a gradient penalty and five discriminator steps for each of the generator: five times as long.",
            &["loss=wasserstein", "gradient_penalty=10", "d_per_g=5", "lr=1e-4", "beta1=0", "beta2=0.9"],
        )
        .with(
            "sagan",
            "SAGAN",
            "Residual blocks with self-attention, hinge and spectral norm: for a fast machine or a graphics card.",
            &[
                "upsampling=resize",
                "blocks=residual",
                "attention=16",
                "loss=hinge",
                "spectral_norm=on",
                "lr=1e-4",
                "lr_d=4e-4",
                "beta1=0",
                "beta2=0.9",
            ],
        )
        .tiny(&["width=4", "z_dim=8"])
}
