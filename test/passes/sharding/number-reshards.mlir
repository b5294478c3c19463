// Collectives are numbered in the order of the program, over all programs, and say what one rank sends.
// RUN: flm-opt %s --flm-number-reshards | FileCheck %s

flm.model @m dims [batch, hidden](%x: [batch]) { return }
flm.plan @p of @m on grid(dp = 2, tp = 4) {batch -> dp, hidden -> tp}

// CHECK-LABEL: flm.program @first
flm.program @first of @c(%x: [batch=6, hidden=8] f32 on {dp: split(batch), tp: split(hidden)}) {
  // 3 of 4 ranks get this rank's 3 x 2 elements.
  // CHECK: %a = reshard %x id 0 bytes 72 :
  %a = reshard %x : [batch=6, hidden=8] f32 on {dp: split(batch), tp: split(hidden)} -> [batch=6, hidden=8] f32 on {dp: split(batch)}
  // A number that is there already is not kept: it may be another's.
  // CHECK: %b = reshard %a id 1 bytes 96 :
  %b = reshard %a id 7 bytes 1 : [batch=6, hidden=8] f32 on {dp: split(batch)} -> [batch=6, hidden=8] f32
  return %b : [batch=6, hidden=8] f32
}

// CHECK-LABEL: flm.program @second
flm.program @second of @c(%x: [batch=6, hidden=8] f32) {
  // Each rank takes its part of what it has: nothing is sent.
  // CHECK: %p = reshard %x id 2 bytes 0 :
  %p = reshard %x : [batch=6, hidden=8] f32 -> [batch=6, hidden=8] f32 on {tp: split(hidden)}
  // CHECK: reshard %p id 3 bytes 144 :
  %w = reshard %p : [batch=6, hidden=8] f32 on {tp: split(hidden)} -> [batch=6, hidden=8] f32
  return %w : [batch=6, hidden=8] f32
}
