#!/usr/bin/env python3
"""Peer of `bench load`: what torchvision's ImageFolder with Resize and CenterCrop does, in one process, without torchvision.

Walks a folder, opens each picture with Pillow, converts it to RGB, shrinks its shorter side (bilinear, antialiased, as Resize
does), crops the centre and keeps the bytes. A round reads one sub-folder of --files, the next round the next one; the sample
is the milliseconds a picture took on average.

    python tests/peers/folder_load.py --files FOLDER --size 64 --rounds 10
"""
import os
import time

import turns

turns.need("PIL.Image", "numpy")

import numpy
import PIL
from PIL import Image


def prepared(path, size):
    with open(path, "rb") as file:
        picture = Image.open(file).convert("RGB")
    width, height = picture.size
    if width < height:
        width, height = size, int(size * height / width)
    else:
        width, height = int(size * width / height), size
    picture = picture.resize((width, height), Image.BILINEAR)
    left, top = round((width - size) / 2), round((height - size) / 2)
    return numpy.array(picture.crop((left, top, left + size, top + size)))


def load(folder, size):
    paths = sorted(os.path.join(at, name) for at, _, names in os.walk(folder) for name in names)
    return [prepared(path, size) for path in paths if path.lower().endswith((".jpg", ".jpeg", ".png"))]


def main():
    parser = turns.arguments(__doc__.splitlines()[0])
    parser.add_argument("--files", required=True, help="a folder of folders of pictures")
    parser.add_argument("--size", type=int, default=64)
    a = parser.parse_args()
    folders = sorted(entry.path for entry in os.scandir(a.files) if entry.is_dir())
    turn = 0

    def measured():
        nonlocal turn
        folder = folders[turn % len(folders)]
        turn += 1
        start = time.perf_counter()
        pictures = load(folder, a.size)
        return [(time.perf_counter() - start) * 1e3 / max(len(pictures), 1)]

    turns.serve(a, "pillow " + PIL.__version__, {"one process": measured})


if __name__ == "__main__":
    main()
