#!/usr/bin/env python3
"""Thins the curves of whole recipe runs to what the training doctor needs to see, for tests/recipes/silent.rs.

    python tests/recipes/curves.py RUN…        writes tests/recipes/curves/NAME.json of each run folder NAME

A curve with a point at every step keeps each fifth, three figures of each value; others keep all points. Floors, which no rule reads,
are left out.
"""
import json
import pathlib
import sys

EVERY = 5


def thin(points):
    short = lambda value: float(f"{value:.3g}")
    if len(points) < 1000:
        return {"points": [[step, short(value)] for step, value in points]}
    by_step = dict(points)
    last = max(by_step)
    # A curve that is noted now and then only misses some of them.
    return {"every": EVERY, "values": [short(by_step[s]) if s in by_step else None for s in range(EVERY, last + 1, EVERY)]}


def main():
    to = pathlib.Path(__file__).parent / "curves"
    to.mkdir(exist_ok=True)
    for folder in map(pathlib.Path, sys.argv[1:]):
        changes = folder / "journal.jsonl"
        if changes.exists() and changes.read_text().strip():
            sys.exit(f"{folder} was changed while it trained, or went back: not a recipe as it stands")
        curves = {}
        for line in (folder / "metrics.jsonl").read_text().splitlines():
            point = json.loads(line)
            if isinstance(point.get("value"), (int, float)) and not point["name"].startswith("floor_"):
                curves.setdefault(point["name"], []).append((point["step"], point["value"]))
        text = json.dumps({name: thin(points) for name, points in sorted(curves.items())}, separators=(",", ":"))
        (to / f"{folder.name}.json").write_text(text.replace('},"', '},\n"') + "\n")


if __name__ == "__main__":
    main()
