#!/usr/bin/env bash
# Installs what flmc is built and tested with, on Debian 12 or newer. Does
# nothing where all of it is there. Needs root or sudo only if it installs.
set -euo pipefail

packages=(
  # the compiler
  libmlir-22-dev mlir-22-tools llvm-22-dev llvm-22-tools liblld-22-dev
  clang-22 lld-22 libclang-rt-22-dev cmake ninja-build zlib1g-dev libzstd-dev
  # the runtime and flm-data
  nlohmann-json3-dev libcli11-dev libsentencepiece-dev
  # several ranks
  libopenmpi-dev openmpi-bin
  # Debian packages of what is built
  dpkg-dev file
  # tests, format, lint
  libgtest-dev libgmock-dev python3 clang-format-22 clang-tidy-22
)

missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null |
    grep -q 'install ok installed' || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
  exit 0
fi

echo "installing: ${missing[*]}"
sudo=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || {
    echo "error: run this as root, or install: ${missing[*]}" >&2
    exit 1
  }
  sudo=(sudo)
fi
"${sudo[@]}" apt-get update -q
"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive \
  apt-get install -q -y --no-install-recommends "${missing[@]}"
