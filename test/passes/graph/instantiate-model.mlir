// One config, recipe and plan are bound; everything else goes.
// RUN: flm-opt %s --flm-instantiate-model="config=small recipe=r plan=one" | FileCheck %s
// RUN: flm-opt %s --flm-instantiate-model="config=small recipe=narrow plan=one" | FileCheck %s --check-prefix=BF16
// RUN: flm-opt %s --flm-instantiate-model="config=small recipe=wide plan=one" | FileCheck %s --check-prefix=F64
// RUN: flm-opt %s --flm-instantiate-model="config=small recipe=r plan=one set=hidden=12,layers=1,lr=0.5,micro_batch=7,padded_vocab=20" \
// RUN:   | FileCheck %s --check-prefix=SET

// CHECK-DAG: !f32_bs_nd = !flm.tensor<[batch=2, seq=4, heads=2 * head_dim=4] f32>
// CHECK-DAG: !f32_bs_padded_vocab = !flm.tensor<[batch=2, seq=4, padded_vocab=16] f32>
// CHECK-DAG: !f32_l_nd_h = !flm.tensor<[layers=3, heads=2 * head_dim=4, hidden=8] f32>
// CHECK-DAG: !f32_nd_h = !flm.tensor<[heads=2 * head_dim=4, hidden=8] f32>

// CHECK: flm.model @m config @small recipe @r plan @one
// CHECK-NEXT: dims [batch, seq, vocab, padded_vocab = round_up(vocab, 8), hidden, heads, head_dim = hidden / heads, layers]
// CHECK-NEXT: (%tokens: !i32_bs, %targets: !i32_bs) {
flm.model @m dims [batch, seq, vocab, padded_vocab = round_up(vocab, 8), hidden, heads, head_dim = hidden / heads, layers]
    (%tokens: [batch, seq] i32, %targets: [batch, seq] i32) {
  // CHECK-NEXT: %table = param "embed.weight" : !f32_padded_vocab_h
  %table = param "embed.weight" : [padded_vocab, hidden]
  // CHECK-NEXT: %e = embedding %tokens, %table : !i32_bs, !f32_padded_vocab_h
  %e = embedding %tokens, %table : [batch, seq] i32, [padded_vocab, hidden]
  // One parameter per iteration becomes one with a leading dim, whose name has a
  // * for the iteration.
  // CHECK-NEXT: %g_all = param "model.layers.*.norm.weight" : !f32_lh
  // CHECK-NEXT: %w_all = param "model.layers.*.proj.weight" : !f32_l_nd_h
  // CHECK-NEXT: %x = loop over layers=3 (%h = %e : !f32_bsh)
  // CHECK-NEXT:     slices (%g = %g_all : !f32_h,
  // CHECK-NEXT:             %w = %w_all : !f32_nd_h) {
  %x = loop over layers (%h = %e : [batch, seq, hidden]) {
    %g = param "norm.weight" : [hidden]
    // CHECK-NEXT: %n = rms_norm %h, %g eps 1.0e-5 : !f32_bsh
    %n = rms_norm %h, %g eps 1.0e-5 : [batch, seq, hidden]
    // Where it is declared in the body does not matter.
    %w = param "proj.weight" : [heads * head_dim, hidden]
    // CHECK-NEXT: %q = linear %n, %w : !f32_bsh -> !f32_bs_nd
    %q = linear %n, %w : [batch, seq, hidden] -> [batch, seq, heads * head_dim]
    // CHECK-NEXT: %a = attention %q, %q, %q causal : !f32_bs_nd
    %a = attention %q, %q, %q causal : [batch, seq, heads * head_dim]
    // CHECK-NEXT: %y = linear_grad_x %a, %w : !f32_bs_nd, !f32_nd_h -> !f32_bsh
    %y = linear_grad_x %a, %w : [batch, seq, heads * head_dim], [heads * head_dim, hidden] -> [batch, seq, hidden]
    // CHECK-NEXT: yield %y : !f32_bsh
    yield %y : [batch, seq, hidden]
  // CHECK-NEXT: }
  }
  // CHECK-NEXT: %logits = linear %x, %table : !f32_bsh -> !f32_bs_padded_vocab
  %logits = linear %x, %table : [batch, seq, hidden] -> [batch, seq, padded_vocab]
  // CHECK-NEXT: %loss = cross_entropy %logits, %targets valid vocab=11 : !f32_bs_padded_vocab, !i32_bs
  %loss = cross_entropy %logits, %targets valid vocab : [batch, seq, padded_vocab], [batch, seq] i32
  // CHECK-NEXT: return %loss : [] f32
  return %loss : [] f32
}
// The chosen config lists every dim, and nothing else is left.
// CHECK: flm.config @small of @m {batch = 2, seq = 4, vocab = 11, padded_vocab = 16, hidden = 8, heads = 2, head_dim = 4, layers = 3}
// `width` was not written: it is what of its default the model has.
// CHECK-NEXT: flm.recipe @r {micro_batch = 2, width = [hidden, heads]}
// CHECK-NEXT: flm.plan @one of @m on grid() {}
// CHECK-NOT: flm.
flm.config @small of @m {seq = 4, vocab = 11, hidden = 8, heads = 2, layers = 3}
flm.config @large of @m {seq = 8, vocab = 11, hidden = 16, heads = 2, layers = 3}
flm.recipe @r {micro_batch = 2}
flm.recipe @narrow {micro_batch = 2, precision = bf16}
flm.recipe @wide {micro_batch = 2, precision = f64}
flm.plan @one of @m on grid() {}
flm.plan @two of @m on grid(dp = 2) {batch -> dp}
flm.model @another dims [batch](%tokens: [batch] i32) { return }
flm.config @other of @another {}

// The precision is that of what the spec leaves open; a loss is f32 or wider.
// BF16-LABEL: flm.model
// BF16: %q = linear %n, %w : !bsh -> !bs_nd
// BF16: %loss = cross_entropy %logits, %targets valid vocab=11 : !bs_padded_vocab, !i32_bs
// BF16-NEXT: return %loss : [] f32
// F64-LABEL: flm.model
// F64: %q = linear %n, %w : !f64_bsh -> !f64_bs_nd
// F64: return %loss : [] f64

// SET: flm.config @small of @m {batch = 7, seq = 4, vocab = 11, padded_vocab = 20, hidden = 12, heads = 2, head_dim = 6, layers = 1}
// SET: flm.recipe @r {micro_batch = 7, lr = 0.5, width = [hidden, heads]}
