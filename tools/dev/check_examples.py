#!/usr/bin/env python3
"""Parses and verifies the examples of pages: every ```mlir block, with
`flm-opt -verify-diagnostics`. One that has a config and a recipe is a whole
spec and is compiled as far as `local` besides, by each of its plans and recipes.

    check_examples.py FLM_OPT FLMC PAGE...

What is no complete file stands in a ```text block.
"""
import re
import subprocess
import sys

BLOCK = re.compile(r"^```mlir\n(.*?)^```$", re.M | re.S)


def run(command, text, where):
    """Whether the command accepts `text` on its standard input."""
    result = subprocess.run(command, input=text, capture_output=True, text=True)
    if result.returncode == 0:
        return True
    print(f"{where}: error: this example is refused by {' '.join(command)}\n"
          f"{result.stderr}", file=sys.stderr)
    return False


def main(opt, flmc, pages):
    good, count = True, 0
    for page in pages:
        text = open(page, encoding="utf-8").read()
        for match in BLOCK.finditer(text):
            count += 1
            block = match.group(1)
            where = f"{page}:{text.count(chr(10), 0, match.start()) + 1}"
            good &= run([opt, "-verify-diagnostics", "-split-input-file",
                         "-o", "/dev/null"], block, where)
            if "flm.config" not in block or "flm.recipe" not in block:
                continue
            for plan in re.findall(r"^flm\.plan @(\w+)", block, re.M):
                for recipe in re.findall(r"^flm\.recipe @(\w+)", block, re.M):
                    good &= run([flmc, "-", f"--plan={plan}", f"--recipe={recipe}",
                                 "--emit=local", "-o", "/dev/null"], block, where)
    print(f"{count} examples")
    return 0 if good and count else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
