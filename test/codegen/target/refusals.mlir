// An op that the CPU has no kernel for, and that another target has one for.
// RUN: not %{bin}/flm-null-opt %s --flm-assign-buffers --flm-lower-programs --mlir-print-op-on-diagnostic=false 2>&1 | FileCheck %s
// RUN: not flm-opt %s --flm-assign-buffers --flm-lower-programs --mlir-print-op-on-diagnostic=false 2>&1 | FileCheck %s --check-prefix=ALONE

!x = !flm.tensor<[hidden=4] f32>
flm.program @train_step of @c(%x: !x) {
  // CHECK: refusals.mlir:[[#@LINE+2]]:8: error: 'flm.cast' op has no kernel on target 'cpu'; it has one with --target=null
  // ALONE: refusals.mlir:[[#@LINE+1]]:8: error: 'flm.cast' op has no kernel on target 'cpu', nor on any other
  %y = cast %x : !x -> !x
  return %y : !x
}
