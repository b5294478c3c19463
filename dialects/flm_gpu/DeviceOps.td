//===----------------------------------------------------------------------===//
// Device ops that NVVM lacks.
//===----------------------------------------------------------------------===//
#ifndef FLM_DIALECTS_FLM_GPU_DEVICEOPS_TD
#define FLM_DIALECTS_FLM_GPU_DEVICEOPS_TD

include "dialects/flm_gpu/FlmGpuDialect.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class FlmGpuOp<string mnemonic, list<Trait> traits = []>
    : Op<FlmGpuDialect, mnemonic, traits>;

def WgmmaOp : FlmGpuOp<"wgmma", [AttrSizedOperandSegments]> {
  let summary = "issue one asynchronous warpgroup matrix multiplication";
  let description = [{
    D[64, n] = A[64, 16] * B[16, n] (+ acc), in bf16 with f32 accumulation, by
    the 128 threads of a warpgroup (PTX ISA, `wgmma.mma_async.m64nNk16`).

    `a` is either one shared-memory descriptor (i64) or this thread's fragment
    of four registers (i32, two bf16 each); `b` is a descriptor. `transpose_a`
    and `transpose_b` say that the operand lies in shared memory with its outer
    dim (m or n) contiguous; a fragment is never transposed. `acc` and the
    results are this thread's n / 2 values: element `4 * j + 2 * h + e` is row
    `16 * warp + lane / 4 + 8 * h`, column `8 * j + lane % 4 * 2 + e`. Without
    `acc` the product overwrites, which saves zeroing registers.

    The results may be used only after an `nvvm.wgmma.wait.group` that covers
    the op. `nvvm.wgmma.mma_async` takes descriptors only, and its struct of 128
    values makes phis and masks unreadable.

    ```mlir
    %d:32 = flm_gpu.wgmma 64 %a, %b acc %c#0, ..., %c#31 : i64
    ```
  }];
  let arguments = (ins Variadic<AnyTypeOf<[I32, I64]>>:$a, I64:$b,
                       Variadic<F32>:$acc, I32Attr:$n, UnitAttr:$transpose_a,
                       UnitAttr:$transpose_b);
  let results = (outs Variadic<F32>:$results);
  let builders = [OpBuilder<(ins "::mlir::ValueRange":$a, "::mlir::Value":$b,
      "::mlir::ValueRange":$acc, "int64_t":$n, "bool":$transposeA,
      "bool":$transposeB)>];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// Whether `a` is a fragment rather than a descriptor.
    bool hasRegisterA() { return getA().size() == 4; }
  }];
}

def OpaqueOp : FlmGpuOp<"opaque", [AllTypesMatch<["value", "result"]>]> {
  let summary = "the value, hidden from the optimiser";
  let description = [{
    LLVM hoists every address and descriptor that does not change out of a loop,
    and a kernel whose registers are full of accumulators then spills. What is
    computed from an opaque value can not be hoisted: it stays the one 32-bit
    addition that it is. One `mov` in PTX, which ptxas removes.

    ```mlir
    %stage = flm_gpu.opaque %slot : i32
    ```
  }];
  let arguments = (ins I32:$value);
  let results = (outs I32:$result);
  let assemblyFormat = "$value attr-dict `:` type($value)";
}

#endif // FLM_DIALECTS_FLM_GPU_DEVICEOPS_TD
