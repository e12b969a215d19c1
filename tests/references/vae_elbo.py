"""Evidence lower bounds of small convolutional VAEs in PyTorch, for the test in src/models/variational_nets.rs.

Weights, pictures and noise come from formulas, so that nothing but this file is needed:
    python3 tests/references/vae_elbo.py > tests/references/vae_elbo.txt
Each line: case, mean reconstruction of a picture in nats, mean KL of each dimension in nats.
"""

import math

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
WIDTH, HIDDEN, Z, COUNT = 4, 8, 3, 2


def shapes(size, channels, classes):
    """Names and shapes of the tensors, and the windows (side, stride, padding) from the picture down to 4×4."""
    windows, side = [], size
    while side > 4:
        windows.append((3, 2, 1) if side == 7 else (4, 2, 1))
        side = (side + 1) // 2
    tensors, inputs = {}, channels
    for i, (k, _, _) in enumerate(windows):
        tensors[f"encoder.conv{i + 1}"] = (WIDTH, inputs, k, k), WIDTH
        inputs = WIDTH
    for i, (k, _, _) in enumerate(reversed(windows)):
        outputs = channels if i + 1 == len(windows) else WIDTH
        tensors[f"decoder.conv{i + 1}"] = (WIDTH, outputs, k, k), outputs
    for name, outputs, inputs in [
        ("encoder.fc1", HIDDEN, WIDTH * 16 + classes),
        ("encoder.fc2", HIDDEN, HIDDEN),
        ("encoder.mean", Z, HIDDEN),
        ("encoder.log_var", Z, HIDDEN),
        ("decoder.fc1", HIDDEN, Z + classes),
        ("decoder.fc2", HIDDEN, HIDDEN),
        ("decoder.fc3", WIDTH * 16, HIDDEN),
    ]:
        tensors[name] = (outputs, inputs), outputs
    named = {}
    for name, (weight, bias) in tensors.items():
        named[f"{name}.weight"] = weight
        named[f"{name}.bias"] = (bias,)
    return named, windows


def bound(case, size, channels, classes, sigma):
    named, windows = shapes(size, channels, classes)
    w = {}
    for place, name in enumerate(sorted(named)):
        i = torch.arange(math.prod(named[name]))
        w[name] = (0.5 * torch.sin(0.7 * i + place)).float().double().view(named[name])
    i = torch.arange(COUNT * size * size * channels)
    grey = (((i * 37 + 11) % 256) / 255.0).view(COUNT, size, size, channels).permute(0, 3, 1, 2)
    noise = torch.cos(1.3 * torch.arange(COUNT * Z)).view(COUNT, Z)
    told = torch.eye(classes)[[2, 0]] if classes else torch.zeros(COUNT, 0)

    def linear(name, x):
        return F.linear(x, w[f"{name}.weight"], w[f"{name}.bias"])

    x = grey * 2 - 1
    for n, (_, stride, padding) in enumerate(windows, 1):
        x = F.relu(F.conv2d(x, w[f"encoder.conv{n}.weight"], w[f"encoder.conv{n}.bias"], stride, padding))
    x = torch.cat([x.flatten(1), told], 1)
    x = F.relu(linear("encoder.fc2", F.relu(linear("encoder.fc1", x))))
    posterior = torch.distributions.Normal(linear("encoder.mean", x), torch.exp(0.5 * linear("encoder.log_var", x)))
    kl = torch.distributions.kl_divergence(posterior, torch.distributions.Normal(0.0, 1.0)).mean(0)
    x = torch.cat([posterior.mean + posterior.stddev * noise, told], 1)
    for name in ["decoder.fc1", "decoder.fc2", "decoder.fc3"]:
        x = F.relu(linear(name, x))
    x = x.view(COUNT, WIDTH, 4, 4)
    for n, (_, stride, padding) in enumerate(reversed(windows), 1):
        x = F.conv_transpose2d(x, w[f"decoder.conv{n}.weight"], w[f"decoder.conv{n}.bias"], stride, padding)
        x = F.relu(x) if n < len(windows) else x
    if sigma:
        nats = -torch.distributions.Normal(torch.sigmoid(x), sigma).log_prob(grey)
        nats = nats - math.log(sigma * math.sqrt(2 * math.pi))
    else:
        nats = F.binary_cross_entropy(torch.sigmoid(x), grey, reduction="none")
    print(case, *(f"{v:.8f}" for v in [nats.sum().item() / COUNT, *kl.tolist()]))


bound("bernoulli28", 28, 1, 0, None)
bound("gaussian32", 32, 3, 0, 0.25)
bound("classes28", 28, 1, 3, None)
