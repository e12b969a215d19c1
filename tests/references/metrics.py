"""Numbers of the measures by other hands, for the tests of src/metrics: prdc, scipy, scikit-image, and numpy for what has no package.

Pictures, features, places and directions come from one linear congruential generator that the tests share:
    pip install numpy scipy scikit-image scikit-learn prdc
    python3 tests/references/metrics.py > tests/references/metrics.json
"""

import io
import json
from contextlib import redirect_stdout

import numpy as np
from prdc import compute_prdc
from scipy.linalg import sqrtm
from scipy.ndimage import convolve
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from sklearn.metrics.pairwise import polynomial_kernel


class Lcg:
    def __init__(self, seed):
        self.state = seed

    def byte(self):
        self.state = (self.state * 1664525 + 1013904223) % 2**32
        return self.state >> 24

    def normal(self):
        return (sum(self.byte() for _ in range(4)) - 510.0) / 148.0


def pictures(count, size, channels, seed, smooth):
    """count × size × size × channels bytes: noise, averaged over 3×3 neighbourhoods `smooth` times; borders wrap around."""
    lcg = Lcg(seed)
    x = np.array([lcg.byte() for _ in range(count * size * size * channels)]).reshape(count, size, size, channels)
    for _ in range(smooth):
        x = sum(np.roll(x, (i, j), (1, 2)) for i in (-1, 0, 1) for j in (-1, 0, 1)) // 9
    return x.astype(np.uint8)


def cloud(count, wide, seed, scale, offset):
    lcg = Lcg(seed)
    return np.array([lcg.normal() for _ in range(count * wide)]).reshape(count, wide) * scale + offset


# --- sliced Wasserstein distance ---------------------------------------------------------------------------------------------------

ROW = np.array([1, 4, 6, 4, 1]) / 16


def blur(plane):
    return convolve(plane, np.outer(ROW, ROW), mode="mirror")


def smaller(plane):
    return blur(plane)[::2, ::2]


def larger(plane, side):
    spread = np.zeros((2 * plane.shape[0], 2 * plane.shape[1]))
    spread[::2, ::2] = plane
    return 4 * blur(spread)[:side, :side]


def pyramid(plane):
    """Laplacian levels of one channel of one picture, down to 16 px."""
    more = -plane.shape[0] % 16
    rest = np.pad(plane.astype(np.float64), (more // 2, more - more // 2), mode="reflect")
    levels = []
    while (rest.shape[0] + 1) // 2 >= 16:
        less = smaller(rest)
        levels.append(rest - larger(less, rest.shape[0]))
        rest = less
    return levels + [rest]


def swd(real, fake, patches, directions, seed):
    """×1000, one number a level. Places from Lcg(seed + level), directions from Lcg(seed + 1000 + level)."""
    count, size, _, channels = real.shape
    sets = [[[pyramid(p[:, :, c]) for c in range(channels)] for p in s] for s in (real, fake)]
    found = []
    for level in range(len(sets[0][0][0])):
        side = sets[0][0][0][level].shape[0]
        lcg = Lcg(seed + level)
        places = [[(lcg.byte() % (side - 6), lcg.byte() % (side - 6)) for _ in range(patches)] for _ in range(count)]
        lcg = Lcg(seed + 1000 + level)
        lines = np.array([[lcg.normal() for _ in range(49 * channels)] for _ in range(directions)])
        lines /= np.linalg.norm(lines, axis=1, keepdims=True)
        sorts = []
        for planes in sets:
            d = np.array(
                [[q[level][y : y + 7, x : x + 7] for q in p] for p, at in zip(planes, places) for y, x in at]
            )
            d -= d.mean(axis=(0, 2, 3), keepdims=True)
            d /= d.std(axis=(0, 2, 3), keepdims=True)
            sorts.append(np.sort(d.reshape(len(d), -1) @ lines.T, axis=0))
        found.append(1000 * np.abs(sorts[0] - sorts[1]).mean())
    return found


# --- clouds ------------------------------------------------------------------------------------------------------------------------


def prdc(real, fake, k):
    with redirect_stdout(io.StringIO()):  # the package chats
        found = compute_prdc(real, fake, k)
    return [float(found[key]) for key in ("precision", "recall", "density", "coverage")]


def frechet(x, y):
    a, b = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
    return [float(((x.mean(0) - y.mean(0)) ** 2).sum() + np.trace(a + b - 2 * sqrtm(a @ b).real))]


def kernel(x, y):
    k = lambda a, b: polynomial_kernel(a, b, degree=3, gamma=1 / a.shape[1], coef0=1)
    m, n = len(x), len(y)
    off = lambda a: a.sum() - np.trace(a)
    return [float(off(k(x, x)) / (m * (m - 1)) + off(k(y, y)) / (n * (n - 1)) - 2 * k(x, y).mean())]


# --- likeness ----------------------------------------------------------------------------------------------------------------------


def likeness(x, y):
    x, y = x / 255, y / 255
    mse = [float(((a - b) ** 2).mean()) for a, b in zip(x, y)]
    psnr = [float(peak_signal_noise_ratio(a, b, data_range=1)) for a, b in zip(x, y)]
    window = dict(gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=1, channel_axis=-1)
    return mse, psnr, [float(structural_similarity(a, b, **window)) for a, b in zip(x, y)]


def nearest(fake, real):
    f, r = (x.reshape(len(x), -1) / 255 for x in (fake, real))
    apart = np.sqrt(((f[:, None] - r[None]) ** 2).mean(2))
    return [v for row in apart for v in (float(row.min()), int(row.argmin()))]


found = {}
for size, channels, seed in [(28, 1, 10), (32, 3, 20), (64, 3, 30)]:
    real, fake = pictures(6, size, channels, seed, 2), pictures(6, size, channels, seed + 1, 1)
    found[f"swd-{size}-{channels}"] = swd(real, fake, 40, 100, 77)
gauss = cloud(400, 64, 1, 1, 0), cloud(400, 64, 2, 1, 0)
apart = cloud(300, 16, 3, 1, 0), cloud(250, 16, 4, 0.8, 0.3)
found["prdc-gauss"] = prdc(*gauss, 5)
found["prdc-apart-3"] = prdc(*apart, 3)
found["prdc-apart-5"] = prdc(*apart, 5)
found["frechet-gauss"], found["frechet-apart"] = frechet(*gauss), frechet(*apart)
found["kernel-gauss"], found["kernel-apart"] = kernel(*gauss), kernel(*apart)
for size, channels, seed in [(28, 1, 40), (32, 3, 50)]:
    x, y = pictures(3, size, channels, seed, 2), pictures(3, size, channels, seed, 3)
    y[0] = 255 - y[0]
    for name, numbers in zip(("mse", "psnr", "ssim"), likeness(x, y)):
        found[f"{name}-{size}-{channels}"] = numbers
found["nearest"] = nearest(pictures(5, 28, 1, 60, 1), pictures(50, 28, 1, 61, 1))
print(json.dumps(found, indent=1))
