// One conversion for all uses, the cheapest way, at the best place.
// RUN: flm-opt %s --flm-insert-reshards -split-input-file | FileCheck %s --check-prefixes=CHECK,AGAIN
// RUN: flm-opt %s --flm-insert-reshards=regather-price=0 -split-input-file | FileCheck %s --check-prefixes=CHECK,SAVED
// The second time, nothing changes.
// RUN: flm-opt %s --flm-insert-reshards -split-input-file -o %t.once.mlir
// RUN: flm-opt %t.once.mlir --flm-insert-reshards -split-input-file | diff %t.once.mlir -

flm.model @m dims [batch, seq, hidden, ffn](%x: [batch]) { return }
flm.plan @p of @m on grid(dp = 2, tp = 4) {batch -> dp, ffn -> tp, seq -> tp}
!bsh = !flm.tensor<[batch=4, seq=8, hidden=12] f32>
!part = !flm.tensor<[batch=4, seq=8, hidden=12] f32 on {tp: split(seq)}>
!turned = !flm.tensor<[batch=4, seq=8, hidden=12] f32 on {tp: split(hidden)}>
!term = !flm.tensor<[batch=4, seq=8, hidden=12] f32 on {tp: partial(sum)}>
!bs = !flm.tensor<[batch=4, seq=8] f32>
!bs_part = !flm.tensor<[batch=4, seq=8] f32 on {tp: split(seq)}>
!bs_term = !flm.tensor<[batch=4, seq=8] f32 on {tp: partial(sum)}>

// Gathered once, where it is first read; reduced at once, so that the terms die.
// CHECK-LABEL: flm.program @share
flm.program @share of @c(%x: !part, %y: !term) {
  // CHECK-NEXT: %[[R:.*]] = reshard %y : !f32_bsh_tp_sum -> !f32_bsh_tp_s
  // CHECK-NEXT: %s = scale %x
  %s = scale %x by 2.0 : !part
  // CHECK-NEXT: %[[W:.*]] = reshard %x : !f32_bsh_tp_s -> !f32_bsh{{$}}
  // CHECK-NEXT: scale %[[W]] by 3.0
  %x0 = reshard %x : !part -> !bsh
  %a = scale %x0 by 3.0 : !bsh
  // CHECK-NEXT: scale %[[W]] by 4.0
  %x1 = reshard %x : !part -> !bsh
  %b = scale %x1 by 4.0 : !bsh
  // CHECK-NEXT: scale %[[R]] by 5.0
  %y0 = reshard %y : !term -> !part
  %c = scale %y0 by 5.0 : !part
  // CHECK-NEXT: return
  return
}

// Whole and in parts: one all_reduce and a free slice, not two collectives.
// CHECK-LABEL: flm.program @slice
flm.program @slice of @c(%x: !bs_term) {
  // CHECK-NEXT: %[[W:.*]] = reshard %x : !f32_bs_tp_sum -> !f32_bs{{$}}
  // CHECK-NEXT: %[[P:.*]] = reshard %[[W]] : !f32_bs -> !f32_bs_tp_s
  %x0 = reshard %x : !bs_term -> !bs_part
  // CHECK-NEXT: scale %[[P]] by 2.0
  %a = scale %x0 by 2.0 : !bs_part
  %x1 = reshard %x : !bs_term -> !bs
  // CHECK-NEXT: scale %[[W]] by 3.0
  %b = scale %x1 by 3.0 : !bs
  // CHECK-NEXT: return
  return
}

// From one split to another without the whole.
// CHECK-LABEL: flm.program @turn
flm.program @turn of @c(%x: !part) {
  // CHECK-NEXT: %[[T:.*]] = reshard %x : !f32_bsh_tp_s -> !f32_bsh_tp_h
  // CHECK-NEXT: scale %[[T]]
  %w = reshard %x : !part -> !bsh
  %t = reshard %w : !bsh -> !turned
  %a = scale %t by 2.0 : !turned
  // CHECK-NEXT: return
  return
}

// Nothing is converted in a loop that could be before it.
// CHECK-LABEL: flm.program @captured
flm.program @captured of @c(%x: !part, %h: !bsh) {
  // CHECK: %[[W:.*]] = reshard %x
  // CHECK-NEXT: loop over layers=3
  // CHECK-NEXT: add %c, %[[W]]
  // CHECK-NEXT: yield
  %y = loop over layers=3 (%c = %h : !bsh) {
    %w = reshard %x : !part -> !bsh
    %n = add %c, %w : !bsh
    yield %n : !bsh
  }
  return
}

// A norm's gradient for ZeRO: in parts over dp first, so that the sum over tp is
// of a part.
!g_term = !flm.tensor<[hidden=12] f32 on {dp: partial(sum), tp: partial(sum)}>
!g_tp = !flm.tensor<[hidden=12] f32 on {tp: partial(sum)}>
!g = !flm.tensor<[hidden=12] f32>
!g_flat = !flm.tensor<[hidden=12] f32 on {dp: split(*)}>
// CHECK-LABEL: flm.program @joint
flm.program @joint of @c(%x: !g_term) {
  // CHECK-NEXT: %[[A:.*]] = reshard %x : !f32_h_dp_sum_tp_sum -> !f32_h_dp_flat_tp_sum
  // CHECK-NEXT: %[[B:.*]] = reshard %[[A]] : !f32_h_dp_flat_tp_sum -> !f32_h_dp_flat{{$}}
  // CHECK-NEXT: scale %[[B]]
  %0 = reshard %x : !g_term -> !g_tp
  %1 = reshard %0 : !g_tp -> !g
  %2 = reshard %1 : !g -> !g_flat
  %y = scale %2 by 2.0 : !g_flat
  return
}

// The backward pass gathers again what the forward pass gathered, or reads what
// it saved.
!lbsh = !flm.tensor<[layers=3, batch=4, seq=8, hidden=12] f32>
// CHECK-LABEL: flm.program @residual
flm.program @residual of @c(%x: !part, %d: !bsh) {
  // AGAIN: %y, %n_all = loop over layers=3
  // SAVED: %y, %n_all = loop over layers=3
  %y, %n_all = loop over layers=3 (%h = %x : !part) {
    // CHECK: %n = scale %h by 2.0
    // CHECK-NEXT: %[[W:.*]] = reshard %n : !f32_bsh_tp_s -> !f32_bsh{{$}}
    // CHECK-NEXT: scale %[[W]] by 3.0
    %n = scale %h by 2.0 : !part
    %w = reshard %n : !part -> !bsh
    %u = scale %w by 3.0 : !bsh
    // AGAIN: yield %n : !f32_bsh_tp_s stack %n : !f32_bsh_tp_s
    // SAVED: yield %n : !f32_bsh_tp_s stack %[[W]] : !f32_bsh{{$}}
    yield %n : !part stack %w : !bsh
  }
  // AGAIN: slices (%n = %n_all : !f32_bsh_tp_s)
  // SAVED: slices (%n = %n_all : !f32_bsh)
  %z = loop over layers=3 reverse (%c = %d : !bsh)
      slices (%n = %n_all : !bsh) {
    // AGAIN: %[[N:.*]] = reshard %n : !f32_bsh_tp_s -> !f32_bsh{{$}}
    // AGAIN-NEXT: add %c, %[[N]]
    // SAVED-NEXT: add %c, %n
    %e = add %c, %n : !bsh
    yield %e : !bsh
  }
  // CHECK: return
  return
}
