//===----------------------------------------------------------------------===//
// Kernels that compute each element from the elements at its place.
//===----------------------------------------------------------------------===//
#ifndef FLM_DIALECTS_FLM_GPU_ELEMENTWISEATTRIBUTES_TD
#define FLM_DIALECTS_FLM_GPU_ELEMENTWISEATTRIBUTES_TD

include "dialects/flm_gpu/KernelInterface.td"

def PointwiseFunction : FlmGpuEnum<"PointwiseFunction",
    "what a pointwise kernel computes", [
    I32EnumAttrCase<"Cast", 0, "cast">, I32EnumAttrCase<"Add", 1, "add">,
    I32EnumAttrCase<"Scale", 2, "scale">,
    I32EnumAttrCase<"SiluMul", 3, "silu_mul">,
    I32EnumAttrCase<"SiluMulGrad", 4, "silu_mul_grad">,
    I32EnumAttrCase<"Normalize", 5, "normalize">]>;

def PointwiseAttr : FlmGpuKernelAttr<"Pointwise", "pointwise"> {
  let summary = "one of the model's elementwise functions";
  let description = [{
    Tensors are read as `input` and written as `output`, computed in f32. Flat
    tensors of `count` elements, any number, except for `normalize`:

    | function | from | to |
    |---|---|---|
    | `cast` | x | y = x, rounded to nearest even |
    | `add` | x, other | y = x + other |
    | `scale` | x, factor[1] f32 | y = factor * x; with `factor`: times that constant |
    | `silu_mul` | gate, up | y = gate * s * up, s = 1 / (1 + e^-gate) (arXiv:2002.05202) |
    | `silu_mul_grad` | dy, gate, up | dgate = dy * up * s * (1 + gate * (1 - s)), dup = dy * gate * s |
    | `normalize` | x[rows, columns], inverse_rms[rows] f32, gain[columns] | y = x * inverse_rms * gain: what rms_norm wrote, from what it saved |

    `interleaved`: gate and up are one tensor `gate_up` (and their gradients
    `dgate_up`) of 2 * count elements: gate 0, up 0, gate 1, up 1, …, as one GEMM
    gives them.

    The columns of `normalize` fill vectors (16 bytes of the narrowest type).

    ```mlir
    #flm_gpu.pointwise<function = cast, input = f32, output = bf16>
    #flm_gpu.pointwise<function = silu_mul_grad, input = bf16, output = bf16, interleaved = true>
    ```
  }];
  let parameters = (ins EnumParameter<PointwiseFunction>:$function,
                        "::mlir::Type":$input, "::mlir::Type":$output,
                        DefaultValuedParameter<"bool", "false">:$interleaved,
                        OptionalParameter<"::mlir::FloatAttr">:$factor);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

#endif // FLM_DIALECTS_FLM_GPU_ELEMENTWISEATTRIBUTES_TD
