#!/usr/bin/env python3
"""Peer of the recipes dcgan-mnist and dcgan-cifar10: a DCGAN at 32x32 trained by PyTorch for minutes of wall clock, its pictures written to be scored.

  tutorial   as in the widespread tutorial: width 64, Adam 2e-4 (0.5, 0.999), float32, no average
  ours       our recipe's settings with what PyTorch offers to be quick: channels-last, fused Adam, bfloat16 autocast, a moving average

Reading the data and drawing pictures is not counted as training. Prints a JSON object a line.

    python tests/peers/pytorch_recipe.py ../shared/data/mnist --variant tutorial --minutes 2 5 --threads 2 --out /tmp/pictures
    latent-studio evaluate --pictures /tmp/pictures/2min --data ../shared/data/mnist
"""
import argparse
import gzip
import json
import pathlib
import time

import turns

turns.need("torch", "numpy", "PIL")

import numpy
import torch
from PIL import Image


def generator(a, channels):
    w = a.width

    def up(i, o, stride, pad):
        return [torch.nn.ConvTranspose2d(i, o, 4, stride, pad, bias=False), torch.nn.BatchNorm2d(o), torch.nn.ReLU(True)]

    last = [torch.nn.ConvTranspose2d(w, channels, 4, 2, 1, bias=False), torch.nn.Tanh()]
    return torch.nn.Sequential(*up(a.latent, 4 * w, 1, 0), *up(4 * w, 2 * w, 2, 1), *up(2 * w, w, 2, 1), *last)


def discriminator(a, channels):
    w = a.width
    bare = a.spectral_norm

    def conv(i, o, stride, pad):
        layer = torch.nn.Conv2d(i, o, 4, stride, pad, bias=bare)
        return torch.nn.utils.parametrizations.spectral_norm(layer) if bare else layer

    def down(i, o):
        norm = [] if bare else [torch.nn.BatchNorm2d(o)]
        return [conv(i, o, 2, 1), *norm, torch.nn.LeakyReLU(0.2, True)]

    first = [conv(channels, w, 2, 1), torch.nn.LeakyReLU(0.2, True)]
    return torch.nn.Sequential(*first, *down(w, 2 * w), *down(2 * w, 4 * w), conv(4 * w, 1, 1, 0), torch.nn.Flatten(0))


class Rise(torch.nn.Module):
    """Doubles a map: norm, ReLU, repeated pixels, convolution, norm, ReLU, convolution; beside it a 1x1 convolution."""

    def __init__(self, i, o):
        super().__init__()
        self.norm1, self.norm2 = torch.nn.BatchNorm2d(i), torch.nn.BatchNorm2d(o)
        self.conv1, self.conv2 = torch.nn.Conv2d(i, o, 3, 1, 1, bias=False), torch.nn.Conv2d(o, o, 3, 1, 1, bias=False)
        self.skip = torch.nn.Conv2d(i, o, 1, bias=False)

    def forward(self, x):
        double = lambda x: torch.nn.functional.interpolate(x, scale_factor=2)
        y = self.conv1(double(self.norm1(x).relu()))
        return self.conv2(self.norm2(y).relu()) + double(self.skip(x))


class Fall(torch.nn.Module):
    """Halves a map: norm, leaky ReLU, convolution, norm, leaky ReLU, convolution, mean; beside it a mean and a 1x1 convolution."""

    def __init__(self, i, o, pictures):
        super().__init__()
        self.norm1, self.norm2 = None if pictures else torch.nn.BatchNorm2d(i), torch.nn.BatchNorm2d(o)
        self.conv1, self.conv2 = torch.nn.Conv2d(i, o, 3, 1, 1, bias=False), torch.nn.Conv2d(o, o, 3, 1, 1, bias=False)
        self.skip = torch.nn.Conv2d(i, o, 1, bias=False)

    def forward(self, x):
        leaky, mean = torch.nn.functional.leaky_relu, lambda x: torch.nn.functional.avg_pool2d(x, 2)
        y = x if self.norm1 is None else leaky(self.norm1(x), 0.2)
        y = leaky(self.norm2(self.conv1(y)), 0.2)
        return mean(self.conv2(y)) + self.skip(mean(x))


class Last(torch.nn.Module):
    """Leaky ReLU and one number from the last map."""

    def __init__(self, i):
        super().__init__()
        self.conv = torch.nn.Conv2d(i, 1, 4, bias=False)

    def forward(self, x):
        return self.conv(torch.nn.functional.leaky_relu(x, 0.2)).flatten()


def residual(a, channels):
    """Generator and discriminator of residual blocks, thinnest at the picture."""
    w = a.width
    first = torch.nn.Sequential(torch.nn.Flatten(1), torch.nn.Linear(a.latent, 64 * w), torch.nn.Unflatten(1, (4 * w, 4, 4)))
    end = [torch.nn.BatchNorm2d(w), torch.nn.ReLU(True), torch.nn.Conv2d(w, channels, 3, 1, 1), torch.nn.Tanh()]
    g = torch.nn.Sequential(first, Rise(4 * w, 2 * w), Rise(2 * w, w), Rise(w, w), *end)
    d = torch.nn.Sequential(Fall(channels, w, True), Fall(w, 2 * w, False), Fall(2 * w, 4 * w, False), Last(4 * w))
    for module in [*g.modules(), *d.modules()]:
        if isinstance(module, torch.nn.Conv2d):
            taps, gain = module.kernel_size[0] ** 2, 2.0 if module.kernel_size[0] > 1 else 1.0
            torch.nn.init.normal_(module.weight, 0.0, (gain / (module.in_channels * taps)) ** 0.5)
        elif isinstance(module, torch.nn.Linear):
            torch.nn.init.normal_(module.weight, 0.0, module.in_features**-0.5)
            torch.nn.init.zeros_(module.bias)
    torch.nn.init.normal_(d[-1].conv.weight, 0.0, 0.02)
    return g, d


def latents(a, n):
    """Normal numbers, or those of equally likely round Gaussians around places that are themselves normal."""
    z = torch.randn(n, a.latent, 1, 1)
    if a.components < 2:
        return z
    places = torch.randn(a.components, a.latent, 1, 1, generator=torch.Generator().manual_seed(7)) * 0.75**0.5
    return places[torch.randint(a.components, (n,))] + 0.5 * z


def penalty(d, real):
    """R1 (Mescheder et al. 2018), in 32 bits."""
    x = real.detach().requires_grad_(True)
    (slope,) = torch.autograd.grad(d(x).sum(), x, create_graph=True)
    return slope.square().sum((1, 2, 3)).mean() * 0.5


def normal(module):
    """The tutorial's start."""
    for name, parameter in module.named_parameters():
        if "bias" in name:
            torch.nn.init.zeros_(parameter)
        elif parameter.dim() == 1:
            torch.nn.init.normal_(parameter, 1.0, 0.02)
        else:
            torch.nn.init.normal_(parameter, 0.0, 0.02)


def pictures(source):
    """N x C x 32 x 32 bytes: MNIST's files or CIFAR-10's binary batches."""
    whole = lambda path: gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    idx = sorted(source.glob("train-images*"))
    if idx:
        raw = whole(idx[0])
        grey = numpy.frombuffer(raw, numpy.uint8, offset=16).reshape(-1, 28, 28)
        scaled = [numpy.asarray(Image.fromarray(p).resize((32, 32), Image.BILINEAR)) for p in grey]
        return torch.from_numpy(numpy.stack(scaled)[:, None])
    rows = [numpy.frombuffer(whole(f), numpy.uint8).reshape(-1, 3073) for f in sorted(source.rglob("data_batch_*.bin*"))]
    return torch.from_numpy(numpy.concatenate(rows)[:, 1:].reshape(-1, 3, 32, 32).copy())


def losses(a, real, fake):
    """Of the discriminator."""
    if a.loss == "hinge":
        return torch.relu(1 - real).mean() + torch.relu(1 + fake).mean()
    soft = torch.nn.functional.softplus
    return soft(-real).mean() + soft(fake).mean()


def draw(net, a, folder):
    folder.mkdir(parents=True)
    net.eval()
    torch.manual_seed(a.seed + 1)
    with torch.inference_mode():
        drawn = torch.cat([net(latents(a, 100)).float() for _ in range(a.count // 100)])
    net.train()
    levels = ((drawn + 1) * 127.5).round().clamp(0, 255).byte().permute(0, 2, 3, 1).contiguous().numpy()
    for i, picture in enumerate(levels):
        Image.fromarray(picture.squeeze()).save(folder / f"{i:05}.png")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("--variant", choices=["tutorial", "ours"], default="tutorial")
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--latent", type=int, default=100)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--lr", type=float, default=2e-4)
    parser.add_argument("--lr-d", type=float, default=0.0)
    parser.add_argument("--beta1", type=float, default=0.5)
    parser.add_argument("--beta2", type=float, default=0.999)
    parser.add_argument("--loss", choices=["non-saturating", "hinge"], default="non-saturating")
    parser.add_argument("--spectral-norm", action="store_true")
    parser.add_argument("--residual", action="store_true")
    parser.add_argument("--components", type=int, default=1, help="Gaussians that the latent is a mixture of")
    parser.add_argument("--r1", type=float, default=0.0, help="weight of the penalty, in every 16th step")
    parser.add_argument("--ema", type=float, default=0.0)
    parser.add_argument("--linear", action="store_true", help="the rate falls to a twentieth over the longest of the minutes")
    parser.add_argument("--minutes", type=float, nargs="+", default=[2.0, 5.0])
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    a = parser.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(a.seed)
    data = pictures(a.data)
    quick = a.variant == "ours"
    layout = torch.channels_last if quick else torch.contiguous_format
    if a.residual:
        g, d = residual(a, data.shape[1])
    else:
        g, d = generator(a, data.shape[1]), discriminator(a, data.shape[1])
        normal(g)
        normal(d)
    g, d = g.to(memory_format=layout), d.to(memory_format=layout)
    adam = lambda net, lr: torch.optim.Adam(net.parameters(), lr, betas=(a.beta1, a.beta2), fused=quick)
    adam_g, adam_d = adam(g, a.lr), adam(d, a.lr_d or a.lr)
    average = torch.optim.swa_utils.AveragedModel(g, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(a.ema), use_buffers=True) if a.ema else None
    cast = lambda: torch.autocast("cpu", dtype=torch.bfloat16, enabled=quick)
    minutes, spent, step, order = sorted(a.minutes), 0.0, 0, None
    while minutes:
        begin = time.perf_counter()
        if order is None or len(order) < a.batch:
            order = torch.randperm(len(data))
        take, order = order[: a.batch], order[a.batch :]
        real = (data[take].float() / 127.5 - 1).contiguous(memory_format=layout)
        with cast():
            fake = g(latents(a, a.batch))
            on_real, on_fake = d(real), d(fake.detach())
        loss_d = losses(a, on_real.float(), on_fake.float())
        if a.r1 and step % 16 == 0:
            loss_d = loss_d + penalty(d, real) * (a.r1 * 16)
        adam_d.zero_grad()
        loss_d.backward()
        adam_d.step()
        with cast():
            judged = d(fake)
        loss_g = -judged.float().mean() if a.loss == "hinge" else torch.nn.functional.softplus(-judged.float()).mean()
        adam_g.zero_grad()
        loss_g.backward()
        adam_g.step()
        if average:
            average.update_parameters(g)
        if a.linear:
            share = max(0.05, 1 - 0.95 * spent / (60 * max(a.minutes)))
            adam_g.param_groups[0]["lr"], adam_d.param_groups[0]["lr"] = a.lr * share, (a.lr_d or a.lr) * share
        step += 1
        spent += time.perf_counter() - begin
        while minutes and spent >= 60 * minutes[0]:
            folder = a.out / f"{minutes.pop(0):g}min"
            draw(average.module if average else g, a, folder)
            print(json.dumps({"steps": step, "seconds": round(spent, 1), "pictures": str(folder)}), flush=True)


if __name__ == "__main__":
    main()
