// RUN: split-file %s %t
// RUN: not flm-opt %t/no-train-step.mlir --flm-assign-buffers 2>&1 | FileCheck %t/no-train-step.mlir
// RUN: not flm-opt %t/unknown-state.mlir --flm-assign-buffers 2>&1 | FileCheck %t/unknown-state.mlir
// RUN: not flm-opt %t/large.mlir --flm-assign-buffers=memory-limit=5000000 --mlir-print-op-on-diagnostic=false 2>&1 | FileCheck %t/large.mlir
// RUN: flm-opt %t/large.mlir --flm-assign-buffers=memory-limit=6291456
// RUN: not flm-opt %t/messages.mlir --flm-assign-buffers=memory-limit=5242880 --mlir-print-op-on-diagnostic=false 2>&1 | FileCheck %t/messages.mlir
// RUN: flm-opt %t/messages.mlir --flm-assign-buffers=memory-limit=6291456

//--- no-train-step.mlir
// CHECK: error: has no @train_step; run the train stage first
flm.program @eval_step of @c() { return }

//--- unknown-state.mlir
flm.program @train_step of @c() { return }
flm.program @eval_step of @c() {
  // CHECK: [[#@LINE+1]]:8: error: reads state that @train_step does not update
  %w = param "w" : [hidden=4] f32
  return
}

//--- large.mlir
// The largest pieces are named, largest first.
// CHECK: error: the program needs 6.0 MiB (state 2.0 MiB, scratch 4.0 MiB), the limit is 4.8 MiB
// CHECK-NEXT: note: scratch: 2.0 MiB %a
// CHECK-NEXT: note: scratch: 1.0 MiB %b
// CHECK-NEXT: note: scratch: 1.0 MiB %c
!f32_a = !flm.tensor<[a=524288] f32>
!f32_b = !flm.tensor<[a=262144] f32>
flm.program @train_step of @c(%x: !f32_a, %y: !f32_b) {
  %a = scale %x by 2.0 : !f32_a
  %b = scale %y by 2.0 : !f32_b
  %c = scale %y by 3.0 : !f32_b
  %d = add %b, %c : !f32_b
  %e = add %a, %x : !f32_a
  update "w" with %e : !f32_a
  return %d : !f32_b
}

//--- messages.mlir
// What a collective takes besides: room for the half of each rank.
// CHECK: error: the program needs 6.0 MiB (state 2.0 MiB, scratch 2.0 MiB, messages between ranks 2.0 MiB), the limit is 5.0 MiB
!f32_a = !flm.tensor<[a=524288] f32>
flm.program @train_step of @c(%x: !f32_a) {
  %a = scale %x by 2.0 : !f32_a
  %b = collective all_reduce %a over "dp" of 2 id 0 bytes 2097152 : !f32_a -> !f32_a
  update "w" with %b : !f32_a
  return
}
