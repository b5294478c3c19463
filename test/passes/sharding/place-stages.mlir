// RUN: flm-opt %s --flm-place-stages -split-input-file | FileCheck %s
// RUN: flm-opt %s --flm-place-stages -split-input-file | flm-opt -split-input-file | FileCheck %s

!f32_vh = !flm.tensor<[vocab=8, hidden=4] f32>
!f32_lhh = !flm.tensor<[layers=4, hidden=4, hidden=4] f32>
!f32_lc = !flm.tensor<[layers=4, chunk=2] f32>
!f32_c = !flm.tensor<[chunk=2] f32>
!f32_hh = !flm.tensor<[hidden=4, hidden=4] f32>
!f32_h = !flm.tensor<[hidden=4] f32>
!f32_bsh = !flm.tensor<[batch=2, seq=4, hidden=4] f32>
!i32_bs = !flm.tensor<[batch=2, seq=4] i32>
!i32_mbs = !flm.tensor<[micro=3, batch=2, seq=4] i32>
!f32_hyper = !flm.tensor<[hyper=8] f32>
flm.plan @two of @m on grid(pp = 2) {layers -> pp}
flm.model @m dims [batch, layers](%x: [batch]) { return }

// One layer of weights, an embedding before and a norm after them; what becomes
// of a training step's parts is the same for all.
// CHECK-LABEL: flm.program @train_step
flm.program @train_step of @c(%tokens: !i32_mbs, %hyper: !f32_hyper) {
  // CHECK: %embed_tokens = param "embed" : !f32_vh_pp_first
  %embed_tokens = param "embed" : !f32_vh
  // CHECK: %w_all = param "w" : !f32_lhh_pp_l
  %w_all = param "w" : !f32_lhh
  // CHECK: %norm = param "norm" : !f32_h_pp_last
  %norm = param "norm" : !f32_h
  // Constants that start carries of both ends come apart.
  // CHECK-DAG: fill 0.0 : !f32_h_pp_last
  // CHECK-DAG: fill 0.0 : !f32_vh_pp_first
  // CHECK-DAG: fill 0.0 : !f32_lhh_pp_l
  %v_zero = fill 0.0 : !f32_vh
  %w_zero = fill 0.0 : !f32_lhh
  %n_zero = fill 0.0 : !f32_h
  %d_embed_tokens, %d_w, %d_norm, %other = loop over micro=3 (%d_embed_acc = %v_zero : !f32_vh, %d_w_acc = %w_zero : !f32_lhh, %d_norm_acc = %n_zero : !f32_h, %other_acc = %n_zero : !f32_h)
      slices (%t = %tokens : !i32_bs) {
    // CHECK: %embed = embedding %t, %embed_tokens : !i32_bs, !f32_vh_pp_first -> !f32_bsh_pp_first
    %embed = embedding %t, %embed_tokens : !i32_bs, !f32_vh
    // CHECK: loop over layers=4 on pp (%h = %embed : !f32_bsh)
    %x, %h_all = loop over layers=4 (%h = %embed : !f32_bsh)
        slices (%w = %w_all : !f32_hh) {
      %y = linear %h, %w : !f32_bsh -> !f32_bsh
      yield %y : !f32_bsh stack %h : !f32_bsh
    }
    // CHECK: %dx = rms_norm_grad_x %x, %x, %norm eps 1.0e-5 : (!f32_bsh_pp_last, !f32_bsh_pp_last, !f32_bsh_pp_last, !f32_h_pp_last)
    %dx = rms_norm_grad_x %x, %x, %norm eps 1.0e-5 : !f32_bsh
    // CHECK: %dg = rms_norm_grad_g %x, %x eps 1.0e-5 : !f32_bsh_pp_last -> !f32_h_pp_last
    %dg = rms_norm_grad_g %x, %x eps 1.0e-5 : !f32_bsh -> !f32_h
    // CHECK: loop over layers=4 on pp reverse (%d_h = %dx : !f32_bsh)
    %d_embed, %d_w_next = loop over layers=4 reverse (%d_h = %dx : !f32_bsh)
        slices (%w = %w_all : !f32_hh, %h = %h_all : !f32_bsh, %d_w_sum = %d_w_acc : !f32_hh) {
      %d = linear_grad_x %d_h, %w : !f32_bsh, !f32_hh -> !f32_bsh
      %dw = linear_grad_w %d_h, %h into %d_w_sum : !f32_bsh, !f32_bsh -> !f32_hh
      yield %d : !f32_bsh stack %dw : !f32_hh
    }
    // CHECK: embedding_grad %d_embed, %t into %d_embed_acc : !f32_bsh_pp_first, !i32_bs -> !f32_vh_pp_first
    %d_embed_next = embedding_grad %d_embed, %t into %d_embed_acc : !f32_bsh, !i32_bs -> !f32_vh
    // CHECK: add %d_norm_acc, %dg : !f32_h_pp_last
    %d_norm_next = add %d_norm_acc, %dg : !f32_h
    %other_next = scale %other_acc by 2.0 : !f32_h
    yield %d_embed_next, %d_w_next, %d_norm_next, %other_next : !f32_vh, !f32_lhh, !f32_h, !f32_h
  }
  // Chunk sums are gathered in the order of the layers; those of one end come
  // with zeros from elsewhere. All ranks add them in one order.
  // CHECK: %[[SPLIT:.*]] = chunk_sums %d_w by 8 : !f32_lhh_pp_l -> !f32_l_chunk_pp_l
  %ss_w = chunk_sums %d_w by 8 : !f32_lhh -> !f32_lc
  // CHECK: %[[AT:.*]] = chunk_sums %d_norm by 2 : !f32_h_pp_last -> !f32_chunk_pp_last
  %ss_norm = chunk_sums %d_norm by 2 : !f32_h -> !f32_c
  // CHECK: %[[ALL:.*]] = reshard %[[SPLIT]] : !f32_l_chunk_pp_l -> !f32_l_chunk
  // CHECK: chunk_total %[[ALL]] : !f32_l_chunk -> [] f32
  %sumsq_w = chunk_total %ss_w : !f32_lc -> [] f32
  // CHECK: %[[MASKED:.*]] = reshard %[[AT]] : !f32_chunk_pp_last -> !f32_chunk_pp_sum
  // CHECK: %[[SUM:.*]] = reshard %[[MASKED]] : !f32_chunk_pp_sum -> !f32_chunk
  // CHECK: chunk_total %[[SUM]] : !f32_chunk -> [] f32
  %sumsq_norm = chunk_total %ss_norm : !f32_c -> [] f32
  %sumsq = add %sumsq_w, %sumsq_norm : [] f32
  // CHECK: clip %sumsq, %hyper : [] f32, !f32_hyper
  %grad_norm, %coef = clip %sumsq, %hyper : [] f32, !f32_hyper
  // CHECK: %m = state "exp_avg.norm" : !f32_h_pp_last
  %m = state "exp_avg.norm" : !f32_h
  %v = state "exp_avg_sq.norm" : !f32_h
  // CHECK: adamw {{.*}} : !f32_h_pp_last, [] f32, !f32_hyper
  %p1, %m1, %v1 = adamw %norm, %m, %v, %d_norm, %coef, %hyper lr 1.0 wd 1.0 eps 1.0 : !f32_h, [] f32, !f32_hyper
  // CHECK: update "norm" with %p1 : !f32_h_pp_last
  update "norm" with %p1 : !f32_h
  // CHECK: return %grad_norm, %other : [] f32, !f32_h
  return %grad_norm, %other : [] f32, !f32_h
}

// CHECK-LABEL: flm.program @predict
flm.program @predict of @c(%tokens: !i32_bs) {
  %embed_tokens = param "embed" : !f32_vh
  %w_all = param "w" : !f32_lhh
  // CHECK: %norm = param "norm" : !f32_h_pp_last
  %norm = param "norm" : !f32_h
  %embed = embedding %tokens, %embed_tokens : !i32_bs, !f32_vh
  // What is before the layers is so however many ops there are.
  // CHECK: %twice = scale %embed by 2.0 : !f32_bsh_pp_first
  %twice = scale %embed by 2.0 : !f32_bsh
  %x = loop over layers=4 (%h = %twice : !f32_bsh) slices (%w = %w_all : !f32_hh) {
    %y = linear %h, %w : !f32_bsh -> !f32_bsh
    yield %y : !f32_bsh
  }
  %xn = rms_norm %x, %norm eps 1.0e-5 : !f32_bsh
  // CHECK: %[[MASKED:.*]] = reshard %xn : !f32_bsh_pp_last -> !f32_bsh_pp_sum
  // CHECK: %[[ALL:.*]] = reshard %[[MASKED]] : !f32_bsh_pp_sum -> !f32_bsh
  // CHECK: return %[[ALL]] : !f32_bsh
  return %xn : !f32_bsh
}

// What @init makes is whole: the runtime carries it out.
// CHECK-LABEL: flm.program @init
flm.program @init of @c() {
  // CHECK: fill 0.0 : !f32_lhh{{$}}
  %w = fill 0.0 : !f32_lhh
  update "w" with %w : !f32_lhh
  return
}

// -----

// Other axes stay as they are, and a narrowed parameter goes where it is used.
!f32_vh = !flm.tensor<[vocab=8, hidden=4] f32 on {tp: split(vocab)}>
!vh = !flm.tensor<[vocab=8, hidden=4] bf16 on {tp: split(vocab)}>
!bsh_sum = !flm.tensor<[batch=2, seq=4, hidden=4] bf16 on {tp: partial(sum)}>
!bsh = !flm.tensor<[batch=2, seq=4, hidden=4] bf16 on {tp: split(seq)}>
!i32_bs = !flm.tensor<[batch=2, seq=4] i32>
flm.plan @p of @m on grid(tp = 2, pp = 2) {vocab -> tp, seq -> tp, layers -> pp}
flm.model @m dims [batch, seq, vocab, layers](%x: [batch]) { return }
// CHECK-LABEL: flm.program @other_axes
flm.program @other_axes of @c(%tokens: !i32_bs) {
  // CHECK: param "embed" : !f32_vh_pp_first_tp_v
  %embed_tokens = param "embed" : !f32_vh
  // CHECK: cast {{.*}} : !f32_vh_pp_first_tp_v -> !vh_pp_first_tp_v
  %narrow = cast %embed_tokens : !f32_vh -> !vh
  // CHECK: %parts = embedding {{.*}} -> !bsh_pp_first_tp_sum
  %parts = embedding %tokens, %narrow : !i32_bs, !vh -> !bsh_sum
  // CHECK: %embed = reshard %parts : !bsh_pp_first_tp_sum -> !bsh_pp_first_tp_s
  %embed = reshard %parts : !bsh_sum -> !bsh
  // CHECK: loop over layers=4 on pp (%h = %embed : !bsh_tp_s)
  %x = loop over layers=4 (%h = %embed : !bsh) {
    yield %h : !bsh
  }
  return
}

// -----

// A pipeline of one stage is none.
!bh = !flm.tensor<[batch=2, hidden=4] f32>
flm.plan @p of @m on grid(pp = 1) {layers -> pp}
flm.model @m dims [batch, layers](%x: [batch]) { return }
// CHECK-LABEL: flm.program @one_stage
flm.program @one_stage of @c(%x: !bh) {
  // CHECK: loop over layers=3 (%h = %x : !f32_bh)
  %y = loop over layers=3 (%h = %x : !bh) {
    yield %h : !bh
  }
  return %y : !bh
}
