//===----------------------------------------------------------------------===//
// Kernels that work on the rows of a matrix: normalisation, sums of columns.
//
// A block has `warps` warps; a team of `team` of them (a power of 2) takes a
// row, with accesses of 16 bytes. Where `columns` is given, rows have that
// length, the kernel has no argument for it, and a thread keeps its share of a
// row in registers: rows are read once. Without, they are walked in loops.
//===----------------------------------------------------------------------===//
#ifndef FLM_DIALECTS_FLM_GPU_NORMATTRIBUTES_TD
#define FLM_DIALECTS_FLM_GPU_NORMATTRIBUTES_TD

include "dialects/flm_gpu/KernelInterface.td"

def RmsNormAttr : FlmGpuKernelAttr<"RmsNorm", "rms_norm"> {
  let summary = "each row divided by its root mean square, times a gain";
  let description = [{
    y[r, c] = x[r, c] * s[r] * gain[c], s[r] = 1 / sqrt(mean(x[r, :]^2) + eps)
    (Zhang and Sennrich, arXiv:1910.07467; `flm.rms_norm`). x and y are `type`,
    gain is `gain_type` (by default `type`), the arithmetic is f32. With
    `residual`, x is the sum of two tensors, which is rounded and stored too, and
    what is normalised. With `save`, s is stored (`inverse_rms`, f32 [rows]), for
    a `normalize` that computes y again. A row has a multiple of 16 bytes.

    ```mlir
    #flm_gpu.rms_norm<type = bf16, eps = 1.0e-5 : f32, residual = true, columns = 8192, warps = 8, team = 8>
    ```
  }];
  let parameters = (ins "::mlir::Type":$type, "::mlir::FloatAttr":$eps,
                        OptionalParameter<"::mlir::Type">:$gain_type,
                        DefaultValuedParameter<"bool", "false">:$residual,
                        DefaultValuedParameter<"bool", "false">:$save,
                        DefaultValuedParameter<"int64_t", "0">:$columns,
                        DefaultValuedParameter<"int64_t", "4">:$warps,
                        DefaultValuedParameter<"int64_t", "1">:$team);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

def RmsNormBackwardAttr : FlmGpuKernelAttr<"RmsNormBackward",
                                           "rms_norm_backward"> {
  let summary = "gradients of rms_norm";
  let description = [{
    With s as in `rms_norm`, computed again from the row, which is read anyway,

      dx[r, c] = s[r] * (gain[c] * dy[r, c]
                         - x[r, c] * s[r]^2 * mean(gain * dy[r, :] * x[r, :]))
      dgain[c] = sum over r of dy[r, c] * x[r, c] * s[r]

    as `flm.rms_norm_grad_x` and `flm.rms_norm_grad_g` have it. With `residual`,
    `d_sum` is added to dx before it is rounded: the gradient that reaches the
    sum on other ways.

    Each of `blocks * (warps / team)` teams takes every so-many-th row and writes
    its own part of dgain to a row of `d_gain_parts` (f32), which a
    `#flm_gpu.column_sum` adds up: both in a fixed order, so that the result is
    always the same. With `columns`, a thread has its part of these sums in
    registers; without, it adds to it in memory.

    ```mlir
    #flm_gpu.rms_norm_backward<type = bf16, eps = 1.0e-5 : f32, residual = true, columns = 8192, warps = 16, team = 16, blocks = 132>
    ```
  }];
  let parameters = (ins "::mlir::Type":$type, "::mlir::FloatAttr":$eps,
                        OptionalParameter<"::mlir::Type">:$gain_type,
                        DefaultValuedParameter<"bool", "false">:$residual,
                        DefaultValuedParameter<"int64_t", "0">:$columns,
                        DefaultValuedParameter<"int64_t", "16">:$warps,
                        DefaultValuedParameter<"int64_t", "16">:$team,
                        DefaultValuedParameter<"int64_t", "132">:$blocks);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// Rows of `d_gain_parts`.
    int64_t parts() const { return getBlocks() * (getWarps() / getTeam()); }
  }];
}

def ColumnSumAttr : FlmGpuKernelAttr<"ColumnSum", "column_sum"> {
  let summary = "the sum of the rows of a matrix";
  let description = [{
    sum[c] (+)= sum over r of x[r, c]: x is `type`, the sum f32. Each of the
    `warps` warps of a block adds up every so-many-th row of 32 vectors of 16
    bytes, in ascending order, and the warps' sums are added in their order: the
    result is always the same.

    ```mlir
    #flm_gpu.column_sum<type = f32, accumulate = true>
    ```
  }];
  let parameters = (ins "::mlir::Type":$type,
                        DefaultValuedParameter<"bool", "false">:$accumulate,
                        DefaultValuedParameter<"int64_t", "16">:$warps);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

#endif // FLM_DIALECTS_FLM_GPU_NORMATTRIBUTES_TD
