//===----------------------------------------------------------------------===//
// Stages `kernels` and `llvm`: host functions that launch kernels.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_HOST_PASSES_TD
#define FLM_CODEGEN_HOST_PASSES_TD

include "mlir/Pass/PassBase.td"

def LowerPrograms : Pass<"flm-lower-programs", "::mlir::ModuleOp"> {
  let summary = "turn programs into host functions and kernels for the CPU";
  let description = [{
    Every op becomes launches of kernels on its buffers; ops of one kind and one
    shape share a kernel, and a loop is one `scf.for` around its launches, so
    that code does not grow with layers. Where a value does not lie where it is
    wanted (`flm.buffers` differ), a copy is launched. `@init` and everything
    else that the runtime needs to know becomes the manifest.

    Input:
    ```mlir
    flm.program @eval_step of @tiny(%tokens: !i32_bs, ...) {
      %n = rms_norm %h, %g eps 1.0e-5 {flm.buffers = [#flm.buffer<scratch, 0, 2097152>]} : !f32_bsh
    ```
    Output:
    ```mlir
    func.func private @rms_norm_2048x256_eps1e-05(...) { ... }
    func.func @flm_eval_step(%state: !llvm.ptr, %scratch: !llvm.ptr, ...) {
      flm.launch @rms_norm_2048x256_eps1e-05 tasks 32 (#flm.buffer<scratch, 4096, 2097152>, #flm.buffer<state, 0, 1024>, #flm.buffer<scratch, 0, 2097152>)
    ```
  }];
  let options = [
    Option<"cpu", "cpu", "std::string", "\"native\"",
           "CPU to schedule kernels for, as LLVM calls it">
  ];
  let dependentDialects = ["::mlir::func::FuncDialect",
    "::mlir::scf::SCFDialect", "::mlir::arith::ArithDialect",
    "::mlir::memref::MemRefDialect", "::mlir::vector::VectorDialect",
    "::mlir::math::MathDialect", "::mlir::LLVM::LLVMDialect"];
}

def LowerLaunches : Pass<"flm-lower-launches", "::mlir::ModuleOp"> {
  let summary = "turn launches and communication into calls of the runtime";
  let description = [{
    `communicate` becomes a call of `flm_communicate`, `flm_communicate_start`
    or `flm_communicate_wait`, a launch one of the parallel loop.

    Input:
    ```mlir
    flm.launch @k tasks 8 (#flm.buffer<scratch, 64, 4096, [1024]>) at (%slot)
    ```
    Output:
    ```mlir
    %p = llvm.getelementptr %scratch[%offset] : (!llvm.ptr, i64) -> !llvm.ptr, i8
    llvm.store %p, %arguments
    llvm.call @flm_parallel_for(%k.task, %arguments, %tasks)
    ```
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect",
                           "::mlir::arith::ArithDialect"];
}

#endif // FLM_CODEGEN_HOST_PASSES_TD
