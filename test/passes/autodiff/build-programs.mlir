// The programs of a small model, in which the head is tied to the embedding so
// that one gradient has two terms.
// RUN: flm-opt %s --flm-build-programs=probe=true | FileCheck %s
// RUN: flm-opt %s --flm-build-programs | FileCheck %s --check-prefix=PLAIN
// PLAIN: flm.program @predict
// PLAIN-NOT: flm.program

!i32_bs = !flm.tensor<[batch=2, seq=3] i32>
!f32_bsh = !flm.tensor<[batch=2, seq=3, hidden=4] f32>
!f32_bsv = !flm.tensor<[batch=2, seq=3, vocab=7] f32>
!f32_vh = !flm.tensor<[vocab=7, hidden=4] f32>
!f32_hh = !flm.tensor<[hidden=4, hidden=4] f32>
!f32_h = !flm.tensor<[hidden=4] f32>
!f32_lhh = !flm.tensor<[layers=3, hidden=4, hidden=4] f32>
flm.model @m config @c recipe @r plan @p dims [batch, seq, vocab, hidden, layers] (%tokens: !i32_bs, %targets: !i32_bs) {
  %table = param "embed.weight" mup<vector, normal(0.02), lr 1.0, wd 1.0, eps 1.0, "1 width dim"> : !f32_vh
  %e = embedding %tokens, %table : !i32_bs, !f32_vh
  %w_all = param "model.layers.*.w" mup<matrix, normal(0.5), lr 0.25, wd 4.0, eps 0.125, "2 width dims"> : !f32_lhh
  %x = loop over layers=3 (%h = %e : !f32_bsh) slices (%w = %w_all : !f32_hh) {
    %y = linear %h, %w : !f32_bsh -> !f32_bsh
    yield %y : !f32_bsh
  }
  %g = param "norm.weight" mup<vector, constant(1.0), lr 1.0, wd 1.0, eps 1.0, "a gain"> : !f32_h
  %n = rms_norm %x, %g eps 1.0e-5 : !f32_bsh
  %logits = linear %n, %table : !f32_bsh -> !f32_bsv
  %loss = cross_entropy %logits, %targets : !f32_bsv, !i32_bs
  return %loss : [] f32
}
flm.config @c of @m {batch = 2, seq = 3, vocab = 7, hidden = 4, layers = 3}
flm.recipe @r {micro_batch = 2, micro_batches = 1, width = [hidden]}
flm.plan @p of @m on grid() {}

// Random numbers are keyed by the parameter's name; moments begin at zero.
// CHECK-LABEL: flm.program @init of @c() {
// CHECK-NEXT:   %table = truncated_normal key "embed.weight" std 0.02 : !f32_vh
// CHECK-NEXT:   update "embed.weight" with %table : !f32_vh
// CHECK-NEXT:   %table_moment = fill 0.0 : !f32_vh
// CHECK-NEXT:   update "exp_avg.embed.weight" with %table_moment : !f32_vh
// CHECK-NEXT:   update "exp_avg_sq.embed.weight" with %table_moment : !f32_vh
// CHECK-NEXT:   %w_all = truncated_normal key "model.layers.*.w" std 0.5 : !f32_lhh
// CHECK:        %g = fill 1.0 : !f32_h
// CHECK-NEXT:   update "norm.weight" with %g : !f32_h
// CHECK:        return

// CHECK-LABEL: flm.program @train_step of @c(%tokens: !i32_bs, %targets: !i32_bs, %hyper: !f32_hyper) {
// CHECK-NEXT:   %table = param "embed.weight" mup<
// CHECK-NEXT:   %w_all = param "model.layers.*.w" mup<
// CHECK-NEXT:   %g = param "norm.weight" mup<
// CHECK-NEXT:   %e = embedding %tokens, %table : !i32_bs, !f32_vh
// The forward loop stacks what the reversed loop reads.
// CHECK-NEXT:   %x, %h_all = loop over layers=3 (%h = %e : !f32_bsh)
// CHECK-NEXT:       slices (%w = %w_all : !f32_hh) {
// CHECK-NEXT:     %y = linear %h, %w : !f32_bsh -> !f32_bsh
// CHECK-NEXT:     yield %y : !f32_bsh stack %h : !f32_bsh
// CHECK-NEXT:   }
// CHECK-NEXT:   %n = rms_norm %x, %g eps 1.0e-5 : !f32_bsh
// CHECK-NEXT:   %logits = linear %n, %table : !f32_bsh -> !f32_bsv
// CHECK-NEXT:   %loss = cross_entropy %logits, %targets : !f32_bsv, !i32_bs
// CHECK-NEXT:   %d_loss = fill 1.0 : [] f32
// CHECK-NEXT:   %logit_max = reduce_max %logits : !f32_bsv -> !f32_bs
// CHECK-NEXT:   %sum_exp = sum_exp %logits, %logit_max : !f32_bsv, !f32_bs
// CHECK-NEXT:   %d_loss_token = scale %d_loss by 1.0 per batch=2 * seq=3 : [] f32
// CHECK-NEXT:   %d_logits = cross_entropy_grad %logits, %logit_max, %sum_exp, %targets, %d_loss_token :
// CHECK-NEXT:   %dx_logits = linear_grad_x %d_logits, %table : !f32_bsv, !f32_vh -> !f32_bsh
// CHECK-NEXT:   %d_table = linear_grad_w %d_logits, %n : !f32_bsv, !f32_bsh -> !f32_vh
// CHECK-NEXT:   %dx_n = rms_norm_grad_x %dx_logits, %x, %g eps 1.0e-5 : !f32_bsh
// CHECK-NEXT:   %d_g = rms_norm_grad_g %dx_logits, %x eps 1.0e-5 : !f32_bsh -> !f32_h
// CHECK-NEXT:   %d_e, %d_w_all = loop over layers=3 reverse (%d_h = %dx_n : !f32_bsh)
// CHECK-NEXT:       slices (%w = %w_all : !f32_hh,
// CHECK-NEXT:               %h = %h_all : !f32_bsh) {
// CHECK-NEXT:     %dx_y = linear_grad_x %d_h, %w : !f32_bsh, !f32_hh -> !f32_bsh
// CHECK-NEXT:     %d_w = linear_grad_w %d_h, %h : !f32_bsh, !f32_bsh -> !f32_hh
// CHECK-NEXT:     yield %dx_y : !f32_bsh stack %d_w : !f32_hh
// CHECK-NEXT:   }
// CHECK-NEXT:   %[[TERM:.*]] = embedding_grad %d_e, %tokens : !f32_bsh, !i32_bs -> !f32_vh
// CHECK-NEXT:   %[[SUM:.*]] = add %d_table, %[[TERM]] : !f32_vh
// CHECK-NEXT:   %sumsq_table = sum_squares %[[SUM]] : !f32_vh -> [] f32
// CHECK-NEXT:   %sumsq_w_all = sum_squares %d_w_all : !f32_lhh -> [] f32
// CHECK-NEXT:   %sumsq_g = sum_squares %d_g : !f32_h -> [] f32
// CHECK-NEXT:   %sumsq = add %sumsq_table, %sumsq_w_all, %sumsq_g : [] f32
// CHECK-NEXT:   %grad_norm, %clip_coef = clip %sumsq, %hyper : [] f32, !f32_hyper
// CHECK-NEXT:   %table_exp_avg = state "exp_avg.embed.weight" : !f32_vh
// CHECK-NEXT:   %table_exp_avg_sq = state "exp_avg_sq.embed.weight" : !f32_vh
// CHECK-NEXT:   %table_next, %table_exp_avg_next, %table_exp_avg_sq_next = adamw %table, %table_exp_avg, %table_exp_avg_sq, %[[SUM]], %clip_coef, %hyper lr 1.0 wd 1.0 eps 1.0 : !f32_vh, [] f32, !f32_hyper
// CHECK-NEXT:   update "embed.weight" with %table_next : !f32_vh
// CHECK-NEXT:   update "exp_avg.embed.weight" with %table_exp_avg_next : !f32_vh
// CHECK-NEXT:   update "exp_avg_sq.embed.weight" with %table_exp_avg_sq_next : !f32_vh
// The multipliers of µP.
// CHECK:        %w_all_next, %w_all_exp_avg_next, %w_all_exp_avg_sq_next = adamw %w_all, %w_all_exp_avg, %w_all_exp_avg_sq, %d_w_all, %clip_coef, %hyper lr 0.25 wd 4.0 eps 0.125 : !f32_lhh, [] f32, !f32_hyper
// CHECK:        return %loss, %grad_norm : [] f32, [] f32

// CHECK-LABEL: flm.program @eval_step of @c(%tokens: !i32_bs, %targets: !i32_bs) {
// CHECK:        %loss = cross_entropy %logits, %targets : !f32_bsv, !i32_bs
// CHECK-NEXT:   return %loss : [] f32

// One sequence at a time.
// CHECK-LABEL: flm.program @predict of @c(%tokens: !i32_bs1) {
// CHECK:        %x = loop over layers=3 (%h = %e : !f32_bsh1)
// CHECK:        %logits = linear %n, %table : !f32_bsh1 -> !f32_bsv1
// CHECK-NEXT:   return %logits : !f32_bsv1

// CHECK-LABEL: flm.program @probe of @c(%tokens: !i32_bs) {
// CHECK:        %x, %y_mean_abs_all = loop over layers=3 (%h = %e : !f32_bsh)
// CHECK:          %y_mean_abs = mean_abs %y : !f32_bsh -> [] f32
// CHECK-NEXT:     yield %y : !f32_bsh stack %y_mean_abs : [] f32
// CHECK:        %e_mean_abs = mean_abs %e : !f32_bsh -> [] f32
// CHECK:        %logits_mean_abs = mean_abs %logits : !f32_bsv -> [] f32
// CHECK-NEXT:   return %e_mean_abs, %y_mean_abs_all, %logits_mean_abs : [] f32, !f32_l, [] f32
