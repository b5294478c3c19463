// RUN: flm-opt %s -verify-diagnostics -split-input-file

//===-- embedding ----------------------------------------------------------===//

flm.program @p of @c(%tokens: [b=2] i32, %table: [h=4] f32) {
  // expected-error @below {{embedding needs a table [vocab, width], got [h=4]}}
  %e = embedding %tokens, %table : [b=2] i32, [h=4] f32
  return
}

// -----

flm.program @p of @c(%tokens: [b=2] f32, %table: [v=7, h=4] f32) {
  // expected-error @below {{embedding takes i32 tokens, got '!flm.tensor<[b=2] f32>'}}
  // expected-error @below {{failed to infer returned types}}
  %e = embedding %tokens, %table : [b=2] f32, [v=7, h=4] f32
  return
}

// -----

flm.program @p of @c(%tokens: [b=2] i32, %table: [h=4] f32) {
  // expected-error @below {{embedding needs a table [vocab, width], got [h=4]}}
  // expected-error @below {{failed to infer returned types}}
  %e = "flm.embedding"(%tokens, %table) : (!flm.tensor<[b=2] i32>, !flm.tensor<[h=4] f32>) -> !flm.tensor<[b=2, h=4] f32>
  return
}

// -----

//===-- linear -------------------------------------------------------------===//

flm.program @p of @c(%x: [] f32, %w: [f=5, h=4] f32) {
  // expected-error @below {{linear needs at least one dim}}
  %y = linear %x, %w : [] f32 -> [f=5] f32
  return
}

// -----

// The declared and the used type of a weight differ: a transposed weight.
// expected-note @below {{prior use here}}
flm.program @p of @c(%x: [b=2, h=4] f32, %w: [h=4, f=5] f32) {
  // expected-error @below {{use of value '%w' expects different type than prior uses}}
  %y = linear %x, %w : [b=2, h=4] f32 -> [b=2, f=5] f32
  return
}

// -----

flm.program @p of @c(%x: [b=2, h=4] f32, %w: [h=4, f=5] f32) {
  // expected-error @below {{linear contracts the last dim of x [b=2, h=4] with the last dim of w [h=4, f=5]: the weight is transposed; weights are [out, in]}}
  // expected-error @below {{failed to infer returned types}}
  %y = "flm.linear"(%x, %w) : (!flm.tensor<[b=2, h=4] f32>, !flm.tensor<[h=4, f=5] f32>) -> !flm.tensor<[b=2, f=5] f32>
  return
}

// -----

flm.program @p of @c(%x: [b=2, h=4] f32, %w: [f=5, f=5] f32) {
  // expected-error @below {{linear contracts the last dim of x [b=2, h=4] with the last dim of w [f=5, f=5]: [h=4] is not [f=5]}}
  // expected-error @below {{failed to infer returned types}}
  %y = "flm.linear"(%x, %w) : (!flm.tensor<[b=2, h=4] f32>, !flm.tensor<[f=5, f=5] f32>) -> !flm.tensor<[b=2, f=5] f32>
  return
}

// -----

// One size, two names: not the same dim.
flm.program @p of @c(%x: [b=2, h=4] f32, %w: [f=5, g=4] f32) {
  // expected-error @below {{[h=4] is not [g=4]}}
  // expected-error @below {{failed to infer returned types}}
  %y = "flm.linear"(%x, %w) : (!flm.tensor<[b=2, h=4] f32>, !flm.tensor<[f=5, g=4] f32>) -> !flm.tensor<[b=2, f=5] f32>
  return
}

// -----

flm.program @p of @c(%x: [b=2, h=4] f32, %w: [f=5, h=4] bf16) {
  // expected-error @below {{linear needs one element type, got '!flm.tensor<[b=2, h=4] f32>' and '!flm.tensor<[f=5, h=4] bf16>'}}
  // expected-error @below {{failed to infer returned types}}
  %y = "flm.linear"(%x, %w) : (!flm.tensor<[b=2, h=4] f32>, !flm.tensor<[f=5, h=4] bf16>) -> !flm.tensor<[b=2, f=5] f32>
  return
}

// -----

flm.program @p of @c(%x: [b=2, h=4] f32, %w: [h=4] f32) {
  // expected-error @below {{linear needs x [..., in] and w [out, in]; got [b=2, h=4] and [h=4]}}
  // expected-error @below {{failed to infer returned types}}
  %y = "flm.linear"(%x, %w) : (!flm.tensor<[b=2, h=4] f32>, !flm.tensor<[h=4] f32>) -> !flm.tensor<[b=2, h=4] f32>
  return
}

// -----

flm.program @p of @c(%x: [b=2, h=4] f32, %w: [f=5, h=4] f32) {
  // expected-error @below {{op inferred type(s)}}
  // expected-error @below {{failed to infer returned types}}
  %y = "flm.linear"(%x, %w) : (!flm.tensor<[b=2, h=4] f32>, !flm.tensor<[f=5, h=4] f32>) -> !flm.tensor<[b=2, h=4] f32>
  return
}

// -----

//===-- rms_norm -----------------------------------------------------------===//

flm.program @p of @c(%x: [] f32, %g: [h=4] f32) {
  // expected-error @below {{a norm needs at least one dim}}
  %y = rms_norm %x, %g eps 1.0e-5 : [] f32
  return
}

// -----

flm.program @p of @c(%x: [b=2, h=4] f32, %g: [b=2] f32) {
  // expected-error @below {{needs a gain with the last dim of [b=2, h=4], got [b=2]}}
  %y = "flm.rms_norm"(%x, %g) <{eps = 1.0e-5 : f64}> : (!flm.tensor<[b=2, h=4] f32>, !flm.tensor<[b=2] f32>) -> !flm.tensor<[b=2, h=4] f32>
  return
}

// -----

flm.program @p of @c(%x: [b=2, h=4] f32, %g: [h=4] f32) {
  // expected-error @below {{needs a positive eps}}
  %y = rms_norm %x, %g eps 0.0 : [b=2, h=4] f32
  return
}

// -----

//===-- layer_norm ---------------------------------------------------------===//

flm.program @p of @c(%x: [b=2, h=4] f32, %g: [b=2] f32, %b: [h=4] f32) {
  // expected-error @below {{needs a gain with the last dim of [b=2, h=4], got [b=2]}}
  %y = layer_norm %x, %g, %b eps 1.0e-5 : ([b=2, h=4] f32, [b=2, h=4] f32, [b=2] f32, [h=4] f32)
  return
}

// -----

flm.program @p of @c(%x: [b=2, h=4] f32, %g: [h=4] f32, %b: [b=2] f32) {
  // expected-error @below {{needs a bias with the last dim of [b=2, h=4], got [b=2]}}
  %y = layer_norm %x, %g, %b eps 1.0e-5 : ([b=2, h=4] f32, [b=2, h=4] f32, [h=4] f32, [b=2] f32)
  return
}

// -----

flm.program @p of @c(%x: [b=2, h=4] f32, %g: [h=4] f32) {
  // expected-error @below {{needs a positive eps}}
  %y = layer_norm %x, %g, %g eps -1.0e-5 : [b=2, h=4] f32
  return
}

// -----

//===-- rope, attention ----------------------------------------------------===//

flm.program @p of @c(%x: [b=2, s=3, h=4] f32) {
  // expected-error @below {{needs [..., positions, heads * head_dim], got [b=2, s=3, h=4]}}
  %y = rope %x theta 1.0e4 : [b=2, s=3, h=4] f32
  return
}

// -----

flm.program @p of @c(%x: [n=2 * d=4] f32) {
  // expected-error @below {{needs [..., positions, heads * head_dim], got [n=2 * d=4]}}
  %y = rope %x theta 1.0e4 : [n=2 * d=4] f32
  return
}

// -----

flm.program @p of @c(%x: [s=3, n=2 * d=5] f32) {
  // expected-error @below {{rotates pairs: head_dim must be even, not 5}}
  %y = rope %x theta 1.0e4 : [s=3, n=2 * d=5] f32
  return
}

// -----

flm.program @p of @c(%x: [s=3, n=2 * d=4] f32) {
  // expected-error @below {{needs a theta above 1}}
  %y = rope %x theta 1.0 : [s=3, n=2 * d=4] f32
  return
}

// -----

flm.program @p of @c(%q: [s=3, h=4] f32) {
  // expected-error @below {{needs [..., positions, heads * head_dim], got [s=3, h=4]}}
  %y = attention %q, %q, %q causal : [s=3, h=4] f32
  return
}

// -----

// Attention itself takes an odd head_dim.
flm.program @p of @c(%q: [s=3, n=2 * d=5] f32) {
  %y = attention %q, %q, %q causal : [s=3, n=2 * d=5] f32
  return
}

// -----

flm.program @p of @c(%q: [s=3, n=2 * d=4] f32, %k: [s=6, n=2 * d=4] f32) {
  // expected-error @below {{needs q, k, v and its result to have one shape, got '!flm.tensor<[s=3, n=2 * d=4] f32>', '!flm.tensor<[s=6, n=2 * d=4] f32>'}}
  %y = "flm.attention"(%q, %k, %k) <{causal}> : (!flm.tensor<[s=3, n=2 * d=4] f32>, !flm.tensor<[s=6, n=2 * d=4] f32>, !flm.tensor<[s=6, n=2 * d=4] f32>) -> !flm.tensor<[s=3, n=2 * d=4] f32>
  return
}

// -----

flm.program @p of @c(%q: [b=2, s=3, n=2 * d=4] f32) {
  // expected-error @below {{has a log-sum-exp of dims [b=2, s=3, n=2], expected [b=2, n=2, s=3]}}
  %y, %lse = attention %q, %q, %q causal : [b=2, s=3, n=2 * d=4] f32, [b=2, s=3, n=2] f32
  return
}

// -----

//===-- add, silu_mul, scale -----------------------------------------------===//

flm.program @p of @c() {
  // expected-error @below {{needs at least one operand}}
  %y = "flm.add"() : () -> !flm.tensor<[b=2] f32>
  return
}

// -----

flm.program @p of @c(%a: [b=2] f32, %b: [h=2] f32) {
  // expected-error @below {{adds values of one shape, got '!flm.tensor<[h=2] f32>' and '!flm.tensor<[b=2] f32>'}}
  %y = "flm.add"(%a, %b) : (!flm.tensor<[b=2] f32>, !flm.tensor<[h=2] f32>) -> !flm.tensor<[b=2] f32>
  return
}

// -----

flm.program @p of @c(%a: [b=2] f32, %b: [b=2] bf16) {
  // expected-error @below {{failed to verify that all of {gate, up, y} have one shape and element type}}
  %y = "flm.silu_mul"(%a, %b) : (!flm.tensor<[b=2] f32>, !flm.tensor<[b=2] bf16>) -> !flm.tensor<[b=2] f32>
  return
}

// -----

//===-- cross_entropy ------------------------------------------------------===//

flm.program @p of @c(%logits: [b=2, v=7] f32, %targets: [b=2] f32) {
  // expected-error @below {{cross_entropy needs logits [..., vocab] and i32 targets [...]; got [b=2, v=7] and '!flm.tensor<[b=2] f32>'}}
  // expected-error @below {{failed to infer returned types}}
  %loss = cross_entropy %logits, %targets : [b=2, v=7] f32, [b=2] f32
  return
}

// -----

flm.program @p of @c(%logits: [b=2, v=7] f32, %targets: [s=2] i32) {
  // expected-error @below {{cross_entropy needs logits [..., vocab] and i32 targets [...]; got [b=2, v=7] and '!flm.tensor<[s=2] i32>'}}
  // expected-error @below {{failed to infer returned types}}
  %loss = cross_entropy %logits, %targets : [b=2, v=7] f32, [s=2] i32
  return
}

// -----

// Tokens are no numbers.
flm.program @p of @c(%tokens: [b=2] i32) {
  // expected-error @below {{operand #0 must be variadic of tensor of reals with named dims}}
  %y = add %tokens, %tokens : [b=2] i32
  return
}
