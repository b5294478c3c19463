//===----------------------------------------------------------------------===//
// Stage `fuse`: what runs as one kernel.
//===----------------------------------------------------------------------===//
#ifndef FLM_PASSES_FUSION_PASSES_TD
#define FLM_PASSES_FUSION_PASSES_TD

include "mlir/Pass/PassBase.td"

def FuseAccumulation : Pass<"flm-fuse-accumulation", "::flm::ProgramOp"> {
  let summary = "let a weight gradient's kernel add to its accumulator";
  let description = [{
    A GEMM reads and writes its output once more for free compared with a kernel
    that adds two tensors of the weights' size. Nothing is rounded in between:
    the product is accumulated and added in the accumulator's type.

    Input:
    ```mlir
    %d_w = linear_grad_w %dy, %x : !f32_bsf, !f32_bsh -> !f32_fh
    %sum = add %acc, %d_w : !f32_fh
    ```
    Output:
    ```mlir
    %sum = linear_grad_w %dy, %x into %acc : !f32_bsf, !f32_bsh -> !f32_fh
    ```
  }];
}

#endif // FLM_PASSES_FUSION_PASSES_TD
