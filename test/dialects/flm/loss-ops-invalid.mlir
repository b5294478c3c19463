// RUN: flm-opt %s -verify-diagnostics -split-input-file

flm.program @p of @c(%logits: [b=2, v=7] f32) {
  // expected-error @below {{reduces the last dim of [b=2, v=7], which does not give [v=7]}}
  %m = reduce_max %logits : [b=2, v=7] f32 -> [v=7] f32
  return
}

// -----

flm.program @p of @c(%logits: [b=2, v=7] f32, %m: [v=7] f32) {
  // expected-error @below {{reduces the last dim of [b=2, v=7], which does not give [v=7]}}
  %s = sum_exp %logits, %m : [b=2, v=7] f32, [v=7] f32
  return
}

// -----

flm.program @p of @c(%logits: [b=2, v=7] f32, %targets: [b=2] f32) {
  // expected-error @below {{takes i32 targets, got '!flm.tensor<[b=2] f32>'}}
  %p = pick %logits, %targets : [b=2, v=7] f32, [b=2] f32 -> [b=2] f32
  return
}

// -----

flm.program @p of @c(%logits: [b=2, v=7] f32, %targets: [v=7] i32) {
  // expected-error @below {{reduces the last dim of [b=2, v=7], which does not give [v=7]}}
  %p = pick %logits, %targets : [b=2, v=7] f32, [v=7] i32 -> [b=2] f32
  return
}

// -----

flm.program @p of @c(%logits: [b=2, v=7] f32, %targets: [b=2] i32) {
  // expected-error @below {{reduces the last dim of [b=2, v=7], which does not give [v=7]}}
  %p = pick %logits, %targets : [b=2, v=7] f32, [b=2] i32 -> [v=7] f32
  return
}

// -----

flm.program @p of @c(%s: [b=2] f32, %m: [b=2] f32, %p: [b=3] f32) {
  // expected-error @below {{failed to verify that all of {sum_exp, max, picked, y} have one shape}}
  %n = "flm.nll"(%s, %m, %p) : (!flm.tensor<[b=2] f32>, !flm.tensor<[b=2] f32>, !flm.tensor<[b=3] f32>) -> !flm.tensor<[b=2] f32>
  return
}

// -----

flm.program @p of @c(%x: [b=2] f32) {
  // expected-error @below {{gives a scalar [], not [b=2]}}
  %t = sum %x : [b=2] f32 -> [b=2] f32
  return
}

// -----

//===-- valid --------------------------------------------------------------===//

flm.program @p of @c(%logits: [b=2, v=7] f32, %targets: [b=2] i32) {
  // expected-error @below {{has 8 valid entries in the last dim of [b=2, v=7]}}
  %loss = cross_entropy %logits, %targets valid real=8 : [b=2, v=7] f32, [b=2] i32
  return
}

// -----

flm.program @p of @c(%logits: [b=2, v=7] f32) {
  // expected-error @below {{has 8 valid entries in the last dim of [b=2, v=7]}}
  %m = reduce_max %logits valid real=8 : [b=2, v=7] f32 -> [b=2] f32
  return
}

// -----

flm.program @p of @c(%logits: [b=2, v=7] f32, %m: [b=2] f32) {
  // expected-error @below {{has 8 valid entries in the last dim of [b=2, v=7]}}
  %s = sum_exp %logits, %m valid real=8 : [b=2, v=7] f32, [b=2] f32
  return
}

// -----

//===-- cross_entropy_grad -------------------------------------------------===//

flm.program @p of @c(%logits: [b=2, v=7] f32, %m: [b=2] f32, %targets: [b=2] i32, %seed: [] f32) {
  // expected-error @below {{has 8 valid entries in the last dim of [b=2, v=7]}}
  %d = cross_entropy_grad %logits, %m, %m, %targets, %seed valid real=8 : [b=2, v=7] f32, [b=2] f32, [b=2] i32, [] f32
  return
}

// -----

flm.program @p of @c(%logits: [b=2, v=7] f32, %m: [v=7] f32, %targets: [b=2] i32, %seed: [] f32) {
  // expected-error @below {{reduces the last dim of [b=2, v=7], which does not give [v=7]}}
  %d = cross_entropy_grad %logits, %m, %m, %targets, %seed : [b=2, v=7] f32, [v=7] f32, [b=2] i32, [] f32
  return
}

// -----

flm.program @p of @c(%logits: [b=2, v=7] f32, %m: [b=2] f32, %targets: [b=2] f32, %seed: [] f32) {
  // expected-error @below {{takes i32 targets, got '!flm.tensor<[b=2] f32>'}}
  %d = cross_entropy_grad %logits, %m, %m, %targets, %seed : [b=2, v=7] f32, [b=2] f32, [b=2] f32, [] f32
  return
}

// -----

flm.program @p of @c(%logits: [b=2, v=7] f32, %m: [b=2] f32, %targets: [b=2] i32, %seed: [b=2] f32) {
  // expected-error @below {{takes a scalar seed [], not [b=2]}}
  %d = cross_entropy_grad %logits, %m, %m, %targets, %seed : [b=2, v=7] f32, [b=2] f32, [b=2] i32, [b=2] f32
  return
}
