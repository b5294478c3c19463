// Programs, their state, and the optimizer.
// RUN: flm-opt %s | FileCheck %s
// RUN: flm-opt %s | flm-opt | FileCheck %s
// RUN: flm-opt %s --mlir-print-op-generic --mlir-print-debuginfo | flm-opt | FileCheck %s
// RUN: flm-opt %s --emit-bytecode | flm-opt | FileCheck %s

!fh = !flm.tensor<[ffn=5, hidden=4] bf16>
!f32_fh = !flm.tensor<[ffn=5, hidden=4] f32>
!f32_hyper = !flm.tensor<[hyper=8] f32>
// CHECK-LABEL: flm.program @init
flm.program @init of @c() {
  // CHECK-NEXT: %w = truncated_normal key "w" std 0.004242 : !f32_fh
  %w = truncated_normal key "w" std 4.242e-3 : !f32_fh
  // CHECK-NEXT: %zero = fill 0.0 : !f32_fh
  %zero = fill 0.0 : !f32_fh
  // CHECK-NEXT: update "w" with %w : !f32_fh
  update "w" with %w : !f32_fh
  // CHECK-NEXT: update "exp_avg.w" with %zero : !f32_fh
  update "exp_avg.w" with %zero : !f32_fh
  // CHECK-NEXT: return
  return
// CHECK-NEXT: }
}
// CHECK-LABEL: flm.program @train_step
flm.program @train_step of @c(%d_w: !f32_fh, %hyper: !f32_hyper) {
  // CHECK-NEXT: %w = param "w" mup<matrix, normal(0.004242), lr 16.0, wd 1.0, eps 0.0625, "2 width dims"> : !f32_fh
  %w = param "w" mup<matrix, normal(0.004242), lr 16.0, wd 1.0, eps 0.0625, "2 width dims"> : !f32_fh
  // CHECK-NEXT: %m = state "exp_avg.w" : !f32_fh
  %m = state "exp_avg.w" : !f32_fh
  // CHECK-NEXT: %v = state "exp_avg_sq.w" : !f32_fh
  %v = state "exp_avg_sq.w" : !f32_fh
  // CHECK-NEXT: %narrow = cast %w : !f32_fh -> !fh
  %narrow = cast %w : !f32_fh -> !fh
  // CHECK-NEXT: %sumsq = sum_squares %d_w : !f32_fh -> [] f32
  %sumsq = sum_squares %d_w : !f32_fh -> [] f32
  // CHECK-NEXT: %size = mean_abs %narrow : !fh -> [] f32
  %size = mean_abs %narrow : !fh -> [] f32
  // CHECK-NEXT: %norm, %coef = clip %sumsq, %hyper : [] f32, !f32_hyper
  %norm, %coef = clip %sumsq, %hyper : [] f32, !f32_hyper
  // CHECK-NEXT: %w_next, %m_next, %v_next = adamw %w, %m, %v, %d_w, %coef, %hyper lr 16.0 wd 1.0 eps 0.0625 : !f32_fh, [] f32, !f32_hyper
  %w_next, %m_next, %v_next = adamw %w, %m, %v, %d_w, %coef, %hyper lr 16.0 wd 1.0 eps 0.0625 : !f32_fh, [] f32, !f32_hyper
  // CHECK-NEXT: update "w" with %w_next : !f32_fh
  update "w" with %w_next : !f32_fh
  // CHECK-NEXT: update "exp_avg.w" with %m_next : !f32_fh
  update "exp_avg.w" with %m_next : !f32_fh
  // CHECK-NEXT: return %norm, %size : [] f32, [] f32
  return %norm, %size : [] f32, [] f32
// CHECK-NEXT: }
}
