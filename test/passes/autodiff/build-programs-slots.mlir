// Several accumulators on a rank: a loop stacks their sums, a tree folds them.
// RUN: flm-opt %s --flm-build-programs --canonicalize | FileCheck %s

!i32_bs = !flm.tensor<[batch=4, seq=3] i32>
!f32_bsh = !flm.tensor<[batch=4, seq=3, hidden=4] f32>
!f32_bsv = !flm.tensor<[batch=4, seq=3, vocab=7] f32>
!f32_vh = !flm.tensor<[vocab=7, hidden=4] f32>
flm.model @m config @c recipe @r plan @p dims [batch, seq, vocab, hidden] (%tokens: !i32_bs, %targets: !i32_bs) {
  %table = param "embed.weight" mup<vector, normal(0.02), lr 1.0, wd 1.0, eps 1.0, ""> : !f32_vh
  %e = embedding %tokens, %table : !i32_bs, !f32_vh
  %logits = linear %e, %table : !f32_bsh -> !f32_bsv
  %loss = cross_entropy %logits, %targets : !f32_bsv, !i32_bs
  return %loss : [] f32
}
flm.config @c of @m {batch = 4, seq = 3, vocab = 7, hidden = 4}
// Four slots on two ranks: two each, of three micro-batches.
flm.recipe @r {micro_batch = 2, micro_batches = 6, reduction_slots = 4, width = [hidden]}
flm.plan @p of @m on grid(dp = 2) {batch -> dp}

// CHECK-DAG: !i32_slot_mbs = !flm.tensor<[slot=2, micro=3, batch=4, seq=3] i32>
// CHECK-LABEL: flm.program @train_step of @c(%tokens: !i32_slot_mbs, %targets: !i32_slot_mbs, %hyper: !f32_hyper) {
// CHECK:        %loss_slots, %d_table_slots = loop over slot=2 ()
// CHECK-NEXT:       slices (%[[TOKENS:.*]] = %tokens : !i32_mbs,
// CHECK:          %{{.*}}, %{{.*}} = loop over micro=3
// One constant, from one product of sizes: 1 / (4 * 3 * 2 * 3).
// CHECK:            %d_loss_token = fill 0.013888888888888888 : [] f32
// CHECK:            yield
// CHECK:          yield stack %{{.*}}, %{{.*}} : [] f32, !f32_vh
// CHECK:        %loss = fold %loss_slots : !f32_slot -> [] f32
// CHECK-NEXT:   %d_table = fold %d_table_slots : !f32_slot_vh -> !f32_vh
