//===----------------------------------------------------------------------===//
// How a kernel is called.
//===----------------------------------------------------------------------===//
#ifndef FLM_DIALECTS_FLM_GPU_KERNELCALL_TD
#define FLM_DIALECTS_FLM_GPU_KERNELCALL_TD

include "dialects/flm_gpu/FlmGpuDialect.td"
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

def Arch : FlmGpuEnum<"Arch", "the GPU that a kernel is scheduled for", [
    I32EnumAttrCase<"SM80", 80, "sm_80">,
    I32EnumAttrCase<"SM90a", 90, "sm_90a">]>;

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
    needs 16). Tensors of different arguments do not overlap: a kernel may read
    one through the read-only cache.

    ```mlir
    #flm_gpu.operand<name = "a", access = read, type = bf16, shape = (m, n, k) -> (m, k), row_bytes = 16>
    ```
  }];
  let parameters = (ins StringRefParameter<>:$name, EnumParameter<Access>:$access,
                        "::mlir::Type":$type, "::mlir::AffineMap":$shape,
                        DefaultValuedParameter<"int64_t", "1">:$row_bytes);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
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
  let genVerifyDecl = 1;
}

#endif // FLM_DIALECTS_FLM_GPU_KERNELCALL_TD
