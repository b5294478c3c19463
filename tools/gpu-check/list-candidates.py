#!/usr/bin/env python3
"""Schedules to measure -> a list of kernels for build-bundle.sh.

list-candidates.py candidates.json > candidates.list

Reads [{"kernel": "#flm_gpu.gemm<... schedule = <...>>", "scalars": [m, n, k]}, ...]. A
schedule that splits the inner dim has a second kernel, which is listed too.
"""
import json
import sys


def reference_sizes(kernel, m, n, k):
    """Sizes at which the reference is quick (KernelList.h, `as`)."""
    # An epilogue may work on pairs of columns, which must stay together.
    if "epilogue" in kernel:
        return min(m, 8), n, k
    # Rows of the transposed A are as long as m, and must be whole 16 bytes.
    return (min(m, 72), min(n, 136), k) if "layout = tn" in kernel else (min(m, 67), min(n, 72), k)


def main():
    with open(sys.argv[1]) as file:
        candidates = json.load(file)
    cases = {}  # by kernel: one may be a candidate for several shapes
    for candidate in candidates:
        kernel, sizes = candidate["kernel"], candidate["scalars"]
        small = reference_sizes(kernel, *sizes)
        kernels = [kernel]
        if "splits = " in kernel:
            kernels.append(f"#flm_gpu.gemm_fold<gemm = {kernel[kernel.index('<'):]}>")
        for one in kernels:
            line = f"  time {','.join(map(str, sizes))} as {','.join(map(str, small))}"
            cases.setdefault(one, []).append(line)
    print(f"# From {sys.argv[1]}.")
    for kernel, lines in cases.items():
        print(f"kernel {kernel}")
        print("\n".join(lines))


if __name__ == "__main__":
    main()
