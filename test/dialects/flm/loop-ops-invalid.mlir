// RUN: flm-opt %s -verify-diagnostics -split-input-file

flm.program @p of @c(%x: [b=2] f32) {
  // expected-error @below {{must end in yield}}
  %y = "flm.loop"(%x) <{operandSegmentSizes = array<i32: 1, 0>, over = #flm.dim<layers=2>, resultSegmentSizes = array<i32: 1, 0>}> ({
  ^bb0(%h: !flm.tensor<[b=2] f32>):
    llvm.unreachable
  }) : (!flm.tensor<[b=2] f32>) -> !flm.tensor<[b=2] f32>
  return
}

// -----

flm.program @p of @c(%x: [b=2] f32) {
  // expected-error @below {{needs one body argument per carried value and slice}}
  %y = "flm.loop"(%x) <{operandSegmentSizes = array<i32: 1, 0>, over = #flm.dim<layers=2>, resultSegmentSizes = array<i32: 1, 0>}> ({
    flm.yield %x : [b=2] f32
  }) : (!flm.tensor<[b=2] f32>) -> !flm.tensor<[b=2] f32>
  return
}

// -----

flm.program @p of @c(%x: [b=2] f32) {
  %y = loop over layers=2 (%h = %x : [b=2] f32) {
    // expected-error @below {{yields 2 carried and 0 stacked values, the loop has 1 and 0}}
    yield %h, %h : [b=2] f32, [b=2] f32
  }
  return
}

// -----

flm.program @p of @c(%x: [b=2] f32) {
  // expected-error @below {{carried value #0 enters as '!flm.tensor<[b=2] f32>' but leaves an iteration as '!flm.tensor<[b=2] bf16>'}}
  %y = loop over layers=2 (%h = %x : [b=2] f32) {
    %narrow = cast %h : [b=2] f32 -> [b=2] bf16
    yield %narrow : [b=2] bf16
  }
  return
}

// -----

// expected-note @below {{prior use here}}
flm.program @p of @c(%w_all: [layers=3, h=4] f32) {
  // expected-error @below {{use of value '%w_all' expects different type than prior uses}}
  loop over layers=2 () slices (%w = %w_all : [h=4] f32) {
    yield
  }
  return
}

// -----

flm.program @p of @c(%w_all: [layers=3, h=4] f32) {
  // expected-error @below {{slice #0 is '!flm.tensor<[h=4] f32>', so its stack must be '!flm.tensor<[layers=2, h=4] f32>', not '!flm.tensor<[layers=3, h=4] f32>'}}
  "flm.loop"(%w_all) <{operandSegmentSizes = array<i32: 0, 1>, over = #flm.dim<layers=2>, resultSegmentSizes = array<i32: 0, 0>}> ({
  ^bb0(%w: !flm.tensor<[h=4] f32>):
    flm.yield
  }) : (!flm.tensor<[layers=3, h=4] f32>) -> ()
  return
}

// -----

flm.program @p of @c(%x: [h=4] f32) {
  // expected-error @below {{stacked value #0 is '!flm.tensor<[h=4] f32>', so its stack must be '!flm.tensor<[layers=2, h=4] f32>', not '!flm.tensor<[h=4, layers=2] f32>'}}
  %y = "flm.loop"() <{operandSegmentSizes = array<i32: 0, 0>, over = #flm.dim<layers=2>, resultSegmentSizes = array<i32: 0, 1>}> ({
    flm.yield stack %x : [h=4] f32
  }) : () -> !flm.tensor<[h=4, layers=2] f32>
  return
}

// -----

flm.program @p of @c() {
  // expected-error @below {{expects parent op to be one of 'flm.loop, flm.pipeline'}}
  yield
}
