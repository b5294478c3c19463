#!/usr/bin/env python3
"""Trains the same model in PyTorch and compares every step.

An outside oracle for the whole path: Tele-FLM written in plain PyTorch, with
autograd, torch's own AdamW and clip_grad_norm_, against binaries that flmc
compiles from models/tele-flm.mlir. Both begin from the checkpoint that the
binary writes at step 0 and read the same token file in file order. The µP
multipliers are computed here, from the recipe, not taken from the compiler.

    python3 tools/bench/oracle.py --flmc build/bin/flmc            # all cases
    python3 tools/bench/oracle.py --flmc build/bin/flmc odd        # one case

Fails (exit status 1) if a step's loss differs by more than 1e-5 relative, its
gradient norm by more than 1e-4, a parameter tensor after the last step by more
than 1e-5 of its norm, or if the first loss is not ln(vocab) within 1 %. A
developer's tool: needs torch and numpy, and is not part of the tests.
"""

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile

import numpy as np
import torch
import torch.nn.functional as F

SPEC = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                    "..", "..", "models", "tele-flm.mlir")

# name: (recipe, overrides for flmc, flags for the binary). Sizes are those of a
# config unless overridden; odd ones divide no tile, vector or block.
CASES = {
    "plain": ("quick", dict(seq=64, hidden=128, heads=4, ffn=352, layers=2,
                            base_width=128), []),
    "odd": ("quick", dict(seq=37, vocab=251, padded_vocab=263, hidden=90,
                          heads=3, ffn=203, layers=2, micro_batch=3,
                          base_width=90), []),
    "mup": ("quick", dict(seq=48, vocab=100, padded_vocab=128, hidden=192,
                          heads=3, ffn=512, layers=2, micro_batch=2,
                          base_width=64, output_mult=0.5, input_mult=3.0,
                          weight_decay=0.1, matrix_lr=0.004), ["--warmup", "5"]),
    "micro": ("quick", dict(seq=33, vocab=77, padded_vocab=80, hidden=72,
                            heads=2, ffn=120, layers=2, micro_batch=2,
                            micro_batches=2, base_width=72, weight_decay=0.05),
              ["--clip", "0.3", "--warmup", "3"]),
    "recompute": ("quick", dict(seq=40, hidden=64, heads=2, ffn=176, layers=3,
                                micro_batch=2, micro_batches=3,
                                base_width=64, recompute="full"),
                  ["--clip", "0"]),
}


def run(command):
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode:
        sys.exit(f"{' '.join(command)}\n{result.stdout}{result.stderr}")
    return result.stdout


def read_safetensors(path):
    with open(path, "rb") as file:
        size = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(size))
        data = file.read()
    return {name: torch.frombuffer(
                bytearray(data[slice(*entry["data_offsets"])]),
                dtype=torch.float32).reshape(entry["shape"])
            for name, entry in header.items() if name != "__metadata__"}


class TeleFlm:
    """Forward pass in the conventions of Hugging Face's Llama."""

    def __init__(self, parameters, dims, recipe, dtype):
        self.p = {name: value.to(dtype).requires_grad_()
                  for name, value in parameters.items()}
        self.dims = dims
        self.ratio = dims["hidden"] / recipe["base_width"]
        mup = recipe["parametrization"] == "mup"
        self.input_mult = recipe["input_mult"]
        self.output_mult = recipe["output_mult"] / (self.ratio if mup else 1)
        positions = torch.arange(dims["seq"], dtype=torch.float64)
        half = dims["head_dim"] // 2
        frequency = 10000.0 ** (-2 * torch.arange(half, dtype=torch.float64)
                                / dims["head_dim"])
        angles = torch.outer(positions, frequency)
        angles = torch.cat([angles, angles], dim=-1)
        self.cos, self.sin = angles.cos().to(dtype), angles.sin().to(dtype)

    @staticmethod
    def rms_norm(x, weight, eps=1e-5):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + eps) * weight

    def rope(self, x):
        first, second = x.chunk(2, dim=-1)
        return x * self.cos + torch.cat([-second, first], dim=-1) * self.sin

    def attention(self, x, layer):
        batch, seq, _ = x.shape
        heads, head_dim = self.dims["heads"], self.dims["head_dim"]
        q, k, v = ((x @ self.p[f"{layer}.self_attn.{name}_proj.weight"].T)
                   .view(batch, seq, heads, head_dim).transpose(1, 2)
                   for name in "qkv")
        scores = self.rope(q) @ self.rope(k).transpose(-1, -2)
        future = torch.ones(seq, seq, dtype=torch.bool).triu(1)
        scores = (scores / math.sqrt(head_dim)).masked_fill(future, -math.inf)
        out = torch.softmax(scores, dim=-1) @ v
        out = out.transpose(1, 2).reshape(batch, seq, heads * head_dim)
        return out @ self.p[f"{layer}.self_attn.o_proj.weight"].T

    def mlp(self, x, layer):
        gate, up, down = (self.p[f"{layer}.mlp.{name}_proj.weight"]
                          for name in ("gate", "up", "down"))
        return (F.silu(x @ gate.T) * (x @ up.T)) @ down.T

    def loss(self, tokens, targets):
        """Mean over the tokens; columns beyond the true vocabulary are cut."""
        p = self.p
        x = p["model.embed_tokens.weight"][tokens] * self.input_mult
        for i in range(self.dims["layers"]):
            layer = f"model.layers.{i}"
            x = x + self.attention(
                self.rms_norm(x, p[layer + ".input_layernorm.weight"]), layer)
            x = x + self.mlp(self.rms_norm(
                x, p[layer + ".post_attention_layernorm.weight"]), layer)
        x = self.rms_norm(x, p["model.norm.weight"]) * self.output_mult
        logits = x @ p["lm_head.weight"].T
        vocab = self.dims["vocab"]
        return F.cross_entropy(logits.reshape(-1, logits.shape[-1])[:, :vocab],
                               targets.reshape(-1))

    def groups(self, recipe):
        """AdamW groups: hidden matrices, and everything else."""
        shrink = self.ratio if recipe["parametrization"] == "mup" else 1.0
        matrices = [v for n, v in self.p.items() if n.endswith("_proj.weight")]
        others = [v for n, v in self.p.items()
                  if not n.endswith("_proj.weight")]
        return [dict(params=matrices, eps=recipe["eps"] / shrink,
                     weight_decay=recipe["weight_decay"] * shrink,
                     factor=recipe["matrix_lr"] / recipe["lr"] / shrink),
                dict(params=others, eps=recipe["eps"],
                     weight_decay=recipe["weight_decay"], factor=1.0)]


def learning_rate(recipe, step):
    """Of step 1, 2, …: linear warm-up, then a cosine."""
    if step < recipe["warmup"]:
        return recipe["lr"] * step / recipe["warmup"]
    progress = min(1.0, (step - recipe["warmup"])
                   / max(1, recipe["steps"] - recipe["warmup"]))
    return recipe["min_lr"] + (recipe["lr"] - recipe["min_lr"]) * 0.5 * (
        1 + math.cos(math.pi * progress))


def train(model, recipe, tokens, batch, micro_batches, steps):
    """Yields (loss, gradient norm before clipping) of each step."""
    optimizer = torch.optim.AdamW(
        model.groups(recipe), lr=recipe["lr"],
        betas=(recipe["beta1"], recipe["beta2"]), foreach=False)
    seq = model.dims["seq"]
    for step in range(steps):
        rate = learning_rate(recipe, step + 1)
        for group in optimizer.param_groups:
            group["lr"] = rate * group["factor"]
        optimizer.zero_grad()
        loss = 0.0
        for micro in range(micro_batches):
            first = (step * micro_batches + micro) * batch
            window = torch.stack([tokens[(first + i) * seq:][:seq + 1]
                                  for i in range(batch)])
            part = model.loss(window[:, :-1], window[:, 1:]) / micro_batches
            part.backward()
            loss += part.item()
        parameters = [v for v in model.p.values()]
        norm = torch.nn.utils.clip_grad_norm_(
            parameters, recipe["clip"] or math.inf)
        optimizer.step()
        yield loss, norm.item()


def write_tokens(path, count, vocab, seed):
    """A .bin of llm.c: a noisy cycle, so that there is something to learn."""
    random = np.random.default_rng(seed)
    tokens = (np.arange(count) * 7 + random.zipf(1.5, count)) % vocab
    header = np.zeros(256, np.int32)
    header[:3] = 20240520, 1, count
    with open(path, "wb") as file:
        file.write(header.tobytes() + tokens.astype(np.uint16).tobytes())
    return torch.from_numpy(tokens.astype(np.int64))


def relative(a, b):
    return abs(a - b) / abs(b)


def compare(name, options, directory):
    recipe_name, sizes, flags = CASES[name]
    binary, data = (os.path.join(directory, file) for file in ("bin", "t.bin"))
    run([options.flmc, SPEC, f"--config={options.config}",
         f"--recipe={recipe_name}", "-o", binary]
        + [f"--set={key}={value}" for key, value in sizes.items()])
    flags = flags + ["--steps", str(options.steps)]
    config = json.loads(run([binary, "--print-config"] + flags))
    dims, recipe = config["dims"], config["recipe"]
    batch, micro_batches = dims["batch"], config["micro_batches"]
    count = options.steps * batch * micro_batches * dims["seq"] + 1
    tokens = write_tokens(data, count, dims["vocab"], seed=1)

    start, out = (os.path.join(directory, d) for d in ("start", "out"))
    run([binary, "--steps", "0", "--out", start])
    init = f"{start}/step_{0:08}/model.safetensors"
    run([binary, "--data", data, "--shuffle", "none", "--init", init, "--out",
         out, "--log-every", "0"] + flags)
    with open(os.path.join(out, "metrics.jsonl")) as file:
        ours = [line for line in map(json.loads, file) if "grad_norm" in line]
    if len(ours) != options.steps:
        sys.exit(f"{name}: {len(ours)} steps in metrics.jsonl")

    model = TeleFlm(read_safetensors(init), dims, recipe,
                    getattr(torch, options.dtype))
    worst_loss = worst_norm = 0.0
    theirs = train(model, recipe, tokens, batch, micro_batches, options.steps)
    for mine, (loss, norm) in zip(ours, theirs):
        loss_error = relative(mine["loss"], loss)
        norm_error = relative(mine["grad_norm"], norm)
        worst_loss = max(worst_loss, loss_error)
        worst_norm = max(worst_norm, norm_error)
        if options.verbose:
            print(f"  step {mine['step']:2} loss {mine['loss']:.7f} "
                  f"{loss:.7f} ({loss_error:.1e}) norm "
                  f"{mine['grad_norm']:.7f} {norm:.7f} ({norm_error:.1e})")

    last = read_safetensors(
        f"{out}/step_{options.steps:08}/model.safetensors")
    worst_parameter = max(
        ((last[key] - value.detach()).norm() / value.detach().norm()).item()
        for key, value in model.p.items())
    first, uniform = ours[0]["loss"], math.log(dims["vocab"])
    passed = (worst_loss <= 1e-5 and worst_norm <= 1e-4
              and worst_parameter <= 1e-5
              and relative(first, uniform) <= 0.01)
    print(f"{'ok  ' if passed else 'FAIL'} {name:10} {options.steps} steps, "
          f"largest relative difference: loss {worst_loss:.1e}, gradient norm "
          f"{worst_norm:.1e}, parameters {worst_parameter:.1e}; first loss "
          f"{first:.4f}, ln {dims['vocab']} = {uniform:.4f}, last "
          f"{ours[-1]['loss']:.4f}")
    return passed


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("cases", nargs="*", metavar="CASE",
                        help=f"one or more of {', '.join(CASES)}; default all")
    parser.add_argument("--flmc", required=True, help="the compiler")
    parser.add_argument("--config", default="tiny", help="default: tiny")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--dtype", default="float32",
                        choices=["float32", "float64"], help="of PyTorch")
    parser.add_argument("--verbose", action="store_true", help="every step")
    options = parser.parse_args()
    for name in options.cases:
        if name not in CASES:
            parser.error(f"no case '{name}'; expected one of "
                         f"{', '.join(CASES)}")
    torch.manual_seed(0)
    torch.set_num_threads(1)
    passed = True
    for name in options.cases or CASES:
        with tempfile.TemporaryDirectory() as directory:
            passed &= compare(name, options, directory)
    sys.exit(not passed)


if __name__ == "__main__":
    main()
