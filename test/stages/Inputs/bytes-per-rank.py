"""Compares the memory that --explain=shard prints for Tele-FLM-52B on 896 ranks
with the formula of a distributed optimizer: 6 + 12/dp bytes per parameter (bf16
parameters, f32 gradients; f32 master parameters and moments over dp), on a rank
with half of the layers and the head, of which it has one part in tp."""
import re
import sys

hidden, ffn, vocab, layers, dp, pp, tp = 8192, 21824, 80384, 64, 112, 2, 4
matrices = layers // pp * (4 * hidden * hidden + 3 * hidden * ffn) + vocab * hidden
gains = (2 * layers // pp + 1) * hidden  # whole on every rank
expected = (6 + 12 / dp) * (matrices / tp + gains)
printed = float(re.search(r"all of these.*\((\d+\.\d+) GB\)", sys.stdin.read())[1])
assert abs(expected / 1e9 - 40.3) < 0.05, expected
# What is printed has the padding of flat parts too, and two digits.
assert 0 <= printed - expected / 1e9 < 0.02 * expected * 12 / (6 * dp + 12) / 1e9 + 0.005, (
    printed, expected)
