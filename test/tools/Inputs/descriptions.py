"""Checks the td files: each op and pass has a summary and an example in MLIR."""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
definition = re.compile(r"^def (\w+)\s*:\s*(Flm\w*Op|Pass)<(.*?)^}", re.M | re.S)
faults, count = [], 0
files = [p for d in ("dialects", "passes", "codegen") for p in (root / d).rglob("*.td")]
for path in sorted(files):
    for name, _, body in definition.findall(path.read_text()):
        count += 1
        where = f"{path.relative_to(root)}: {name}"
        if not re.search(r'let summary = ".+"', body):
            faults.append(f"{where} has no summary")
        description = re.search(r"let description = \[\{(.*?)\}\];", body, re.S)
        if not description or not description[1].strip():
            faults.append(f"{where} has no description")
        elif "```mlir" not in description[1]:
            faults.append(f"{where} has no example")
if count < 50:
    faults.append(f"found only {count} definitions")
sys.exit("\n".join(faults) if faults else 0)
