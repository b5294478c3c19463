"""Lets the operations on a run's files go wrong, one in each run.

usage: file-faults.py SHIM FOLDER STRIDE COMMAND...

COMMAND trains 12 (or N) steps with three checkpoints into --out; --out is added.
A run without faults says how many operations there are. Then every STRIDE-th one,
counted over all of them and all kinds of fault, fails in a run of its own. What is
left must go on, and end in the bytes of the run without faults, with `latest` and
--keep as there.
"""
import json
import os
import shutil
import subprocess
import sys

shim, folder, stride, *command = sys.argv[1:]
KINDS = ["kill", "ENOSPC", "EIO", "short"]


def run(out, more=(), fault=None):
    environment = dict(os.environ, LD_PRELOAD=shim, FLM_FAULT_UNDER=out,
                       FLM_FAULT_COUNT=folder + "/count")
    if fault:
        environment["FLM_FAULT"] = fault
    return subprocess.run([*command, "--out", out, *more], env=environment,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def contents(out):
    """All that must be equal: names, bytes, and metrics without what a clock decides."""
    found = {}
    for where, _, names in os.walk(out):
        for name in names:
            path = os.path.join(where, name)
            with open(path, "rb") as file:
                found[os.path.relpath(path, out)] = file.read()
    found.pop("lock", None)
    lines = []
    for line in found.pop("metrics.jsonl").decode().splitlines():
        record = json.loads(line)
        for key in ["ms", "tokens_per_s"]:
            record.pop(key, None)
        # At the end of each process that has trained, of several ranks.
        if "bytes_sent_per_step" not in record:
            lines.append(record)
    found["metrics"] = lines
    return found


def check(fault, whole):
    out = folder + "/run"
    shutil.rmtree(out, ignore_errors=True)
    first = run(out, fault=fault)
    steps = [name for name in os.listdir(out) if name.startswith("step_")] \
        if os.path.isdir(out) else []
    if fault.endswith("kill") and first.returncode == 0:
        return "was not killed"
    if first.returncode not in (0, 1, -9, 137):
        return f"ended with status {first.returncode}: {first.stderr}"
    if first.returncode == 1 and "error: " not in first.stderr:
        return "ended without a message"
    again = run(out, ["--resume"] if steps else [])
    if again.returncode != 0:
        return f"cannot go on: {again.stderr}"
    found = contents(out)
    different = sorted(name for name in found.keys() | whole.keys()
                       if found.get(name) != whole.get(name))
    return f"differs in {different}" if different else None


shutil.rmtree(folder, ignore_errors=True)
os.makedirs(folder)
first = run(folder + "/whole")
if first.returncode != 0:
    sys.exit(first.stderr)
with open(folder + "/count") as file:
    count = int(file.read())
expected = contents(folder + "/whole")
steps = sorted(name for name in expected if name.endswith("manifest.json"))
print(f"{count} operations, {len(steps)} checkpoints kept")
if count < 40 or len(steps) != 2:
    sys.exit("the run without faults is not as expected")
faults = [f"{1 + i // len(KINDS)}:{KINDS[i % len(KINDS)]}"
          for i in range(0, count * len(KINDS), int(stride))]
failures = 0
for fault in faults:
    problem = check(fault, expected)
    if problem:
        failures += 1
        print(f"fault {fault} of {count}: {problem}")
print(f"{len(faults)} faults, {failures} failures")
sys.exit(failures != 0)
