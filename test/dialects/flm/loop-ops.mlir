// The loop: carries, slices, stacks, both directions, spread over an axis.
// RUN: flm-opt %s | FileCheck %s
// RUN: flm-opt %s | flm-opt | FileCheck %s
// RUN: flm-opt %s --mlir-print-op-generic --mlir-print-debuginfo | flm-opt | FileCheck %s
// RUN: flm-opt %s --emit-bytecode | flm-opt | FileCheck %s

!f32_bh = !flm.tensor<[batch=2, hidden=4] f32>
!f32_hh = !flm.tensor<[hidden=4, hidden=4] f32>
!f32_lbh = !flm.tensor<[layers=3, batch=2, hidden=4] f32>
!f32_lhh = !flm.tensor<[layers=3, hidden=4, hidden=4] f32>
// CHECK-LABEL: flm.program @loops
flm.program @loops of @c(%x: !f32_bh, %w_all: !f32_lhh) {
  // CHECK-NEXT: %last, %h_all = loop over layers=3 (%h = %x : !f32_bh)
  %last, %h_all = loop over layers=3 (%h = %x : !f32_bh)
      // CHECK-NEXT: slices (%w = %w_all : !f32_hh) {
      slices (%w = %w_all : !f32_hh) {
    // CHECK-NEXT: %y = linear %h, %w : !f32_bh -> !f32_bh
    %y = linear %h, %w : !f32_bh -> !f32_bh
    // CHECK-NEXT: yield %y : !f32_bh stack %h : !f32_bh
    yield %y : !f32_bh stack %h : !f32_bh
  // CHECK-NEXT: }
  }
  // CHECK-NEXT: %dx, %dw_all = loop over layers=3 reverse (%dy = %last : !f32_bh)
  %dx, %dw_all = loop over layers=3 reverse (%dy = %last : !f32_bh)
      // CHECK-NEXT: slices (%w = %w_all : !f32_hh,
      slices (%w = %w_all : !f32_hh,
              // CHECK-NEXT: %h = %h_all : !f32_bh) {
              %h = %h_all : !f32_bh) {
    // CHECK-NEXT: %d = linear_grad_x %dy, %w : !f32_bh, !f32_hh -> !f32_bh
    %d = linear_grad_x %dy, %w : !f32_bh, !f32_hh -> !f32_bh
    // CHECK-NEXT: %dw = linear_grad_w %dy, %h : !f32_bh, !f32_bh -> !f32_hh
    %dw = linear_grad_w %dy, %h : !f32_bh, !f32_bh -> !f32_hh
    // CHECK-NEXT: yield %d : !f32_bh stack %dw : !f32_hh
    yield %d : !f32_bh stack %dw : !f32_hh
  // CHECK-NEXT: }
  }
  // CHECK-NEXT: %copies = loop over layers=3 ()
  %copies = loop over layers=3 ()
      // CHECK-NEXT: slices (%h = %h_all : !f32_bh) {
      slices (%h = %h_all : !f32_bh) {
    // CHECK-NEXT: %twice = add %h, %h : !f32_bh
    %twice = add %h, %h : !f32_bh
    // CHECK-NEXT: yield stack %twice : !f32_bh
    yield stack %twice : !f32_bh
  // CHECK-NEXT: }
  }
  // CHECK-NEXT: loop over layers=3 () {
  loop over layers=3 () {
    // CHECK-NEXT: yield
    yield
  // CHECK-NEXT: }
  }
  // CHECK-NEXT: return
  return
// CHECK-NEXT: }
}
