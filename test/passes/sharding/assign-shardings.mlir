// How values lie on the mesh, and a reshard for each use that wants another
// distribution; flm-insert-reshards then shares them.
// RUN: flm-opt %s --flm-assign-shardings -split-input-file | FileCheck %s
// With reasons, on request.
// RUN: flm-opt %s --flm-assign-shardings=reasons -split-input-file | FileCheck %s --check-prefix=WHY
// WHY-LABEL: flm.program @layers
// WHY: param "gain" {flm.why = {tp = "no entry fits"}}
// WHY: rms_norm {{.*}} {flm.why = {tp = "seq -> tp"}}
// WHY: } {flm.why = {tp = "%h: seq -> tp"}}
// WHY-LABEL: flm.program @residual
// WHY: %twice = add {{.*}} {flm.why = {tp = "a sum of partial terms, reduced once"}}
// WHY-LABEL: flm.program @accumulate
// WHY: dp = "%acc: as the terms that are added; %loss_acc: as the terms that are added"

!bsh = !flm.tensor<[batch=4, seq=8, hidden=12] f32>
!bsf = !flm.tensor<[batch=4, seq=8, ffn=16] f32>
!fh = !flm.tensor<[ffn=16, hidden=12] f32>
!hf = !flm.tensor<[hidden=12, ffn=16] f32>
!h = !flm.tensor<[hidden=12] f32>
!lh = !flm.tensor<[layers=2, hidden=12] f32>
!lfh = !flm.tensor<[layers=2, ffn=16, hidden=12] f32>
!lhf = !flm.tensor<[layers=2, hidden=12, ffn=16] f32>
flm.model @m dims [batch, seq, hidden, ffn, layers](%x: [batch]) { return }
flm.plan @sequence of @m on grid(tp = 2) {ffn -> tp, seq -> tp}

// Column- and row-parallel by the order of the plan; between them, tokens. The
// carry of the layers lies like them and is never partial.
// CHECK-LABEL: flm.program @layers
flm.program @layers of @c(%tokens: !bsh) {
  // CHECK: %gain_all = param "gain" : !f32_lh{{$}}
  %gain_all = param "gain" : !lh
  // CHECK: %up_all = param "up" : !f32_lfh_tp_f
  %up_all = param "up" : !lfh
  // CHECK: %down_all = param "down" : !f32_lhf_tp_f
  %down_all = param "down" : !lhf
  // CHECK: %tokens_part = reshard %tokens : !f32_bsh -> !f32_bsh_tp_s
  // CHECK: loop over layers=2 (%h = %tokens_part : !f32_bsh_tp_s)
  %y = loop over layers=2 (%h = %tokens : !bsh)
      slices (%gain = %gain_all : !h, %up = %up_all : !fh, %down = %down_all : !hf) {
    // CHECK: %n = rms_norm %h, %gain eps 1.0e-5 : !f32_bsh_tp_s
    %n = rms_norm %h, %gain eps 1.0e-5 : !bsh
    // CHECK: %[[N0:.*]] = reshard %n : !f32_bsh_tp_s -> !f32_bsh{{$}}
    // CHECK: %u = linear %[[N0]], %up : (!f32_bsh, !f32_fh_tp_f) -> !f32_bsf_tp_f
    %u = linear %n, %up : !bsh -> !bsf
    // CHECK: %[[N1:.*]] = reshard %n : !f32_bsh_tp_s -> !f32_bsh{{$}}
    // CHECK: %g = linear %[[N1]], %up : (!f32_bsh, !f32_fh_tp_f) -> !f32_bsf_tp_f
    %g = linear %n, %up : !bsh -> !bsf
    // CHECK: %a = silu_mul %g, %u : !f32_bsf_tp_f
    %a = silu_mul %g, %u : !bsf
    // CHECK: %d = linear %a, %down : (!f32_bsf_tp_f, !f32_hf_tp_f) -> !f32_bsh_tp_sum
    %d = linear %a, %down : !bsf -> !bsh
    // CHECK: %d_scattered = reshard %d : !f32_bsh_tp_sum -> !f32_bsh_tp_s
    // CHECK: %r = add %h, %d_scattered : !f32_bsh_tp_s
    %r = add %h, %d : !bsh
    // CHECK: yield %r : !f32_bsh_tp_s
    yield %r : !bsh
  }
  // Callers read whole values.
  // CHECK: %y_gathered = reshard %y : !f32_bsh_tp_s -> !f32_bsh{{$}}
  // CHECK: return %y_gathered
  return %y : !bsh
}

// The runtime carries this one out.
// CHECK-LABEL: flm.program @init
flm.program @init of @c() {
  // CHECK: fill 0.0 : !f32_lfh{{$}}
  %z = fill 0.0 : !lfh
  update "up" with %z : !lfh
  return
}

// -----

// Without seq in the plan, what lies between is replicated.
!bsh = !flm.tensor<[batch=4, seq=8, hidden=12] f32>
!bsf = !flm.tensor<[batch=4, seq=8, ffn=16] f32>
!hf = !flm.tensor<[hidden=12, ffn=16] f32>
flm.model @m dims [batch, seq, hidden, ffn](%x: [batch]) { return }
flm.plan @tensor of @m on grid(tp = 2) {ffn -> tp}
// CHECK-LABEL: flm.program @residual
flm.program @residual of @c(%h: !bsh, %a: !bsf) {
  %w = param "w" : !hf
  %d = linear %a, %w : !bsf -> !bsh
  // CHECK: %d_reduced = reshard %d : !f32_bsh_tp_sum -> !f32_bsh{{$}}
  // CHECK: %r = add %h, %d_reduced : !f32_bsh
  %r = add %h, %d : !bsh
  // Sums and multiples of partial values are partial, and reduced once.
  // CHECK: %twice = add %d, %d : !f32_bsh_tp_sum
  %twice = add %d, %d : !bsh
  // CHECK: %half = scale %twice by 0.5 : !f32_bsh_tp_sum
  %half = scale %twice by 0.5 : !bsh
  // CHECK: %half_reduced = reshard %half : !f32_bsh_tp_sum -> !f32_bsh{{$}}
  return %r, %half : !bsh, !bsh
}

// -----

// Gradients of micro-batches are summed before ranks add theirs: accumulators,
// through the loop over layers and out of it, are partial over dp. On tp they lie
// like their terms.
!bsh = !flm.tensor<[batch=4, seq=8, hidden=12] f32>
!bsf = !flm.tensor<[batch=4, seq=8, ffn=16] f32>
!mbsh = !flm.tensor<[micro=3, batch=4, seq=8, hidden=12] f32>
!fh = !flm.tensor<[ffn=16, hidden=12] f32>
!lfh = !flm.tensor<[layers=2, ffn=16, hidden=12] f32>
flm.model @m dims [batch, seq, hidden, ffn, layers](%x: [batch]) { return }
flm.plan @both of @m on grid(dp = 2, tp = 2) {batch -> dp, ffn -> tp, seq -> tp}
// CHECK-LABEL: flm.program @accumulate of @c(
// CHECK-SAME: %xs: !f32_mbsh_dp_b
flm.program @accumulate of @c(%xs: !mbsh) {
  %w_all = param "w" : !lfh
  // One constant for each distribution, and none that is not used.
  // CHECK: fill 0.0 : !f32_lfh_dp_sum_tp_f
  // CHECK-NEXT: fill 0.0 : [] f32 on {dp: partial(sum), tp: partial(sum)}
  // CHECK-NOT: fill
  %zero = fill 0.0 : !lfh
  %zero_loss = fill 0.0 : [] f32
  // CHECK: loop over micro=3 (%acc = %{{.*}} : !f32_lfh_dp_sum_tp_f, %loss_acc = %{{.*}} : [] f32 on {dp: partial(sum), tp: partial(sum)})
  %d_w, %loss = loop over micro=3 (%acc = %zero : !lfh, %loss_acc = %zero_loss : [] f32)
      slices (%x = %xs : !bsh) {
    // CHECK: loop over layers=2 (%h = %{{.*}} : !f32_bsh_dp_b_tp_s)
    %y, %sums = loop over layers=2 (%h = %x : !bsh)
        slices (%w = %w_all : !fh, %d_w_sum = %acc : !fh) {
      %u = linear %h, %w : !bsh -> !bsf
      // CHECK: %term = linear_grad_w {{.*}} -> !f32_fh_dp_sum_tp_f
      %term = linear_grad_w %u, %h : !bsf, !bsh -> !fh
      // CHECK: %next = add %d_w_sum, %term : !f32_fh_dp_sum_tp_f
      %next = add %d_w_sum, %term : !fh
      yield %h : !bsh stack %next : !fh
    }
    // CHECK: %total = sum %y : !f32_bsh_dp_b_tp_s -> [] f32 on {dp: partial(sum), tp: partial(sum)}
    %total = sum %y : !bsh -> [] f32
    // CHECK: %loss_next = add %loss_acc, %total : [] f32 on {dp: partial(sum), tp: partial(sum)}
    %loss_next = add %loss_acc, %total : [] f32
    yield %sums, %loss_next : !lfh, [] f32
  }
  // CHECK: reshard %loss : [] f32 on {dp: partial(sum), tp: partial(sum)} -> [] f32 on {tp: partial(sum)}
  // CHECK: return
  return %loss : [] f32
}

// -----

// ZeRO-1. A parameter that is computed with is replicated over dp; its moments
// and its update are flat. Squares of gradients share what AdamW gets.
!lh = !flm.tensor<[layers=4, hidden=12] f32>
!lc = !flm.tensor<[layers=4, chunk=1] f32>
!bl = !flm.tensor<[batch=4, layers=4, hidden=12] f32>
!h = !flm.tensor<[hidden=12] f32>
!hyper = !flm.tensor<[hyper=8] f32>
flm.model @m dims [batch, hidden, layers](%x: [batch]) { return }
flm.plan @zero of @m on grid(dp = 2) {batch -> dp, optimizer -> dp}
// CHECK-LABEL: flm.program @step
flm.program @step of @c(%x: !flm.tensor<[batch=4, hidden=12] f32>, %hyper: !hyper) {
  // CHECK: %p = param "p" : !f32_h{{$}}
  %p = param "p" : !h
  %n = rms_norm %x, %p eps 1.0e-5 : !flm.tensor<[batch=4, hidden=12] f32>
  // CHECK: %d = rms_norm_grad_g {{.*}} -> !f32_h_dp_sum
  %d = rms_norm_grad_g %n, %x eps 1.0e-5 : !flm.tensor<[batch=4, hidden=12] f32> -> !h
  // CHECK: %[[D:.*]] = reshard %d : !f32_h_dp_sum -> !f32_h_dp_flat
  // CHECK: %c = chunk_sums %[[D]] by 12 : !f32_h_dp_flat -> !f32_chunk_dp_flat
  %c = chunk_sums %d by 12 : !h -> !flm.tensor<[chunk=1] f32>
  // A total of chunks is the same sum on all ranks.
  // CHECK: %[[C:.*]] = reshard %c : !f32_chunk_dp_flat -> !f32_chunk{{$}}
  // CHECK: %sumsq = chunk_total %[[C]] : !f32_chunk -> [] f32{{$}}
  %sumsq = chunk_total %c : !flm.tensor<[chunk=1] f32> -> [] f32
  %norm, %coef = clip %sumsq, %hyper : [] f32, !hyper
  // CHECK: %m = state "exp_avg.p" : !f32_h_dp_flat
  %m = state "exp_avg.p" : !h
  // CHECK: %v = state "exp_avg_sq.p" : !f32_h_dp_flat
  %v = state "exp_avg_sq.p" : !h
  // CHECK-DAG: %[[P:.*]] = reshard %p : !f32_h -> !f32_h_dp_flat
  // CHECK: adamw %[[P]], %m, %v, %{{.*}}, %coef, %hyper lr 1.0 wd 1.0 eps 1.0 : !f32_h_dp_flat, [] f32, !f32_hyper{{$}}
  %p1, %m1, %v1 = adamw %p, %m, %v, %d, %coef, %hyper lr 1.0 wd 1.0 eps 1.0 : !h, [] f32, !hyper
  // CHECK: %[[P1:.*]] = reshard %p1 : !f32_h_dp_flat -> !f32_h{{$}}
  // CHECK: update "p" with %[[P1]] : !f32_h{{$}}
  update "p" with %p1 : !h
  // CHECK: update "exp_avg.p" with %m1 : !f32_h_dp_flat
  update "exp_avg.p" with %m1 : !h
  update "exp_avg_sq.p" with %v1 : !h
  return
}

// -----

// A master parameter is flat: it is narrowed in parts, and the narrow ones are
// gathered, here and in programs that do not update it.
!bh = !flm.tensor<[batch=4, hidden=12] bf16>
!h = !flm.tensor<[hidden=12] f32>
!hyper = !flm.tensor<[hyper=8] f32>
flm.model @m dims [batch, hidden](%x: [batch]) { return }
flm.plan @zero of @m on grid(dp = 2) {batch -> dp, optimizer -> dp}
// CHECK-LABEL: flm.program @train
flm.program @train of @c(%x: !bh, %d: !h, %coef: [] f32, %hyper: !hyper) {
  // CHECK: %p = param "p" : !f32_h_dp_flat
  %p = param "p" : !h
  // CHECK: %p16 = cast %p : !f32_h_dp_flat -> !h_dp_flat
  %p16 = cast %p : !h -> !flm.tensor<[hidden=12] bf16>
  // CHECK: %p16_gathered = reshard %p16 : !h_dp_flat -> !h{{$}}
  // CHECK: rms_norm %x, %p16_gathered eps 1.0e-5 : !bh_dp_b
  %n = rms_norm %x, %p16 eps 1.0e-5 : !bh
  %m = state "exp_avg.p" : !h
  %v = state "exp_avg_sq.p" : !h
  %p1, %m1, %v1 = adamw %p, %m, %v, %d, %coef, %hyper lr 1.0 wd 1.0 eps 1.0 : !h, [] f32, !hyper
  // CHECK: update "p" with %p1 : !f32_h_dp_flat
  update "p" with %p1 : !h
  return
}
// CHECK-LABEL: flm.program @evaluate
flm.program @evaluate of @c(%x: !bh) {
  // CHECK: %p = param "p" : !f32_h_dp_flat
  %p = param "p" : !h
  %p16 = cast %p : !h -> !flm.tensor<[hidden=12] bf16>
  %n = rms_norm %x, %p16 eps 1.0e-5 : !bh
  return
}

// -----

// A total of scalars some of which are whole on every rank: those count once.
!fh = !flm.tensor<[ffn=16, hidden=12] f32>
!h = !flm.tensor<[hidden=12] f32>
!hyper = !flm.tensor<[hyper=8] f32>
flm.model @m dims [batch, hidden, ffn](%x: [batch]) { return }
flm.plan @tensor of @m on grid(tp = 2) {ffn -> tp}
// CHECK-LABEL: flm.program @total
flm.program @total of @c(%g: !h, %hyper: !hyper) {
  %w = param "w" : !fh
  // CHECK: %s0 = sum_squares %w : !f32_fh_tp_f -> [] f32 on {tp: partial(sum)}
  %s0 = sum_squares %w : !fh -> [] f32
  // CHECK: %s1 = sum_squares %g : !f32_h -> [] f32{{$}}
  %s1 = sum_squares %g : !h -> [] f32
  // CHECK: %s1_masked = reshard %s1 : [] f32 -> [] f32 on {tp: partial(sum)}
  // CHECK: %all = add %s0, %s1_masked : [] f32 on {tp: partial(sum)}
  %all = add %s0, %s1 : [] f32
  // CHECK: %all_reduced = reshard %all
  // CHECK: clip %all_reduced
  %norm, %coef = clip %all, %hyper : [] f32, !hyper
  return
}

// -----

// A batch of one is not split, and neither is a value over an axis of one.
!bh = !flm.tensor<[batch=1, hidden=12] f32>
flm.model @m dims [batch, hidden](%x: [batch]) { return }
flm.plan @p of @m on grid(dp = 2, tp = 1) {batch -> dp, hidden -> tp}
// CHECK-LABEL: flm.program @one of @c(
// CHECK-SAME: %x: !f32_bh)
flm.program @one of @c(%x: !bh) {
  // CHECK-NEXT: scale %x by 2.0 : !f32_bh{{$}}
  %y = scale %x by 2.0 : !bh
  // CHECK-NEXT: return
  return %y : !bh
}

// -----

// A square weight has the dim twice, so it is not clear which one would be
// split: its gradient is not, and neither are the factors.
!bh = !flm.tensor<[batch=4, hidden=12] f32>
!hh = !flm.tensor<[hidden=12, hidden=12] f32>
flm.model @m dims [batch, hidden](%x: [batch]) { return }
flm.plan @p of @m on grid(tp = 2) {hidden -> tp}
// CHECK-LABEL: flm.program @square
flm.program @square of @c(%x: !bh, %dy: !bh, %w: !hh) {
  // CHECK: linear {{.*}} : !f32_bh -> !f32_bh{{$}}
  %y = linear %x, %w : !bh -> !bh
  // CHECK: linear_grad_x {{.*}} : !f32_bh, !f32_hh -> !f32_bh{{$}}
  %dx = linear_grad_x %dy, %w : !bh, !hh -> !bh
  // CHECK: linear_grad_w {{.*}} : !f32_bh, !f32_bh -> !f32_hh{{$}}
  %dw = linear_grad_w %dy, %x : !bh, !bh -> !hh
  return %y, %dx, %dw : !bh, !bh, !hh
}
