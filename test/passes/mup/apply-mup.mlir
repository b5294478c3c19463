// Width 32 is four times the base width 8.
// RUN: flm-opt %s --flm-apply-mup | FileCheck %s
// RUN: sed 's/parametrization = mup/parametrization = standard/' %s | flm-opt --flm-apply-mup | FileCheck %s --check-prefix=SP
// RUN: sed 's/input_mult = 3.0/input_mult = 1.0/; s/output_mult = 2.0/output_mult = 4.0/' %s | flm-opt --flm-apply-mup | FileCheck %s --check-prefix=ONE
// RUN: sed 's/lr = 0.1,/lr = 0.1, decay = matrices,/' %s | flm-opt --flm-apply-mup | FileCheck %s --check-prefix=DECAY

!i32_bs = !flm.tensor<[batch=2, seq=4] i32>
!f32_bsh = !flm.tensor<[batch=2, seq=4, hidden=32] f32>
!f32_bsf = !flm.tensor<[batch=2, seq=4, ffn=12] f32>
!f32_bsv = !flm.tensor<[batch=2, seq=4, vocab=16] f32>
!f32_vh = !flm.tensor<[vocab=16, hidden=32] f32>
!f32_h = !flm.tensor<[hidden=32] f32>
!f32_fh = !flm.tensor<[ffn=12, hidden=32] f32>
!f32_lh = !flm.tensor<[layers=3, hidden=32] f32>
!f32_lfh = !flm.tensor<[layers=3, ffn=12, hidden=32] f32>
!f32_lhf = !flm.tensor<[layers=3, hidden=32, ffn=12] f32>
!f32_hf = !flm.tensor<[hidden=32, ffn=12] f32>
// CHECK-LABEL: flm.model @m
// SP-LABEL: flm.model @m
// ONE-LABEL: flm.model @m
flm.model @m config @c recipe @r plan @one dims [batch, seq, vocab, hidden, ffn, layers] (%tokens: !i32_bs, %targets: !i32_bs) {
  // An embedding is vector-like: one width dim, which is made, not contracted.
  // CHECK: %table = param "embed.weight" mup<vector, normal(0.01), lr 1.0, wd 1.0, eps 1.0, "1 width dim"> : !f32_vh
  // SP: %table = param "embed.weight" mup<vector, normal(0.01), lr 1.0, wd 1.0, eps 1.0, "1 width dim"> : !f32_vh
  %table = param "embed.weight" : !f32_vh
  // Only what a linear contracts decays.
  // DECAY: %table = {{.*}} wd 0.0,
  // DECAY: %g_all = {{.*}} wd 0.0,
  // DECAY: %up_all = {{.*}} wd 4.0,
  // DECAY: %down_all = {{.*}} wd 4.0,
  // DECAY: %head = {{.*}} wd 1.0,
  // Its output is multiplied, whoever reads it.
  // CHECK-NEXT: %e = embedding %tokens, %table
  // CHECK-NEXT: %e_scaled = scale %e by 3.0 : !f32_bsh
  // SP: %e_scaled = scale %e by 3.0 : !f32_bsh
  // ONE: %e = embedding
  // ONE-NOT: scale
  %e = embedding %tokens, %table : !i32_bs, !f32_vh
  // A gain starts at one. The leading dim counts layers: it is not the parameter's.
  // CHECK-NEXT: %g_all = param "model.layers.*.norm.weight" mup<vector, constant(1.0), lr 1.0, wd 1.0, eps 1.0, "1 width dim, a gain"> : !f32_lh
  %g_all = param "model.layers.*.norm.weight" : !f32_lh
  // A matrix: std / sqrt(4), learning rate matrix_lr / lr / 4, epsilon / 4, decay * 4.
  // CHECK-NEXT: %up_all = param "model.layers.*.up.weight" mup<matrix, normal(0.2), lr 0.625, wd 4.0, eps 0.25, "2 width dims, hidden 32 / 8 = 4.0"> : !f32_lfh
  // CHECK-NEXT: %down_all = param "model.layers.*.down.weight" mup<matrix, normal(0.2), lr 0.625, wd 4.0, eps 0.25, "2 width dims, hidden 32 / 8 = 4.0"> : !f32_lhf
  // The standard parametrization shrinks the init only.
  // SP: %up_all = param "model.layers.*.up.weight" mup<matrix, normal(0.2), lr 2.5, wd 1.0, eps 1.0, "2 width dims, hidden 32 / 8 = 4.0"> : !f32_lfh
  %up_all = param "model.layers.*.up.weight" : !f32_lfh
  %down_all = param "model.layers.*.down.weight" : !f32_lhf
  // CHECK-NEXT: %x = loop over layers=3 (%h = %e_scaled : !f32_bsh)
  %x = loop over layers=3 (%h = %e : !f32_bsh)
      slices (%g = %g_all : !f32_h, %up = %up_all : !f32_fh, %down = %down_all : !f32_hf) {
    %n = rms_norm %h, %g eps 1.0e-5 : !f32_bsh
    %u = linear %n, %up : !f32_bsh -> !f32_bsf
    %d = linear %u, %down : !f32_bsf -> !f32_bsh
    yield %d : !f32_bsh
  }
  // CHECK: %head = param "head.weight" mup<output, normal(0.01), lr 1.0, wd 1.0, eps 1.0, "1 width dim, contracted"> : !f32_vh
  // SP: %head = param "head.weight" mup<output, normal(0.005), lr 1.0, wd 1.0, eps 1.0, "1 width dim, contracted"> : !f32_vh
  %head = param "head.weight" : !f32_vh
  // The head's input is multiplied by output_mult / 4: less work than its output.
  // CHECK-NEXT: %x_scaled = scale %x by 0.5 : !f32_bsh
  // CHECK-NEXT: %logits = linear %x_scaled, %head
  // SP: %x_scaled = scale %x by 2.0 : !f32_bsh
  // A factor of one is no op.
  // ONE: %logits = linear %x, %head
  %logits = linear %x, %head : !f32_bsh -> !f32_bsv
  %loss = cross_entropy %logits, %targets : !f32_bsv, !i32_bs
  return %loss : [] f32
}
flm.config @c of @m {batch = 2, seq = 4, vocab = 16, hidden = 32, ffn = 12, layers = 3}
flm.recipe @r {lr = 0.1, matrix_lr = 0.25, std = 0.01, matrix_std = 0.4, parametrization = mup, width = [hidden, ffn], base_width = 8, input_mult = 3.0, output_mult = 2.0}
flm.plan @one of @m on grid() {}
