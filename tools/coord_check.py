#!/usr/bin/env python3
"""Coordinate check of the parametrization (arXiv:2203.03466, appendix D.1).

Compiles one config at several widths with probes, trains each for a few steps
on the same tokens, and prints how the mean absolute value of the activations
grows with width: the slope of log(activation) over log(width) for each place
and step. Under muP every slope after training steps is about 0; under the
standard parametrization activations grow with width.

  tools/coord_check.py --flmc build/bin/flmc --data train.bin
  tools/coord_check.py ... --parametrization standard
  tools/coord_check.py ... --html check.html      # the curves as a picture

Depends on nothing but Python.
"""

import argparse
import json
import math
import pathlib
import subprocess
import sys
import tempfile


def run(command):
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode:
        sys.exit(f"error: {' '.join(map(str, command))}\n{result.stderr}")
    return result.stdout


def measure(args, width, folder):
    """{step: {place: mean absolute value}} of one width."""
    binary = folder / f"w{width}"
    settings = {
        "hidden": width,
        "heads": width // args.head_dim,
        "ffn": width * 8 // 3 // 16 * 16,
        "layers": args.layers,
        "seq": args.seq,
        "micro_batch": args.batch,
        "parametrization": args.parametrization,
        "base_width": args.base_width,
        "schedule": "constant",
        "warmup": 0,
        "lr": args.lr,
        "matrix_lr": args.lr,
    }
    overrides = [word for name, value in settings.items()
                 for word in ("--set", f"{name}={value}")]
    run([args.flmc, args.spec, "--config=" + args.config,
         "--recipe=" + args.recipe, "--probe", "-o", binary, *overrides])
    averages = {}
    for seed in range(1, args.seeds + 1):
        out = folder / f"w{width}-s{seed}"
        run([str(binary), "--data", args.data, "--steps", str(args.steps),
             "--seed", str(seed), "--shuffle", "none", "--out", str(out),
             "--probe-every", "1"])
        for line in (out / "metrics.jsonl").read_text().splitlines():
            record = json.loads(line)
            if "probes" not in record:
                continue
            for name, values in record["probes"].items():
                for index, value in enumerate(values):
                    place = name if len(values) == 1 else f"{name}[{index}]"
                    step = averages.setdefault(record["step"], {})
                    step[place] = step.get(place, 0.0) + value / args.seeds
    return averages


def slope(widths, values):
    """Least-squares slope of log value over log width."""
    xs = [math.log(w) for w in widths]
    ys = [math.log(v) for v in values]
    mean_x, mean_y = sum(xs) / len(xs), sum(ys) / len(ys)
    return (sum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys)) /
            sum((x - mean_x) ** 2 for x in xs))


def write_html(path, args, widths, results):
    """Curves of log activation over log width, one panel per place."""
    steps = sorted(results[widths[0]])
    places = list(results[widths[0]][steps[0]])
    panels = []
    for place in places:
        curves = [[results[w][s][place] for w in widths] for s in steps]
        low = min(map(min, curves))
        high = max(map(max, curves))
        span = math.log(high / low) or 1.0
        lines = []
        for step, curve in zip(steps, curves):
            points = " ".join(
                f"{30 + 240 * i / max(1, len(widths) - 1):.1f},"
                f"{150 - 130 * math.log(v / low) / span:.1f}"
                for i, v in enumerate(curve))
            shade = 200 - 180 * steps.index(step) // max(1, len(steps) - 1)
            lines.append(f'<polyline points="{points}" fill="none" '
                         f'stroke="rgb({shade},{shade},255)"/>')
        panels.append(
            f'<figure><svg width="300" height="170">{"".join(lines)}</svg>'
            f'<figcaption>{place}: {low:.3g} to {high:.3g}</figcaption></figure>')
    pathlib.Path(path).write_text(
        '<!doctype html><meta charset="utf-8"><title>coordinate check</title>'
        "<style>figure{display:inline-block;margin:8px;font:13px sans-serif}"
        "</style>"
        f"<h1>Coordinate check: {args.parametrization}</h1><p>widths "
        f"{', '.join(map(str, widths))} from left to right (log), steps "
        f"{steps[0]} (light) to {steps[-1]} (dark)</p>{''.join(panels)}\n")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    add = parser.add_argument
    add("--flmc", default="build/bin/flmc", help="compiler")
    add("--data", required=True, help="token file (.bin)")
    add("--spec", default="models/tele-flm.mlir")
    add("--config", default="tiny")
    add("--recipe", default="quick")
    add("--parametrization", choices=["mup", "standard"], default="mup")
    add("--widths", default="128,256,512,1024", help="values of hidden")
    add("--base-width", type=int, default=128, help="width of the given lr")
    add("--head-dim", type=int, default=32)
    add("--layers", type=int, default=2)
    add("--seq", type=int, default=32, help="tokens of a sequence")
    add("--batch", type=int, default=4, help="sequences of a step")
    add("--steps", type=int, default=4, help="training steps")
    add("--seeds", type=int, default=2, help="runs that are averaged")
    add("--lr", type=float, default=1e-2,
        help="deliberately large, so that updates dominate the init")
    add("--html", help="write the curves to this file")
    add("--expect", choices=["flat", "grows"],
        help="exit 1 unless, after the last step, every |slope| is below 0.2\n"
             "(flat) or every slope is above 0.3 (grows); the embedding, which\n"
             "has no width to sum over, must be flat in both")
    args = parser.parse_args()

    widths = [int(w) for w in args.widths.split(",")]
    with tempfile.TemporaryDirectory() as folder:
        results = {}
        for width in widths:
            results[width] = measure(args, width, pathlib.Path(folder))
            print(f"width {width} done", file=sys.stderr)
    steps = sorted(results[widths[0]])
    places = list(results[widths[0]][steps[0]])
    print(f"slope of log(mean |activation|) over log(width), "
          f"{args.parametrization}, widths {args.widths}")
    print("place".ljust(16) + "".join(f"step {s}".rjust(9) for s in steps))
    failures = []
    for place in places:
        row = [slope(widths, [results[w][s][place] for w in widths])
               for s in steps]
        print(place.ljust(16) + "".join(f"{v:9.3f}" for v in row))
        flat = abs(row[-1]) < 0.2
        if args.expect == "grows" and place != "embed":
            flat = row[-1] > 0.3
        if args.expect and not flat:
            failures.append(place)
    if args.html:
        write_html(args.html, args, widths, results)
    if failures:
        sys.exit(f"error: expected {args.expect}: {', '.join(failures)}")
    if args.expect:
        print(f"as expected: {args.expect}")


if __name__ == "__main__":
    main()
