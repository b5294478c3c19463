#!/usr/bin/env python3
"""Checks which folder includes which: arrows point down, and never in a circle.

    check_includes.py [SOURCE_ROOT]

Reads every #include "..." and td include below the source folders. Prints each
include that points the wrong way and each circle of folders as
`file:line: error: ...`; the exit status is 1 if there is any.
"""
import re
import sys
from pathlib import Path

# From the ground up: a file may include what stands in its own layer or below.
# The longest prefix of a path says its layer.
LAYERS = [
    ["runtime/abi"],
    ["dialects"],
    ["passes"],
    ["codegen/target", "codegen/buffers", "codegen/host", "codegen/reference"],
    ["codegen/cpu", "codegen/gpu", "codegen/binary", "codegen/StructuredBuilder"],
    ["codegen"],
    ["tools"],
    ["test"],
]
# What every training binary is linked with knows nothing of the compiler.
RUNTIME = "runtime"
SUFFIXES = {".h", ".cpp", ".td", ".def"}
INCLUDE = re.compile(r'^\s*#?include "([^"]+)"')


def layer_of(path):
    """The index in LAYERS, or None for the runtime beside its ABI."""
    best, found = "", None
    for index, prefixes in enumerate(LAYERS):
        for prefix in prefixes:
            if path.startswith(prefix) and len(prefix) > len(best):
                best, found = prefix, index
    return found


def includes(root):
    """(file, line, included file), all relative to the root."""
    for top in ["dialects", "passes", "codegen", "runtime", "tools", "test"]:
        for path in sorted((root / top).rglob("*")):
            if path.suffix not in SUFFIXES or not path.is_file():
                continue
            name = path.relative_to(root).as_posix()
            for number, line in enumerate(path.read_text().splitlines(), 1):
                if match := INCLUDE.match(line):
                    target = match[1]
                    if "/" not in target:
                        target = Path(name).with_name(target).as_posix()
                    yield name, number, target


def wrong_way(name, target):
    """Why `name` may not include `target`, or None."""
    of_runtime = name.startswith("runtime/")
    if of_runtime:
        if target.split("/")[0] in ("dialects", "passes", "codegen", "tools", "test"):
            return "the runtime depends on nothing of the compiler"
        return None
    here, there = layer_of(name), layer_of(target)
    if target.startswith("runtime/") and there is None:
        if name.startswith(("tools/", "test/", "codegen/gpu/reference")):
            return None
        return "the compiler shares only runtime/abi with the runtime"
    if there is not None and there > here:
        return f"{LAYERS[there][0]} stands above {LAYERS[here][0]}"
    return None


def circles(arrows):
    """The strongly connected sets of more than one folder (Tarjan 1972)."""
    order, low, stack, found = {}, {}, [], []

    def visit(folder):
        order[folder] = low[folder] = len(order)
        stack.append(folder)
        for below in sorted(arrows.get(folder, {})):
            if below not in order:
                visit(below)
            if below in stack:
                low[folder] = min(low[folder], low[below])
        if low[folder] == order[folder]:
            members = [stack.pop()]
            while members[-1] != folder:
                members.append(stack.pop())
            if len(members) > 1:
                found.append(sorted(members))

    for folder in sorted(arrows):
        if folder not in order:
            visit(folder)
    return found


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[2])
    arrows, errors = {}, []
    for name, number, target in includes(root):
        if reason := wrong_way(name, target):
            errors.append(f"{name}:{number}: error: includes {target}: {reason}")
        here, there = (str(Path(p).parent) for p in (name, target))
        if here != there and target.split("/")[0] in (
                "dialects", "passes", "codegen", "runtime", "tools"):
            arrows.setdefault(here, {}).setdefault(there, (name, number))
    for members in circles(arrows):
        for here in members:
            for there, (name, number) in sorted(arrows[here].items()):
                if there in members:
                    errors.append(f"{name}:{number}: error: {here} includes {there}, "
                                  f"which is in a circle with it: {', '.join(members)}")
    print("\n".join(errors) or "all includes point down")
    sys.exit(1 if errors else 0)


if __name__ == "__main__":
    main()
