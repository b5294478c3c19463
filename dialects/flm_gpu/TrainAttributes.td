//===----------------------------------------------------------------------===//
// Kernels of the optimizer: the norm of the gradients, and AdamW.
//===----------------------------------------------------------------------===//
#ifndef FLM_DIALECTS_FLM_GPU_TRAINATTRIBUTES_TD
#define FLM_DIALECTS_FLM_GPU_TRAINATTRIBUTES_TD

include "dialects/flm_gpu/KernelInterface.td"

def ChunkSquaresAttr : FlmGpuKernelAttr<"ChunkSquares", "chunk_squares"> {
  let summary = "the sum of the squares of each chunk of a tensor";
  let description = [{
    sums[k] f32 = sum of x[k, :]^2 over x[chunks, length] of `type`, formed in
    f64: `flm.chunk_sums`. The bits of a sum depend on the chunk's elements
    alone. `sums` may be a part of a longer buffer: the norm of all gradients is
    one `chunk_total` over the chunks of all tensors.

    One warp per chunk; any length, at 16 bytes where the length is a multiple
    of that.

    ```mlir
    #flm_gpu.chunk_squares<type = f32>
    ```
  }];
  let parameters = (ins "::mlir::Type":$type);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

def ChunkTotalAttr : FlmGpuKernelAttr<"ChunkTotal", "chunk_total"> {
  let summary = "the total of chunk sums, and the factor that clips gradients";
  let description = [{
    total[1] = sum of sums[count] f32, formed in f64 by one block in an order
    that depends on `count` alone: `flm.chunk_total`.

    With `clip`, what follows from it instead (`flm.clip`, the formula of
    torch.nn.utils.clip_grad_norm_): norm[1] = sqrt(total), coef[1] = min(1, clip
    / (norm + 1e-6)), and 1 where the `clip` of hyper[8] (runtime/abi/Hyper.def)
    is 0. A NaN stays one.

    ```mlir
    #flm_gpu.chunk_total<clip = true>
    ```
  }];
  let parameters = (ins DefaultValuedParameter<"bool", "false">:$clip);
  let assemblyFormat = "`<` struct(params) `>`";
  let extraClassDeclaration = [{
    static constexpr int64_t threads = 1024;
  }];
}

def AdamWAttr : FlmGpuKernelAttr<"AdamW", "adamw"> {
  let summary = "one AdamW update of parameters, with clipping";
  let description = [{
    `flm.adamw` on flat tensors of `count` elements, any number: updates p, m and
    v, all f32, by the gradient g (of type `gradient`) times coef[1]. With w =
    wd * weight_decay, and so on for the `lr` and `eps` of µP beside those of
    hyper[8] (f32, in the order of runtime/abi/Hyper.def):

        g' = g * coef
        m' = beta1 * m + (1 - beta1) * g'
        v' = beta2 * v + (1 - beta2) * g'^2
        p' = p * (1 - lr * w) - (lr / bias1) * m' / (sqrt(v') / sqrt(bias2) + eps)

    (arXiv:1711.05101, in the order of PyTorch's AdamW.) With `weight`, p'
    rounded to that type is written too: what the next forward pass reads.
    `hyper` and `coef` are read from device memory, so that a captured step
    needs no new arguments.

    ```mlir
    #flm_gpu.adamw<gradient = f32, weight = bf16, lr = 0.0625 : f32, wd = 16.0 : f32>
    ```
  }];
  let parameters = (ins "::mlir::Type":$gradient,
                        OptionalParameter<"::mlir::Type">:$weight,
                        OptionalParameter<"::mlir::FloatAttr">:$lr,
                        OptionalParameter<"::mlir::FloatAttr">:$wd,
                        OptionalParameter<"::mlir::FloatAttr">:$eps);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

#endif // FLM_DIALECTS_FLM_GPU_TRAINATTRIBUTES_TD
