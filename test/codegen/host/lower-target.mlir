// The target's own passes are run, and after them nobody asks for a target.
// RUN: flm-opt %s --flm-lower-target | FileCheck %s --implicit-check-not=flm.launch --implicit-check-not=flm.target --implicit-check-not=flm.cpu
// RUN: sed 's/flm.target = "cpu"/flm.target = "abacus"/' %s | not flm-opt --flm-lower-target 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// UNKNOWN: error: unknown target 'abacus'; known: cpu

module attributes {flm.cpu = "x86-64-v3", flm.target = "cpu"} {
  // CHECK: llvm.func @k.task
  func.func private @k(%x: memref<4xf32>, %workspace: memref<?xi8>, %task: index) attributes {flm.tasks = 1 : i64} {
    return
  }
  // CHECK-LABEL: llvm.func @host
  // CHECK: llvm.call @flm_parallel_for
  func.func @host(%state: !llvm.ptr, %scratch: !llvm.ptr, %tokens: !llvm.ptr, %targets: !llvm.ptr, %result: !llvm.ptr) {
    flm.launch @k(#flm.buffer<scratch, 64, 16>)
    return
  }
}
