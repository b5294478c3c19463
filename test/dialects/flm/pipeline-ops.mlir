// The pipeline: what is carried, sliced and saved, and ops of some stages only.
// RUN: flm-opt %s | FileCheck %s
// RUN: flm-opt %s | flm-opt | FileCheck %s
// RUN: flm-opt %s --emit-bytecode | flm-opt | FileCheck %s

!bh = !flm.tensor<[batch=2, hidden=4] f32>
!mbh = !flm.tensor<[micro=4, batch=2, hidden=4] f32>
// CHECK-LABEL: flm.program @pipeline
flm.program @pipeline of @c(%x_all: !mbh, %zero: !bh) {
  // CHECK-NEXT: %sum = pipeline over micro=4 on "pp" of 2 slots [2](%zero : !f32_bh) slices(%x_all : !f32_mbh) -> !f32_bh
  // CHECK-SAME: forward (%x: !f32_bh) {
  %sum = pipeline over micro=4 on "pp" of 2 slots [2] (%zero : !bh) slices (%x_all : !mbh) -> !bh forward (%x: !bh) {
    // CHECK-NEXT: %embed = scale %x by 2.0 {flm.at = #flm.state<pp: at(first)>} : !f32_bh
    %embed = scale %x by 2.0 {flm.at = #flm.state<pp: at(first)>} : !bh
    %h = collective receive %embed over "pp" of 2 offset 1 id 0 match 1 bytes 0 {flm.at = #flm.state<pp: at(not_first)>} : !bh -> !bh
    // CHECK: collective send %h over "pp" of 2 offset 1 id 1 match 0 bytes 32 {flm.at = #flm.state<pp: at(not_last)>} : !f32_bh
    collective send %h over "pp" of 2 offset 1 id 1 match 0 bytes 32 {flm.at = #flm.state<pp: at(not_last)>} : !bh
    // CHECK-NEXT: yield stack %h : !f32_bh
    yield stack %h : !bh
  // CHECK: } backward (%acc: !f32_bh, %x: !f32_bh, %h: !f32_bh) {
  } backward (%acc: !bh, %x: !bh, %h: !bh) {
    %next = add %acc, %h : !bh
    yield %next : !bh
  }
  return %sum : !bh
}

!h = !flm.tensor<[hidden=4] f32>
!ch = !flm.tensor<[stage_chunk=2, hidden=4] f32>
// Two chunks on each of two stages: gains and their sums are per chunk.
// CHECK-LABEL: flm.program @chunks
flm.program @chunks of @c(%g_all: !ch, %zero: !ch) {
  // CHECK: slots [3, 2]
  %sum = pipeline over micro=2 on "pp" of 2 slots [3, 2] (%zero : !ch) slices (%g_all : !ch) -> !ch forward (%g: !h) {
    yield stack %g : !h
  } backward (%acc: !h, %g: !h, %saved: !h) {
    %next = add %acc, %saved : !h
    yield %next : !h
  }
  return %sum : !ch
}
