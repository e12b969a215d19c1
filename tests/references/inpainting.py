"""Reference figures for `src/synth/inpainting`, quoted in its tests. Needs numpy, scipy and scikit-image.

Prints, for small pictures given by formulas of integers: PSNR in a hole, SSIM, and the harmonic and biharmonic fill of a hole.
"""

import numpy as np
import scipy.sparse as sparse
import scipy.sparse.linalg as linalg
from skimage.metrics import structural_similarity
from skimage.restoration import inpaint_biharmonic

WIDTH, HEIGHT = 24, 20
y, x, c = np.mgrid[0:HEIGHT, 0:WIDTH, 0:3]


def measures():
    a = (31 * x + 17 * y + x * y + 50 * c) % 256
    b = np.minimum(a + (x * x + 3 * y + 5 * c) % 23, 255)
    hole = ((x - 9) ** 2 + (y - 8) ** 2 < 20)[..., 0]
    error = np.mean((a - b)[hole].astype(float) ** 2)
    similarity, full = structural_similarity(
        a.astype(np.uint8), b.astype(np.uint8), channel_axis=2, full=True
    )
    print("hole_psnr", 10 * np.log10(255**2 / error))
    print("ssim", similarity)
    print("hole_ssim", full.mean(axis=2)[hole].mean())


def smooth():
    return x * x * y // 60 + 3 * x + 2 * c


def harmonic(picture, hole):
    index = -np.ones(hole.shape, int)
    index[hole] = np.arange(hole.sum())
    matrix = sparse.lil_matrix((hole.sum(), hole.sum()))
    right = np.zeros((hole.sum(), 3))
    for py, px in zip(*np.nonzero(hole)):
        at = index[py, px]
        for qy, qx in [(py - 1, px), (py + 1, px), (py, px - 1), (py, px + 1)]:
            if 0 <= qy < HEIGHT and 0 <= qx < WIDTH:
                matrix[at, at] += 1
                if hole[qy, qx]:
                    matrix[at, index[qy, qx]] = -1
                else:
                    right[at] += picture[qy, qx]
    return linalg.spsolve(matrix.tocsc(), right)


def fills():
    picture = smooth()
    border = (x >= 19)[..., 0] & ((y >= 15)[..., 0])
    inner = (abs(x - 9) <= 2)[..., 0] & (abs(y - 8) <= 2)[..., 0]
    print("harmonic red", np.rint(harmonic(picture, border | inner)[:, 0]).astype(int).tolist())
    filled = inpaint_biharmonic(picture.astype(float), inner, channel_axis=2)
    print("biharmonic red", np.rint(filled[inner][:, 0]).astype(int).tolist())


measures()
fills()
