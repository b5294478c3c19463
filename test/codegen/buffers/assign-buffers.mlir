// Where values lie. Every size here is small, so that offsets can be read.
// RUN: flm-opt %s --flm-assign-buffers --flm-verify-buffers | FileCheck %s

!i32_bs = !flm.tensor<[batch=2, seq=4] i32>
!f32_bsh = !flm.tensor<[batch=2, seq=4, hidden=8] f32>
!f32_bs_nd = !flm.tensor<[batch=2, seq=4, heads=2 * head_dim=4] f32>
!f32_vh = !flm.tensor<[vocab=16, hidden=8] f32>
!f32_h = !flm.tensor<[hidden=8] f32>
!f32_hh = !flm.tensor<[hidden=8, hidden=8] f32>
!f32_lhh = !flm.tensor<[layers=3, hidden=8, hidden=8] f32>
!f32_hyper = !flm.tensor<[hyper=8] f32>

// The state arena: 768 bytes each for "w" and its moments, 512 for "table", 32
// for "small", rounded up to 64; then one table of cosines and sines for each
// kind of rope (@rope and @again use the same), of seq * head_dim * 4 bytes.
// CHECK: module attributes {
// CHECK-SAME: flm.state_bytes = 3136
// CHECK-SAME: flm.tables = [{head_dim = 4 : i64, kind = "rope", offset = 2880 : i64, seq = 4 : i64, theta = 1.000000e+04 : f64}, {head_dim = 4 : i64, kind = "rope", offset = 2944 : i64, seq = 4 : i64, theta = 1.000000e+02 : f64}, {head_dim = 4 : i64, kind = "rope", offset = 3008

// CHECK-LABEL: flm.program @train_step
flm.program @train_step of @c(%tokens: !i32_bs, %hyper: !f32_hyper, %g: !f32_h) {
  // CHECK-NEXT: param "table" {flm.buffers = [#flm.buffer<state, 2304, 512>]}
  %table = param "table" : !f32_vh
  // CHECK-NEXT: param "w" {flm.buffers = [#flm.buffer<state, 0, 768>]}
  %w_all = param "w" : !f32_lhh
  // CHECK-NEXT: %e = embedding %tokens, %table {flm.buffers = [#flm.buffer<scratch, [[CARRY:[0-9]+]], 256>]}
  %e = embedding %tokens, %table : !i32_bs, !f32_vh
  // CHECK: %x, %h_all = loop
  %x, %h_all = loop over layers=3 (%h = %e : !f32_bsh) slices (%w = %w_all : !f32_hh) {
    // It is not the carry's own bytes that the next value of the carry is made
    // in: the linear still reads them.
    // CHECK: %y = linear %h, %w {flm.buffers = [#flm.buffer<scratch, [[NEXT:[0-9]+]], 256>]}
    %y = linear %h, %w : !f32_bsh -> !f32_bsh
    yield %y : !f32_bsh stack %h : !f32_bsh
  // The carry takes the bytes of its init, which dies here.
  // CHECK: } {flm.buffers = [#flm.buffer<scratch, [[CARRY]], 256>, #flm.buffer<scratch, 0, 768>]}
  }
  // In place: its operand dies.
  // CHECK-NEXT: %s = scale %x by 2.0 {flm.buffers = [#flm.buffer<scratch, [[CARRY]], 256>]}
  %s = scale %x by 2.0 : !f32_bsh
  // CHECK: %dx, %dw_all = loop
  %dx, %dw_all = loop over layers=3 reverse (%d = %s : !f32_bsh) slices (%w = %w_all : !f32_hh, %h = %h_all : !f32_bsh) {
    %dh = linear_grad_x %d, %w : !f32_bsh, !f32_hh -> !f32_bsh
    // What is stacked is made in its slot.
    // CHECK: %dw = linear_grad_w %d, %h {flm.buffers = [#flm.buffer<scratch, [[DW:[0-9]+]], 256, [256]>]}
    %dw = linear_grad_w %d, %h : !f32_bsh, !f32_bsh -> !f32_hh
    yield %dh : !f32_bsh stack %dw : !f32_hh
  // CHECK: } {flm.buffers = [#flm.buffer<scratch, [[CARRY]], 256>, #flm.buffer<scratch, [[DW]], 768>]}
  }
  // The stack of activations is dead now: its bytes are used again.
  // CHECK-NEXT: %dtable = embedding_grad %dx, %tokens {flm.buffers = [#flm.buffer<scratch, 0, 512>]}
  %dtable = embedding_grad %dx, %tokens : !f32_bsh, !i32_bs -> !f32_vh
  // A reduction has a second buffer, for its partial sums.
  // CHECK-NEXT: %ss = sum_squares %dw_all {flm.buffers = [#flm.buffer<scratch, {{[0-9]+}}, 4>, #flm.buffer<scratch, {{[0-9]+}}, 4>]}
  %ss = sum_squares %dw_all : !f32_lhh -> [] f32
  // What is returned is made in the caller's bytes.
  // CHECK-NEXT: %norm, %coef = clip %ss, %hyper {flm.buffers = [#flm.buffer<result(0), 0, 4>, #flm.buffer<scratch, {{[0-9]+}}, 4>]}
  %norm, %coef = clip %ss, %hyper : [] f32, !f32_hyper
  // CHECK: state "m.w" {flm.buffers = [#flm.buffer<state, 768, 768>]}
  %m = state "m.w" : !f32_lhh
  %v = state "v.w" : !f32_lhh
  // The optimizer works in place.
  // CHECK: adamw {{.*}} {flm.buffers = [#flm.buffer<state, 0, 768>, #flm.buffer<state, 768, 768>, #flm.buffer<state, 1536, 768>]}
  %w1, %m1, %v1 = adamw %w_all, %m, %v, %dw_all, %coef, %hyper lr 1.0 wd 1.0 eps 1.0 : !f32_lhh, [] f32, !f32_hyper
  update "w" with %w1 : !f32_lhh
  update "m.w" with %m1 : !f32_lhh
  update "v.w" with %v1 : !f32_lhh
  // A value that was made elsewhere is copied: the buffers differ.
  // CHECK: update "table" with %dtable {flm.buffers = [#flm.buffer<state, 2304, 512>]}
  update "table" with %dtable : !f32_vh
  // CHECK: update "small" with %g {flm.buffers = [#flm.buffer<state, 2816, 32>]}
  update "small" with %g : !f32_h
  // CHECK-NEXT: return %norm : [] f32 {flm.buffers = [#flm.buffer<result(0), 0, 4>]}
  return %norm : [] f32
}

// State lies where @train_step has it.
// CHECK-LABEL: flm.program @rope
flm.program @rope of @c(%q: !f32_bs_nd) {
  // CHECK-NEXT: param "table" {flm.buffers = [#flm.buffer<state, 2304, 512>]}
  %table = param "table" : !f32_vh
  // The caller's arguments are not written to.
  // CHECK: %r = rope %q theta 1.0e4 {flm.buffers = [#flm.buffer<scratch,
  %r = rope %q theta 1.0e4 : !f32_bs_nd
  // CHECK: %r2 = rope %r theta 1.0e2 {flm.buffers = [#flm.buffer<scratch,
  %r2 = rope %r theta 1.0e2 : !f32_bs_nd
  // %r is still read, so this is made in the result.
  // CHECK: %sum = add %r, %r2 {flm.buffers = [#flm.buffer<result(0), 0, 256>]}
  %sum = add %r, %r2 : !f32_bs_nd
  // Attention has a buffer for the log-sum-exp that nobody asked for.
  // CHECK: %a = attention %sum, %r, %r causal {flm.buffers = [#flm.buffer<result(0), 256, 256>, #flm.buffer<scratch, {{[0-9]+}}, 64>]}
  %a = attention %sum, %r, %r causal : !f32_bs_nd
  return %sum, %a : !f32_bs_nd, !f32_bs_nd
}

// CHECK-LABEL: flm.program @again
flm.program @again of @c(%q: !flm.tensor<[batch=2, seq=8, heads=2 * head_dim=4] f32>, %p: !f32_bs_nd) {
  %r = rope %q theta 1.0e4 : !flm.tensor<[batch=2, seq=8, heads=2 * head_dim=4] f32>
  %s = rope %p theta 1.0e4 inverse : !f32_bs_nd
  return
}

// The runtime carries out @init.
// CHECK-LABEL: flm.program @init
// CHECK-NOT: flm.buffers
flm.program @init of @c() {
  %zero = fill 0.0 : !f32_vh
  update "table" with %zero : !f32_vh
  return
}
