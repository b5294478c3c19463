"""Checks that each stage has its emit-<stage>.mlir that runs --emit=<stage>."""
import os
import re
import sys

stages = re.findall(r"^FLM_STAGE\((\w+),", open(sys.argv[1]).read(), re.M)
assert len(stages) >= 10, f"read {stages}"
missing = []
for stage in stages:
    if stage == "exe":  # prints nothing: e2e/ runs it
        continue
    path = os.path.join(sys.argv[2], f"emit-{stage}.mlir")
    if not os.path.exists(path) or f"--emit={stage} " not in open(path).read():
        missing.append(stage)
if missing:
    sys.exit(f"no test/stages/emit-<stage>.mlir for: {', '.join(missing)}")
