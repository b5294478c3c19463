"""Compares what flmc printed with what flm-opt made of it.

flmc leaves out the braces of a module that has no attributes; else both print
the same.
"""
import sys

first, second = (open(path).read() for path in sys.argv[1:])
if "module {\n" in second and "module {\n" not in first:
    legend, body = second.split("module {\n", 1)
    body = body.rstrip()
    assert body.endswith("}"), "the module has no end"
    lines = body[:-1].rstrip().split("\n")
    second = legend + "".join(line.removeprefix("  ") + "\n" for line in lines)
if first.strip() != second.strip():
    import difflib

    sys.stdout.writelines(
        difflib.unified_diff(
            first.splitlines(True), second.splitlines(True), *sys.argv[1:]
        )
    )
    sys.exit("flm-opt prints something else")
