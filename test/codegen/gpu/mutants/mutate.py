#!/usr/bin/env python3
"""Breaks a kernel in one place at a time and runs each mutant on the emulator.

A mutant is one line of the kernel's printed IR dropped or changed. One that all
schedules find right has survived: the tests of this kernel would not notice
such a mistake. Each survivor is listed, with the reason why it is harmless, in
<family>.survivors; this fails where one is not listed, or a listed one is
noticed. Families are in families.txt.

  mutate.py --bin build/bin rms_norm
"""
import argparse
import concurrent.futures
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent

# Ops that a mutant leaves out: they give no result that anybody uses.
DROPPED = re.compile(
    r"^\s*(?:%\w+ = )?((?:nvvm\.(?:barrier|bar\.warp|mbarrier\.(?:init|arrive)|fence|cluster"
    r"|cp\.async|stmatrix|wgmma)|llvm\.store)[\w.]*)")
# One op for another that takes and gives the same.
SWAPPED = {
    "arith.addi": "arith.subi", "arith.subi": "arith.addi", "arith.muli": "arith.addi",
    "arith.divui": "arith.muli", "arith.remui": "arith.divui", "arith.andi": "arith.ori",
    "arith.ori": "arith.andi", "arith.xori": "arith.andi", "arith.shli": "arith.shrui",
    "arith.shrui": "arith.shli", "arith.minui": "arith.maxui", "arith.addf": "arith.subf",
    "arith.subf": "arith.addf", "arith.mulf": "arith.addf", "arith.divf": "arith.mulf",
    "arith.maximumf": "arith.minimumf", "arith.maxnumf": "arith.minnumf",
    "arith.cmpi ult": "arith.cmpi ule", "arith.cmpi eq": "arith.cmpi ne",
    "nvvm.shfl.sync  bfly": "nvvm.shfl.sync  down",
    "nvvm.shfl.sync  idx": "nvvm.shfl.sync  bfly",
}
INTEGER = re.compile(r"= arith\.constant (-?\d+) : (i32|i64)$")
FLOAT = re.compile(r"= arith\.constant (-?\d\.\d+E[+-]\d+|-?\d\.\d+e[+-]\d+) : f32$")
GROUP = re.compile(r"(nvvm\.(?:wgmma\.wait\.group\.sync\.aligned|cp\.async\.bulk\.wait_group"
                   r"|cp\.async\.wait\.group)) (\d+)")
BRANCH = re.compile(r"scf\.if (%\w+)")
PARITY = re.compile(r"(= nvvm\.mbarrier\.try_wait %\w+, )(%\w+)")
RETRY = re.compile(r"scf\.condition\((%\w+)\)")


def changes(line):
    """(what, text that replaces the line) for each way to break it."""
    if found := DROPPED.match(line):
        result = line.split(" = ")[0].strip() if " = " in line else None
        if not result:
            yield "drop " + found.group(1), ""
    for op, other in SWAPPED.items():
        if f"= {op} " in line:
            yield f"{op} -> {other}".replace("  ", " "), line.replace(op, other, 1)
    if found := INTEGER.search(line):
        value, kind = int(found.group(1)), found.group(2)
        for changed in sorted({value + 1, value * 2 or -1}):
            yield (f"constant {value} -> {changed}",
                   line[:found.start()] + f"= arith.constant {changed} : {kind}")
    if found := FLOAT.search(line):
        value = float(found.group(1))
        yield (f"constant {value:g} -> {value * 2 + 1:g}",
               line[:found.start()] + f"= arith.constant {value * 2 + 1:e} : f32")
    if found := GROUP.search(line):
        yield ("wait for one less " + found.group(1),
               line.replace(found.group(0), f"{found.group(1)} {int(found.group(2)) + 1}"))
    if found := BRANCH.search(line):
        for value in ("true", "false"):
            yield (f"always {value} scf.if",
                   f"%mutant = arith.constant {value}\n" + line.replace(found.group(1), "%mutant", 1))
    if found := PARITY.search(line):
        yield ("other parity nvvm.mbarrier.try_wait",
               "%one = arith.constant 1 : i32\n"
               f"%mutant = arith.xori {found.group(2)}, %one : i32\n"
               + line.replace(found.group(0), found.group(1) + "%mutant"))
    if found := RETRY.search(line):
        yield ("never again scf.while",
               "%mutant = arith.constant false\n" + line.replace(found.group(1), "%mutant", 1))


def mutants(text):
    """(key, text, line): the key counts the places of one change, in order."""
    lines, seen = text.split("\n"), {}
    for i, line in enumerate(lines):
        for what, changed in changes(line):
            # A constant that nobody uses.
            defined = re.match(r"\s*(%[\w-]+) = arith\.constant", line)
            if defined and len(re.findall(re.escape(defined.group(1)) + r"\b", text)) == 1:
                continue
            seen[what] = seen.get(what, 0) + 1
            yield (f"{what} #{seen[what]}",
                   "\n".join(lines[:i] + [changed] + lines[i + 1:]), i + 1)


def emulate(tools, text, family, folder):
    """None if all schedules are right, else what was noticed first."""
    with tempfile.NamedTemporaryFile("w", suffix=".mlir", dir=folder) as file:
        file.write(text)
        file.flush()
        for flags in family["runs"]:
            try:
                run = subprocess.run(
                    [tools / "flm-emulate", file.name, "--fail-fast", "--seeds=10", *flags],
                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120,
                    errors="replace")
            except subprocess.TimeoutExpired:
                return "runs for ever"
            if run.returncode:
                return (run.stdout.strip().split("\n") or ["?"])[0]
    return None


def read_families():
    families = {}
    for line in (HERE / "families.txt").read_text().split("\n"):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        word, rest = line.split(" ", 1)
        if word == "family":
            name, kernel = rest.split(" ", 1)
            families[name] = family = {"kernel": kernel, "runs": []}
        else:
            family["runs"].append(rest.split())
    return families


def read_survivors(name):
    listed = {}
    path = HERE / f"{name}.survivors"
    for line in path.read_text().split("\n") if path.exists() else []:
        if line.strip() and not line.startswith("#"):
            key, reason = line.split(": ", 1)
            listed[key] = reason
    return listed


def check(tools, name, family, jobs):
    build = subprocess.run(
        [tools / "flm-opt", f"--flm-build-kernel=kernel=\"{family['kernel']}\""],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=True)
    listed = read_survivors(name)
    with tempfile.TemporaryDirectory() as folder:
        if noticed := emulate(tools, build.stdout, family, folder):
            print(f"{name}: the kernel itself is wrong: {noticed}")
            return False
        made = list(mutants(build.stdout))
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            noticed = list(pool.map(lambda m: emulate(tools, m[1], family, folder), made))
    survived = {key: (line, build.stdout.split("\n")[line - 1].strip())
                for (key, _, line), found in zip(made, noticed) if found is None}
    for key, (line, text) in survived.items():
        if key not in listed:
            print(f"{name}: survives: {key}: line {line}: {text}")
    stale = [key for key in listed if key not in survived]
    for key in stale:
        print(f"{name}: listed, but noticed or not there: {key}")
    new = [key for key in survived if key not in listed]
    print(f"{name}: {len(made)} mutants, {len(survived)} survive, {len(new)} of them unexplained")
    return not new and not stale


def main():
    families = read_families()
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="the folder of flm-opt")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("family", nargs="*", help="default: all of " + ", ".join(families))
    arguments = parser.parse_args()
    for name in arguments.family:
        if name not in families:
            parser.error(f"no family '{name}'; there are {', '.join(families)}")
    good = [check(arguments.bin, name, families[name], arguments.jobs)
            for name in arguments.family or families]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
