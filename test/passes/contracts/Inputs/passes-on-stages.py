"""Runs every pass on every dump of some folders: flm-opt must succeed, or fail
with an error that has a place, and end by no signal.

  passes-on-stages.py SOURCE FLM-OPT [--at-most BYTES] DUMPS...
"""
import argparse
import concurrent.futures
import os
import re
import subprocess
import sys

arguments = argparse.ArgumentParser()
arguments.add_argument("source")
arguments.add_argument("opt")
arguments.add_argument("--at-most", type=int, help="leave larger dumps out")
arguments.add_argument("dumps", nargs="+")
options = arguments.parse_args()

passes = []
for folder, _, files in os.walk(options.source):
    if "Passes.td" in files:
        with open(os.path.join(folder, "Passes.td")) as text:
            passes += re.findall(r': Pass<"([\w-]+)"', text.read())
assert len(passes) > 25, passes
chosen = {"flm-instantiate-model": "=config=tiny recipe=quick"}

dumps = []
for folder in options.dumps:
    dumps += sorted(os.path.join(folder, name) for name in os.listdir(folder))
if options.at_most:
    dumps = [dump for dump in dumps if os.path.getsize(dump) <= options.at_most]


def run(pair):
    name, dump = pair
    stage = re.sub(r"\d+-|\.mlir", "", os.path.basename(dump))
    value = chosen.get(name, "")
    if name == "flm-verify-contract":
        value = "=stage=" + stage
    command = [options.opt, f"--{name}{value}", dump, "-o", os.devnull]
    try:
        done = subprocess.run(command, capture_output=True, timeout=300)
    except subprocess.TimeoutExpired:
        return f"{' '.join(command)}: no end"
    errors = done.stderr.decode(errors="replace")
    place = re.search(re.escape(dump) + r":\d+:\d+: error: ", errors)
    if done.returncode == 0 or (done.returncode == 1 and place):
        return None
    return f"{' '.join(command)}: exit {done.returncode}: {errors[:400]}"


pairs = [(name, dump) for name in passes for dump in dumps]
with concurrent.futures.ThreadPoolExecutor(2) as pool:
    wrong = [line for line in pool.map(run, pairs) if line]
print(*wrong, f"{len(passes)} passes, {len(dumps)} dumps, {len(wrong)} wrong", sep="\n")
sys.exit(bool(wrong))
