// RUN: flm-opt %s --pass-pipeline='builtin.module(flm.program(flm-expand-cross-entropy))' | FileCheck %s

!bsv = !flm.tensor<[batch=2, seq=3, vocab=7] bf16>
!f32_bs = !flm.tensor<[batch=2, seq=3] f32>
!i32_bs = !flm.tensor<[batch=2, seq=3] i32>
// CHECK-LABEL: flm.program @padded
flm.program @padded of @c(%logits: !bsv, %targets: !i32_bs) {
  // Statistics of bf16 logits are f32.
  // CHECK-NEXT: %logit_max = reduce_max %logits valid vocab=6 : !bsv -> !f32_bs
  // CHECK-NEXT: %sum_exp = sum_exp %logits, %logit_max valid vocab=6 : !bsv, !f32_bs
  // CHECK-NEXT: %picked = pick %logits, %targets : !bsv, !i32_bs -> !f32_bs
  // CHECK-NEXT: %nll = nll %sum_exp, %logit_max, %picked : !f32_bs
  // CHECK-NEXT: %nll_sum = sum %nll : !f32_bs -> [] f32
  // The mean names the global dims that it runs over.
  // CHECK-NEXT: %loss = scale %nll_sum by 1.0 per batch=2 * seq=3 : [] f32
  %loss = cross_entropy %logits, %targets valid vocab=6 : !bsv, !i32_bs
  // CHECK-NEXT: return %loss : [] f32
  return %loss : [] f32
}

// CHECK-LABEL: flm.program @all
flm.program @all of @c(%logits: [vocab=7] f32, %target: [] i32) {
  // CHECK-NEXT: %logit_max = reduce_max %logits : ![[V:.*]] -> [] f32
  // CHECK-NEXT: %sum_exp = sum_exp %logits, %logit_max : ![[V]], [] f32
  // CHECK-NOT: valid
  // A single token: the mean is over nothing.
  // CHECK: %loss = scale %nll_sum by 1.0 : [] f32
  %loss = cross_entropy %logits, %target : [vocab=7] f32, [] i32
  return %loss : [] f32
}
