#!/usr/bin/env python3
"""Times Tele-FLM's training step in PyTorch: the other side of train_step.py.

Written to be fast, not to be an oracle (that is oracle.py): fused attention,
loss and AdamW, optionally torch.compile. Prints the milliseconds of each step.
"""

import argparse
import json
import time

import torch
import torch.nn as nn
import torch.nn.functional as F


class Layer(nn.Module):
    def __init__(self, hidden, heads, ffn):
        super().__init__()
        linear = lambda i, o: nn.Linear(i, o, bias=False)
        self.heads = heads
        self.norm1, self.norm2 = (nn.Parameter(torch.ones(hidden))
                                  for _ in range(2))
        self.q, self.k, self.v, self.o = (linear(hidden, hidden)
                                          for _ in range(4))
        self.gate, self.up = linear(hidden, ffn), linear(hidden, ffn)
        self.down = linear(ffn, hidden)

    def forward(self, x, cos, sin):
        def rope(t):
            first, second = t.chunk(2, dim=-1)
            return torch.cat([first * cos - second * sin,
                              second * cos + first * sin], dim=-1)

        split = lambda t: t.unflatten(-1, (self.heads, -1)).transpose(1, 2)
        n = F.rms_norm(x, x.shape[-1:], self.norm1, 1e-5)
        a = F.scaled_dot_product_attention(
            rope(split(self.q(n))), rope(split(self.k(n))), split(self.v(n)),
            is_causal=True)
        x = x + self.o(a.transpose(1, 2).flatten(2))
        n = F.rms_norm(x, x.shape[-1:], self.norm2, 1e-5)
        return x + self.down(F.silu(self.gate(n)) * self.up(n))


class Model(nn.Module):
    def __init__(self, dims):
        super().__init__()
        hidden, vocab = dims["hidden"], dims["padded_vocab"]
        self.embed = nn.Embedding(vocab, hidden)
        self.layers = nn.ModuleList(Layer(hidden, dims["heads"], dims["ffn"])
                                    for _ in range(dims["layers"]))
        self.norm = nn.Parameter(torch.ones(hidden))
        self.head = nn.Linear(hidden, vocab, bias=False)
        half = dims["head_dim"] // 2
        angles = torch.outer(torch.arange(dims["seq"]),
                             10000.0 ** (-torch.arange(half) / half))
        self.register_buffer("cos", angles.cos())
        self.register_buffer("sin", angles.sin())
        for p in self.parameters():
            if p.dim() == 2:
                nn.init.trunc_normal_(p, std=0.02)

    def forward(self, tokens, targets):
        x = self.embed(tokens)
        for layer in self.layers:
            x = layer(x, self.cos, self.sin)
        logits = self.head(F.rms_norm(x, x.shape[-1:], self.norm, 1e-5))
        return F.cross_entropy(logits.flatten(0, 1), targets.flatten())


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("dims", type=json.loads, help="JSON, as --print-config")
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--adamw", default="fused",
                        choices=["fused", "foreach", "single"])
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--profile", action="store_true",
                        help="print what the last step's time went to")
    options = parser.parse_args()
    dims = options.dims
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    model = Model(dims)
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=1e-4, fused=options.adamw == "fused",
        foreach=options.adamw == "foreach")
    compute = torch.compile(model) if options.compile else model
    shape = (dims["batch"], dims["seq"] + 1)

    def step():
        begin = time.perf_counter()
        window = torch.randint(dims["vocab"], shape)
        loss = compute(window[:, :-1], window[:, 1:])
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0,
                                 foreach=options.adamw != "single")
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        loss.item()
        return 1e3 * (time.perf_counter() - begin)

    for _ in range(options.steps):
        print(f"{step():.1f}", flush=True)
    if options.profile:
        with torch.profiler.profile() as profile:
            step()
        print(profile.key_averages().table(sort_by="self_cpu_time_total",
                                           row_limit=20))


if __name__ == "__main__":
    main()
