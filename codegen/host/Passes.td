//===----------------------------------------------------------------------===//
// Stages `kernels` and `llvm`: host functions that launch kernels.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_HOST_PASSES_TD
#define FLM_CODEGEN_HOST_PASSES_TD

include "mlir/Pass/PassBase.td"

def LowerPrograms : Pass<"flm-lower-programs", "::mlir::ModuleOp"> {
  let summary = "turn programs into host functions and kernels of the target";
  let description = [{
    Every op becomes launches of kernels on its buffers, which the module's
    target chooses (codegen/target/Target.h); ops of one kind and one shape share
    a kernel, and a loop is one `scf.for` around its launches, so that code does
    not grow with layers. Where a value does not lie where it is wanted
    (`flm.buffers` differ), a copy is launched. `@init` and everything else that
    the runtime needs to know becomes the manifest.

    Input:
    ```mlir
    flm.program @eval_step of @tiny(%tokens: !i32_bs, ...) {
      %n = rms_norm %h, %g eps 1.0e-5 {flm.buffers = [#flm.buffer<scratch, 0, 2097152>]} : !f32_bsh
    ```
    Output, on the target `cpu`:
    ```mlir
    func.func private @rms_norm_2048x256_eps1e-05(...) attributes {flm.tasks = 32 : i64} { ... }
    func.func @flm_eval_step(%state: !llvm.ptr, %scratch: !llvm.ptr, ...) {
      flm.launch @rms_norm_2048x256_eps1e-05(#flm.buffer<scratch, 4096, 2097152>, #flm.buffer<state, 0, 1024>, #flm.buffer<scratch, 0, 2097152>)
    ```
    Errors, at an op: the target has no kernel for it, or does not compute with
    its types.
  }];
  let dependentDialects = ["::mlir::func::FuncDialect",
    "::mlir::scf::SCFDialect", "::mlir::arith::ArithDialect",
    "::mlir::LLVM::LLVMDialect"];
}

def LowerCommunication : Pass<"flm-lower-communication", "::mlir::ModuleOp"> {
  let summary = "turn communication into calls of the runtime";
  let description = [{
    `communicate` becomes a call of `flm_communicate`, `flm_communicate_start`
    or `flm_communicate_wait`.

    Input:
    ```mlir
    flm.communicate run 5 from <scratch, 256, 32, [32]> at (%i)
    ```
    Output:
    ```mlir
    %p = llvm.getelementptr %scratch[%offset] : (!llvm.ptr, i64) -> !llvm.ptr, i8
    %none = llvm.mlir.zero : !llvm.ptr
    llvm.call @flm_communicate(%id, %p, %none)
    ```
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect",
                           "::mlir::arith::ArithDialect"];
}

def LowerTarget : Pass<"flm-lower-target", "::mlir::ModuleOp"> {
  let summary = "run the lowering of the module's target";
  let description = [{
    The target that `flm.target` names turns its launches and kernels, and the
    host functions around them, into the LLVM dialect. For `cpu` that is
    flm-lower-launches, flm-task-entries and upstream's conversions.

    Input:
    ```mlir
    flm.launch @k(#flm.buffer<scratch, 64, 4096, [1024]>) at (%slot)
    ```
    Output, on the target `cpu`:
    ```mlir
    llvm.call @flm_parallel_for(%k.task, %arguments, %tasks)
    ```
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

#endif // FLM_CODEGEN_HOST_PASSES_TD
