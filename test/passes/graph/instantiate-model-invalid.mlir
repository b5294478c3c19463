// Choices and overrides that can not be: one RUN line each.
// DEFINE: %{refuses} = not flm-opt %s --mlir-print-op-on-diagnostic=false --flm-instantiate-model
// RUN: %{refuses}="recipe=r" 2>&1 | FileCheck %s --check-prefix=WHICH
// WHICH: error: choose one config of small, large, bare (config=NAME)
// RUN: %{refuses}="config=smal recipe=r" 2>&1 | FileCheck %s --check-prefix=CONFIG
// CONFIG: error: unknown config 'smal'; did you mean 'small'?
// RUN: %{refuses}="config=b52 recipe=r" 2>&1 | FileCheck %s --check-prefix=KNOWN
// KNOWN: error: unknown config 'b52'; known: small, large, bare
// RUN: %{refuses}="config=small" 2>&1 | FileCheck %s --check-prefix=RECIPES
// RECIPES: error: choose one recipe of r, named, odd (recipe=NAME)
// RUN: %{refuses}="config=small recipe=q" 2>&1 | FileCheck %s --check-prefix=RECIPE
// RECIPE: error: unknown recipe 'q'; did you mean 'r'?
// RUN: %{refuses}="config=small recipe=r plan=two" 2>&1 | FileCheck %s --check-prefix=PLAN
// PLAN: error: unknown plan 'two'; known: one

// RUN: %{refuses}="config=small recipe=r set=hidden" 2>&1 | FileCheck %s --check-prefix=FORM
// FORM: error: expected name=value, got 'hidden'
// RUN: %{refuses}="config=small recipe=r set=hiden=4" 2>&1 | FileCheck %s --check-prefix=NAME
// NAME: error: unknown dim or recipe key 'hiden'; did you mean 'hidden'?
// RUN: %{refuses}="config=small recipe=r set=hidden=0" 2>&1 | FileCheck %s --check-prefix=ZERO
// ZERO: error: dim 'hidden' must be a positive integer, got '0'
// RUN: %{refuses}="config=small recipe=r set=hidden=4.5" 2>&1 | FileCheck %s --check-prefix=REAL
// REAL: error: dim 'hidden' must be a positive integer, got '4.5'
// RUN: %{refuses}="config=small recipe=r set=batch=4" 2>&1 | FileCheck %s --check-prefix=BATCH
// BATCH: error: 'batch' is the recipe's micro_batch: set micro_batch=4
// RUN: %{refuses}="config=small recipe=r set=precision=f16" 2>&1 | FileCheck %s --check-prefix=KEY
// KEY: error: 'precision' must be f32, bf16 or f64
// RUN: %{refuses}="config=small recipe=r set=lr=nan" 2>&1 | FileCheck %s --check-prefix=NAN
// NAN: error: 'lr' must be a number of at least 0
// RUN: %{refuses}="config=small recipe=r set=hidden=1099511627778" 2>&1 | FileCheck %s --check-prefix=LARGE
// LARGE: error: 'hidden' is 1099511627778, more than any dim can be (2^40)
// RUN: %{refuses}="config=small recipe=r set=hidden=1099511627776,seq=65536" 2>&1 | FileCheck %s --check-prefix=TOTAL
// TOTAL: error: 'flm.rope' op is too large for any machine: [seq=65536, heads=2 * head_dim=549755813888]
// RUN: %{refuses}="config=small recipe=r set=heads=3" 2>&1 | FileCheck %s --check-prefix=HEADS
// HEADS: [[#@LINE+19]]:1: error: config @small: 'head_dim = hidden / heads': 8 does not divide by 3; next hidden: 6, 9
// RUN: %{refuses}="config=small recipe=r set=heads=8" 2>&1 | FileCheck %s --check-prefix=ODD
// ODD: [[#@LINE+13]]:8: error: 'flm.rope' op rotates pairs: head_dim must be even, not 1
// RUN: %{refuses}="config=small recipe=r set=padded_vocab=10" 2>&1 | FileCheck %s --check-prefix=PADDED
// PADDED: [[#@LINE+15]]:1: error: padded_vocab 10 is below vocab 11; set padded_vocab=16 too
// RUN: %{refuses}="config=small recipe=named" 2>&1 | FileCheck %s --check-prefix=WIDTH
// WIDTH: [[#@LINE+17]]:1: error: unknown dim 'hiden' in width; did you mean 'hidden'?
// What is wrong is where it is written.
// RUN: %{refuses}="config=small recipe=odd" 2>&1 | FileCheck %s --check-prefix=DERIVED
// DERIVED: [[#@LINE+14]]:1: error: unknown dim 'hiden' in width; did you mean 'hidden'?
// RUN: %{refuses}="config=bare recipe=r" 2>&1 | FileCheck %s --check-prefix=BARE
// BARE: [[#@LINE+11]]:1: error: recipe @r needs 'width', the dims that grow with width: of batch, size

flm.model @m dims [batch, seq, vocab, padded_vocab = round_up(vocab, 8), hidden, heads, head_dim = hidden / heads]
    (%q: [seq, heads * head_dim], %y: [padded_vocab]) {
  %r = rope %q theta 1.0e4 : [seq, heads * head_dim]
  return
}
flm.model @n dims [batch, size](%x: [size]) { return }
flm.config @small of @m {seq = 4, vocab = 11, hidden = 8, heads = 2}
flm.config @large of @m {seq = 8, vocab = 11, hidden = 16, heads = 2}
flm.config @bare of @n {size = 3}
flm.recipe @r {micro_batch = 2}
flm.recipe @named {width = [hiden]}
flm.recipe @odd from @named {}
flm.plan @one of @m on grid() {}
flm.plan @other of @n on grid() {}
