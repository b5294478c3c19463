// RUN: flm-opt %s -split-input-file -verify-diagnostics

!h = !flm.tensor<[hidden=4] f32>
!mh = !flm.tensor<[micro=4, hidden=4] f32>
// One slot, and the first of three stages has three micro-batches under way.
flm.program @p of @c(%x_all: !mh, %zero: !h) {
  // expected-error @below {{has 3 micro-batches of chunk 0 under way but only 2 slots for what they save}}
  %sum = pipeline over micro=4 on "pp" of 3 slots [2] (%zero : !h) slices (%x_all : !mh) -> !h forward (%x: !h) {
    yield stack %x : !h
  } backward (%acc: !h, %x: !h, %saved: !h) {
    yield %acc : !h
  }
  return
}

// -----

!h = !flm.tensor<[hidden=4] f32>
!mh = !flm.tensor<[micro=4, hidden=4] f32>
!h16 = !flm.tensor<[hidden=4] bf16>
flm.program @p of @c(%x_all: !mh) {
  // expected-error @below {{saved value #0 is '!flm.tensor<[hidden=4] f32>' but the backward pass reads it as '!flm.tensor<[hidden=4] bf16>'}}
  pipeline over micro=4 on "pp" of 2 slots [2] () slices (%x_all : !mh) forward (%x: !h) {
    yield stack %x : !h
  } backward (%x: !h, %saved: !h16) {
    yield
  }
  return
}

// -----

!h = !flm.tensor<[hidden=4] f32>
flm.program @p of @c(%x_all: !h) {
  // expected-error @below {{slice #0 is '!flm.tensor<[hidden=4] f32>', so a pass sees '!flm.tensor<[] f32>', not '!flm.tensor<[hidden=4] f32>'; its leading dim must be the micro-batches or the chunks}}
  pipeline over micro=4 on "pp" of 2 slots [2] () slices (%x_all : !h) forward (%x: !h) {
    yield
  } backward (%x: !h) {
    yield
  }
  return
}

// -----

!h = !flm.tensor<[hidden=4] f32>
flm.program @p of @c(%zero: !h) {
  %sum = pipeline over micro=4 on "pp" of 2 slots [2] (%zero : !h) -> !h forward () {
    // expected-error @below {{of a forward pass saves values (stack) and carries none}}
    yield %zero : !h
  } backward (%acc: !h) {
    yield %acc : !h
  }
  return
}
