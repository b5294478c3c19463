// The buffers of a pipeline: accumulators in place, slices in the caller's
// buffer, a slot for each micro-batch under way, and everything else shared by
// forward and backward passes.
// RUN: flm-opt %s --flm-assign-buffers | FileCheck %s
// RUN: flm-opt %s --flm-assign-buffers --flm-verify-buffers -o /dev/null

!h = !flm.tensor<[hidden=16] f32>
!mh = !flm.tensor<[micro=4, hidden=16] f32>
flm.model @m dims [layers](%x: [layers]) { return }
flm.plan @p of @m on grid(pp = 2) {layers -> pp}
// CHECK-LABEL: flm.program @train_step
flm.program @train_step of @c(%x_all: !mh) {
  %p = param "p" : !h
  // CHECK: %zero = fill 0.0 {flm.buffers = [#flm.buffer<scratch, [[ACC:[0-9]+]], 64>]}
  %zero = fill 0.0 : !h
  // The sum lies where it begins; then the two slots of what is saved.
  // CHECK: slices(%x_all : !f32_mh) -> !f32_h {flm.buffers = [#flm.buffer<scratch, [[ACC]], 64>, #flm.buffer<scratch, [[SLOTS:[0-9]+]], 128>]}
  %sum = pipeline over micro=4 on "pp" of 2 slots [2] (%zero : !h) slices (%x_all : !mh) -> !h forward (%x: !h) {
    // CHECK: %a = scale %x by 2.0 {flm.at = {{.*}}, flm.buffers = [#flm.buffer<scratch, [[OWN:[0-9]+]], 64>]}
    %a = scale %x by 2.0 {flm.at = #flm.state<pp: at(first)>} : !h
    // Received in the bytes of what the first stage has instead.
    // CHECK: collective receive %a {{.*}} flm.buffers = [#flm.buffer<scratch, [[OWN]], 64>]}
    %in = collective receive %a over "pp" of 2 offset 1 id 0 match 1 bytes 0 {flm.at = #flm.state<pp: at(not_first)>} : !h -> !h
    // Made in its slot: micro-batch, chunk, slot.
    // CHECK: %y = scale %in by 3.0 {flm.buffers = [#flm.buffer<scratch, [[SLOTS]], 64, [0, 0, 64]>]}
    %y = scale %in by 3.0 : !h
    collective send %y over "pp" of 2 offset 1 id 1 match 0 bytes 64 {flm.at = #flm.state<pp: at(not_last)>} : !h
    yield stack %y : !h
  } backward (%acc: !h, %x: !h, %y: !h) {
    // What the forward pass no longer needs.
    // CHECK: %b = add %y, %x {flm.buffers = [#flm.buffer<scratch, [[OWN]], 64>]}
    %b = add %y, %x : !h
    %c = scale %b by 0.5 : !h
    // CHECK: %next = add %acc, %c {flm.buffers = [#flm.buffer<scratch, [[ACC]], 64>]}
    %next = add %acc, %c : !h
    yield %next : !h
  }
  update "p" with %sum : !h
  update "table" with %sum {flm.at = #flm.state<pp: at(first)>} : !h
  update "head" with %sum {flm.at = #flm.state<pp: at(last)>} : !h
  return
}

// What lies at the first stage and what lies at the last one share bytes of the
// state: no rank has both.
// CHECK-LABEL: flm.program @eval_step
flm.program @eval_step of @c(%x: !h) {
  // CHECK: param "table" {flm.at = {{.*}}, flm.buffers = [#flm.buffer<state, 64, 64>]}
  %table = param "table" {flm.at = #flm.state<pp: at(first)>} : !h
  // CHECK: param "head" {flm.at = {{.*}}, flm.buffers = [#flm.buffer<state, 64, 64>]}
  %head = param "head" {flm.at = #flm.state<pp: at(last)>} : !h
  %a = add %x, %table {flm.at = #flm.state<pp: at(first)>} : !h
  %in = collective receive %a over "pp" of 2 offset 1 id 2 match 3 bytes 0 {flm.at = #flm.state<pp: at(not_first)>} : !h -> !h
  collective send %in over "pp" of 2 offset 1 id 3 match 2 bytes 64 {flm.at = #flm.state<pp: at(not_last)>} : !h
  %b = add %in, %head {flm.at = #flm.state<pp: at(last)>} : !h
  %masked = collective mask %b over "pp" of 2 at 1 id 4 bytes 0 : !h -> !h
  %y = collective all_reduce %masked over "pp" of 2 by "sum" id 5 bytes 64 : !h -> !h
  return %y : !h
}
