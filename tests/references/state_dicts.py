#!/usr/bin/env python3
"""PyTorch's side of `export-weights` and `import-weights`: the modules that the weights belong to, and proofs that both draw the same.

    python tests/references/state_dicts.py make
        writes the small files in state_dicts/ that src/engine/state_dicts_tests.rs reads: state dictionaries, and beside each in
        NAME.check.safetensors what PyTorch makes of them.
    python tests/references/state_dicts.py verify PROGRAM
        trains each kind of network with the program, loads what it exports with strict=True and compares; then imports PyTorch-made
        networks and compares again. Pictures must agree within 1e-5.

Needs torch and safetensors.
"""
import pathlib
import subprocess
import sys
import tempfile

import torch
from safetensors.torch import load_file, save_file
from torch import nn

HERE = pathlib.Path(__file__).with_suffix("")
NEAR = 1e-5
# Side of the first map and filters of each doubling as multiples of the width.
DOUBLINGS = {28: (7, [4, 2]), 32: (4, [4, 2, 1]), 64: (4, [8, 4, 2, 1]), 128: (4, [16, 8, 4, 2, 1])}


class Generator(nn.Module):
    """The tutorial's DCGAN generator: transposed convolutions without biases."""

    def __init__(self, size, channels, z_dim, width):
        super().__init__()
        first, levels = DOUBLINGS[size]
        widths = [level * width for level in levels]
        layers = [nn.ConvTranspose2d(z_dim, widths[0], first, 1, 0, bias=False), nn.BatchNorm2d(widths[0]), nn.ReLU(True)]
        for inputs, outputs in zip(widths, widths[1:]):
            layers += [nn.ConvTranspose2d(inputs, outputs, 4, 2, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(True)]
        layers += [nn.ConvTranspose2d(widths[-1], channels, 4, 2, 1, bias=False), nn.Tanh()]
        self.main = nn.Sequential(*layers)

    def forward(self, z):
        return self.main(z[:, :, None, None])


class Discriminator(nn.Module):
    """Its discriminator."""

    def __init__(self, size, channels, width):
        super().__init__()
        first, levels = DOUBLINGS[size]
        widths = [level * width for level in reversed(levels)]
        layers = [nn.Conv2d(channels, widths[0], 4, 2, 1, bias=False), nn.LeakyReLU(0.2)]
        for inputs, outputs in zip(widths, widths[1:]):
            layers += [nn.Conv2d(inputs, outputs, 4, 2, 1, bias=False), nn.BatchNorm2d(outputs), nn.LeakyReLU(0.2)]
        layers += [nn.Conv2d(widths[-1], 1, first, 1, 0, bias=False), nn.Sigmoid()]
        self.main = nn.Sequential(*layers)

    def forward(self, x):
        return self.main(x).flatten()


class MlpVae(nn.Module):
    """The five linear layers of PyTorch's VAE example."""

    def __init__(self, size, channels, z_dim, hidden):
        super().__init__()
        self.shape = (channels, size, size)
        pixels = channels * size * size
        self.fc1, self.fc21, self.fc22 = nn.Linear(pixels, hidden), nn.Linear(hidden, z_dim), nn.Linear(hidden, z_dim)
        self.fc3, self.fc4 = nn.Linear(z_dim, hidden), nn.Linear(hidden, pixels)

    def encode(self, x):
        return self.fc21(self.fc1((x.flatten(1) + 1) / 2).relu())

    def forward(self, z):
        return self.fc4(self.fc3(z).relu()).sigmoid().view(-1, *self.shape) * 2 - 1


class Vae(nn.Module):
    """The program's convolutional VAE: 4x4 convolutions of stride 2 down to 4x4 (in pictures of 28 the last is 3x3), and back."""

    class Encoder(nn.Module):
        def __init__(self, windows, channels, z_dim, width, hidden):
            super().__init__()
            self.count = len(windows)
            for i, side in enumerate(windows, 1):
                setattr(self, f"conv{i}", nn.Conv2d(channels if i == 1 else width, width, side, 2, 1))
            self.fc1, self.fc2 = nn.Linear(16 * width, hidden), nn.Linear(hidden, hidden)
            self.mean, self.log_var = nn.Linear(hidden, z_dim), nn.Linear(hidden, z_dim)

        def forward(self, x):
            for i in range(1, self.count + 1):
                x = getattr(self, f"conv{i}")(x).relu()
            x = self.fc2(self.fc1(x.flatten(1)).relu()).relu()
            return self.mean(x), self.log_var(x)

    class Decoder(nn.Module):
        def __init__(self, windows, channels, z_dim, width, hidden):
            super().__init__()
            self.count, self.width = len(windows), width
            self.fc1, self.fc2, self.fc3 = nn.Linear(z_dim, hidden), nn.Linear(hidden, hidden), nn.Linear(hidden, 16 * width)
            for i, side in enumerate(reversed(windows), 1):
                outputs = channels if i == self.count else width
                setattr(self, f"conv{i}", nn.ConvTranspose2d(width, outputs, side, 2, 1))

        def forward(self, z):
            x = self.fc3(self.fc2(self.fc1(z).relu()).relu()).relu().view(-1, self.width, 4, 4)
            for i in range(1, self.count + 1):
                x = getattr(self, f"conv{i}")(x)
                x = x.relu() if i < self.count else x
            return x

    def __init__(self, size, channels, z_dim, width, hidden):
        super().__init__()
        windows = {28: [4, 4, 3], 32: [4] * 3, 64: [4] * 4, 128: [4] * 5}[size]
        self.encoder = Vae.Encoder(windows, channels, z_dim, width, hidden)
        self.decoder = Vae.Decoder(windows, channels, z_dim, width, hidden)

    def encode(self, x):
        return self.encoder(x)[0]

    def forward(self, z):
        return self.decoder(z).sigmoid() * 2 - 1


def lively(net, example, times=1.0):
    """Weights and statistics as after some training: nothing is 0 or 1 any more."""
    with torch.no_grad():
        for name, parameter in net.named_parameters():
            if parameter.dim() > 1:
                parameter.mul_(times)
            else:
                parameter.add_(0.2 * torch.randn_like(parameter))
        net.train()
        for _ in range(40):
            net(example())
    return net.eval()


def answers(net, judge, latents):
    """What both sides are compared by."""
    with torch.no_grad():
        pictures = net(latents)
        # As 8 bits, and as networks see those.
        seen = ((pictures.clamp(-1, 1) + 1) * 127.5).round() * (2 / 255) - 1
        found = {"latents": latents, "pictures": pictures, "seen": seen}
        if judge is not None:
            found["judged"] = judge(seen)
        else:
            found["codes"] = net.encode(seen)
    return {name: tensor.contiguous() for name, tensor in found.items()}


def networks(seed, z_dim=4, width=4, hidden=8, sizes=(28, 32, 64), vae=(28, 32), mlp=(28,)):
    """name, generator, discriminator or None."""
    torch.manual_seed(seed)
    noise = lambda: torch.randn(16, z_dim)
    for size in sizes:
        channels = 3 if size == 32 else 1
        generator = lively(Generator(size, channels, z_dim, width), noise, 1.5)
        judge = lively(Discriminator(size, channels, width), lambda: generator(noise()), 1.5)
        with torch.no_grad():
            # So that its probabilities differ.
            judge.main[-2].weight.div_(judge(generator(noise())).logit().std())
        yield f"dcgan{size}", generator, judge
    for size in mlp:
        yield "mlp_vae" + ("" if size == 28 else str(size)), lively(MlpVae(size, 1, z_dim, hidden // 2), noise, 2.0), None
    for size in vae:
        yield f"vae{size}", lively(Vae(size, 3 if size == 32 else 1, z_dim, width, hidden), noise, 2.0), None


def save(net, path):
    save_file({name: tensor.contiguous() for name, tensor in net.state_dict().items()}, path)


def make():
    HERE.mkdir(exist_ok=True)
    for name, net, judge in networks(7):
        save(net, HERE / f"{name}.safetensors")
        if judge is not None:
            save(judge, HERE / f"{name}-discriminator.safetensors")
        save_file(answers(net, judge, torch.randn(2, 4)), HERE / f"{name}.check.safetensors")
    total = sum(path.stat().st_size for path in HERE.iterdir())
    print(f"{len(list(HERE.iterdir()))} files, {total / 1e3:.0f} kB")


def compare(what, net, judge, check):
    """The largest differences from what the program wrote with --check."""
    theirs = load_file(check)
    # What was seen is the program's own: a picture on the edge between two levels may be rounded either way.
    with torch.no_grad():
        apart = {"pictures": (net(theirs["latents"]) - theirs["pictures"]).abs().max().item()}
        if "judged" in theirs:
            apart["judged"] = (judge(theirs["seen"]) - theirs["judged"]).abs().max().item()
        if "codes" in theirs:
            apart["codes"] = (net.encode(theirs["seen"]) - theirs["codes"]).abs().max().item()
    spread = (theirs["pictures"].max() - theirs["pictures"].min()).item()
    print(f"{what:28} spread {spread:.2f} ", "  ".join(f"{name} {value:.1e}" for name, value in apart.items()))
    assert spread > 0.2 and all(value < NEAR for value in apart.values()), what


def verify(program):
    def run(*arguments):
        done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True)
        assert done.returncode == 0, (arguments, done.stderr)

    with tempfile.TemporaryDirectory() as home:
        home = pathlib.Path(home)
        # Trained here, loaded there.
        cases = [("dcgan", size, ["width=8", "z_dim=16"]) for size in (28, 32, 64, 128)]
        cases += [("mlp-vae", size, ["hidden=24", "z_dim=6"]) for size in (28, 32)]
        cases += [("vae", size, ["width=8", "hidden=32", "z_dim=6"]) for size in (28, 32, 64, 128)]
        for number, (family, size, knobs) in enumerate(cases):
            channels = 1 + 2 * (number % 2)
            knobs = [f"--set={k}" for k in [*knobs, f"size={size}", f"channels={channels}", "batch=8", "precision=fp32", "ema=0.5", "lr=0.01"]]
            out, file, check = home / f"run{number}", home / f"{number}.safetensors", home / f"{number}.check.safetensors"
            run("train", "--data", "shapes:64", "--family", family, *knobs, "--steps", 30, "--out", out)
            for raw in ([], ["--raw"]):
                run("export-weights", out, "--to", file, "--check", check, *raw)
                judge = None
                if family == "dcgan":
                    net, judge = Generator(size, channels, 16, 8), Discriminator(size, channels, 8)
                    judge.load_state_dict(load_file(home / f"{number}-discriminator.safetensors"), strict=True)
                    judge.eval()
                elif family == "mlp-vae":
                    net = MlpVae(size, channels, 6, 24)
                else:
                    net = Vae(size, channels, 6, 8, 32)
                net.load_state_dict(load_file(file), strict=True)
                compare(f"{family} {size}x{channels} {'raw' if raw else 'averaged'} out", net.eval(), judge, check)
        # Made there, drawn and trained here.
        made = networks(11, z_dim=12, width=8, hidden=16, sizes=(28, 32, 64, 128), vae=(28, 32, 64, 128), mlp=(28, 32))
        for name, net, judge in made:
            file, out, check = home / f"{name}.safetensors", home / f"in-{name}", home / f"{name}.check.safetensors"
            save(net, file)
            if judge is not None:
                save(judge, home / f"{name}-discriminator.safetensors")
            run("import-weights", file, "--data", "shapes:64", "--out", out, "--steps", 3, "--set=batch=8")
            again = home / f"{name}-again.safetensors"
            run("export-weights", out, "--to", again, "--check", check)
            compare(f"{name} in", net, judge, check)
            assert again.read_bytes() == file.read_bytes(), name
            run("train", "--out", out, "--resume")
    print("Both sides draw the same.")


if __name__ == "__main__":
    if sys.argv[1:] == ["make"]:
        make()
    elif len(sys.argv) == 3 and sys.argv[1] == "verify":
        verify(sys.argv[2])
    else:
        sys.exit(__doc__)
