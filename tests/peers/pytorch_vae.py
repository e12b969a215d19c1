#!/usr/bin/env python3
"""Peer of the family mlp-vae: the same network trained in PyTorch on a folder of MNIST, or weights of ours measured, on the whole test split.

Both are measured alike: pictures binarised with draws that belong to the seed, one draw of the latent each, mean -ELBO in nats.

    python tests/peers/pytorch_vae.py ../shared/data/mnist --epochs 10 --threads 2
    python tests/peers/pytorch_vae.py ../shared/data/mnist --weights RUN/checkpoints/STEP/generator.safetensors
"""
import argparse
import gzip
import json
import pathlib
import struct
import time

import turns

turns.need("torch")

import torch
import torch.nn.functional as f


class Vae(torch.nn.Module):
    def __init__(self, hidden, latent, pixels=784):
        super().__init__()
        self.latent = latent
        self.fc1 = torch.nn.Linear(pixels, hidden)
        self.fc21 = torch.nn.Linear(hidden, latent)
        self.fc22 = torch.nn.Linear(hidden, latent)
        self.fc3 = torch.nn.Linear(latent, hidden)
        self.fc4 = torch.nn.Linear(hidden, pixels)

    def negative_elbo(self, x, draws):
        """Of each picture, in nats: reconstruction and divergence."""
        h = f.relu(self.fc1(x))
        mean, log_var = self.fc21(h), self.fc22(h)
        logits = self.fc4(f.relu(self.fc3(mean + draws * torch.exp(log_var / 2))))
        reconstruction = f.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1)
        return reconstruction, (mean.square() + log_var.exp() - 1 - log_var).sum(1) / 2


def pictures(folder, split):
    """N x 784 in [0, 1], packed or not."""
    for name in (f"{split}-images-idx3-ubyte.gz", f"{split}-images-idx3-ubyte"):
        path = folder / name
        if path.exists():
            data = gzip.decompress(path.read_bytes()) if name.endswith(".gz") else path.read_bytes()
            _, count, height, width = struct.unpack(">4I", data[:16])
            return torch.frombuffer(bytearray(data[16:]), dtype=torch.uint8).view(count, height * width) / 255
    raise SystemExit(f"{folder} holds no {split} pictures of MNIST")


def safetensors(path):
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    out = {}
    for name, entry in json.loads(data[8 : 8 + length]).items():
        if name != "__metadata__" and entry["dtype"] == "F32":
            begin, end = (8 + length + at for at in entry["data_offsets"])
            out[name] = torch.frombuffer(bytearray(data[begin:end]), dtype=torch.float32).view(entry["shape"])
    return out


@torch.no_grad()
def measure(net, test, a):
    draws = torch.Generator().manual_seed(a.seed)
    total = 0.0
    for x in test.split(500):
        seen = torch.bernoulli(x, generator=draws) if a.pixels == "binary" else x
        parts = net.negative_elbo(seen, torch.randn(len(x), net.latent, generator=draws))
        total += (parts[0] + parts[1]).sum().item()
    return total / len(test)


def train(net, data, test, a):
    adam = torch.optim.Adam(net.parameters(), a.lr)
    for epoch in range(1, a.epochs + 1):
        begin, total = time.perf_counter(), 0.0
        # Whole batches only, as ours has them.
        order = torch.randperm(len(data))
        for places in order[: len(order) // a.batch * a.batch].view(-1, a.batch):
            x = data[places]
            x = torch.bernoulli(x) if a.pixels == "binary" else x
            reconstruction, kl = net.negative_elbo(x, torch.randn(len(x), net.latent))
            loss = (reconstruction + kl).mean()
            adam.zero_grad()
            loss.backward()
            adam.step()
            total += loss.item() * len(x)
        seen = len(order) // a.batch * a.batch
        facts = {"train_loss": round(total / seen, 3), "test_loss": round(measure(net, test, a), 3)}
        turns.say(epoch=epoch, seconds=round(time.perf_counter() - begin, 1), **facts)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path, help="MNIST's four files")
    parser.add_argument("--weights", type=pathlib.Path, help="measure these instead of training")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--hidden", type=int, default=400)
    parser.add_argument("--latent", type=int, default=20)
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--pixels", choices=["binary", "levels"], default="binary")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    a = parser.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(a.seed)
    test = pictures(a.folder, "t10k")
    if a.weights:
        held = safetensors(a.weights)
        net = Vae(held["fc1.bias"].numel(), held["fc21.bias"].numel())
        net.load_state_dict({name: held[name] for name in net.state_dict()})
        turns.say(weights=str(a.weights), test_loss=round(measure(net, test, a), 3))
        return
    turns.say(ready=f"pytorch {torch.__version__}")
    train(Vae(a.hidden, a.latent), pictures(a.folder, "train"), test, a)


if __name__ == "__main__":
    main()
