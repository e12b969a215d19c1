"""The textbook DCGAN in PyTorch: the same networks that Latent Studio's family `dcgan` has."""
from torch import nn

PLANS = {28: (7, [4, 2]), 32: (4, [4, 2, 1]), 64: (4, [8, 4, 2, 1]), 128: (4, [16, 8, 4, 2, 1])}


def arguments(parser):
    parser.add_argument("--size", type=int, default=32, choices=sorted(PLANS))
    parser.add_argument("--width", type=int, default=64, help="filters of the thinnest layer")
    parser.add_argument("--channels", type=int, default=1)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--z", type=int, default=100, help="length of the latent vector")
    return parser


def generator(a):
    first, levels = PLANS[a.size]
    widths = [level * a.width for level in levels]
    layers = [nn.ConvTranspose2d(a.z, widths[0], first, 1, 0, bias=False), nn.BatchNorm2d(widths[0]), nn.ReLU(True)]
    for before, after in zip(widths, widths[1:]):
        layers += [nn.ConvTranspose2d(before, after, 4, 2, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU(True)]
    return nn.Sequential(*layers, nn.ConvTranspose2d(widths[-1], a.channels, 4, 2, 1, bias=False), nn.Tanh())


def discriminator(a):
    first, levels = PLANS[a.size]
    widths = [level * a.width for level in reversed(levels)]
    layers = [nn.Conv2d(a.channels, widths[0], 4, 2, 1, bias=False), nn.LeakyReLU(0.2, True)]
    for before, after in zip(widths, widths[1:]):
        layers += [nn.Conv2d(before, after, 4, 2, 1, bias=False), nn.BatchNorm2d(after), nn.LeakyReLU(0.2, True)]
    return nn.Sequential(*layers, nn.Conv2d(widths[-1], 1, first, 1, 0, bias=False), nn.Flatten(0))
