// When collectives start and when they are waited for.
// RUN: flm-opt %s --flm-overlap-collectives | FileCheck %s

!f32_bsh = !flm.tensor<[batch=2, seq=4, hidden=8] f32>
!f32_b2h = !flm.tensor<[batch=2, seq=2, hidden=8] f32>
!f32_vh = !flm.tensor<[vocab=16, hidden=8] f32>
!f32_hh = !flm.tensor<[hidden=8, hidden=8] f32>
!f32_lhh = !flm.tensor<[layers=3, hidden=8, hidden=8] f32>
!f32_flat = !flm.tensor<[flat=64] f32>
!f32_hyper = !flm.tensor<[hyper=8] f32>

// The reduction of the head's gradient runs during the backward pass of the
// layers, and so does that of another, in the order in which they are ready.
// CHECK-LABEL: flm.program @gradients
flm.program @gradients of @c(%dlogits: !f32_bsh, %x: !f32_bsh, %w_all: !f32_lhh) {
  // CHECK: %d_head = linear_grad_w
  // CHECK-NEXT: %g_pending = collective start all_reduce %d_head over "dp" of 2 id 0 bytes 256 :
  // CHECK-NEXT: %d_w = linear_grad_w
  // CHECK-NEXT: %g2_pending = collective start reduce_scatter %d_w over "dp" of 2 dim 0 id 1 bytes 128 :
  // CHECK-NEXT: loop
  %d_head = linear_grad_w %dlogits, %x : !f32_bsh, !f32_bsh -> !f32_hh
  %d_w = linear_grad_w %x, %x : !f32_bsh, !f32_bsh -> !f32_hh
  %dx = loop over layers=3 reverse (%d = %dlogits : !f32_bsh) slices (%w = %w_all : !f32_hh) {
    %dh = linear_grad_x %d, %w : !f32_bsh, !f32_hh -> !f32_bsh
    yield %dh : !f32_bsh
  }
  %g = collective all_reduce %d_head over "dp" of 2 id 0 bytes 256 : !f32_hh -> !f32_hh
  %g2 = collective reduce_scatter %d_w over "dp" of 2 dim 0 id 1 bytes 128 : !f32_hh -> [hidden=4, hidden=8] f32
  // What is needed at once is not taken apart.
  // CHECK: %dxs = collective all_reduce %dx over "tp" of 2 id 2
  // CHECK-NEXT: %dxx = scale %dxs
  %dxs = collective all_reduce %dx over "tp" of 2 id 2 bytes 256 : !f32_bsh -> !f32_bsh
  %dxx = scale %dxs by 2.0 : !f32_bsh
  // A sum works in place: its operand is not kept.
  // CHECK-NEXT: %g = wait %g_pending id 0 :
  // CHECK-NEXT: %ss = sum_squares %g :
  %ss = sum_squares %g : !f32_hh -> [] f32
  // The operand of what is not in place must stay.
  // CHECK-NEXT: %g2 = wait %g2_pending reading %d_w id 1 :
  // CHECK-NEXT: %ss2 = sum_squares %g2 :
  %ss2 = sum_squares %g2 : [hidden=4, hidden=8] f32 -> [] f32
  return %ss, %ss2, %dxx : [] f32, [] f32, !f32_bsh
}

// A parameter is gathered while the next one is updated: updates are not needed
// before the program ends.
// CHECK-LABEL: flm.program @parameters
flm.program @parameters of @c(%ga: !f32_flat, %gb: !f32_flat, %coef: [] f32, %hyper: !f32_hyper) {
  %a = param "a" : !f32_vh
  %b = param "b" : !f32_vh
  %am = state "exp_avg.a" : !f32_flat
  %av = state "exp_avg_sq.a" : !f32_flat
  %as = collective slice %a over "dp" of 2 flat 64 id 0 bytes 0 : !f32_vh -> !f32_flat
  // CHECK: %a1, %am1, %av1 = adamw
  // CHECK-NEXT: %a2_pending = collective start all_gather %a1 over "dp" of 2 flat 64 id 1 bytes 256 :
  %a1, %am1, %av1 = adamw %as, %am, %av, %ga, %coef, %hyper lr 1.0 wd 1.0 eps 1.0 : !f32_flat, [] f32, !f32_hyper
  %a2 = collective all_gather %a1 over "dp" of 2 flat 64 id 1 bytes 256 : !f32_flat -> !f32_vh
  update "a" with %a2 : !f32_vh
  // CHECK-NEXT: update "exp_avg.a" with %am1 :
  update "exp_avg.a" with %am1 : !f32_flat
  update "exp_avg_sq.a" with %av1 : !f32_flat
  // CHECK: %bs = collective slice
  %bs = collective slice %b over "dp" of 2 flat 64 id 2 bytes 0 : !f32_vh -> !f32_flat
  // CHECK: %b1 = add
  // CHECK-NEXT: %b2 = collective all_gather %b1
  %b1 = add %bs, %gb : !f32_flat
  %b2 = collective all_gather %b1 over "dp" of 2 flat 64 id 3 bytes 256 : !f32_flat -> !f32_vh
  // CHECK-NEXT: %a2 = wait %a2_pending reading %a1 id 1 :
  // CHECK-NEXT: update "a" with %a2 :
  // CHECK-NEXT: update "b" with %b2 :
  // CHECK-NEXT: return
  update "b" with %b2 : !f32_vh
  return
}

// What is ready from the beginning starts where the partitioner put it: earlier,
// it would only take memory for longer.
// CHECK-LABEL: flm.program @weights
flm.program @weights of @c(%x: !f32_bsh) {
  %w = param "w" : [hidden=4, hidden=8] f32
  // CHECK: %w = param
  // CHECK-NEXT: %y = scale
  %y = scale %x by 2.0 : !f32_bsh
  // CHECK-NEXT: %whole_pending = collective start all_gather %w over
  %whole = collective all_gather %w over "dp" of 2 dim 0 id 0 bytes 128 {flm.at = #flm.state<pp: at(last)>} : [hidden=4, hidden=8] f32 -> !f32_hh
  // CHECK-NEXT: %z = scale
  %z = scale %y by 3.0 : !f32_bsh
  // A wait happens where its collective does.
  // CHECK-NEXT: %whole = wait %whole_pending reading %w id 0 {flm.at = #flm.state<pp: at(last)>} :
  // CHECK-NEXT: linear
  %out = linear %z, %whole : !f32_bsh -> !f32_bsh
  return %out : !f32_bsh
}

// Inside a layer: gathered for the weight gradient while the other gradient is
// computed. Nothing passes a send or a receive: ranks would wait in a circle.
// CHECK-LABEL: flm.program @layers
flm.program @layers of @c(%n: !f32_b2h, %w_all: !f32_lhh) {
  %m = collective receive over "pp" of 2 offset 1 id 5 match 4 bytes 0 -> !f32_b2h
  // CHECK: slices (%w = %w_all
  %dx, %dws = loop over layers=3 (%d = %m : !f32_b2h) slices (%w = %w_all : !f32_hh) {
    // CHECK-NEXT: %all_pending = collective start all_gather %d over "tp" of 2 dim 1 id 0 bytes 128
    %all = collective all_gather %d over "tp" of 2 dim 1 id 0 bytes 128 : !f32_b2h -> !f32_bsh
    // CHECK-NEXT: %dh = linear_grad_x
    %dh = linear_grad_x %d, %w : !f32_b2h, !f32_hh -> !f32_b2h
    // CHECK-NEXT: %all = wait %all_pending reading %d id 0
    %dw = linear_grad_w %all, %all : !f32_bsh, !f32_bsh -> !f32_hh
    yield %dh : !f32_b2h stack %dw : !f32_hh
  }
  // CHECK: %s = scale
  // CHECK-NEXT: collective send %dx
  // CHECK-NEXT: %s1_pending = collective start all_reduce %s
  // CHECK-NEXT: %t = scale
  // CHECK-NEXT: %s1 = wait
  %s = scale %dx by 2.0 : !f32_b2h
  collective send %dx over "pp" of 2 offset 1 id 4 match 5 bytes 128 : !f32_b2h
  %t = scale %n by 2.0 : !f32_b2h
  %s1 = collective all_reduce %s over "tp" of 2 id 6 bytes 128 : !f32_b2h -> !f32_b2h
  return %s1, %t, %dws : !f32_b2h, !f32_b2h, !f32_lhh
}
