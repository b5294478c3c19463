// RUN: flm-opt %s -verify-diagnostics -split-input-file

flm.program @p of @c(%dy: [b=2, h=4] f32, %tokens: [s=2] i32) {
  // expected-error @below {{needs one gradient row per token, got [b=2, h=4] for tokens [s=2]}}
  %d = embedding_grad %dy, %tokens : [b=2, h=4] f32, [s=2] i32 -> [v=7, h=4] f32
  return
}

// -----

flm.program @p of @c(%dy: [b=2, h=4] f32, %tokens: [b=2] i32) {
  // expected-error @below {{gives [vocab, width] with the width of [b=2, h=4], not [h=4, v=7]}}
  %d = embedding_grad %dy, %tokens : [b=2, h=4] f32, [b=2] i32 -> [h=4, v=7] f32
  return
}

// -----

flm.program @p of @c(%dy: [b=2, f=5] f32, %w: [h=4, f=5] f32) {
  // expected-error @below {{needs dy [..., out], w [out, in] and gives [..., in]; got [b=2, f=5], [h=4, f=5] and [b=2, h=4]}}
  %d = linear_grad_x %dy, %w : [b=2, f=5] f32, [h=4, f=5] f32 -> [b=2, h=4] f32
  return
}

// -----

flm.program @p of @c(%dy: [b=2, f=5] f32, %w: [f=5, h=4] f32) {
  // expected-error @below {{needs dy [..., out], w [out, in] and gives [..., in]; got [b=2, f=5], [f=5, h=4] and [s=2, h=4]}}
  %d = linear_grad_x %dy, %w : [b=2, f=5] f32, [f=5, h=4] f32 -> [s=2, h=4] f32
  return
}

// -----

flm.program @p of @c(%dy: [b=2, f=5] f32, %x: [b=2, h=4] f32) {
  // expected-error @below {{needs dy [..., out], x [..., in] and gives [out, in]; got [b=2, f=5], [b=2, h=4] and [h=4, f=5]}}
  %d = linear_grad_w %dy, %x : [b=2, f=5] f32, [b=2, h=4] f32 -> [h=4, f=5] f32
  return
}

// -----

flm.program @p of @c(%dy: [b=2, f=5] f32, %x: [s=2, h=4] f32) {
  // expected-error @below {{needs dy [..., out], x [..., in] and gives [out, in]}}
  %d = linear_grad_w %dy, %x : [b=2, f=5] f32, [s=2, h=4] f32 -> [f=5, h=4] f32
  return
}

// -----

flm.program @p of @c(%dy: [b=2, h=4] f32, %x: [b=2, h=4] f32) {
  // expected-error @below {{gives a gradient with the last dim of [b=2, h=4], not [b=2]}}
  %d = rms_norm_grad_g %dy, %x eps 1.0e-5 : [b=2, h=4] f32 -> [b=2] f32
  return
}

// -----

flm.program @p of @c(%dy: [b=2, h=4] f32, %x: [b=2, h=4] f32) {
  // expected-error @below {{gives a gradient with the last dim of [b=2, h=4], not [b=2]}}
  %d = layer_norm_grad_g %dy, %x eps 1.0e-5 : [b=2, h=4] f32 -> [b=2] f32
  return
}

// -----

flm.program @p of @c(%dy: [b=2, h=4] f32) {
  // expected-error @below {{gives a gradient with the last dim of [b=2, h=4], not [b=2, h=4]}}
  %d = layer_norm_grad_b %dy : [b=2, h=4] f32 -> [b=2, h=4] f32
  return
}

// -----

flm.program @p of @c(%x: [b=2, h=4] f32, %g: [b=2] f32) {
  // expected-error @below {{needs a gain with the last dim of [b=2, h=4], got [b=2]}}
  %d = layer_norm_grad_x %x, %x, %g eps 1.0e-5 : ([b=2, h=4] f32, [b=2, h=4] f32, [b=2, h=4] f32, [b=2] f32)
  return
}

// -----

// An accumulator has the type of what is added to it.
flm.program @p of @c(%dy: [b=2, f=5] f32, %x: [b=2, h=4] f32, %acc: [f=5, h=4] bf16) {
  // expected-note @-1 {{prior use here}}
  // expected-error @below {{use of value '%acc' expects different type than prior uses}}
  %d = linear_grad_w %dy, %x into %acc : [b=2, f=5] f32, [b=2, h=4] f32 -> [f=5, h=4] f32
  return
}

// -----

flm.program @p of @c(%x: [b=2, h=4] f32, %g: [b=2] f32) {
  // expected-error @below {{needs a gain with the last dim of [b=2, h=4], got [b=2]}}
  %d = "flm.rms_norm_grad_x"(%x, %x, %g) <{eps = 1.0e-5 : f64}> : (!flm.tensor<[b=2, h=4] f32>, !flm.tensor<[b=2, h=4] f32>, !flm.tensor<[b=2] f32>) -> !flm.tensor<[b=2, h=4] f32>
  return
}

// -----

flm.program @p of @c(%q: [s=3, h=4] f32, %lse: [s=3] f32) {
  // expected-error @below {{needs [..., positions, heads * head_dim], got [s=3, h=4]}}
  %dq, %dk, %dv = attention_grad %q, %q, %q, %q, %q, %lse : [s=3, h=4] f32, [s=3] f32
  return
}

// -----

flm.program @p of @c(%q: [s=3, n=2 * d=4] f32, %lse: [s=3, n=2] f32) {
  // expected-error @below {{has a log-sum-exp of dims [s=3, n=2], expected [n=2, s=3]}}
  %dq, %dk, %dv = attention_grad %q, %q, %q, %q, %q, %lse : [s=3, n=2 * d=4] f32, [s=3, n=2] f32
  return
}

// -----

flm.program @p of @c(%q: [s=3, n=2 * d=4] f32, %k: [s=6, n=2 * d=4] f32, %lse: [n=2, s=3] f32) {
  // expected-error @below {{needs q, k, v and the result to have one shape}}
  %dq, %dk, %dv = "flm.attention_grad"(%q, %q, %k, %k, %q, %lse) : (!flm.tensor<[s=3, n=2 * d=4] f32>, !flm.tensor<[s=3, n=2 * d=4] f32>, !flm.tensor<[s=6, n=2 * d=4] f32>, !flm.tensor<[s=6, n=2 * d=4] f32>, !flm.tensor<[s=3, n=2 * d=4] f32>, !flm.tensor<[n=2, s=3] f32>) -> (!flm.tensor<[s=3, n=2 * d=4] f32>, !flm.tensor<[s=6, n=2 * d=4] f32>, !flm.tensor<[s=6, n=2 * d=4] f32>)
  return
}
