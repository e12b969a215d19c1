#!/usr/bin/env python3
"""Writes mlp_vae.json beside itself: KL and negative ELBO of a small mlp-vae, calculated by PyTorch in 64-bit.

Weights, pictures and draws are waves that the test in src/models/mlp_vae.rs makes too: scale * sin(0.7 * (seed + 1) + (0.37 + 0.113 * seed) * i).
The divergence is torch.distributions' own and the likelihood its Bernoulli's, so that nothing is derived twice the same way.

    python tests/references/mlp_vae.py
"""
import json
import pathlib

import torch
from torch.distributions import Bernoulli, Normal, kl_divergence
from torch.nn.functional import linear

PIXELS, HIDDEN, LATENT, COUNT = 784, 12, 5, 3


def wave(seed, shape, scale):
    # Rounded to the 32 bits that the program keeps.
    i = torch.arange(torch.Size(shape).numel(), dtype=torch.float64)
    return (scale * torch.sin(0.7 * (seed + 1) + (0.37 + 0.113 * seed) * i)).float().double().view(shape)


def main():
    shapes = {
        "fc1": (HIDDEN, PIXELS), "fc21": (LATENT, HIDDEN), "fc22": (LATENT, HIDDEN),
        "fc3": (HIDDEN, LATENT), "fc4": (PIXELS, HIDDEN),
    }
    net = {name: (wave(i, shape, 0.3), wave(i + 10, shape[:1], 0.2)) for i, (name, shape) in enumerate(shapes.items())}
    apply = lambda name, x: linear(x, *net[name])
    x = wave(20, (COUNT, PIXELS), 0.5) + 0.5
    hidden = apply("fc1", x).relu()
    posterior = Normal(apply("fc21", hidden), (apply("fc22", hidden) / 2).exp())
    z = posterior.loc + posterior.scale * wave(30, (COUNT, LATENT), 1.0)
    logits = apply("fc4", apply("fc3", z).relu())
    # x * log p + (1 - x) * log(1 - p), which a Bernoulli gives for levels between 0 and 1 too.
    likelihood = Bernoulli(logits=logits, validate_args=False).log_prob(x).sum(1)
    kl = kl_divergence(posterior, Normal(0.0, 1.0))
    out = {
        "reconstruction": -likelihood.mean().item(),
        "kl": kl.mean(0).tolist(),
        "negative_elbo": (kl.sum(1) - likelihood).mean().item(),
    }
    pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(out, indent=1) + "\n")
    print(out)


if __name__ == "__main__":
    main()
