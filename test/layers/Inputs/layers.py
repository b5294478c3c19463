"""Checks which folders include which: layers.py ROOT

Every #include "..." of a source file goes down the list of layers below, or
stays in its layer, and folders do not include each other in a circle. Prints
what does not.
"""
import collections
import os
import re
import sys

# From the bottom up; a folder belongs to the first line that it begins with.
LAYERS = [
    ["runtime/abi/"],
    ["runtime/"],
    ["dialects/"],
    ["passes/"],
    ["codegen/target/"],
    ["codegen/buffers/"],
    ["codegen/host/"],
    ["codegen/"],
    ["tools/"],
]
# A compiler's folder knows of the runtime what they share, and a tool that runs
# programs the rest.
RUNTIME_USERS = ("runtime/", "tools/flm-data/", "tools/gpu-check/")
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)


def layer_of(path):
    for number, prefixes in enumerate(LAYERS):
        if path.startswith(tuple(prefixes)):
            return number
    return None


def includes(root):
    for top in sorted({p.split("/")[0] for layer in LAYERS for p in layer}):
        for folder, _, names in os.walk(os.path.join(root, top)):
            for name in sorted(names):
                if not name.endswith((".h", ".cpp", ".td", ".def", ".in")):
                    continue
                path = os.path.relpath(os.path.join(folder, name), root)
                text = open(os.path.join(root, path), errors="replace").read()
                for line in INCLUDE.finditer(text):
                    at = text.count("\n", 0, line.start(1)) + 1
                    yield path, at, line.group(1)


def circle(graph):
    """Folders that include each other in turn, or None."""
    state = {}

    def visit(node, path):
        state[node] = "open"
        for other in sorted(graph[node]):
            if state.get(other) == "open":
                return path[path.index(other):] + [other]
            if other not in state:
                found = visit(other, path + [other])
                if found:
                    return found
        state[node] = "done"
        return None

    for node in sorted(graph):
        if node not in state:
            found = visit(node, [node])
            if found:
                return found
    return None


def main(root):
    wrong, seen = [], 0
    graph, example = collections.defaultdict(set), {}
    for path, line, included in includes(root):
        if layer_of(included) is None:
            if included.startswith("test/"):
                wrong.append(f"{path}:{line}: includes a test: {included}")
            continue
        seen += 1
        own, other = layer_of(path), layer_of(included)
        shared = included.startswith("runtime/abi/")
        if other > own:
            wrong.append(f"{path}:{line}: includes what is above it: {included}")
        elif (included.startswith("runtime/") and not shared
              and not path.startswith(RUNTIME_USERS)):
            wrong.append(f"{path}:{line}: includes more of the runtime than "
                         f"runtime/abi: {included}")
        here, there = os.path.dirname(path), os.path.dirname(included)
        # A folder and the ones in it are one room.
        if not (here + "/").startswith(there + "/") and \
                not (there + "/").startswith(here + "/"):
            graph[here].add(there)
            example[here, there] = f"{path}:{line}"
    found = circle(graph)
    if found:
        wrong.append("folders include each other: " + ", ".join(
            f"{a} ({example[a, b]})" for a, b in zip(found, found[1:])))
    print("\n".join(wrong) if wrong else f"{seen} includes, all downwards")
    return 1 if wrong else 0


sys.exit(main(sys.argv[1]))
