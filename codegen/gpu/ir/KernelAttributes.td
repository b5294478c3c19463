//===----------------------------------------------------------------------===//
// How a kernel is called, what it computes, how it is scheduled.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_IR_KERNELATTRIBUTES_TD
#define FLM_CODEGEN_GPU_IR_KERNELATTRIBUTES_TD

include "codegen/gpu/ir/DeviceDialect.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"

class FlmGpuAttr<string name, string attrMnemonic>
    : AttrDef<FlmGpuDialect, name> {
  let mnemonic = attrMnemonic;
}

class FlmGpuEnum<string name, string summary, list<I32EnumAttrCase> cases>
    : I32EnumAttr<name, summary, cases> {
  let cppNamespace = "::flm::gpu";
}

//===----------------------------------------------------------------------===//
// Calling a kernel
//===----------------------------------------------------------------------===//

def Access : FlmGpuEnum<"Access", "what a kernel does with a tensor", [
    I32EnumAttrCase<"Read", 0, "read">, I32EnumAttrCase<"Write", 1, "write">,
    I32EnumAttrCase<"Update", 2, "update">]>;

def OperandAttr : FlmGpuAttr<"Operand", "operand"> {
  let summary = "the tensor that an argument of a kernel points to";
  let description = [{
    Put on each pointer and tensor map among a kernel's arguments
    (`flm_gpu.operand`). The tensor is row-major and dense; `shape` gives its
    sizes in elements from the kernel's i32 arguments, in their order. The rows
    must have a multiple of `row_bytes` bytes (a tensor map or a copy of 16 bytes
    needs 16).

    ```mlir
    #flm_gpu.operand<name = "a", access = read, type = bf16, shape = (m, n, k) -> (m, k), row_bytes = 16>
    ```
  }];
  let parameters = (ins StringRefParameter<>:$name, EnumParameter<Access>:$access,
                        "::mlir::Type":$type, "::mlir::AffineMap":$shape,
                        DefaultValuedParameter<"int64_t", "1">:$row_bytes);
  let assemblyFormat = "`<` struct(params) `>`";
  let extraClassDeclaration = [{
    /// The sizes of the tensor for these values of the i32 arguments.
    ::llvm::SmallVector<int64_t>
    shapeFor(::llvm::ArrayRef<int64_t> scalars) const;
    /// What is wrong with a tensor of this shape, and what to do; empty if
    /// nothing is.
    std::string check(::llvm::ArrayRef<int64_t> shape) const;
  }];
}

def TensorMapAttr : FlmGpuAttr<"TensorMap", "tensor_map"> {
  let summary = "how the host encodes a tensor map (TMA descriptor)";
  let description = [{
    Put beside `flm_gpu.operand` on an argument that is a tensor map: the `box` of
    one copy (a size per dim, in the order of the shape) and the swizzle of its shared-memory image:
    `swizzle` is the span in bytes (128, 64, 32 or 0 for none; PTX ISA,
    "Swizzling modes"). The boxes beyond the tensor read as zeros and are not
    written.

    ```mlir
    #flm_gpu.tensor_map<box = [128, 64], swizzle = 128>
    ```
  }];
  let parameters = (ins "::mlir::DenseI64ArrayAttr":$box,
                        "int64_t":$swizzle);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

def LaunchAttr : FlmGpuAttr<"Launch", "launch"> {
  let summary = "the grid that a kernel expects";
  let description = [{
    Put on a kernel (`flm_gpu.launch`). The results of `tiles`, from the
    kernel's i32 arguments, multiply to the number of tiles (of a cluster). A kernel is either started with one cluster per
    tile or, if `persistent`, with as many clusters as the GPU holds, which then
    walk the tiles.

    ```mlir
    #flm_gpu.launch<threads = 384, cluster = 2, shared = 229440, persistent = true,
                    tiles = (m, n, k) -> (m ceildiv 256, n ceildiv 256)>
    ```
  }];
  let parameters = (ins "int64_t":$threads, "int64_t":$cluster,
                        "int64_t":$shared, "bool":$persistent,
                        "::mlir::AffineMap":$tiles);
  let assemblyFormat = "`<` struct(params) `>`";
  let extraClassDeclaration = [{
    /// The blocks of the grid for these values of the i32 arguments on a GPU
    /// that holds `residentBlocks` of them at once.
    int64_t blocksFor(::llvm::ArrayRef<int64_t> scalars,
                      int64_t residentBlocks) const;
  }];
}

//===----------------------------------------------------------------------===//
// Matrix multiplication
//===----------------------------------------------------------------------===//

def Arch : FlmGpuEnum<"Arch", "the GPU that a kernel is scheduled for", [
    I32EnumAttrCase<"SM80", 80, "sm_80">,
    I32EnumAttrCase<"SM90a", 90, "sm_90a">]>;

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

def GemmAttr : FlmGpuAttr<"Gemm", "gemm"> {
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
    /// The kernel's name, e.g. `gemm_tn_bf16_f32_acc`.
    std::string symbolName() const;
  }];
}

//===----------------------------------------------------------------------===//
// Attention
//===----------------------------------------------------------------------===//

def AttentionForwardAttr : FlmGpuAttr<"AttentionForward", "attention_forward"> {
  let summary = "softmax(scale * Q K^T) V for every head, and its log-sum-exp";
  let description = [{
    Q and the result are [batch, seq, heads, head_dim], K and V [batch, seq,
    kv_heads, head_dim], all bf16; query head h reads key head h / (heads /
    kv_heads). `causal`: a query sees the keys up to its own position. The
    log-sum-exp of each row, which the backward pass needs, is f32 [batch, heads,
    seq]. The S x S matrix never exists (Dao, arXiv:2307.08691).

    A block takes 128 queries of one head and walks 128 keys at a time, `stages`
    of them in shared memory.

    ```mlir
    #flm_gpu.attention_forward<head_dim = 128, causal = true, scale = 0.0883883461 : f32>
    ```
  }];
  let parameters = (ins "int64_t":$head_dim, "bool":$causal,
                        "::mlir::FloatAttr":$scale,
                        DefaultValuedParameter<"int64_t", "2">:$stages);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    static constexpr int64_t queries = 128; ///< per block
    static constexpr int64_t keys = 128;    ///< per step
    static constexpr int64_t consumers = 2; ///< warpgroups, 64 queries each
    static constexpr int64_t threads = 128 * (1 + consumers);
    /// Bytes of a tile of queries, keys or values.
    int64_t tileBytes() const { return keys * getHeadDim() * 2; }
    int64_t sharedBytes() const;
    std::string symbolName() const;
  }];
}

#endif // FLM_CODEGEN_GPU_IR_KERNELATTRIBUTES_TD
