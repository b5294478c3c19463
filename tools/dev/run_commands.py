#!/usr/bin/env python3
"""Runs the commands of pages as they are written: every line of a ```bash block,
in the order of the pages, in one scratch folder that has the repository's
models/, tools/ and test/ and a little text.

    run_commands.py --bin=FOLDER --scratch=FOLDER PAGE...

Stops at the first command that fails, with its page and line. What is not run is
in NOT_RUN, and what is shortened in SHORTER, each with the reason; an entry that
no page needs any more is an error too.
"""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]

# A regular expression that the command begins with, and why it is not run.
NOT_RUN = [
    (r"tools/quickstart\.sh", "installs packages and builds from nothing: minutes"),
    (r"tools/check\.sh", "builds all and runs all tests, of which this is one"),
    (r"tools/setup-debian\.sh", "installs packages"),
    (r"cmake --preset release", "builds from nothing; test/tools/install.test installs"),
    (r"ninja -C build", "builds"),
    (r"tools/gpu-check/build-bundle\.sh", "needs ptxas; test/tools/gpu-check/bundle.test does it"),
    (r"scp ", "needs another machine"),
    (r"tar xzf gpu-check\.tar\.gz", "needs a GPU"),
    (r"candidates/gpu-check ", "needs a GPU"),
    (r"flm-tune-gemm --rewrite=measured\.json", "measured.json comes from a GPU"),
]
# What is replaced in a command, and why that changes nothing that the page says.
SHORTER = [
    (r"--steps [1-9]\d*", "--steps 2", "a long run repeats the same step"),
    (r"^(\./\S+ .*)$", r"\1 --eval-batches 1", "evaluation repeats the same pass"),
    (r"^(mpirun .*)$", r"\1 --threads 1", "machines that run tests are busy"),
]


def commands(page):
    """(line number, command) of the page's bash blocks, continuations joined."""
    inside, start, text = False, 0, ""
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("```"):
            inside = line == "```bash"
            continue
        if not inside:
            continue
        if not text:
            start = number
        text += line[:-1] if line.endswith("\\") else line
        if line.endswith("\\"):
            continue
        # A comment of the shell: none of our commands has ' #' in a word.
        command = re.sub(r"(^|\s)#\s.*$", "", text).strip()
        if command:
            yield start, command
        text = ""


def prepare(scratch):
    """A folder as a reader has it after cloning: with some text of his own."""
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    for folder in ["models", "tools", "test"]:
        (scratch / folder).symlink_to(ROOT / folder)
    for number, page in enumerate(["README.md", "CONTRIBUTING.md", "runtime/README.md",
                                   "runtime/abi/Manifest.md"]):
        shutil.copy(ROOT / page, scratch / f"text{number}.txt")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    parser.add_argument("--scratch", type=pathlib.Path, required=True)
    parser.add_argument("pages", type=pathlib.Path, nargs="+")
    options = parser.parse_args()
    scratch = options.scratch.resolve()
    prepare(scratch)
    environment = dict(os.environ)
    environment["PATH"] = f"{options.bin.resolve()}:{environment['PATH']}"
    # Open MPI asks for these where tests run as root.
    environment.update(OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")
    used, ran = set(), 0
    for page in options.pages:
        for number, command in commands(page):
            skipped = [rule for rule in NOT_RUN if re.match(rule[0], command)]
            used.update(skipped)
            if skipped:
                continue
            short = command
            for rule in SHORTER:
                short, count = re.subn(rule[0], rule[1], short)
                if count:
                    used.add(rule)
            begin = time.monotonic()
            done = subprocess.run(["bash", "-euo", "pipefail", "-c", short], cwd=scratch,
                                  env=environment, stdin=subprocess.DEVNULL,
                                  capture_output=True, text=True, errors="replace")
            ran += 1
            if done.returncode:
                print(f"{page}:{number}: error: this command fails (exit status "
                      f"{done.returncode})\n{short}\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
                return 1
            print(f"{time.monotonic() - begin:6.1f} s  {short}", flush=True)
    for rule in [*NOT_RUN, *SHORTER]:
        if rule not in used:
            print(f"error: {__file__}: no page has a command for '{rule[0]}' any more")
            return 1
    print(f"{ran} commands ran")
    return 0


if __name__ == "__main__":
    sys.exit(main())
