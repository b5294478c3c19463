#!/usr/bin/env python3
"""Speed of a training step: a binary of flmc and PyTorch, measured in turn.

    flmc models/tele-flm.mlir --config=b1 --recipe=quick --set hidden=768 \\
      --set heads=12 --set ffn=2048 --set layers=12 --set vocab=50304 \\
      --set padded_vocab=50304 --set seq=64 --set micro_batch=4 -o step64
    tools/bench/train_step.py ./step64 --python VENV/bin/python

Each round runs the binary and then every PyTorch variant, a few steps each, on
random tokens. PyTorch gets what makes it fastest on this kind of machine:
jemalloc with huge pages (with malloc, a third of its step is page faults), fused
AdamW and attention, and a BLAS of its class: MKL told that this is an Intel CPU
(on others it falls back to AVX2 and half the speed), or OpenBLAS.

A shared machine disturbs single steps, so each step comes with the share of the
CPUs that other processes (or the hypervisor) took while it ran, and a step with
more than --foreign of it is not counted. The first --warmup steps of each run
never are.
"""

import argparse
import json
import os
import random
import statistics
import struct
import subprocess
import sys
import tempfile
import array
import time

JEMALLOC = "/usr/lib/x86_64-linux-gnu/libjemalloc.so.2"
OPENBLAS = "/usr/lib/x86_64-linux-gnu/openblas-openmp/libopenblas.so.0"
PEER = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                    "torch_step.py")
# name: (BLAS, flags for torch_step.py)
VARIANTS = {
    "mkl": ("mkl", []),
    "mkl-foreach": ("mkl", ["--adamw", "foreach"]),
    "mkl-compile": ("mkl", ["--compile"]),
    "openblas": ("openblas", []),
    "openblas-compile": ("openblas", ["--compile"]),
}


class Clock:
    """CPU seconds of the machine, and of one process, as the kernel counts."""

    tick = 1.0 / os.sysconf("SC_CLK_TCK")
    cpus = os.cpu_count()

    @classmethod
    def machine(cls):
        with open("/proc/stat") as file:
            fields = [int(f) for f in file.readline().split()[1:9]]
        idle = fields[3] + fields[4]
        return (sum(fields) - idle) * cls.tick

    @classmethod
    def process(cls, pid):
        try:
            with open(f"/proc/{pid}/stat") as file:
                fields = file.read().rsplit(")", 1)[1].split()
        except OSError:
            return None
        return (int(fields[11]) + int(fields[12])) * cls.tick


def wait_for_idle(limit, patience):
    """Returns when others take less than `limit` of the CPUs, or gives up."""
    end = time.perf_counter() + patience
    while time.perf_counter() < end:
        begin = (time.perf_counter(), Clock.machine())
        time.sleep(2)
        wall = time.perf_counter() - begin[0]
        if (Clock.machine() - begin[1]) / (wall * Clock.cpus) < limit:
            return


def timed_run(command, env, is_step):
    """Runs a command; yields (milliseconds, foreign share) of each step line."""
    process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
    last = None
    for line in process.stdout:
        now = (time.perf_counter(), Clock.machine(), Clock.process(process.pid))
        milliseconds = is_step(line)
        if milliseconds is not None and last and now[2] is not None:
            wall = now[0] - last[0]
            foreign = (now[1] - last[1]) - (now[2] - last[2])
            yield milliseconds, max(0.0, foreign / (wall * Clock.cpus))
        last = now
    errors = process.stderr.read()
    if process.wait():
        sys.exit(f"{' '.join(command)}: {errors}")


def our_step(line):
    if not line.startswith("step"):
        return None
    return float(line.split(" ms")[0].split("|")[-1])


def their_step(line):
    try:
        return float(line)
    except ValueError:
        return None


def write_random_tokens(path, count, vocab):
    random.seed(0)
    wide = vocab > 65536
    tokens = array.array("I" if wide else "H",
                         (random.randrange(vocab) for _ in range(count)))
    header = struct.pack("<3i", *((20240801, 7) if wide else (20240520, 1)),
                         count)
    with open(path, "wb") as file:
        file.write(header.ljust(1024, b"\0") + tokens.tobytes())


def peer_environment(blas, threads, directory):
    env = dict(os.environ, OMP_NUM_THREADS=str(threads),
               MKL_NUM_THREADS=str(threads),
               MALLOC_CONF="thp:always,oversize_threshold:0,"
                           "dirty_decay_ms:60000,muzzy_decay_ms:-1,narenas:1")
    for name in [n for n in env if n.startswith("OPENBLAS_")]:
        del env[name]  # the machine's own tuning may be for another CPU
    preload = [JEMALLOC] if os.path.exists(JEMALLOC) else []
    if not preload:
        print(f"warning: no {JEMALLOC}; PyTorch will be slow")
    if blas == "openblas":
        env["OPENBLAS_CORETYPE"] = "SkylakeX"
        preload.append(OPENBLAS)
    else:
        shim = os.path.join(directory, "intel.so")
        if not os.path.exists(shim):
            subprocess.run(["cc", "-shared", "-fPIC", "-x", "c", "-", "-o",
                            shim], check=True, text=True,
                           input="int mkl_serv_intel_cpu_true(void)"
                                 "{ return 1; }")
        preload.append(shim)
    env["LD_PRELOAD"] = " ".join(preload)
    return env


def measure(options, directory):
    config = json.loads(subprocess.check_output(
        [options.binary, "--print-config"], text=True))
    dims, tokens_per_step = config["dims"], config["tokens_per_step"]
    if config["micro_batches"] != 1:
        sys.exit("the PyTorch side takes one micro-batch a step")
    data = os.path.join(directory, "random.bin")
    steps = options.warmup + options.steps
    write_random_tokens(data, 8 * tokens_per_step + 1, dims["vocab"])
    ours = [options.binary, "--data", data, "--shuffle", "none", "--steps",
            str(steps), "--warmup", "1", "--threads", str(options.threads)]
    sides = {"flmc": (ours, dict(os.environ), our_step)}
    for name in options.variants:
        blas, flags = VARIANTS[name]
        command = [options.python, "-W", "ignore", PEER, json.dumps(dims),
                   "--steps", str(steps), "--threads", str(options.threads)]
        sides[name] = (command + flags,
                       peer_environment(blas, options.threads, directory),
                       their_step)

    clean = {name: [] for name in sides}
    for turn in range(options.rounds):
        for name, (command, env, is_step) in sides.items():
            wait_for_idle(options.foreign, options.patience)
            timed = list(timed_run(command, env, is_step))
            timed = timed[-options.steps:]
            kept = [ms for ms, share in timed if share <= options.foreign]
            clean[name] += kept
            print(f"round {turn + 1} {name:16} "
                  + " ".join(f"{ms:.0f}{'' if share <= options.foreign else '*'}"
                             for ms, share in timed), flush=True)
    report(clean, config, options)


def report(clean, config, options):
    print(f"\n* disturbed, not counted. B={config['global_batch']} "
          f"T={config['dims']['seq']}, {config['parameter_count']:,} "
          f"parameters, {options.threads} threads")
    medians = {}
    for name, times in clean.items():
        if not times:
            print(f"{name:16} no undisturbed step; run more --rounds")
            continue
        medians[name] = statistics.median(times)
        rate = config["tokens_per_step"] / medians[name] * 1e3
        print(f"{name:16} {medians[name]:8.1f} ms median of {len(times):3} "
              f"({min(times):.1f} best) {rate:7.1f} tok/s "
              f"{rate * config['flops_per_token'] * 1e-9:6.0f} GFLOP/s")
    peers = {n: ms for n, ms in medians.items() if n != "flmc"}
    if peers and "flmc" in medians:
        best = min(peers, key=peers.get)
        print(f"flmc runs at {peers[best] / medians['flmc']:.2f}x "
              f"PyTorch's tokens/s ({best})")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("binary", help="a training binary of flmc")
    parser.add_argument("--python", default=sys.executable,
                        help="the one that has torch")
    parser.add_argument("--variants", nargs="*", default=["mkl"],
                        choices=VARIANTS, help="of PyTorch; default: mkl")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=8, help="timed, each run")
    parser.add_argument("--warmup", type=int, default=3, help="untimed steps")
    parser.add_argument("--foreign", type=float, default=0.05,
                        help="largest share of the CPUs that others may take")
    parser.add_argument("--patience", type=float, default=120, help="seconds "
                        "to wait before each run for the CPUs to be idle")
    options = parser.parse_args()
    options.binary = os.path.abspath(options.binary)
    with tempfile.TemporaryDirectory() as directory:
        measure(options, directory)


if __name__ == "__main__":
    main()
