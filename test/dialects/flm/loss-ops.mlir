// The primitives of cross-entropy.
// RUN: flm-opt %s | FileCheck %s
// RUN: flm-opt %s | flm-opt | FileCheck %s
// RUN: flm-opt %s --mlir-print-op-generic --mlir-print-debuginfo | flm-opt | FileCheck %s
// RUN: flm-opt %s --emit-bytecode | flm-opt | FileCheck %s

!bsv = !flm.tensor<[batch=2, seq=3, vocab=7] bf16>
!f32_bs = !flm.tensor<[batch=2, seq=3] f32>
!i32_bs = !flm.tensor<[batch=2, seq=3] i32>
// CHECK-LABEL: flm.program @loss
flm.program @loss of @c(%logits: !bsv, %targets: !i32_bs, %seed: [] f32) {
  // CHECK-NEXT: %m = reduce_max %logits valid vocab=6 : !bsv -> !f32_bs
  %m = reduce_max %logits valid vocab=6 : !bsv -> !f32_bs
  // CHECK-NEXT: %m_all = reduce_max %logits : !bsv -> !f32_bs
  %m_all = reduce_max %logits : !bsv -> !f32_bs
  // CHECK-NEXT: %s = sum_exp %logits, %m valid vocab=6 : !bsv, !f32_bs
  %s = sum_exp %logits, %m valid vocab=6 : !bsv, !f32_bs
  // CHECK-NEXT: %s_all = sum_exp %logits, %m : !bsv, !f32_bs
  %s_all = sum_exp %logits, %m : !bsv, !f32_bs
  // CHECK-NEXT: %p = pick %logits, %targets : !bsv, !i32_bs -> !f32_bs
  %p = pick %logits, %targets : !bsv, !i32_bs -> !f32_bs
  // CHECK-NEXT: %l = nll %s, %m, %p : !f32_bs
  %l = nll %s, %m, %p : !f32_bs
  // CHECK-NEXT: %t = sum %l : !f32_bs -> [] f32
  %t = sum %l : !f32_bs -> [] f32
  // CHECK-NEXT: %d = cross_entropy_grad %logits, %m, %s, %targets, %seed valid vocab=6 : !bsv, !f32_bs, !i32_bs, [] f32
  %d = cross_entropy_grad %logits, %m, %s, %targets, %seed valid vocab=6 : !bsv, !f32_bs, !i32_bs, [] f32
  // CHECK-NEXT: %d_all = cross_entropy_grad %logits, %m, %s, %targets, %seed : !bsv, !f32_bs, !i32_bs, [] f32
  %d_all = cross_entropy_grad %logits, %m, %s, %targets, %seed : !bsv, !f32_bs, !i32_bs, [] f32
  // CHECK-NEXT: return %t : [] f32
  return %t : [] f32
// CHECK-NEXT: }
}
