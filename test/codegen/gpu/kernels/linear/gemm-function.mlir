// An epilogue that is a function of the module: its ops are in the kernel.
// RUN: split-file %s %t

// The same as the epilogue that has a name, but for its name.
// RUN: flm-opt %t/residual.mlir --flm-build-kernel='kernel="#flm_gpu.gemm<layout = nt, input = bf16, output = bf16, epilogue = #flm_gpu.gemm_function<function = @add_residual>, schedule = <arch = sm_90a, m = 64, n = 64, k = 64, stages = 2>>"' | grep -v 'llvm.func' > %t/function.out
// RUN: flm-opt --flm-build-kernel='kernel="#flm_gpu.gemm<layout = nt, input = bf16, output = bf16, epilogue = #flm_gpu.gemm_add_residual, schedule = <arch = sm_90a, m = 64, n = 64, k = 64, stages = 2>>"' < /dev/null | grep -v 'llvm.func' > %t/named.out
// RUN: diff %t/function.out %t/named.out

// No reference knows what a function does, whatever it is called: schedules are
// run, results are not compared.
// RUN: flm-opt %t/residual.mlir --flm-build-kernel='kernel="#flm_gpu.gemm<layout = nt, input = bf16, output = bf16, epilogue = #flm_gpu.gemm_function<function = @add_residual>, schedule = <arch = sm_90a, m = 64, n = 64, k = 64, stages = 2>>"' | flm-emulate --args=72,72,72 --seeds=2 | FileCheck %s --check-prefix=EMULATED
// EMULATED: 2 of 2 schedules right, not compared: the kernel does not say what it computes

// Pairs that become one element, with operands that are broadcast: no function
// is left, and each pair has its ops.
// RUN: flm-opt %t/gated.mlir --flm-build-kernel='kernel="#flm_gpu.gemm<layout = nt, input = bf16, output = f32, epilogue = #flm_gpu.gemm_function<function = @gated, pair_distance = 16, results_per_pair = 1>, schedule = <arch = sm_80, m = 64, n = 64, k = 64, stages = 2>>"' | FileCheck %s --implicit-check-not=func.func
// CHECK: llvm.func @gemm_nt_bf16_f32_gated(
// CHECK-SAME: name = "c", access = write, type = f32, shape = (d0, d1, d2) -> (d0, d1 floordiv 2), row_bytes = 64
// CHECK-SAME: name = "bias", access = read, type = f32, shape = (d0, d1, d2) -> (1, d1 floordiv 2), row_bytes = 16
// CHECK-SAME: name = "row_scale", access = read, type = bf16, shape = (d0, d1, d2) -> (d0, 1)>
// CHECK-COUNT-32: arith.maximumf
// CHECK-NOT: arith.maximumf

// What cannot be an epilogue.
// RUN: not flm-opt %t/bad.mlir --flm-build-kernel='kernel="#flm_gpu.gemm<layout = nt, input = bf16, output = f32, epilogue = #flm_gpu.gemm_function<function = @missing>>"' 2>&1 | FileCheck %s --check-prefix=MISSING
// MISSING: error: no func.func with a body is called @missing; expected it beside the kernels
// RUN: not flm-opt %t/bad.mlir --flm-build-kernel='kernel="#flm_gpu.gemm<layout = nt, input = bf16, output = f32, epilogue = #flm_gpu.gemm_function<function = @two_results>>"' 2>&1 | FileCheck %s --check-prefix=RESULTS
// RESULTS: bad.mlir:1:1: error: an epilogue of 1 sums gives 2 results; expected 1
// RUN: not flm-opt %t/bad.mlir --flm-build-kernel='kernel="#flm_gpu.gemm<layout = nt, input = bf16, output = f32, epilogue = #flm_gpu.gemm_function<function = @half>>"' 2>&1 | FileCheck %s --check-prefix=TYPES
// TYPES: bad.mlir:4:1: error: an epilogue works on f32; expected no other type of arguments and results
// RUN: not flm-opt %t/bad.mlir --flm-build-kernel='kernel="#flm_gpu.gemm<layout = nt, input = bf16, output = f32, epilogue = #flm_gpu.gemm_function<function = @calls>>"' 2>&1 | FileCheck %s --check-prefix=PURE
// PURE: bad.mlir:8:8: error: 'func.call' op is in an epilogue; expected only pure ops of the arith, llvm and nvvm dialects
// RUN: not flm-opt %t/bad.mlir --flm-build-kernel='kernel="#flm_gpu.gemm<layout = nt, input = bf16, output = f32, epilogue = #flm_gpu.gemm_function<function = @unknown_operand>>"' 2>&1 | FileCheck %s --check-prefix=OPERAND
// OPERAND: bad.mlir:11:1: error: argument 1 has no 'flm_gpu.operand' attribute
// RUN: not flm-opt %t/bad.mlir --flm-build-kernel='kernel="#flm_gpu.gemm<layout = nt, input = bf16, output = f32, epilogue = #flm_gpu.gemm_function<function = @unknown_operand, pair_distance = 8>>"' 2>&1 | FileCheck %s --check-prefix=PAIRS
// PAIRS: bad.mlir:11:1: error: an epilogue of 2 sums gives 1 results; expected 2
// RUN: not flm-opt %t/bad.mlir --flm-build-kernel='kernel="#flm_gpu.gemm<layout = nt, input = bf16, output = f32, epilogue = #flm_gpu.gemm_function<function = @period>>"' 2>&1 | FileCheck %s --check-prefix=PERIOD
// PERIOD: bad.mlir:14:1: error: argument 1 repeats every 12 columns; expected 1 or a multiple of 8

//--- residual.mlir
func.func private @add_residual(%sum: f32, %residual: f32 {flm_gpu.operand = #flm_gpu.operand<
    name = "residual", access = read, type = bf16, shape = (m, n, k) -> (m, n), row_bytes = 16>}) -> f32 {
  %0 = arith.addf %sum, %residual : f32
  return %0 : f32
}

//--- gated.mlir
func.func private @gated(%gate: f32, %up: f32,
    %bias: f32 {flm_gpu.operand = #flm_gpu.operand<
        name = "bias", access = read, type = f32, shape = (m, n, k) -> (1, n floordiv 2), row_bytes = 16>},
    %scale: f32 {flm_gpu.operand = #flm_gpu.operand<
        name = "row_scale", access = read, type = bf16, shape = (m, n, k) -> (m, 1), row_bytes = 16>}) -> f32 {
  %zero = arith.constant 0.0 : f32
  %0 = arith.addf %gate, %bias : f32
  %1 = arith.maximumf %0, %zero : f32
  %2 = arith.mulf %1, %up : f32
  %3 = arith.mulf %2, %scale : f32
  return %3 : f32
}

//--- bad.mlir
func.func private @two_results(%sum: f32) -> (f32, f32) {
  return %sum, %sum : f32, f32
}
func.func private @half(%sum: f16) -> f16 {
  return %sum : f16
}
func.func private @calls(%sum: f32) -> f32 {
  %0 = func.call @calls(%sum) : (f32) -> f32
  return %0 : f32
}
func.func private @unknown_operand(%sum: f32, %x: f32) -> f32 {
  return %sum : f32
}
func.func private @period(%sum: f32, %x: f32 {flm_gpu.operand = #flm_gpu.operand<name = "x", access = read, type = f32, shape = (m, n, k) -> (m, 12)>}) -> f32 {
  return %x : f32
}
