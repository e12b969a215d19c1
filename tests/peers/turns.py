"""What the peer scripts share: a handshake, then a round of measurements whenever a line asks for one, or so many by themselves.

Everything on standard output is one JSON object a line:
  {"ready": "pytorch 2.11.0"}                       once, after the slow imports
  {"missing": "torch"}                              instead, when a module is not installed
  {"variant": "eager", "samples_ms": [176.1, ...]}  a round; with --paced after each line on standard input, which names the variant
"""
import argparse
import importlib
import json
import sys
import time


def say(**facts):
    print(json.dumps(facts), flush=True)


def need(*modules):
    """Imports the modules, or says which one is missing and leaves."""
    for name in modules:
        try:
            importlib.import_module(name)
        except ImportError:
            say(missing=name.split(".")[0])
            sys.exit(0)


def arguments(about):
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--threads", type=int, default=1, help="intra-op threads")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each variant, when nobody sets the pace")
    parser.add_argument("--seconds", type=float, default=0.0, help="length of a round; 0 counts instead")
    parser.add_argument("--count", type=int, default=5, help="timed repetitions of a round, when --seconds is 0")
    parser.add_argument("--paced", action="store_true", help="a round for each line on standard input")
    return parser


def timed(work, a):
    """One repetition to warm up, then the milliseconds of each of a round's repetitions."""
    work()
    samples, begin = [], time.perf_counter()
    while not samples or (time.perf_counter() - begin < a.seconds if a.seconds else len(samples) < a.count):
        start = time.perf_counter()
        work()
        samples.append((time.perf_counter() - start) * 1e3)
    return samples


def serve(a, peer, variants):
    """`variants` names functions that measure a round and return its samples in milliseconds."""
    say(ready=peer)
    asked = (line.strip() for line in sys.stdin) if a.paced else (v for _ in range(a.rounds) for v in variants)
    for variant in asked:
        if variant not in variants:
            sys.exit(f"there is no variant called {variant!r}; there are {', '.join(variants)}")
        say(variant=variant, samples_ms=[round(ms, 4) for ms in variants[variant]()])
