// Gradients with terms in common: each value has one sum of its own, and no sum
// that another value holds is changed.
// RUN: flm-opt %s --flm-build-programs | FileCheck %s

!i32_bs = !flm.tensor<[batch=2, seq=3] i32>
!f32_bsh = !flm.tensor<[batch=2, seq=3, hidden=4] f32>
!f32_bsv = !flm.tensor<[batch=2, seq=3, vocab=7] f32>
!f32_vh = !flm.tensor<[vocab=7, hidden=4] f32>
!f32_hh = !flm.tensor<[hidden=4, hidden=4] f32>
flm.model @m config @c recipe @r plan @p dims [batch, seq, vocab, hidden] (%tokens: !i32_bs, %targets: !i32_bs) {
  %e = param "e" mup<vector, normal(0.02), lr 1.0, wd 1.0, eps 1.0, "1 width dim"> : !f32_vh
  %w = param "w" mup<matrix, normal(0.5), lr 0.25, wd 4.0, eps 0.125, "2 width dims"> : !f32_hh
  %u = param "u" mup<vector, normal(0.02), lr 1.0, wd 1.0, eps 1.0, "1 width dim"> : !f32_vh
  %x = embedding %tokens, %e : !i32_bs, !f32_vh
  %o = linear %x, %w : !f32_bsh -> !f32_bsh
  %t = add %x, %o : !f32_bsh
  %s = add %x, %t, %o, %o : !f32_bsh
  %b = scale %s by 0.5 : !f32_bsh
  %y = add %s, %b : !f32_bsh
  %logits = linear %y, %u : !f32_bsh -> !f32_bsv
  %loss = cross_entropy %logits, %targets : !f32_bsv, !i32_bs
  return %loss : [] f32
}
flm.config @c of @m {batch = 2, seq = 3, vocab = 7, hidden = 4}
flm.recipe @r {micro_batch = 2, micro_batches = 1, width = [hidden]}
flm.plan @p of @m on grid() {}

// CHECK-LABEL: flm.program @train_step
// CHECK:         %dx_logits = linear_grad_x
// CHECK:         %d_s = scale %dx_logits by 0.5 : !f32_bsh
// CHECK-NEXT:    %d_s_0 = add %dx_logits, %d_s : !f32_bsh
// CHECK-NEXT:    %d_o = add %d_s_0, %d_s_0, %d_s_0 : !f32_bsh
// CHECK-NEXT:    %dx_o = linear_grad_x %d_o, %w : !f32_bsh, !f32_hh
// CHECK-NEXT:    %d_x = add %d_s_0, %d_s_0, %dx_o : !f32_bsh
// CHECK-NEXT:    %d_w = linear_grad_w %d_o, %x : !f32_bsh, !f32_bsh
// CHECK-NEXT:    %d_e = embedding_grad %d_x, %tokens
