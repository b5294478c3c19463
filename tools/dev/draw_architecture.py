#!/usr/bin/env python3
"""Draws docs/architecture.svg: the stages of passes/Stages.def from top to
bottom, what flows between them, and the rooms (folders) that do the work.

    tools/dev/draw_architecture.py            writes the picture
    tools/dev/draw_architecture.py --check    exit status 1 if it is not current
"""
import html
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PICTURE = ROOT / "docs/architecture.svg"

# Stage: the room that does it, and what leaves it for the next one.
ROOMS = {
    "spec": ("dialects/flm", "flm.model, configs, recipes, plans: symbolic dims"),
    "graph": ("passes/graph", "one flm.model, every dim with its size"),
    "mup": ("passes/mup", "the same, init and update multipliers on each param"),
    "train": ("passes/autodiff", "flm.program @init, @train_step, @eval_step, @predict"),
    "shard": ("passes/sharding", "types that say how values lie on the mesh, reshards"),
    "local": ("passes/sharding", "local sizes, collectives, the pipeline's schedule"),
    "fuse": ("passes/fusion", "ops that do what several did"),
    "buffers": ("codegen/buffers", "arena, offset and bytes of every value"),
    "kernels": ("codegen/host", "host functions with flm.launch; kernels; the manifest"),
    "llvm": ("codegen/host", "the LLVM dialect, then one object file"),
    "exe": ("codegen/binary", "the training binary"),
}
# Beside the path: first and last stage that they serve, folder, what it is.
# Dashed: not on the way from a spec to a binary yet.
BESIDE = [
    ("spec", "spec", "models", ["specs: architecture, sizes, recipes, plans"], False),
    ("train", "train", "passes/autodiff/rules", ["gradient of each op, by family"], False),
    ("shard", "local", "passes/sharding/rules",
     ["how each op may be split, by family;", "read by partitioner and verifier"], False),
    ("buffers", "buffers", "codegen/target", ["what a target is: all that stages know of it"], False),
    ("kernels", "llvm", "codegen/cpu",
     ["the target of today. rules/: which kernels", "each op needs, by family; kernel builders:",
      "vector dialect, width and tile of the CPU;", "lowering to LLVM"], False),
    ("exe", "exe", "runtime", ["main: loop, data, ranks, checkpoints"], False),
]
APART = [
    ("graph", "mup", "passes/contracts", ["after every stage: what it promised"], False),
    ("train", "local", "codegen/reference",
     ["every op in plain loops over doubles: what", "kernels, gradients and partitions",
      "are measured against (flm-interpret)"], False),
    ("fuse", "kernels", "dialects/flm_gpu, codegen/gpu",
     ["kernels for sm_80 and sm_90a: NVVM, PTX,", "cubin. Run by the emulator and by",
      "tools/gpu-check. No target launches them", "yet: flmc makes no GPU binary."], True),
    ("llvm", "exe", "runtime/device/cuda",
     ["a driver loaded when asked for;", "used by tools/gpu-check only"], True),
]

TOP, STEP, BOX = 64, 76, 46
STAGE_X, STAGE_W, BESIDE_X, APART_X, SIDE_W = 20, 380, 440, 760, 300
STYLE = """
  text { font-family: Helvetica, Arial, sans-serif; font-size: 13px; fill: #1f2328 }
  .name { font-weight: bold; font-size: 15px }
  .room { font-family: monospace; font-size: 12px; fill: #0550ae }
  .flow { font-size: 12px; fill: #57606a; font-style: italic }
  .head { font-size: 14px; fill: #57606a }
  rect.stage { fill: #ddf4ff; stroke: #0969da }
  rect.side { fill: #f6f8fa; stroke: #8c959f }
  rect.open { fill: #fff8c5; stroke: #9a6700; stroke-dasharray: 6 4 }
  path { fill: none; stroke: #57606a; stroke-width: 1.5 }
  path.beside { stroke-dasharray: 2 3 }"""


def stages():
    text = (ROOT / "passes/Stages.def").read_text()
    return re.findall(r"^FLM_STAGE\((\w+),", text, re.M)


def text(x, y, words, kind=""):
    return f'<text x="{x}" y="{y}" class="{kind}">{html.escape(words)}</text>'


def box(x, y, width, height, kind):
    return (f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="5" '
            f'class="{kind}"/>')


def side_box(names, x, entry, joined):
    first, last, room, lines, is_open = entry
    for folder in room.split(", "):
        if not (ROOT / folder).is_dir():
            sys.exit(f"error: the picture names {folder}, which does not exist")
    top = TOP + names.index(first) * STEP
    bottom = TOP + names.index(last) * STEP + BOX
    height = max(bottom - top, 24 + 17 * len(lines))
    yield box(x, top, SIDE_W, height, "open" if is_open else "side")
    yield text(x + 10, top + 18, room + "/", "room")
    for number, line in enumerate(lines):
        yield text(x + 10, top + 37 + 17 * number, line)
    if joined:
        y = top + BOX // 2
        yield f'<path class="beside" d="M{x} {y} H{STAGE_X + STAGE_W}"/>'


def draw():
    names = stages()
    height = TOP + len(names) * STEP
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1080 {height}" '
        f'width="1080" height="{height}" role="img" aria-label="Stages, rooms '
        'and what flows between them">',
        "<!-- Made by tools/dev/draw_architecture.py; do not edit. -->",
        f"<style>{STYLE}\n</style>",
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" '
        'markerWidth="7" markerHeight="7" orient="auto">'
        '<polygon points="0,0 8,4 0,8" fill="#57606a"/></marker></defs>',
        f'<rect width="1080" height="{height}" fill="#ffffff"/>',
        text(STAGE_X, 26, "the stages of flmc (--emit=STAGE),", "head"),
        text(STAGE_X, 44, "between them what flows", "head"),
        text(BESIDE_X, 30, "rooms beside the path", "head"),
        text(APART_X, 30, "what checks it, and what is not on it yet", "head"),
    ]
    for number, name in enumerate(names):
        if name not in ROOMS:
            sys.exit(f"error: {__file__}: ROOMS has no line for stage '{name}'")
        room, flow = ROOMS[name]
        if not (ROOT / room).is_dir():
            sys.exit(f"error: the picture names {room}, which does not exist")
        y = TOP + number * STEP
        out += [box(STAGE_X, y, STAGE_W, BOX, "stage"),
                text(STAGE_X + 12, y + 28, name, "name"),
                text(STAGE_X + 110, y + 28, room + "/", "room")]
        if name != names[-1]:
            out += [f'<path marker-end="url(#tip)" d="M{STAGE_X + 24} {y + BOX} v{STEP - BOX - 2}"/>',
                    text(STAGE_X + 36, y + BOX + 19, flow, "flow")]
    for entry in BESIDE:
        out += side_box(names, BESIDE_X, entry, joined=True)
    for entry in APART:
        out += side_box(names, APART_X, entry, joined=False)
    return "\n".join(out + ["</svg>", ""])


def main():
    picture = draw()
    if sys.argv[1:] == ["--check"]:
        if not PICTURE.exists() or PICTURE.read_text() != picture:
            sys.exit(f"error: {PICTURE} is not current: run {sys.argv[0]}")
    else:
        PICTURE.write_text(picture)


if __name__ == "__main__":
    main()
