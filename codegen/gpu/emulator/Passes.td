//===----------------------------------------------------------------------===//
// Kernels for the emulator, and faults for its tests.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_EMULATOR_PASSES_TD
#define FLM_CODEGEN_GPU_EMULATOR_PASSES_TD

include "mlir/Pass/PassBase.td"

def EmulateDevice : Pass<"flm-emulate-device", "::mlir::ModuleOp"> {
  let summary = "Turn device ops into calls of the emulator";
  let description = [{
    Takes kernels as their builders wrote them. Every device op (NVVM, flm_gpu,
    NVVM intrinsics) becomes a call into `codegen/gpu/emulator/runtime`, whose
    last operand names the op for reports; loads and stores of shared and global
    memory are checked first; shared memory is what the runtime says. Each kernel
    `@k` gets a wrapper `@k.emulated(!llvm.ptr)` that takes its arguments as
    cuLaunchKernel does. What is left is host code.

    An operand or attribute that the runtime does not model is an error that
    names it, and so is any other op that touches memory; README.md lists both.

    The results of a `flm_gpu.wgmma` lie in a buffer that the runtime fills when
    the operation runs; they are loaded after the wait that covers it. A use
    before that wait is an error here, and so are registers that are written
    after the last fence.

    ```mlir
    nvvm.mbarrier.init %bar, %count : !llvm.ptr<3>, i32
    ```
    becomes
    ```mlir
    llvm.call @flm_emu_mbarrier_init(%bar_, %count, %name) : (!llvm.ptr, i32, !llvm.ptr) -> ()
    ```
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

def InjectFault : Pass<"flm-inject-fault"> {
  let summary = "Break a kernel in one place, to see that it is noticed";
  let description = [{
    For tests of the emulator: changes the first op that `fault` applies to and
    that the kernel's builder named `at` (any, if empty). Run it right behind
    `flm-build-kernel`; names are locations, which text does not keep by default.

    `flm-opt --flm-build-kernel=... --flm-inject-fault='fault=expect-more-bytes'`
    turns
    ```mlir
    nvvm.mbarrier.arrive.expect_tx %full, %bytes : !llvm.ptr<3>, i32
    ```
    into
    ```mlir
    %more = arith.addi %bytes, %c16 : i32
    nvvm.mbarrier.arrive.expect_tx %full, %more : !llvm.ptr<3>, i32
    ```
  }];
  let options = [
    Option<"fault", "fault", "std::string", /*default=*/"",
           "What to break; an unknown one lists the known ones">,
    Option<"at", "at", "std::string", /*default=*/"",
           "Name of the op, as the builder gave it">,
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::LLVM::LLVMDialect"];
}

#endif // FLM_CODEGEN_GPU_EMULATOR_PASSES_TD
