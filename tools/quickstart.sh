#!/usr/bin/env bash
# From nothing to a trained model: installs what is missing, builds the
# compiler, compiles the tiny config and trains it on the CPU.
#
#   tools/quickstart.sh [TEXT FILES OR FOLDERS...]
#
# Without arguments the text is this repository's own documentation and sources.
# Everything it makes is in build/ and out/quickstart/.
set -euo pipefail
cd "$(dirname "$0")/.."

echo "== 1/5  packages"
tools/setup-debian.sh

echo "== 2/5  build (some minutes the first time)"
cmake --preset dev >out-cmake.log 2>&1 || { cat out-cmake.log; exit 1; }
rm -f out-cmake.log
ninja -C build flmc flm-data

out=out/quickstart
mkdir -p "$out"
echo "== 3/5  text to tokens"
if [ $# -eq 0 ]; then
  set -- --ext md,td,h,cpp,mlir,def,py,sh README.md CONTRIBUTING.md dialects passes codegen runtime models tools
fi
build/bin/flm-data encode --tokenizer bytes \
  --out "$out/train.bin" --val "$out/val.bin" --val-fraction 0.05 "$@"

echo "== 4/5  compile models/tele-flm.mlir, config tiny"
build/bin/flmc models/tele-flm.mlir --config=tiny --recipe=quick -o "$out/tiny"

echo "== 5/5  train (about four minutes on two cores)"
"$out/tiny" --data "$out/train.bin" --val "$out/val.bin" --out "$out/run" \
  --log-every 10 --eval-every 100 --generate "// The compiler "
