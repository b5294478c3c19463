// Where the values of collectives lie, and the tables of a program of several
// ranks.
// RUN: flm-opt %s --flm-assign-buffers --flm-verify-buffers | FileCheck %s

!f32_sh = !flm.tensor<[seq=4, hidden=8] f32>
!f32_half = !flm.tensor<[seq=2, hidden=8] f32>
!f32_flat = !flm.tensor<[flat=32] f32>
!f32_hyper = !flm.tensor<[hyper=8] f32>
!f32_q = !flm.tensor<[seq=4, heads=2 * head_dim=4] f32>

flm.model @m dims [seq, hidden](%tokens: [seq] i32) { return }
flm.plan @pair of @m on grid(dp = 2, tp = 3) {}

// A rope whose positions begin elsewhere on each rank has a table of its own.
// The coordinates come last: an i32 for each axis.
// CHECK: module attributes {
// CHECK-SAME: flm.state_bytes = 640
// CHECK-SAME: flm.tables = [{head_dim = 4 : i64, kind = "rope", offset = 448 : i64, seq = 4 : i64, theta = 1.000000e+04 : f64}, {axis = "tp", head_dim = 4 : i64, kind = "rope", offset = 512 : i64, seq = 4 : i64, theta = 1.000000e+04 : f64}, {axes = ["dp", "tp"], kind = "coordinates", offset = 576 : i64}]

// CHECK-LABEL: flm.program @train_step
flm.program @train_step of @c(%g: !f32_sh, %h: !f32_half, %coef: [] f32, %hyper: !f32_hyper) {
  // A parameter that is whole, with moments of which this rank has a part: each
  // has the bytes of its own type.
  // CHECK-NEXT: param "w" {flm.buffers = [#flm.buffer<state, 256, 128>]}
  %w = param "w" : !f32_sh
  // CHECK-NEXT: state "exp_avg.w" {flm.buffers = [#flm.buffer<state, 0, 128>]}
  %m = state "exp_avg.w" : !f32_flat
  // CHECK-NEXT: state "exp_avg_sq.w" {flm.buffers = [#flm.buffer<state, 128, 128>]}
  %v = state "exp_avg_sq.w" : !f32_flat
  // CHECK-NEXT: %y = scale {{.*}} {flm.buffers = [#flm.buffer<scratch, [[Y:[0-9]+]], 64>]}
  %y = scale %h by 2.0 : !f32_half
  // A sum in place: its operand dies.
  // CHECK-NEXT: %sum = collective all_reduce %y {{.*}} {flm.buffers = [#flm.buffer<scratch, [[Y]], 64>]}
  %sum = collective all_reduce %y over "tp" of 3 id 0 bytes 88 : !f32_half -> !f32_half
  // What is sent is only read.
  // CHECK-NEXT: collective send %sum over "dp" of 2 offset 1 id 1 match 2 bytes 64 : {{[^ ]+$}}
  collective send %sum over "dp" of 2 offset 1 id 1 match 2 bytes 64 : !f32_half
  // CHECK-NEXT: %got = collective receive {{.*}} {flm.buffers = [#flm.buffer<scratch, [[GOT:[0-9]+]], 64>]}
  %got = collective receive over "dp" of 2 offset 1 id 2 match 1 bytes 0 -> !f32_half
  // CHECK-NEXT: %mine = collective mask %got {{.*}} {flm.buffers = [#flm.buffer<scratch, [[GOT]], 64>]}
  %mine = collective mask %got over "dp" of 2 id 3 bytes 0 : !f32_half -> !f32_half
  // Others have bytes of their own; the returned one the caller's.
  // CHECK-NEXT: %all = collective all_gather %mine {{.*}} {flm.buffers = [#flm.buffer<result(0), 0, 128>]}
  %all = collective all_gather %mine over "dp" of 2 dim 0 id 4 bytes 64 : !f32_half -> !f32_sh
  // What is not in place keeps its operand until the wait, though nobody else
  // reads it.
  // CHECK-NEXT: %z = scale %g {{.*}} {flm.buffers = [#flm.buffer<scratch, [[Z:[0-9]+]], 128>]}
  %z = scale %g by 2.0 : !f32_sh
  // CHECK-NEXT: %gs_pending = collective start reduce_scatter %z {{.*}} {flm.buffers = [#flm.buffer<scratch, [[GS:[0-9]+]], 128>]}
  %gs_pending = collective start reduce_scatter %z over "dp" of 2 flat 32 id 5 bytes 128 : !f32_sh -> !f32_flat
  // CHECK-NOT: #flm.buffer<scratch, [[Z]],
  // CHECK-NOT: #flm.buffer<scratch, [[GS]],
  %ws = collective slice %w over "dp" of 2 flat 32 id 6 bytes 0 : !f32_sh -> !f32_flat
  // CHECK: %gs = wait %gs_pending reading %z id 5 {flm.buffers = [#flm.buffer<scratch, [[GS]], 128>]}
  %gs = wait %gs_pending reading %z id 5 : !f32_flat from !f32_sh
  // CHECK-NEXT: adamw {{.*}} {flm.buffers = [#flm.buffer<scratch, {{[0-9]+}}, 128>, #flm.buffer<state, 0, 128>, #flm.buffer<state, 128, 128>]}
  %w1, %m1, %v1 = adamw %ws, %m, %v, %gs, %coef, %hyper lr 1.0 wd 1.0 eps 1.0 : !f32_flat, [] f32, !f32_hyper
  // The whole parameter is gathered to where it lives.
  // CHECK-NEXT: %w2_pending = collective start all_gather %w1 {{.*}} {flm.buffers = [#flm.buffer<state, 256, 128>]}
  %w2_pending = collective start all_gather %w1 over "dp" of 2 flat 32 id 7 bytes 128 : !f32_flat -> !f32_sh
  update "exp_avg.w" with %m1 : !f32_flat
  update "exp_avg_sq.w" with %v1 : !f32_flat
  %w2 = wait %w2_pending reading %w1 id 7 : !f32_sh from !f32_flat
  // CHECK: update "w" with %w2 {flm.buffers = [#flm.buffer<state, 256, 128>]}
  update "w" with %w2 : !f32_sh
  // Here the old value is read afterwards.
  // CHECK-NEXT: param "k" {flm.buffers = [#flm.buffer<state, 384, 64>]}
  %k = param "k" : !f32_half
  // CHECK-NEXT: %k1 = collective all_reduce {{.*}} {flm.buffers = [#flm.buffer<scratch,
  %k1 = collective all_reduce %h over "dp" of 2 id 8 bytes 64 : !f32_half -> !f32_half
  // CHECK-NEXT: %k2 = add {{.*}} {flm.buffers = [#flm.buffer<result(0), 128, 64>]}
  %k2 = add %k, %k : !f32_half
  update "k" with %k1 : !f32_half
  return %all, %k2 : !f32_sh, !f32_half
}

// CHECK-LABEL: flm.program @ropes
flm.program @ropes of @c(%q: !f32_q, %tokens: [seq=4] i32) {
  %r = rope %q theta 1.0e4 : !f32_q
  %s = rope %q theta 1.0e4 {flm.axis = "tp"} : !f32_q
  %t = rope %q theta 1.0e4 {flm.axis = "tp"} : !f32_q
  // In place: the padding of logits is masked where they lie.
  // CHECK: %logits = scale {{.*}} {flm.buffers = [#flm.buffer<scratch, [[L:[0-9]+]], 128>]}
  // CHECK-NEXT: %masked = mask_padding %logits {{.*}} {flm.buffers = [#flm.buffer<scratch, [[L]], 128>]}
  %logits = scale %q by 2.0 : !f32_q
  %masked = mask_padding %logits over "tp" valid 13 : !f32_q
  %picked = pick %masked, %tokens : !f32_q, [seq=4] i32 -> [seq=4] f32
  return %r, %picked : !f32_q, [seq=4] f32
}
