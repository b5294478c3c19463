// RUN: flm-opt %s --pass-pipeline='builtin.module(flm.program(flm-accumulate-in-loops))' | FileCheck %s

!f32_bh = !flm.tensor<[batch=2, hidden=4] f32>
!f32_hh = !flm.tensor<[hidden=4, hidden=4] f32>
!f32_lbh = !flm.tensor<[layers=3, batch=2, hidden=4] f32>
!f32_lhh = !flm.tensor<[layers=3, hidden=4, hidden=4] f32>

// CHECK-LABEL: flm.program @sinks
flm.program @sinks of @c(%dy: !f32_bh, %h_all: !f32_lbh, %acc: !f32_lhh) {
  // The accumulator goes in slot by slot and comes out as the sum.
  // CHECK: %dx, %dw_all = loop over layers=3 reverse (%d = %dy : !f32_bh)
  // CHECK-NEXT: slices (%h = %h_all : !f32_bh,
  // CHECK-NEXT:         %dw_sum = %acc : !f32_hh) {
  %dx, %dw_all = loop over layers=3 reverse (%d = %dy : !f32_bh) slices (%h = %h_all : !f32_bh) {
    // CHECK-NEXT: %dw = linear_grad_w %d, %h
    %dw = linear_grad_w %d, %h : !f32_bh, !f32_bh -> !f32_hh
    // CHECK-NEXT: %dw_next = add %dw_sum, %dw : !f32_hh
    // CHECK-NEXT: yield %d : !f32_bh stack %dw_next : !f32_hh
    yield %d : !f32_bh stack %dw : !f32_hh
  }
  // CHECK-NOT: add
  // CHECK: return %dx, %dw_all : !f32_bh, !f32_lhh
  %sum = add %acc, %dw_all : !f32_lhh
  return %dx, %sum : !f32_bh, !f32_lhh
}

// CHECK-LABEL: flm.program @stays
flm.program @stays of @c(%dy: !f32_bh, %h_all: !f32_lbh, %acc: !f32_lhh) {
  // CHECK: %read, %late = loop over layers=3 ()
  // CHECK-NEXT: slices (%h = %h_all : !f32_bh) {
  // CHECK-NEXT: %dw = linear_grad_w
  // CHECK-NEXT: yield stack %dw, %dw
  %read, %late = loop over layers=3 () slices (%h = %h_all : !f32_bh) {
    %dw = linear_grad_w %dy, %h : !f32_bh, !f32_bh -> !f32_hh
    yield stack %dw, %dw : !f32_hh, !f32_hh
  }
  // Somebody else reads the stack.
  // CHECK: %a = add %acc, %read
  %a = add %acc, %read : !f32_lhh
  // The accumulator is not known before the loop.
  // CHECK: %b = add %a, %late
  %b = add %a, %late : !f32_lhh
  return %read, %b : !f32_lhh, !f32_lhh
}
