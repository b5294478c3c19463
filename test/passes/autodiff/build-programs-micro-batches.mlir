// A loop around forward and backward: one micro-batch at a time.
// RUN: flm-opt %s --flm-build-programs | FileCheck %s

!i32_bs = !flm.tensor<[batch=2, seq=3] i32>
!f32_bsh = !flm.tensor<[batch=2, seq=3, hidden=4] f32>
!f32_bsv = !flm.tensor<[batch=2, seq=3, vocab=7] f32>
!f32_vh = !flm.tensor<[vocab=7, hidden=4] f32>
flm.model @m config @c recipe @r plan @p dims [batch, seq, vocab, hidden] (%tokens: !i32_bs, %targets: !i32_bs) {
  %table = param "embed.weight" mup<vector, normal(0.02), lr 1.0, wd 1.0, eps 1.0, ""> : !f32_vh
  %e = embedding %tokens, %table : !i32_bs, !f32_vh
  %logits = linear %e, %table : !f32_bsh -> !f32_bsv
  %loss = cross_entropy %logits, %targets : !f32_bsv, !i32_bs
  return %loss : [] f32
}
flm.config @c of @m {batch = 2, seq = 3, vocab = 7, hidden = 4}
flm.recipe @r {micro_batch = 2, micro_batches = 3, width = [hidden]}
flm.plan @p of @m on grid() {}

// CHECK-DAG: !i32_mbs = !flm.tensor<[micro=3, batch=2, seq=3] i32>
// CHECK-LABEL: flm.program @train_step of @c(%tokens: !i32_mbs, %targets: !i32_mbs, %hyper: !f32_hyper) {
// CHECK-NEXT:   %table = param "embed.weight"
// CHECK-NEXT:   %loss_zero = fill 0.0 : [] f32
// CHECK-NEXT:   %table_zero = fill 0.0 : !f32_vh
// CHECK-NEXT:   %loss, %d_table = loop over micro=3 (%loss_acc = %loss_zero : [] f32, %d_table_acc = %table_zero : !f32_vh)
// CHECK-NEXT:       slices (%[[TOKENS:.*]] = %tokens : !i32_bs,
// CHECK-NEXT:               %[[TARGETS:.*]] = %targets : !i32_bs) {
// CHECK-NEXT:     %e = embedding %[[TOKENS]], %table
// CHECK-NEXT:     %logits = linear %e, %table
// CHECK-NEXT:     %[[LOSS:.*]] = cross_entropy %logits, %[[TARGETS]]
// The mean over micro-batches is a mean of means of one size.
// CHECK-NEXT:     %d_loss = fill 1.0 : [] f32
// CHECK-NEXT:     %[[SEED:.*]] = scale %d_loss by 1.0 per micro=3 : [] f32
// CHECK:          %d_loss_token = scale %[[SEED]] by 1.0 per batch=2 * seq=3 : [] f32
// CHECK:          %[[GRAD:.*]] = add %{{.*}}, %{{.*}} : !f32_vh
// CHECK-NEXT:     %loss_share = scale %[[LOSS]] by 1.0 per micro=3 : [] f32
// CHECK-NEXT:     %loss_sum = add %loss_acc, %loss_share : [] f32
// CHECK-NEXT:     %d_table_sum = add %d_table_acc, %[[GRAD]] : !f32_vh
// CHECK-NEXT:     yield %loss_sum, %d_table_sum : [] f32, !f32_vh
// CHECK-NEXT:   }
// CHECK-NEXT:   %sumsq_table = sum_squares %d_table
// CHECK:        return %loss, %grad_norm

// The other programs take one micro-batch.
// CHECK-LABEL: flm.program @eval_step of @c(%tokens: !i32_bs, %targets: !i32_bs) {
