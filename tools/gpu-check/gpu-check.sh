#!/usr/bin/env bash
# Checks and times flmc's GPU kernels on this machine, in under 8 minutes. Needs
# an NVIDIA driver; compares with PyTorch if python3 has one. Writes the table to
# results.txt and the same as JSON to results.json, in the current folder; names
# for both that say card and date are printed at the end.
#
#   ./gpu-check.sh                      everything
#   ./gpu-check.sh --filter gemm        one family; other flags: gpu-check --help
#
# Exit status: 1 if a result is wrong, 2 if nothing can run.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
peer=()
if command -v python3 > /dev/null; then
  peer=(--peer "$here/compare.py")
fi
status=0
"$here/gpu-check" ${peer[@]+"${peer[@]}"} "$@" > results.txt || status=$?
cat results.txt
if [ "$status" != 2 ]; then
  card=$(head -n 1 results.txt | cut -d, -f1 | tr 'A-Z ' 'a-z-' | tr -cd 'a-z0-9-')
  echo "to keep: results.txt as gpu-check-$card-$(date -u +%F).txt, results.json likewise"
fi
exit "$status"
