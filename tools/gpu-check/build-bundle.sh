#!/usr/bin/env bash
# Builds the bundle that checks and times GPU kernels on another machine:
#
#   tools/gpu-check/build-bundle.sh BUILD OUT [LIST]
#
# BUILD is a build folder with flm-opt, flm-translate and gpu-check, OUT the
# folder to write (and OUT.tar.gz), LIST the kernels (kernels.list by default).
# There: tar xzf OUT.tar.gz && OUT/gpu-check.sh. Needs ptxas and fatbinary.
set -euo pipefail
build=${1:?the build folder} out=${2:?the folder to write}
here=$(cd "$(dirname "$0")" && pwd)
list=${3:-$here/kernels.list}
limit=$((60 << 20))

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# One kernel: its index and its attribute.
build_kernel() {
  local index=$1 attribute=$2
  {
    "$build/bin/flm-opt" --flm-build-kernel="kernel=\"$attribute\"" \
      -o "$work/$index.mlir" < /dev/null &&
    "$build/bin/flm-translate" --flm-gpu-describe "$work/$index.mlir" -o "$work/$index.json" &&
    "$build/bin/flm-translate" --flm-gpu-to-fatbin "$work/$index.mlir" -o "$work/$index.fatbin"
  } || { echo "error: $list: this kernel can not be built: $attribute" >&2; return 1; }
}

index=0
while read -r attribute; do
  build_kernel "$index" "$attribute"
  index=$((index + 1))
done < <(sed -n 's/^kernel  *//p' "$list")
if [ "$index" = 0 ]; then
  echo "error: $list names no kernel" >&2
  exit 1
fi

commit=$(git -C "$here" describe --always --dirty 2> /dev/null || echo "unknown sources")
rm -rf "$out" "$out.tar.gz"
mkdir -p "$out"
"$build/bin/gpu-check" pack --list "$list" --folder "$work" --out "$out/gpu-check" \
  --origin "flmc $commit, built $(date -u +%F)"
cp "$here/gpu-check.sh" "$here/compare.py" "$out/"
tar czf "$out.tar.gz" -C "$(dirname "$out")" "$(basename "$out")"
bytes=$(du -sb "$out" | cut -f1)
if [ "$bytes" -gt "$limit" ]; then
  echo "error: $out has $bytes bytes, more than $limit" >&2
  exit 1
fi
libc=$(grep -a -o 'GLIBC_2\.[0-9]*' "$out/gpu-check" | sort -uV | tail -n 1)
echo "$out: $index kernels, $bytes bytes; $out.tar.gz: $(stat -c %s "$out.tar.gz") bytes; needs ${libc/_/ }"
