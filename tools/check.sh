#!/usr/bin/env bash
# Builds everything and runs all tests; the last line is lit's summary.
set -euo pipefail
cd "$(dirname "$0")/.."
tools/setup-debian.sh
cmake --preset dev
exec ninja -C build check-flm
