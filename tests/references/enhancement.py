"""Reference numbers for the unit tests of `src/synth/enhancement`: scikit-image's non-local means and CLAHE on a picture that a formula draws.

    pip install numpy scikit-image==0.26.0
    python tests/references/enhancement.py

Prints the tables that stand in `src/synth/enhancement/reference_tests.rs`: the values at 8 x 8 places of a 64 x 64 grey picture.
scikit-image leaves out weights below exp(-5), and counts a level's own share of a histogram in full: equalising the negative counts it
not at all, so the two are bounds. No limit is set there, since its clipped histograms (0.26) hold more pixels than the tile has.
"""

import numpy as np
from skimage.exposure import equalize_adapthist
from skimage.restoration import denoise_nl_means


def picture():
    """A slope, a disc and noise from a multiplicative hash; the first two pixels are black and white."""
    y, x = np.mgrid[0:64, 0:64].astype(np.uint64)
    noise = sum(((y * 64 + x + k * 4096 + 1) * 2654435761 % 2**32) >> 16 & 15 for k in range(4)).astype(float) - 30
    disc = ((x.astype(int) - 40) ** 2 + (y.astype(int) - 24) ** 2 < 300) * 60
    values = np.clip(60 + x + disc + noise, 0, 255).astype(float)
    values[0, :2] = 0, 255
    return values


def table(name, values):
    print(f"{name}:")
    for row in values[4::8, 4::8]:
        print("    [" + ", ".join(f"{v:.1f}" for v in row) + "],")


if __name__ == "__main__":
    grey = picture()
    print("sum", grey.sum())
    nlm = denoise_nl_means(grey, patch_size=5, patch_distance=8, h=0.8 * 9.2, sigma=9.2, fast_mode=True, preserve_range=True)
    table("NON_LOCAL_MEANS", nlm)
    # 257 bins of 14 bits: each level of 8 bits has one of its own.
    free = {"kernel_size": 16, "clip_limit": 1.0, "nbins": 257}
    table("LOCAL_CONTRAST_MOST", 255 * equalize_adapthist(grey / 255, **free))
    table("LOCAL_CONTRAST_LEAST", 255 - 255 * equalize_adapthist(1 - grey / 255, **free))
