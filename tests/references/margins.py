#!/usr/bin/env python3
"""Measures how far training runs lie from the bars of their tests, over seeds and instruction sets.

Usage: margins.py [--seeds N] [--each N] [--jobs N] [--settings NAME,…] [--only TEST,…] [--keep FILE] [--from FILE] [--brief]

Builds the tests, runs those that judge a training run (they use tests/common/bars.rs) once for each seed and each instruction set
that oneDNN, ATen and MKL can be told to keep to, and prints for each figure its mean, standard deviation (the "spread"), its worst
value, its bar, and how many spreads lie between mean and bar. What was broken on purpose counts by the figure that gives it away
best. Exits with 1 when something stands closer than three spreads, or on the wrong side. Needs Python 3 only.
"""

import argparse
import collections
import concurrent.futures
import json
import math
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
LEAST = 3.0

# Name: environment. The processor's own choice comes first; ATEN_CPU_CAPABILITY=avx512 is the same where there is AVX-512.
SETTINGS = {
    "own": {},
    "onednn-sse41": {"ONEDNN_MAX_CPU_ISA": "SSE41"},
    "onednn-avx2": {"ONEDNN_MAX_CPU_ISA": "AVX2"},
    "onednn-avx512": {"ONEDNN_MAX_CPU_ISA": "AVX512_CORE"},
    "aten-default": {"ATEN_CPU_CAPABILITY": "default"},
    "aten-avx2": {"ATEN_CPU_CAPABILITY": "avx2"},
    "aten-avx512": {"ATEN_CPU_CAPABILITY": "avx512"},
    "mkl-compatible": {"MKL_CBWR": "COMPATIBLE"},
    "mkl-avx2": {"MKL_CBWR": "AVX2"},
    "two-threads": {"LATENT_STUDIO_TEST_THREADS": "2"},
}

def programs():
    """The test programs by name, built if need be."""
    command = ["cargo", "test", "--no-run", "--lib", "--tests", "--message-format=json"]
    lines = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    found = {}
    for message in map(json.loads, lines):
        if message.get("executable") and message["profile"]["test"]:
            found[message["target"]["name"]] = message["executable"]
    return found


def judging(program):
    """The tests of a program that judge training runs: those that name themselves to a Judge."""
    sources = [*ROOT.glob("src/**/*.rs"), *ROOT.glob("tests/**/*.rs")]
    names = {name for source in sources for name in re.findall(r'Judge::new\("(\w+)"\)', source.read_text())}
    listed = subprocess.run([program, "--list"], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    tests = [line.removesuffix(": test") for line in listed if line.endswith(": test")]
    return [test for test in tests if test.split("::")[-1] in names]


def run(program, test, setting, seed):
    """The figures of one test in one setting; its output where it fails."""
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, "figures")
        own = {"LATENT_STUDIO_TEST_FIGURES": str(file), "LATENT_STUDIO_TEST_SEED": str(seed), "GOMP_SPINCOUNT": "10000"}
        environment = {**os.environ, **SETTINGS[setting], **own}
        command = [program, "--exact", test, "--test-threads=1"]
        done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            return [], f"{test}, {setting}, seed {seed}:\n{done.stdout[-3000:]}"
        lines = file.read_text().splitlines() if file.exists() else []
        return [{**json.loads(line), "setting": setting, "seed": seed} for line in lines if line], None


def margin(values, side, bar, good):
    """Spreads from the mean to the bar; negative on the wrong side."""
    if any(v is None for v in values):  # no number: never clears a bar
        return -math.inf if good else math.inf
    mean = sum(values) / len(values)
    spread = math.sqrt(sum((v - mean) ** 2 for v in values) / max(1, len(values) - 1))
    room = (bar - mean) * (1 if side == "below" else -1) * (1 if good else -1)
    return room / spread if spread > 0 else math.copysign(math.inf, room)


def clears(value, side, bar):
    return value is not None and (value < bar if side == "below" else value > bar)


def table(lines, brief):
    """Prints all, or of each test and figure only what comes closest to its bar; the number of complaints."""
    figures = collections.OrderedDict()
    runs = collections.defaultdict(lambda: collections.defaultdict(list))
    for line in lines:
        who = (line["test"], line["subject"], line["plant"])
        figures.setdefault(who, collections.OrderedDict()).setdefault((line["figure"], line["side"], line["bar"]), []).append(line["value"])
        runs[who][line["setting"], line["seed"]].append(clears(line["value"], line["side"], line["bar"]))
    complaints, rows = 0, []
    print("| test | subject | planted fault | figure | runs | mean | spread | worst | bar | spreads to it |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for (test, subject, plant), own in figures.items():
        margins = {key: margin(values, key[1], key[2], not plant) for key, values in own.items()}
        wrong = sum((not all(all_)) if not plant else all(all_) for all_ in runs[test, subject, plant].values())
        least = max(margins.values()) if plant else min(margins.values())
        bad = least < LEAST or wrong > 0
        complaints += bad
        for (figure, side, bar), values in own.items():
            numbers = [v for v in values if v is not None]
            mean = sum(numbers) / len(numbers) if numbers else math.nan
            spread = math.sqrt(sum((v - mean) ** 2 for v in numbers) / max(1, len(numbers) - 1)) if numbers else math.nan
            worst = (max if (side == "below") == (not plant) else min)(numbers, default=math.nan)
            mark = "" if not bad else f" ✗ ({wrong} on the wrong side)"
            away = margins[figure, side, bar]
            text = (
                f"| {test} | {subject} | {plant} | {figure} | {len(values)} | {mean:.4g} | {spread:.2g} | {worst:.4g} "
                f"| {'<' if side == 'below' else '>'} {bar:g} | {away:.1f}{mark} |"
            )
            # Of a planted fault only the figure that gives it away counts.
            if not brief or not plant or away == least:
                rows.append((least if plant else away, (test, bool(plant), figure), bad, text))
    closest = {}
    for away, kind, _, _ in rows:
        closest[kind] = min(away, closest.get(kind, math.inf))
    for away, kind, bad, text in rows:
        if bad or not brief or away == closest.pop(kind, None):
            print(text)
    return complaints


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--seeds", type=int, default=5)
    options.add_argument("--each", type=int, help="settings of each seed, in turn; without it each seed runs in all of them")
    options.add_argument("--jobs", type=int, default=os.cpu_count())
    options.add_argument("--settings", default=",".join(SETTINGS))
    options.add_argument("--only", default="")
    options.add_argument("--keep", help="also writes the figures themselves here, a line of JSON each")
    options.add_argument("--brief", action="store_true", help="prints only what comes closest")
    options.add_argument("--from", dest="source", help="prints the table of figures that were kept")
    chosen = options.parse_args()
    if chosen.source:
        lines = map(json.loads, pathlib.Path(chosen.source).read_text().splitlines())
        sys.exit(1 if table(lines, chosen.brief) else 0)
    tests = [(program, test) for program in programs().values() for test in judging(program)]
    names = chosen.settings.split(",")
    each = min(chosen.each or len(names), len(names))
    work = [
        (program, test, setting, seed)
        for seed in range(chosen.seeds)
        for setting in [names[(seed * each + i) % len(names)] for i in range(each)]
        for program, test in tests
        if any(word in test for word in chosen.only.split(","))
    ]
    lines, broken = [], []
    if chosen.keep:
        pathlib.Path(chosen.keep).write_text("")
    with concurrent.futures.ThreadPoolExecutor(chosen.jobs) as pool:
        for done, (figures, trouble) in enumerate(pool.map(lambda one: run(*one), work), 1):
            lines += figures
            if chosen.keep:
                with open(chosen.keep, "a", encoding="utf-8") as kept:
                    kept.writelines(json.dumps(line) + "\n" for line in figures)
            broken += [trouble] if trouble else []
            print(f"{done} of {len(work)}", file=sys.stderr, end="\r")
    complaints = table(lines, chosen.brief)
    print(f"\n{len(work)} runs of tests; {complaints} closer to a bar than {LEAST:g} spreads; {len(broken)} broke.")
    print("\n".join(broken))
    sys.exit(1 if complaints or broken else 0)


if __name__ == "__main__":
    main()
