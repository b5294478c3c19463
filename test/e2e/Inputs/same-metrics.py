"""Compares two metrics.jsonl, but for what a clock measured."""
import json
import sys

CLOCK = ("ms", "tokens_per_s")


def lines(path):
    with open(path) as file:
        for line in file:
            yield {k: v for k, v in json.loads(line).items() if k not in CLOCK}


first, second = (list(lines(path)) for path in sys.argv[1:])
assert first, "no metrics"
for a, b in zip(first, second):
    if a != b:
        sys.exit(f"{a}\n{b}")
if len(first) != len(second):
    sys.exit(f"{len(first)} and {len(second)} lines")
