//===----------------------------------------------------------------------===//
// Matrix multiplications and their schedules.
//===----------------------------------------------------------------------===//
#ifndef FLM_DIALECTS_FLM_GPU_LINEARATTRIBUTES_TD
#define FLM_DIALECTS_FLM_GPU_LINEARATTRIBUTES_TD

include "dialects/flm_gpu/GemmEpilogues.td"
include "dialects/flm_gpu/KernelInterface.td"

def GemmLayout : FlmGpuEnum<"GemmLayout", "how the operands of a GEMM lie", [
    I32EnumAttrCase<"NT", 0, "nt">, I32EnumAttrCase<"NN", 1, "nn">,
    I32EnumAttrCase<"TN", 2, "tn">]>;

def GemmScheduleAttr : FlmGpuAttr<"GemmSchedule", "gemm_schedule"> {
  let summary = "how a matrix multiplication is cut";
  let description = [{
    A block computes tiles of `m` x `n` elements of C, `k` of the inner dim per
    step, with `stages` steps of A and B in shared memory. `cluster` blocks with
    neighbouring rows of C share one tile of B (1: none; sm_80 has none). Tiles
    are walked down `group` tile rows of clusters at a time, column after column:
    the tiles that run at the same time then form a rectangle that is about as
    high as wide, whose rows of A and columns of B are in the L2 cache.

    On sm_90a each warpgroup multiplies 64 rows of the tile (128 of a tile of
    256), on sm_80 each warp 64 x 32 elements.

    Where tiles are too few for the GPU, `splits` > 1 blocks take a part of the
    inner dim each. They store partial sums, which a second kernel adds in the
    order of the parts (`#flm_gpu.gemm_fold`): the result does not depend on
    which block was first.

    ```mlir
    #flm_gpu.gemm_schedule<arch = sm_90a, m = 128, n = 256, k = 64, stages = 4, cluster = 2, group = 8>
    ```
  }];
  let parameters = (ins EnumParameter<Arch>:$arch, "int64_t":$m, "int64_t":$n,
                        "int64_t":$k, "int64_t":$stages,
                        DefaultValuedParameter<"int64_t", "1">:$cluster,
                        DefaultValuedParameter<"int64_t", "8">:$group,
                        DefaultValuedParameter<"int64_t", "1">:$splits);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// Warpgroups that multiply on sm_90a, and the rows of each.
    int64_t consumers() const;
    int64_t consumerRows() const { return getM() / consumers(); }
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

def GemmAttr : FlmGpuKernelAttr<"Gemm", "gemm"> {
  let summary = "a matrix multiplication: the problem and its schedule";
  let description = [{
    C[m, n] (+)= A * B for any m, n, k: `nt` is A[m, k] * B[n, k]^T (forward,
    weights are [out, in]), `nn` is A[m, k] * B[k, n] (gradient of the input),
    `tn` is A[k, m]^T * B[k, n] (gradient of the weight). Inputs are `input`,
    sums are f32, C is `output`. `epilogue` says what is done to the sums before
    they are rounded and stored, or added if `accumulate` (GemmEpilogues.td).

    Without `schedule`, one is chosen: for `sizes` (m, n, k) if they are known.
    A schedule that splits the inner dim makes this kernel store `partial`, f32
    [splits, m, n], instead of C; `#flm_gpu.gemm_fold` does the rest.

    ```mlir
    #flm_gpu.gemm<layout = tn, input = bf16, output = f32, accumulate = true>
    #flm_gpu.gemm<layout = nt, input = bf16, output = bf16, epilogue = #flm_gpu.gemm_add_residual, sizes = [4096, 4096, 11008]>
    ```
  }];
  let parameters = (ins EnumParameter<GemmLayout>:$layout,
                        "::mlir::Type":$input, "::mlir::Type":$output,
                        DefaultValuedParameter<"bool", "false">:$accumulate,
                        OptionalParameter<"::flm::gpu::GemmEpilogueAttrInterface">:$epilogue,
                        OptionalParameter<"::mlir::DenseI64ArrayAttr">:$sizes,
                        OptionalParameter<"::flm::gpu::GemmScheduleAttr">:$schedule);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// Whether A is stored [k, m] and B is stored [k, n].
    bool isTransposedA() const { return getLayout() == GemmLayout::TN; }
    bool isTransposedB() const { return getLayout() != GemmLayout::NT; }
    /// The same problem under another schedule.
    GemmAttr withSchedule(GemmScheduleAttr schedule) const;
    /// Whether the kernel stores partial sums, for a `gemm_fold` to finish.
    bool isSplit() const {
      return getSchedule() && getSchedule().getSplits() > 1;
    }

    /// What such a kernel itself computes: sums in f32, without the epilogue.
    GemmAttr partialSums() const;

    // The epilogue, or what is so without one.
    int64_t pairDistance() const;
    int64_t resultsPerPair() const;
    bool keepsSums() const;
    /// Neighbouring columns of A * B of which the epilogue makes whole
    /// 128-byte rows of C.
    int64_t columnsPerBox() const;
  }];
}

def GemmFoldAttr : FlmGpuKernelAttr<"GemmFold", "gemm_fold"> {
  let summary = "the second kernel of a matrix multiplication that is split";
  let description = [{
    C (+)= epilogue(sum over s of partial[s]), for what `gemm`, whose schedule
    has `splits` > 1, stored in `partial`. Parts are added in their order. Its
    i32 arguments are those of `gemm`, k without effect.

    ```mlir
    #flm_gpu.gemm_fold<gemm = <layout = tn, input = bf16, output = f32, accumulate = true,
        schedule = <arch = sm_90a, m = 128, n = 256, k = 64, stages = 4, splits = 4>>>
    ```
  }];
  let parameters = (ins "::flm::gpu::GemmAttr":$gemm);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

def TransposeAttr : FlmGpuKernelAttr<"Transpose", "transpose"> {
  let summary = "a matrix, transposed";
  let description = [{
    y[columns, rows] = x[rows, columns]^T, both `type`. Rows and columns have a
    multiple of 16 bytes.

    ```mlir
    #flm_gpu.transpose<type = bf16>
    ```
  }];
  let parameters = (ins "::mlir::Type":$type);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    static constexpr int64_t threads = 256;
    /// A tile is this many vectors of 16 bytes wide, and as many elements high.
    static constexpr int64_t vectors = 16;
    /// Elements of a vector.
    int64_t width() const { return 128 / getType().getIntOrFloatBitWidth(); }
    /// Rows and columns of a tile.
    int64_t tile() const { return vectors * width(); }
    int64_t sharedBytes() const { return tile() * vectors * 16; }
  }];
}

#endif // FLM_DIALECTS_FLM_GPU_LINEARATTRIBUTES_TD
