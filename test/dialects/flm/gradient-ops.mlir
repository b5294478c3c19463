// The gradients of the model's ops, with and without an accumulator.
// RUN: flm-opt %s | FileCheck %s
// RUN: flm-opt %s | flm-opt | FileCheck %s
// RUN: flm-opt %s --mlir-print-op-generic --mlir-print-debuginfo | flm-opt | FileCheck %s
// RUN: flm-opt %s --emit-bytecode | flm-opt | FileCheck %s

!bs_nd = !flm.tensor<[batch=2, seq=3, heads=2 * head_dim=2] bf16>
!bsf = !flm.tensor<[batch=2, seq=3, ffn=5] bf16>
!bsh = !flm.tensor<[batch=2, seq=3, hidden=4] bf16>
!fh = !flm.tensor<[ffn=5, hidden=4] bf16>
!h = !flm.tensor<[hidden=4] bf16>
!f32_bns = !flm.tensor<[batch=2, heads=2, seq=3] f32>
!f32_fh = !flm.tensor<[ffn=5, hidden=4] f32>
!f32_h = !flm.tensor<[hidden=4] f32>
!f32_vh = !flm.tensor<[vocab=7, hidden=4] f32>
!i32_bs = !flm.tensor<[batch=2, seq=3] i32>
// CHECK-LABEL: flm.program @backward
flm.program @backward of @c(%tokens: !i32_bs, %dy: !bsf, %x: !bsh, %w: !fh, %g: !h, %q: !bs_nd, %lse: !f32_bns) {
  // CHECK-NEXT: %dx = linear_grad_x %dy, %w : !bsf, !fh -> !bsh
  %dx = linear_grad_x %dy, %w : !bsf, !fh -> !bsh
  // CHECK-NEXT: %dw = linear_grad_w %dy, %x : !bsf, !bsh -> !f32_fh
  %dw = linear_grad_w %dy, %x : !bsf, !bsh -> !f32_fh
  // CHECK-NEXT: %dw_sum = linear_grad_w %dy, %x into %dw : !bsf, !bsh -> !f32_fh
  %dw_sum = linear_grad_w %dy, %x into %dw : !bsf, !bsh -> !f32_fh
  // CHECK-NEXT: %dt = embedding_grad %x, %tokens : !bsh, !i32_bs -> !f32_vh
  %dt = embedding_grad %x, %tokens : !bsh, !i32_bs -> !f32_vh
  // CHECK-NEXT: %dt_sum = embedding_grad %x, %tokens into %dt : !bsh, !i32_bs -> !f32_vh
  %dt_sum = embedding_grad %x, %tokens into %dt : !bsh, !i32_bs -> !f32_vh
  // CHECK-NEXT: %dn = rms_norm_grad_x %dx, %x, %g eps 1.0e-5 : !bsh
  %dn = rms_norm_grad_x %dx, %x, %g eps 1.0e-5 : !bsh
  // CHECK-NEXT: %dg = rms_norm_grad_g %dx, %x eps 1.0e-5 : !bsh -> !f32_h
  %dg = rms_norm_grad_g %dx, %x eps 1.0e-5 : !bsh -> !f32_h
  // CHECK-NEXT: %dl = layer_norm_grad_x %dx, %x, %g eps 1.0e-5 : !bsh
  %dl = layer_norm_grad_x %dx, %x, %g eps 1.0e-5 : !bsh
  // CHECK-NEXT: %dlg = layer_norm_grad_g %dx, %x eps 1.0e-5 : !bsh -> !f32_h
  %dlg = layer_norm_grad_g %dx, %x eps 1.0e-5 : !bsh -> !f32_h
  // CHECK-NEXT: %dlb = layer_norm_grad_b %dx : !bsh -> !f32_h
  %dlb = layer_norm_grad_b %dx : !bsh -> !f32_h
  // CHECK-NEXT: %dq, %dk, %dv = attention_grad %q, %q, %q, %q, %q, %lse causal : !bs_nd, !f32_bns
  %dq, %dk, %dv = attention_grad %q, %q, %q, %q, %q, %lse causal : !bs_nd, !f32_bns
  // CHECK-NEXT: %dq_all, %dk_all, %dv_all = attention_grad %q, %q, %q, %q, %q, %lse : !bs_nd, !f32_bns
  %dq_all, %dk_all, %dv_all = attention_grad %q, %q, %q, %q, %q, %lse : !bs_nd, !f32_bns
  // CHECK-NEXT: %dgate, %dup = silu_mul_grad %dy, %dy, %dy : !bsf
  %dgate, %dup = silu_mul_grad %dy, %dy, %dy : !bsf
  // CHECK-NEXT: return
  return
// CHECK-NEXT: }
}
