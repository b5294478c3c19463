// RUN: flm-opt %s --flm-recompute=policy=none | FileCheck %s --check-prefixes=CHECK,NONE
// RUN: flm-opt %s --flm-recompute=policy=selective --canonicalize | FileCheck %s --check-prefixes=CHECK,SELECTIVE
// RUN: flm-opt %s --flm-recompute=policy=full --canonicalize | FileCheck %s --check-prefixes=CHECK,FULL
// An empty policy is the recipe's.
// RUN: flm-opt %s --flm-recompute --canonicalize | FileCheck %s --check-prefixes=CHECK,SELECTIVE
// RUN: not flm-opt %s --flm-recompute=policy=some 2>&1 | FileCheck %s --check-prefix=ERROR
// ERROR: error: unknown recompute policy 'some'; known: none, selective, full

!f32_bh = !flm.tensor<[batch=2, hidden=4] f32>
!f32_h = !flm.tensor<[hidden=4] f32>
!f32_hh = !flm.tensor<[hidden=4, hidden=4] f32>
!f32_lh = !flm.tensor<[layers=3, hidden=4] f32>
!f32_lhh = !flm.tensor<[layers=3, hidden=4, hidden=4] f32>
flm.recipe @r {recompute = selective}
// CHECK-LABEL: flm.program @train_step
flm.program @train_step of @c(%x: !f32_bh, %g_all: !f32_lh, %w_all: !f32_lhh) {
  // NONE: %y, %n_all, %u_all, %h_all = loop over layers=3 (%h = %x : !f32_bh)
  // SELECTIVE: %y, %u_all, %h_all = loop over layers=3 (%h = %x : !f32_bh)
  // FULL: %y, %h_all = loop over layers=3 (%h = %x : !f32_bh)
  %y, %n_all, %u_all, %h_all = loop over layers=3 (%h = %x : !f32_bh)
      slices (%g = %g_all : !f32_h, %w = %w_all : !f32_hh) {
    %n = rms_norm %h, %g eps 1.0e-5 : !f32_bh
    %u = linear %n, %w : !f32_bh -> !f32_bh
    %a = silu_mul %u, %u : !f32_bh
    // NONE: yield %a : !f32_bh stack %n, %u, %h
    // SELECTIVE: yield %a : !f32_bh stack %u, %h
    // FULL: yield %a : !f32_bh stack %h
    yield %a : !f32_bh stack %n, %u, %h : !f32_bh, !f32_bh, !f32_bh
  }
  // NONE: %dx, %dw_all = loop over layers=3 reverse
  // NONE-NEXT: slices (%n = %n_all : !f32_bh,
  // NONE-NEXT: %u = %u_all : !f32_bh,
  // NONE-NEXT: %h = %h_all : !f32_bh,
  // NONE-NEXT: %w = %w_all : !f32_hh) {
  // The norm runs again; what it needs is sliced, and the linear's result saved.
  // SELECTIVE: %dx, %dw_all = loop over layers=3 reverse
  // SELECTIVE: %u = %u_all
  // SELECTIVE: %h = %h_all
  // SELECTIVE: %g = %g_all
  // SELECTIVE-NOT: linear %
  // SELECTIVE: %n = rms_norm %h, %g eps 1.0e-5 : !f32_bh
  // SELECTIVE-NOT: linear %
  // All runs again from what enters a layer.
  // FULL: %dx, %dw_all = loop over layers=3 reverse
  // FULL-NOT: %u_all
  // FULL: %[[N:.*]] = rms_norm %h, %g eps 1.0e-5 : !f32_bh
  // FULL: %u = linear %[[N]], %w : !f32_bh -> !f32_bh
  %dx, %dw_all = loop over layers=3 reverse (%dy = %y : !f32_bh)
      slices (%n = %n_all : !f32_bh, %u = %u_all : !f32_bh, %h = %h_all : !f32_bh, %w = %w_all : !f32_hh) {
    // CHECK: %dgate, %dup = silu_mul_grad %dy, %u, %u
    %dgate, %dup = silu_mul_grad %dy, %u, %u : !f32_bh
    %du = add %dgate, %dup : !f32_bh
    // CHECK: %dw = linear_grad_w %du, %n
    %dw = linear_grad_w %du, %n : !f32_bh, !f32_bh -> !f32_hh
    %dn = linear_grad_x %du, %w : !f32_bh, !f32_hh -> !f32_bh
    %dh = add %dn, %h : !f32_bh
    yield %dh : !f32_bh stack %dw : !f32_hh
  }
  return %dx, %dw_all : !f32_bh, !f32_lhh
}
