#!/usr/bin/env python3
"""Peer of `bench synth`: PyMatting's closed-form alpha and its multi-level foreground, of the picture and trimap in two files.

Reading the files is not timed. A sample is the milliseconds of one photograph; numba has compiled everything before the first.

    python tests/peers/pymatting_matte.py --photo PHOTO.png --trimap TRIMAP.png --rounds 3 --count 1
"""
import os
import time

import turns

A = turns.arguments(__doc__.splitlines()[0])
A.add_argument("--photo", required=True)
A.add_argument("--trimap", required=True)
A = A.parse_args()
for name in ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(name, str(A.threads))

turns.need("pymatting")

import pymatting


def once(work):
    start = time.perf_counter()
    work()
    return [(time.perf_counter() - start) * 1e3]


def main():
    photo, trimap = pymatting.load_image(A.photo, "RGB"), pymatting.load_image(A.trimap, "GRAY")

    def matte():
        alpha = pymatting.estimate_alpha_cf(photo, trimap)
        return pymatting.estimate_foreground_ml(photo, alpha)

    # Compiles.
    matte()
    turns.serve(A, "pymatting " + pymatting.__version__, {"closed form": lambda: once(matte)})


if __name__ == "__main__":
    main()
