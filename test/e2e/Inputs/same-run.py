"""Compares two finished runs: the losses of all steps, and the tensors of the last
checkpoint.

    same-run.py ONE TWO                     # to the bit
    same-run.py ONE TWO --loss 1e-6 --parameters 1e-5

Tolerances of losses and gradient norms (which have that of the parameters) are
relative; a tensor's is relative to the largest element that it has in ONE.
"""
import argparse
import array
import glob
import json
import os
import struct
import sys


def steps(run):
    """step -> (loss, gradient norm)"""
    found = {}
    with open(os.path.join(run, "metrics.jsonl")) as lines:
        for line in lines:
            entry = json.loads(line)
            if "loss" in entry:
                found[entry["step"]] = (entry["loss"], entry["grad_norm"])
    return found


def tensors(path):
    """name -> elements, of a safetensors file of f32"""
    with open(path, "rb") as file:
        length, = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = file.read()
    found = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        assert entry["dtype"] == "F32", path
        begin, end = entry["data_offsets"]
        elements = array.array("f", data[begin:end])
        if sys.byteorder != "little":
            elements.byteswap()
        found[name] = elements
    return found


def furthest(one, two):
    """The largest difference, relative to the largest element of `one`."""
    assert len(one) == len(two)
    largest = max(abs(x) for x in one) or 1.0
    # Written so that a NaN is the furthest of all.
    return max(abs(x - y) / largest if x - y == x - y else float("inf")
               for x, y in zip(one, two))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("one")
    parser.add_argument("two")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--loss", type=float, default=0.0)
    parser.add_argument("--parameters", type=float, default=0.0)
    arguments = parser.parse_args()

    one, two = steps(arguments.one), steps(arguments.two)
    if len(one) != arguments.steps or one.keys() != two.keys():
        sys.exit("the runs have %d and %d steps, expected %d" %
                 (len(one), len(two), arguments.steps))
    for step in sorted(one):
        for what, tolerance, x, y in zip(
                ("loss", "gradient norm"),
                (arguments.loss, arguments.parameters), one[step], two[step]):
            if not abs(x - y) <= tolerance * abs(x):
                sys.exit("step %d: %s %r and %r" % (step, what, x, y))

    worst = 0.0
    for file in ("model.safetensors", "optimizer.safetensors"):
        paths = [sorted(glob.glob(os.path.join(run, "step_*", file)))[-1]
                 for run in (arguments.one, arguments.two)]
        if arguments.parameters == 0:
            if open(paths[0], "rb").read() != open(paths[1], "rb").read():
                sys.exit("%s and %s differ" % tuple(paths))
            continue
        left, right = tensors(paths[0]), tensors(paths[1])
        if left.keys() != right.keys():
            sys.exit("%s has other tensors" % paths[1])
        for name in left:
            difference = furthest(left[name], right[name])
            if not difference <= arguments.parameters:
                sys.exit("%s: %s differs by %g of its largest element" %
                         (paths[1], name, difference))
            worst = max(worst, difference)
    print("equal" if worst == 0 else "equal within %g" % worst)


main()
