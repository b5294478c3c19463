"""Checks a metrics.jsonl: the loss begins at ln(vocabulary) and falls.

usage: loss-falls.py FILE VOCABULARY FINAL
"""
import json
import math
import sys

lines = [json.loads(line) for line in open(sys.argv[1])]
losses = [line["loss"] for line in lines if "loss" in line]
validation = [line["val_loss"] for line in lines if "val_loss" in line]
uniform, final = math.log(int(sys.argv[2])), float(sys.argv[3])
print(f"first {losses[0]:.4f} last {losses[-1]:.4f} validation {validation}")
assert abs(losses[0] / uniform - 1) < 0.01, f"begins at {losses[0]}, not {uniform}"
assert abs(validation[0] / uniform - 1) < 0.01, validation
assert validation[-1] < final, validation
assert all(math.isfinite(line["grad_norm"]) for line in lines if "loss" in line)
assert [line["step"] for line in lines if "loss" in line] == list(
    range(1, len(losses) + 1)
)
