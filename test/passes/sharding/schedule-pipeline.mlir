// RUN: flm-opt %s --flm-schedule-pipeline -split-input-file -verify-diagnostics | FileCheck %s

!bh = !flm.tensor<[batch=2, hidden=4] f32>
!mbh = !flm.tensor<[micro=4, batch=2, hidden=4] f32>
!lh = !flm.tensor<[layers=2, hidden=4] f32>
!h = !flm.tensor<[hidden=4] f32>
// CHECK-LABEL: flm.program @one_block
flm.program @one_block of @c(%x_all: !mbh, %zero: !lh, %sum_zero: [] f32, %g_all: !lh) {
  // CHECK-NEXT: %total, %d_g = pipeline over micro=4 on "pp" of 2 slots [2](%sum_zero, %zero : [] f32, !f32_lh) slices(%x_all : !f32_mbh) -> [] f32, !f32_lh
  // CHECK-SAME: forward (%x: !f32_bh) {
  %total, %d_g = loop over micro=4 (%acc = %sum_zero : [] f32, %d_acc = %zero : !lh) slices (%x = %x_all : !bh) {
    // CHECK-NEXT: %embed = scale
    %embed = scale %x by 2.0 {flm.at = #flm.state<pp: at(first)>} : !bh
    // CHECK-NEXT: %in = collective receive %embed
    %in = collective receive %embed over "pp" of 2 offset 1 id 0 match 1 bytes 0 {flm.at = #flm.state<pp: at(not_first)>} : !bh -> !bh
    // CHECK-NEXT: %y, %h_all = loop
    %y, %h_all = loop over layers=2 (%h = %in : !bh) slices (%g = %g_all : !h) {
      %n = rms_norm %h, %g eps 1.0e-5 : !bh
      yield %n : !bh stack %h : !bh
    }
    // CHECK: collective send %y
    collective send %y over "pp" of 2 offset 1 id 1 match 0 bytes 32 {flm.at = #flm.state<pp: at(not_last)>} : !bh
    // The head waits for the backward pass: only what the layers leave is kept.
    // CHECK-NEXT: yield stack %y, %h_all : !f32_bh, !f32_lbh
    // CHECK-NEXT: } backward (%acc: [] f32, %d_acc: !f32_lh, %x: !f32_bh, %y: !f32_bh, %h_all: !f32_lbh) {
    // CHECK-NEXT: %head = scale %y
    %head = scale %y by 3.0 {flm.at = #flm.state<pp: at(last)>} : !bh
    %loss = sum %head {flm.at = #flm.state<pp: at(last)>} : !bh -> [] f32
    // CHECK: %back = collective receive %head
    %back = collective receive %head over "pp" of 2 offset -1 id 2 match 3 bytes 0 {flm.at = #flm.state<pp: at(not_last)>} : !bh -> !bh
    %dx, %d_next = loop over layers=2 reverse (%d_h = %back : !bh) slices (%h = %h_all : !bh, %d_g_sum = %d_acc : !h) {
      %d = add %d_h, %h : !bh
      %dg = rms_norm_grad_g %d, %h eps 1.0e-5 : !bh -> !h
      %next = add %d_g_sum, %dg : !h
      yield %d : !bh stack %next : !h
    }
    // CHECK: collective send %dx
    collective send %dx over "pp" of 2 offset -1 id 3 match 2 bytes 32 {flm.at = #flm.state<pp: at(not_first)>} : !bh
    // CHECK-NEXT: %acc_next = add %acc, %loss
    %acc_next = add %acc, %loss {flm.at = #flm.state<pp: at(last)>} : [] f32
    // CHECK-NEXT: yield %acc_next, %d_next
    yield %acc_next, %d_next : [] f32, !lh
  }
  // CHECK: return %total, %d_g
  return %total, %d_g : [] f32, !lh
}

// -----

// Two blocks on each stage: a pass is of one of them.
!bh = !flm.tensor<[batch=2, hidden=4] f32>
!mbh = !flm.tensor<[micro=4, batch=2, hidden=4] f32>
!clh = !flm.tensor<[stage_chunk=2, layers=1, hidden=4] f32>
!lh = !flm.tensor<[layers=1, hidden=4] f32>
!h = !flm.tensor<[hidden=4] f32>
// CHECK-LABEL: flm.program @two_blocks
flm.program @two_blocks of @c(%x_all: !mbh, %zero: !clh, %sum_zero: [] f32, %g_all: !clh) {
  // CHECK-NEXT: %total, %d_g = pipeline over micro=4 on "pp" of 2 slots [4, 2](%sum_zero, %zero : [] f32, !f32_stage_chunk_lh) slices(%x_all, %g_all : !f32_mbh, !f32_stage_chunk_lh) -> [] f32, !f32_stage_chunk_lh
  // CHECK-SAME: forward (%x: !f32_bh, %g_all_0: !f32_lh) {
  %total, %d_g = loop over micro=4 (%acc = %sum_zero : [] f32, %d_acc = %zero : !clh) slices (%x = %x_all : !bh) {
    %embed = scale %x by 2.0 {flm.at = #flm.state<pp: at(first)>} : !bh
    // CHECK: %in = collective receive %embed
    %y, %h_all = loop over stage_chunk=2 (%h_c = %embed : !bh) slices (%g_c = %g_all : !lh) {
      %in = collective receive %h_c over "pp" of 2 offset 1 id 0 match 1 bytes 0 {flm.at = #flm.state<pp: at(not_first)>} : !bh -> !bh
      %y_c, %h_all_c = loop over layers=1 (%h = %in : !bh) slices (%g = %g_c : !h) {
        %n = rms_norm %h, %g eps 1.0e-5 : !bh
        yield %n : !bh stack %h : !bh
      }
      collective send %y_c over "pp" of 2 offset 1 id 1 match 0 bytes 32 {flm.at = #flm.state<pp: at(not_last)>} : !bh
      yield %y_c : !bh stack %h_all_c : [layers=1, batch=2, hidden=4] f32
    }
    // CHECK: yield stack %y_c, %h_all_c : !f32_bh, !f32_lbh
    // CHECK-NEXT: } backward (%acc: [] f32, %d_acc: !f32_lh, %x: !f32_bh, %g_all_0: !f32_lh, %y: !f32_bh, %h_all: !f32_lbh) {
    %head = scale %y by 3.0 {flm.at = #flm.state<pp: at(last)>} : !bh
    %loss = sum %head {flm.at = #flm.state<pp: at(last)>} : !bh -> [] f32
    // CHECK: %back = collective receive %head
    %dx, %d_next = loop over stage_chunk=2 reverse (%d_c = %head : !bh) slices (%h_c = %h_all : [layers=1, batch=2, hidden=4] f32, %d_g_c = %d_acc : !lh) {
      %back = collective receive %d_c over "pp" of 2 offset -1 id 2 match 3 bytes 0 {flm.at = #flm.state<pp: at(not_last)>} : !bh -> !bh
      // CHECK-NEXT: loop over layers=1 reverse (%d_h = %back : !f32_bh)
      // CHECK-NEXT: slices (%h = %h_all : !f32_bh,
      // CHECK-NEXT: %d_g_sum = %d_acc : !f32_h)
      %dx_c, %d_next_c = loop over layers=1 reverse (%d_h = %back : !bh) slices (%h = %h_c : !bh, %d_g_sum = %d_g_c : !h) {
        %d = add %d_h, %h : !bh
        %dg = rms_norm_grad_g %d, %h eps 1.0e-5 : !bh -> !h
        %next = add %d_g_sum, %dg : !h
        yield %d : !bh stack %next : !h
      }
      collective send %dx_c over "pp" of 2 offset -1 id 3 match 2 bytes 32 {flm.at = #flm.state<pp: at(not_first)>} : !bh
      yield %dx_c : !bh stack %d_next_c : !lh
    }
    %acc_next = add %acc, %loss {flm.at = #flm.state<pp: at(last)>} : [] f32
    // CHECK: yield %acc_next, %d_next_c : [] f32, !f32_lh
    yield %acc_next, %d_next : [] f32, !clh
  }
  return %total, %d_g : [] f32, !clh
}

// -----

!bh = !flm.tensor<[batch=2, hidden=4] f32>
!mbh = !flm.tensor<[micro=3, batch=2, hidden=4] f32>
flm.program @odd of @c(%x_all: !mbh) {
  // expected-error @below {{pipeline_chunks = 2 interleaves 2 micro-batches at a time, and 3 does not divide by pp = 2; next micro_batches: 2, 4}}
  loop over micro=3 () slices (%x = %x_all : !bh) {
    %y = loop over stage_chunk=2 (%h = %x : !bh) {
      collective send %h over "pp" of 2 offset 1 id 1 match 0 bytes 32 : !bh
      yield %h : !bh
    }
    yield
  }
  return
}

// -----

!bh = !flm.tensor<[batch=2, hidden=4] f32>
!mbh = !flm.tensor<[micro=3, batch=2, hidden=4] f32>
flm.program @dependent of @c(%x_all: !mbh, %zero: !bh) {
  %last = loop over micro=3 (%before = %zero : !bh) slices (%x = %x_all : !bh) {
    // expected-error @below {{leads to what a stage sends to the next one and reads %before, which the micro-batch before has left; micro-batches in a pipeline must not depend on each other}}
    %y = add %x, %before : !bh
    collective send %y over "pp" of 2 offset 1 id 1 match 0 bytes 32 : !bh
    yield %y : !bh
  }
  return
}

// -----

// An accumulator that all stages update would be updated for each chunk.
!bh = !flm.tensor<[batch=2, hidden=4] f32>
!mbh = !flm.tensor<[micro=2, batch=2, hidden=4] f32>
flm.program @everywhere of @c(%x_all: !mbh, %zero: !bh) {
  %last = loop over micro=2 (%acc = %zero : !bh) slices (%x = %x_all : !bh) {
    %y = loop over stage_chunk=2 (%h = %x : !bh) {
      collective send %h over "pp" of 2 offset 1 id 1 match 0 bytes 32 : !bh
      yield %h : !bh
    }
    // expected-error @below {{is run for each of the 2 chunks of a stage, but what it makes is carried from micro-batch to micro-batch; only values at one end of the pipeline, or with the layers as a dim, can be accumulated}}
    %next = add %acc, %x : !bh
    yield %next : !bh
  }
  return
}
