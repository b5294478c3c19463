//===----------------------------------------------------------------------===//
// Kernels that work on the rows of a matrix.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_IR_ROWATTRIBUTES_TD
#define FLM_CODEGEN_GPU_IR_ROWATTRIBUTES_TD

include "codegen/gpu/ir/KernelInterface.td"

def RmsNormAttr : FlmGpuKernelAttr<"RmsNorm", "rms_norm"> {
  let summary = "each row divided by its root mean square, times a gain";
  let description = [{
    y[r, c] = x[r, c] * s[r] * gain[c], s[r] = 1 / sqrt(mean(x[r, :]^2) + eps)
    (Zhang and Sennrich, arXiv:1910.07467). x, y and gain are `type`; s is f32
    [rows], for the backward pass. With `residual`, x is the sum of two tensors,
    which is rounded and stored too, and what is normalised. A row has a multiple
    of 16 bytes. One warp per row, `warps` rows per block.

    ```mlir
    #flm_gpu.rms_norm<type = bf16, eps = 1.0e-5 : f32, residual = true>
    ```
  }];
  let parameters = (ins "::mlir::Type":$type, "::mlir::FloatAttr":$eps,
                        DefaultValuedParameter<"bool", "false">:$residual,
                        DefaultValuedParameter<"int64_t", "4">:$warps);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

#endif // FLM_CODEGEN_GPU_IR_ROWATTRIBUTES_TD
