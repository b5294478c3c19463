// RUN: flm-opt %s -verify-diagnostics -split-input-file

//===-- Programs -----------------------------------------------------------===//

// expected-error @below {{must end in return}}
flm.program @p of @c() { llvm.unreachable }

// -----

flm.program @p of @c() {
  // expected-note @below {{first here}}
  %a = param "w" : [h=4] f32
  // expected-error @below {{"w" is read as two types}}
  %b = param "w" : [h=5] f32
  return
}

// -----

flm.program @p of @c(%x: [h=4] f32) {
  // expected-note @below {{first here}}
  update "w" with %x : [h=4] f32
  // expected-error @below {{"w" is updated twice}}
  update "w" with %x : [h=4] f32
  return
}

// -----

flm.program @p of @c(%x: [h=4] f32) {
  loop over layers=2 () {
    // expected-error @below {{an update must stand at the top of a program}}
    update "w" with %x : [h=4] f32
    yield
  }
  return
}

// -----

flm.program @p of @c(%x: [h=5] f32) {
  // expected-note @below {{read here}}
  %w = param "w" : [h=4] f32
  // expected-error @below {{"w" is '!flm.tensor<[h=4] f32>' but is updated with '!flm.tensor<[h=5] f32>'}}
  update "w" with %x : [h=5] f32
  return
}

// -----

//===-- cast, sums ---------------------------------------------------------===//

flm.program @p of @c(%x: [h=4] f32) {
  // expected-error @below {{changes only the element type, got '!flm.tensor<[h=4] f32>' and '!flm.tensor<[h=5] bf16>'}}
  %y = cast %x : [h=4] f32 -> [h=5] bf16
  return
}

// -----

// A cast is no way to turn a partial sum into a value.
flm.program @p of @c(%x: [h=4] f32 on {tp: partial(sum)}) {
  // expected-error @below {{operand #0 (%x) is partial(sum) over 'tp', so the result is too, not replicated; reduce it with a reshard}}
  %y = cast %x : [h=4] f32 on {tp: partial(sum)} -> [h=4] f32
  return
}

// -----

flm.program @p of @c(%x: [h=4] f32) {
  // expected-error @below {{gives a scalar [], not [h=4]}}
  %y = sum_squares %x : [h=4] f32 -> [h=4] f32
  return
}

// -----

flm.program @p of @c(%x: [h=4] f32) {
  // expected-error @below {{gives a scalar [], not [h=4]}}
  %y = mean_abs %x : [h=4] f32 -> [h=4] f32
  return
}

// -----

//===-- clip, adamw --------------------------------------------------------===//

flm.program @p of @c(%ss: [] f32, %hyper: [hyper=8] f32) {
  // expected-error @below {{failed to verify that all of {sumsq, norm, coef} have one shape and element type}}
  %n, %c = "flm.clip"(%ss, %hyper) : (!flm.tensor<[] f32>, !flm.tensor<[hyper=8] f32>) -> (!flm.tensor<[] f32>, !flm.tensor<[] f64>)
  return
}

// -----

flm.program @p of @c(%p: [h=4] f32, %g: [h=5] f32, %coef: [] f32, %hyper: [hyper=8] f32) {
  // expected-error @below {{failed to verify that all of {param, m, v, grad, param_next, m_next, v_next} have one shape}}
  %a:3 = "flm.adamw"(%p, %p, %p, %g, %coef, %hyper) <{lr = 1.0, wd = 1.0, eps = 1.0}> : (!flm.tensor<[h=4] f32>, !flm.tensor<[h=4] f32>, !flm.tensor<[h=4] f32>, !flm.tensor<[h=5] f32>, !flm.tensor<[] f32>, !flm.tensor<[hyper=8] f32>) -> (!flm.tensor<[h=4] f32>, !flm.tensor<[h=4] f32>, !flm.tensor<[h=4] f32>)
  return
}
