//===----------------------------------------------------------------------===//
// Matrix multiplications and their schedules.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_IR_GEMMATTRIBUTES_TD
#define FLM_CODEGEN_GPU_IR_GEMMATTRIBUTES_TD

include "codegen/gpu/ir/KernelInterface.td"

def GemmLayout : FlmGpuEnum<"GemmLayout", "how the operands of a GEMM lie", [
    I32EnumAttrCase<"NT", 0, "nt">, I32EnumAttrCase<"NN", 1, "nn">,
    I32EnumAttrCase<"TN", 2, "tn">]>;

def GemmScheduleAttr : FlmGpuAttr<"GemmSchedule", "gemm_schedule"> {
  let summary = "how a matrix multiplication is cut";
  let description = [{
    A block computes tiles of `m` x `n` elements of C, `k` of the inner dim per
    step, with `stages` steps of A and B in shared memory. `cluster` blocks with
    neighbouring rows of C share one tile of B (1: none; sm_80 has none). Tiles
    are walked down `group` tile rows of clusters at a time, so that the operands
    of neighbours in time are in the L2 cache.

    On sm_90a each warpgroup multiplies 64 rows of the tile, on sm_80 each warp
    64 x 32 elements.

    ```mlir
    #flm_gpu.gemm_schedule<arch = sm_90a, m = 128, n = 256, k = 64, stages = 4, cluster = 2, group = 8>
    ```
  }];
  let parameters = (ins EnumParameter<Arch>:$arch, "int64_t":$m, "int64_t":$n,
                        "int64_t":$k, "int64_t":$stages,
                        DefaultValuedParameter<"int64_t", "1">:$cluster,
                        DefaultValuedParameter<"int64_t", "8">:$group);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// Warpgroups that multiply, 64 rows each.
    int64_t consumers() const { return getM() / 64; }
    /// Of a block: on sm_90a theirs and the producer's.
    int64_t threads() const;
    /// Registers per thread of the producer and of the consumers, so that all
    /// fit the 65536 of a multiprocessor; multiples of 8 (`setmaxnreg`).
    int64_t producerRegisters() const;
    int64_t consumerRegisters() const;
    /// The tiles of A and B in one stage.
    int64_t stageBytes() const { return (getM() + getN()) * getK() * 2; }
    /// Boxes of 8 KiB through which each consumer stores its result.
    static constexpr int64_t outputBoxes = 2;
    /// Stages, output boxes and barriers.
    int64_t sharedBytes() const;
  }];
}

def GemmEpilogue : FlmGpuEnum<"GemmEpilogue", "what is done to the product", [
    I32EnumAttrCase<"None", 0, "none">,
    I32EnumAttrCase<"AddResidual", 1, "add_residual">]>;

def GemmAttr : FlmGpuKernelAttr<"Gemm", "gemm"> {
  let summary = "a matrix multiplication: the problem and its schedule";
  let description = [{
    C[m, n] (+)= A * B for any m, n, k: `nt` is A[m, k] * B[n, k]^T (forward,
    weights are [out, in]), `nn` is A[m, k] * B[k, n] (gradient of the input),
    `tn` is A[k, m]^T * B[k, n] (gradient of the weight). Inputs are `input`,
    sums are f32, C is `output`. `epilogue` names what is done to each element
    before it is rounded and stored: `add_residual` adds a tensor of C's shape
    and type. Without `schedule`, one is chosen.

    ```mlir
    #flm_gpu.gemm<layout = tn, input = bf16, output = f32, accumulate = true>
    ```
  }];
  let parameters = (ins EnumParameter<GemmLayout>:$layout,
                        "::mlir::Type":$input, "::mlir::Type":$output,
                        DefaultValuedParameter<"bool", "false">:$accumulate,
                        DefaultValuedParameter<"::flm::gpu::GemmEpilogue",
                                               "GemmEpilogue::None">:$epilogue,
                        OptionalParameter<"::flm::gpu::GemmScheduleAttr">:$schedule);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// Whether A is stored [k, m] and B is stored [k, n].
    bool isTransposedA() const { return getLayout() == GemmLayout::TN; }
    bool isTransposedB() const { return getLayout() != GemmLayout::NT; }
  }];
}

#endif // FLM_CODEGEN_GPU_IR_GEMMATTRIBUTES_TD
