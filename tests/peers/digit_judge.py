"""Judges drawn digits with a small classifier trained for the purpose on MNIST.

usage: digit_judge.py MNIST_FOLDER WEIGHTS.pt FOLDER_OF_PNGS [--asked K]

Trains the classifier (four epochs with a falling rate, seeded) if WEIGHTS.pt does not exist. Prints one JSON object: how many pictures, the share of
which it is more than 0.9 sure, the entropy of the classes it sees in nats (2.303 when all ten are equally frequent), and with
--asked the share it takes for that class.
"""

import argparse
import gzip
import json
import pathlib

import numpy
import torch
from PIL import Image
from torch import nn


def idx(folder, stem):
    path = next(p for p in pathlib.Path(folder).iterdir() if p.name.startswith(stem))
    raw = gzip.open(path).read() if path.suffix == ".gz" else path.read_bytes()
    dims = raw[3]
    shape = [int.from_bytes(raw[4 + 4 * i : 8 + 4 * i], "big") for i in range(dims)]
    return numpy.frombuffer(raw, numpy.uint8, offset=4 + 4 * dims).reshape(shape)


def network():
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, 2, 1), nn.BatchNorm2d(16), nn.ReLU(),
        nn.Conv2d(16, 32, 3, 2, 1), nn.BatchNorm2d(32), nn.ReLU(),
        nn.Conv2d(32, 64, 3, 2, 1), nn.BatchNorm2d(64), nn.ReLU(),
        nn.Flatten(), nn.Linear(64 * 16, 10),
    )  # fmt: skip


def prepared(pictures):
    return torch.from_numpy(pictures.copy()).float().div(127.5).sub(1).view(-1, 1, 28, 28)


def trained(folder, weights):
    net = network()
    if pathlib.Path(weights).exists():
        net.load_state_dict(torch.load(weights, weights_only=True))
        return net.eval()
    torch.manual_seed(0)
    x, y = idx(folder, "train-images"), torch.from_numpy(idx(folder, "train-labels").astype("int64"))
    adam = torch.optim.Adam(net.parameters(), 2e-3)
    batches = 4 * (len(y) // 128 + 1)
    fall = torch.optim.lr_scheduler.CosineAnnealingLR(adam, batches)
    for _ in range(4):
        for batch in torch.randperm(len(y)).split(128):
            loss = nn.functional.cross_entropy(net(prepared(x[batch.numpy()])), y[batch])
            adam.zero_grad()
            loss.backward()
            adam.step()
            fall.step()
    net.eval()
    with torch.no_grad():
        x, y = idx(folder, "t10k-images"), torch.from_numpy(idx(folder, "t10k-labels").astype("int64"))
        likely, classes = net(prepared(x)).softmax(1).max(1)
        right, sure = (classes == y).double().mean().item(), (likely > 0.9).double().mean().item()
        print(json.dumps({"accuracy_on_test_digits": right, "sure_on_test_digits": sure}))
    torch.save(net.state_dict(), weights)
    return net


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("mnist")
    parser.add_argument("weights")
    parser.add_argument("pictures")
    parser.add_argument("--asked", type=int)
    args = parser.parse_args()
    net = trained(args.mnist, args.weights)
    files = sorted(pathlib.Path(args.pictures).glob("*.png"))
    pictures = numpy.stack([numpy.asarray(Image.open(f).convert("L")) for f in files])
    assert pictures.shape[1:] == (28, 28), f"the pictures are {pictures.shape[1:]} instead of 28 by 28"
    with torch.no_grad():
        likely, classes = net(prepared(pictures)).softmax(1).max(1)
    shares = torch.bincount(classes, minlength=10).double() / len(files)
    facts = {
        "count": len(files),
        "sure": (likely > 0.9).double().mean().item(),
        "entropy": -(shares * shares.clamp_min(1e-12).log()).sum().item(),
        "shares": [round(s, 3) for s in shares.tolist()],
    }
    if args.asked is not None:
        facts["as_asked"] = (classes == args.asked).double().mean().item()
    print(json.dumps(facts))


main()
