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
        drawn = torch.cat([net(torch.randn(100, a.latent, 1, 1)).float() for _ in range(a.count // 100)])
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
            fake = g(torch.randn(a.batch, a.latent, 1, 1))
            on_real, on_fake = d(real), d(fake.detach())
        loss_d = losses(a, on_real.float(), on_fake.float())
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
