// RUN: flm-opt %s --flm-localize-pipeline -split-input-file | FileCheck %s

!table = !flm.tensor<[vocab=8, hidden=4] f32 on {pp: at(first), tp: split(vocab)}>
!bsh_first_sum = !flm.tensor<[batch=2, seq=4, hidden=4] f32 on {pp: at(first), tp: partial(sum)}>
!bsh_first = !flm.tensor<[batch=2, seq=4, hidden=4] f32 on {pp: at(first), tp: split(seq)}>
!bsh_last = !flm.tensor<[batch=2, seq=4, hidden=4] f32 on {pp: at(last), tp: split(seq)}>
!bsh_pp = !flm.tensor<[batch=2, seq=4, hidden=4] f32 on {pp: partial(sum), tp: split(seq)}>
!bsh = !flm.tensor<[batch=2, seq=4, hidden=4] f32 on {tp: split(seq)}>
!bsh_whole = !flm.tensor<[batch=2, seq=4, hidden=4] f32>
!i32_bs = !flm.tensor<[batch=2, seq=4] i32>
!lh = !flm.tensor<[layers=4, hidden=4] f32 on {pp: split(layers)}>
!h = !flm.tensor<[hidden=4] f32>
!lc = !flm.tensor<[layers=4, chunk=2] f32 on {pp: split(layers)}>
!lc_all = !flm.tensor<[layers=4, chunk=2] f32>
flm.model @m dims [batch, seq, vocab, layers](%x: [batch]) { return }
flm.plan @p of @m on grid(pp = 2, tp = 2) {vocab -> tp, seq -> tp, layers -> pp}
// CHECK-LABEL: flm.program @stage
flm.program @stage of @c(%tokens: !i32_bs) {
  // CHECK: %table = param "embed" {flm.at = #flm.state<pp: at(first)>, flm.global = !f32_vh_pp_first_tp_v} : !f32_vh_tp_v
  %table = param "embed" : !table
  // Half of the layers.
  // CHECK: %g_all = param "g" {flm.global = !f32_lh_pp_l} : !f32_lh
  %g_all = param "g" : !lh
  // CHECK: embedding {{.*}} {flm.at = #flm.state<pp: at(first)>}
  %parts = embedding %tokens, %table : !i32_bs, !table -> !bsh_first_sum
  %embed = reshard %parts id 0 bytes 64 : !bsh_first_sum -> !bsh_first
  // CHECK: %[[IN:.*]] = collective receive %embed over "pp" of 2 offset 1 id 5 match 6 bytes 0 {flm.at = #flm.state<pp: at(not_first)>} : !f32_bsh_tp_s -> !f32_bsh_tp_s
  // CHECK: %x, %h_all = loop over layers=2 (%h = %[[IN]] : !f32_bsh_tp_s)
  // CHECK-NEXT: slices (%g = %g_all : !f32_h)
  %x, %h_all = loop over layers=4 on pp (%h = %embed : !bsh) slices (%g = %g_all : !h) {
    %n = rms_norm %h, %g eps 1.0e-5 : (!bsh, !bsh, !h)
    yield %n : !bsh stack %h : !bsh
  }
  // What is sent is this rank's part of the sequence: 2 * 2 * 4 floats.
  // CHECK: collective send %x over "pp" of 2 offset 1 id 6 match 5 bytes 64 {flm.at = #flm.state<pp: at(not_last)>} : !f32_bsh_tp_s
  // The other way round, ends and conditions change places.
  // CHECK: %[[BACK:.*]] = collective receive %x over "pp" of 2 offset -1 id 7 match 8 bytes 0 {flm.at = #flm.state<pp: at(not_last)>}
  // CHECK: loop over layers=2 reverse (%d_h = %[[BACK]] : !f32_bsh_tp_s)
  %dx = loop over layers=4 on pp reverse (%d_h = %x : !bsh) slices (%h = %h_all : !bsh) {
    %d = add %d_h, %h : !bsh
    yield %d : !bsh
  }
  // CHECK: collective send %dx over "pp" of 2 offset -1 id 8 match 7 bytes 64 {flm.at = #flm.state<pp: at(not_first)>}
  %ss = chunk_sums %g_all by 2 : !lh -> !lc
  // CHECK: collective all_gather %ss over "pp" of 2 dim 0 id 1 bytes 16 : !f32_l_chunk -> !f32_l_chunk1
  %ss_all = reshard %ss id 1 bytes 16 : !lc -> !lc_all
  // CHECK: chunk_total
  %sumsq = chunk_total %ss_all : !lc_all -> [] f32
  // CHECK: %[[MASKED:.*]] = collective mask %x over "pp" of 2 at 1 id 2 bytes 0
  // CHECK: collective all_reduce %[[MASKED]] over "pp" of 2 by "sum" id 4 bytes 0
  %masked = reshard %x id 2 bytes 0 : !bsh_last -> !bsh_pp
  %all = reshard %masked : !bsh_pp -> !bsh
  // CHECK: update "g" with %g_all {flm.global = !f32_lh_pp_l} : !f32_lh
  update "g" with %g_all : !lh
  %whole = reshard %all id 3 bytes 128 : !bsh -> !bsh_whole
  return %whole, %sumsq : !bsh_whole, [] f32
}

// -----

// Two blocks of one layer on each of two stages: the layers' dim becomes chunk
// and layer, and a gather over stages keeps the order of the layers.
!bh_first = !flm.tensor<[batch=2, hidden=4] f32 on {pp: at(first)}>
!bh = !flm.tensor<[batch=2, hidden=4] f32>
!lh = !flm.tensor<[layers=4, hidden=4] f32 on {pp: split(layers)}>
!h = !flm.tensor<[hidden=4] f32>
!lc = !flm.tensor<[layers=4, chunk=2] f32 on {pp: split(layers)}>
!lc_all = !flm.tensor<[layers=4, chunk=2] f32>
flm.model @m dims [batch, layers](%x: [batch]) { return }
flm.recipe @r {pipeline_chunks = 2}
flm.plan @p of @m on grid(pp = 2) {layers -> pp}
// CHECK-LABEL: flm.program @chunks
flm.program @chunks of @c(%x: !bh) {
  // CHECK: param "g" {flm.global = !f32_lh_pp_l} : !f32_stage_chunk_lh
  %g_all = param "g" : !lh
  %embed = scale %x by 2.0 : (!bh, !bh_first)
  // CHECK: %y = loop over stage_chunk=2 (%h_chunk = %embed : !f32_bh)
  // CHECK-NEXT: slices (%g_chunk = %g_all : !f32_lh) {
  // CHECK-NEXT: %[[IN:.*]] = collective receive %h_chunk over "pp" of 2 offset 1 id 1 match 2 {{.*}}at(not_first)
  // CHECK-NEXT: %[[Y:.*]] = loop over layers=1 (%h = %[[IN]] : !f32_bh)
  // CHECK-NEXT: slices (%g = %g_chunk : !f32_h) {
  %y = loop over layers=4 on pp (%h = %embed : !bh) slices (%g = %g_all : !h) {
    %n = rms_norm %h, %g eps 1.0e-5 : !bh
    yield %n : !bh
  }
  // CHECK: collective send %[[Y]] over "pp" of 2 offset 1 id 2 match 1 {{.*}}at(not_last)
  // CHECK-NEXT: yield %[[Y]] : !f32_bh
  %ss = chunk_sums %g_all by 2 : !lh -> !lc
  // CHECK: all_gather {{.*}} dim 1 {{.*}} : !f32_stage_chunk_l_chunk -> !f32_stage_chunk_l_chunk1
  %ss_all = reshard %ss : !lc -> !lc_all
  %sumsq = chunk_total %ss_all : !lc_all -> [] f32
  return %sumsq : [] f32
}
