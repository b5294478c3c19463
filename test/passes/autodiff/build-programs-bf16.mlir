// Below f32, parameters, moments and gradients stay f32: parameters are narrowed
// once at the top of the step, not in the loop.
// RUN: flm-opt %s --flm-build-programs --canonicalize | FileCheck %s
// RUN: sed 's/micro_batches = 1/micro_batches = 2/' %s | flm-opt --flm-build-programs --canonicalize | FileCheck %s --check-prefix=LOOP

!i32_bs = !flm.tensor<[batch=2, seq=3] i32>
!bsh = !flm.tensor<[batch=2, seq=3, hidden=4] bf16>
!bsv = !flm.tensor<[batch=2, seq=3, vocab=7] bf16>
!vh = !flm.tensor<[vocab=7, hidden=4] bf16>
flm.model @m config @c recipe @r plan @p dims [batch, seq, vocab, hidden] (%tokens: !i32_bs, %targets: !i32_bs) {
  %table = param "embed.weight" mup<vector, normal(0.02), lr 1.0, wd 1.0, eps 1.0, ""> : !vh
  %e = embedding %tokens, %table : !i32_bs, !vh
  %logits = linear %e, %table : !bsh -> !bsv
  %loss = cross_entropy %logits, %targets : !bsv, !i32_bs
  return %loss : [] f32
}
flm.config @c of @m {batch = 2, seq = 3, vocab = 7, hidden = 4}
flm.recipe @r {micro_batch = 2, micro_batches = 1, width = [hidden], precision = bf16}
flm.plan @p of @m on grid() {}

// CHECK-LABEL: flm.program @init
// CHECK-NEXT:   %table = truncated_normal key "embed.weight" std 0.02 : !f32_vh
// CHECK-LABEL: flm.program @train_step
// CHECK-NEXT:   %table = param "embed.weight" mup<{{.*}}> : !f32_vh
// CHECK-NEXT:   %table_narrow = cast %table : !f32_vh -> !vh
// CHECK-NEXT:   %e = embedding %tokens, %table_narrow : !i32_bs, !vh
// CHECK-NEXT:   %logits = linear %e, %table_narrow : !bsh -> !bsv
// CHECK:        %d_logits = cross_entropy_grad %logits, {{.*}} : !bsv, !f32_bs, !i32_bs, [] f32
// The product of bf16 operands is accumulated and kept in f32.
// CHECK:        linear_grad_w %d_logits, %e : !bsv, !bsh -> !f32_vh
// CHECK:        adamw %table, %{{.*}} : !f32_vh, [] f32, !f32_hyper
// The caller gets f32.
// CHECK-LABEL: flm.program @predict
// CHECK:        %logits_wide = cast %logits : [{{.*}}] bf16 -> !{{.*}}
// CHECK-NEXT:   return %logits_wide : !f32_1sv

// LOOP-LABEL: flm.program @train_step
// LOOP-NEXT:    %table = param "embed.weight" mup<{{.*}}> : !f32_vh
// LOOP-NEXT:    %table_narrow = cast %table : !f32_vh -> !vh
// LOOP:         loop over micro=2 (%loss_acc = %{{.*}} : [] f32, %d_table_acc = %{{.*}} : !f32_vh)
// LOOP-NOT:     cast
// LOOP:         linear_grad_w %d_logits, %e : !bsv, !bsh -> !f32_vh
// LOOP:         add %d_table_acc, %{{.*}} : !f32_vh
// LOOP:         yield
// LOOP:         adamw %table
