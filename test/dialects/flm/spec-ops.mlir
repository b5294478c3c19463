// What a user writes: every op of a spec, as source, in generic form, as bytecode.
// RUN: flm-opt %s | FileCheck %s
// RUN: flm-opt %s | flm-opt | FileCheck %s
// RUN: flm-opt %s --mlir-print-op-generic --mlir-print-debuginfo | flm-opt | FileCheck %s
// RUN: flm-opt %s --emit-bytecode | flm-opt | FileCheck %s

// CHECK-LABEL: flm.model @m
// CHECK-NEXT:      dims [batch, seq, vocab, padded_vocab = round_up(vocab, 64), hidden, heads, head_dim = hidden / heads, layers]
// CHECK-NEXT:      (%tokens: [batch, seq] i32, %targets: [batch, seq] i32) {
flm.model @m dims [batch, seq, vocab, padded_vocab = round_up(vocab, 64), hidden, heads, head_dim = hidden / heads, layers]
    (%tokens: [batch, seq] i32, %targets: [batch, seq] i32) {
  // CHECK-NEXT: %table = param "table" : [padded_vocab, hidden]
  %table = param "table" : [padded_vocab, hidden]
  // CHECK-NEXT: %e = embedding %tokens, %table : [batch, seq] i32, [padded_vocab, hidden]
  %e = embedding %tokens, %table : [batch, seq] i32, [padded_vocab, hidden]
  // CHECK-NEXT: %x = loop over layers (%h = %e : [batch, seq, hidden]) {
  %x = loop over layers (%h = %e : [batch, seq, hidden]) {
    // CHECK-NEXT: %g = param "norm.weight" : [hidden]
    %g = param "norm.weight" : [hidden]
    // CHECK-NEXT: %n = rms_norm %h, %g eps 1.0e-5 : [batch, seq, hidden]
    %n = rms_norm %h, %g eps 1.0e-5 : [batch, seq, hidden]
    // CHECK-NEXT: %r = add %h, %n : [batch, seq, hidden]
    %r = add %h, %n : [batch, seq, hidden]
    // CHECK-NEXT: yield %r : [batch, seq, hidden]
    yield %r : [batch, seq, hidden]
  // CHECK-NEXT: }
  }
  // CHECK-NEXT: %logits = linear %x, %table : [batch, seq, hidden] -> [batch, seq, padded_vocab]
  %logits = linear %x, %table : [batch, seq, hidden] -> [batch, seq, padded_vocab]
  // CHECK-NEXT: %loss = cross_entropy %logits, %targets valid vocab : [batch, seq, padded_vocab], [batch, seq] i32
  %loss = cross_entropy %logits, %targets valid vocab : [batch, seq, padded_vocab], [batch, seq] i32
  // CHECK-NEXT: return %loss : [] f32
  return %loss : [] f32
// CHECK-NEXT: }
}

// CHECK-NEXT: flm.config @c of @m {seq = 8, vocab = 10, hidden = 6, heads = 3, layers = 2}
flm.config @c of @m {seq = 8, vocab = 10, hidden = 6, heads = 3, layers = 2}

// Every kind of value that a recipe takes; what does not fit a line is wrapped.
// CHECK-NEXT: flm.recipe @r {
// CHECK-NEXT: {{^}}  optimizer = adamw, lr = 1.5e-4, eps = 1.0e-8, warmup = 2000, weight_decay = 0.1, clip = 0,{{$}}
// CHECK-NEXT: {{^}}  width = [hidden, heads]{{$}}
// CHECK-NEXT: {{^}}}{{$}}
flm.recipe @r {optimizer = adamw, lr = 0.00015, eps = 1.0e-08, warmup = 2000, weight_decay = 0.1, clip = 0, width = [hidden, heads]}
// One that derives from another, which may stand below it.
// CHECK-NEXT: flm.recipe @narrow_fast from @narrow {lr = 3.0e-3}
flm.recipe @narrow_fast from @narrow {lr = 3.0e-3}
// CHECK-NEXT: flm.recipe @narrow from @r {precision = bf16}
flm.recipe @narrow from @r {precision = bf16}
// CHECK-NEXT: flm.recipe @same from @r {}
flm.recipe @same from @r {}

// CHECK-NEXT: flm.plan @one of @m on grid() {}
flm.plan @one of @m on grid() {}
// CHECK-NEXT: flm.plan @many of @m on grid(dp = 2, tp = 4) {batch -> dp, heads -> tp, optimizer -> dp}
flm.plan @many of @m on grid(dp = 2, tp = 4) {batch -> dp, heads -> tp, optimizer -> dp}
