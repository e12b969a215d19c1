"""PyMatting's mattes of the alphamatting photos, measured: prints JSON.

    python pymatting_table.py DATA [METHOD ...]

DATA holds matting/alphamatting/{image,trimap1,gt}; METHOD is cf, knn or lbdm (all, if none is named). Needs numpy, Pillow and
pymatting. Each figure is of unknown pixels of trimap1, with alpha rounded to a byte as a file would hold it. Seconds are the best of
three in one warm process without reading files; how many threads there are is for NUMBA_NUM_THREADS and OMP_NUM_THREADS to say.
"""

import contextlib
import io
import json
import sys
import time
from pathlib import Path

import numpy as np
import pymatting
from PIL import Image

METHODS = {
    "cf": pymatting.estimate_alpha_cf,
    "knn": pymatting.estimate_alpha_knn,
    "lbdm": pymatting.estimate_alpha_lbdm,
}
ROUNDS = 3


def read(path, mode):
    return np.asarray(Image.open(path).convert(mode)) / 255.0


def timed(work):
    seconds = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        with contextlib.redirect_stdout(io.StringIO()):
            made = work()
        seconds.append(time.perf_counter() - start)
    return made, round(min(seconds), 3)


def row(folder, name, method):
    image = read(folder / "image" / f"{name}.png", "RGB")
    trimap = read(folder / "trimap1" / f"{name}.png", "L")
    truth = read(folder / "gt" / f"{name}.png", "RGB")[:, :, 0]
    alpha, seconds = timed(lambda: METHODS[method](image, trimap))
    _, foreground = timed(lambda: pymatting.estimate_foreground_ml(image, alpha))
    unknown = (trimap > 0) & (trimap < 1)
    error = (np.round(alpha * 255) / 255 - truth)[unknown]
    return {
        "image": name,
        "method": method,
        "unknown_share": round(float(unknown.mean()), 4),
        "sad_1000": round(float(np.abs(error).sum()) / 1000, 4),
        "mse": round(float((error**2).mean()), 5),
        "seconds": seconds,
        "foreground_seconds": foreground,
    }


def main():
    folder = Path(sys.argv[1]) / "matting" / "alphamatting"
    names = sorted(path.stem for path in (folder / "gt").glob("*.png"))
    methods = sys.argv[2:] or list(METHODS)
    rows = [row(folder, name, method) for method in methods for name in names]
    print(json.dumps({"pymatting": pymatting.__version__, "rows": rows}, indent=1))


if __name__ == "__main__":
    main()
