// What a parameter is follows from the ops that read it, not from its rank.
// hidden and heads grow with width; rank and vocab do not.
// RUN: flm-opt %s --flm-apply-mup | FileCheck %s
// RUN: sed 's/lr = 0.5,/lr = 0.5, decay = matrices,/' %s | flm-opt --flm-apply-mup | FileCheck %s --check-prefix=DECAY

!i32_bs = !flm.tensor<[batch=2, seq=4] i32>
!bsh = !flm.tensor<[batch=2, seq=4, hidden=32] f32>
!bsr = !flm.tensor<[batch=2, seq=4, rank=6] f32>
!bsv = !flm.tensor<[batch=2, seq=4, vocab=16] f32>
!bs_nd = !flm.tensor<[batch=2, seq=4, heads=4 * head_dim=8] f32>
!vh = !flm.tensor<[vocab=16, hidden=32] f32>
!vr = !flm.tensor<[vocab=16, rank=6] f32>
!h = !flm.tensor<[hidden=32] f32>
!r = !flm.tensor<[rank=6] f32>
!rr = !flm.tensor<[rank=6, rank=6] f32>
!hr = !flm.tensor<[hidden=32, rank=6] f32>
!nd_h = !flm.tensor<[heads=4 * head_dim=8, hidden=32] f32>
!h_nd = !flm.tensor<[hidden=32, heads=4 * head_dim=8] f32>
!l_nd_h = !flm.tensor<[layers=3, heads=4 * head_dim=8, hidden=32] f32>
!lbsh = !flm.tensor<[layers=3, batch=2, seq=4, hidden=32] f32>
!lhr = !flm.tensor<[layers=3, hidden=32, rank=6] f32>
!lvr = !flm.tensor<[layers=3, vocab=16, rank=6] f32>
!lr = !flm.tensor<[layers=3, rank=6] f32>
!lrr = !flm.tensor<[layers=3, rank=6, rank=6] f32>
flm.model @m config @c recipe @r plan @p dims [batch, seq, vocab, hidden, heads, head_dim, rank, layers] (%tokens: !i32_bs, %targets: !i32_bs) {
  // A table that is the head, too, is what the head is. Its lookups are
  // multiplied as those of any table.
  // CHECK: %table = param "table" mup<output, normal(0.01), lr 1.0, wd 1.0, eps 1.0, "1 width dim, contracted"> : !{{.*}}
  // DECAY: %table = {{.*}} wd 1.0,
  %table = param "table" : !vh
  // CHECK-NEXT: %e = embedding %tokens, %table
  // CHECK-NEXT: %e_scaled = scale %e by 3.0
  %e = embedding %tokens, %table : !i32_bs, !vh
  // A second table, in the layers: of no width dim, and read in each of them.
  // CHECK-NEXT: %small_all = param "model.layers.*.small" mup<vector, normal(0.01), lr 1.0, wd 1.0, eps 1.0, "0 width dims">
  // DECAY: %small_all = {{.*}} wd 0.0,
  %small_all = param "model.layers.*.small" : !lvr
  // A gain of a dim that does not grow.
  // CHECK-NEXT: %gain_all = param "model.layers.*.gain" mup<vector, constant(1.0), lr 1.0, wd 1.0, eps 1.0, "0 width dims, a gain">
  // DECAY: %gain_all = {{.*}} wd 0.0,
  %gain_all = param "model.layers.*.gain" : !lr
  // Weights that contract no width: of no width dim, and of one that is made.
  // CHECK-NEXT: %square_all = param "model.layers.*.square" mup<vector, normal(0.01), lr 1.0, wd 1.0, eps 1.0, "0 width dims">
  // DECAY: %square_all = {{.*}} wd 1.0,
  %square_all = param "model.layers.*.square" : !lrr
  // CHECK-NEXT: %up_all = param "model.layers.*.up" mup<vector, normal(0.01), lr 1.0, wd 1.0, eps 1.0, "1 width dim">
  %up_all = param "model.layers.*.up" : !lhr
  // A bias begins at 0. It has three dims and is no matrix for that.
  // CHECK-NEXT: %bias_all = param "model.layers.*.bias" mup<vector, constant(0.0), lr 1.0, wd 1.0, eps 1.0, "1 width dim, a bias">
  // DECAY: %bias_all = {{.*}} wd 0.0,
  %bias_all = param "model.layers.*.bias" : !lbsh
  // A product in which the first dim is contracted: width either way.
  // CHECK-NEXT: %turn_all = param "model.layers.*.turn" mup<matrix, normal(0.2), lr 0.25, wd 4.0, eps 0.25, "2 width dims, hidden 32 / 8 = 4.0">
  %turn_all = param "model.layers.*.turn" : !l_nd_h
  %x = loop over layers=3 (%h = %e : !bsh)
      slices (%small = %small_all : !vr, %gain = %gain_all : !r, %square = %square_all : !rr, %up = %up_all : !hr, %bias = %bias_all : !bsh, %turn = %turn_all : !nd_h) {
    %s = embedding %tokens, %small : !i32_bs, !vr
    // CHECK: %s_scaled = scale %s by 3.0
    %n = rms_norm %s, %gain eps 1.0e-5 : !bsr
    %q = linear %n, %square : !bsr -> !bsr
    %u = linear %q, %up : !bsr -> !bsh
    %b = add %h, %u, %bias : !bsh
    %t = linear %b, %turn : !bsh -> !bs_nd
    %y = linear_grad_x %t, %turn : !bs_nd, !nd_h -> !bsh
    yield %y : !bsh
  }
  // What is a multiple of a parameter, or the sum of two, is what they are.
  // CHECK: %g = param "first" mup<vector, constant(1.0), {{.*}} "1 width dim, a gain">
  // CHECK-NEXT: %g_more = param "more" mup<vector, constant(1.0), {{.*}} "1 width dim, a gain">
  %g = param "first" : !h
  %g_more = param "more" : !h
  %half = scale %g by 0.5 : !h
  %gains = add %half, %g_more : !h
  %last = rms_norm %x, %gains eps 1.0e-5 : !bsh
  // The head is the last parameter; what else happens to the logits does not matter.
  // CHECK: %last_scaled = scale %last by 0.5
  // CHECK-NEXT: %logits = linear %last_scaled, %table
  %logits = linear %last, %table : !bsh -> !bsv
  %warm = scale %logits by 0.7 : !bsv
  %loss = cross_entropy %warm, %targets : !bsv, !i32_bs
  return %loss : [] f32
}
flm.config @c of @m {batch = 2, seq = 4, vocab = 16, hidden = 32, heads = 4, head_dim = 8, rank = 6, layers = 3}
flm.recipe @r {lr = 0.5, std = 0.01, matrix_std = 0.4, width = [hidden, heads], base_width = 8, input_mult = 3.0, output_mult = 2.0}
flm.plan @p of @m on grid() {}
