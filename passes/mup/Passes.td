//===----------------------------------------------------------------------===//
// Stage `mup`: maximal update parametrization.
//===----------------------------------------------------------------------===//
#ifndef FLM_PASSES_MUP_PASSES_TD
#define FLM_PASSES_MUP_PASSES_TD

include "mlir/Pass/PassBase.td"

def ApplyMup : Pass<"flm-apply-mup", "::mlir::ModuleOp"> {
  let summary = "transfer hyper-parameters to the config's width";
  let description = [{
    With m = width / base_width, as in Tele-FLM (arXiv:2404.16645, after
    arXiv:2203.03466 table 8; one ratio m for all matrices):

    | parameter | width dims | init std | learning rate | weight decay | Adam eps |
    |---|---|---|---|---|---|
    | matrix-like | 2 | matrix_std / sqrt(m) | matrix_lr / m | x m | / m |
    | vector-like (embedding, norm gain) | at most 1 | std; gains start at 1 | lr | x 1 | x 1 |
    | output (head) | 1, contracted away | std | lr | x 1 | x 1 |

    The weight decay of matrices grows by m because AdamW multiplies it with the
    learning rate (microsoft/mup, `decoupled_wd=False`). With `decay = matrices`
    vector-like parameters have none. Forward multipliers: the
    embedding's output times `input_mult`, the head's input times
    `output_mult / m`. With `parametrization = standard` the learning rates and
    forward multipliers stay what they are at base_width and the head's std
    shrinks by sqrt(m).

    Input, with base_width 512 at hidden 8192:
    ```mlir
    %q_proj_all = param "model.layers.*.self_attn.q_proj.weight" : !f32_l_nd_h
    ```
    Output:
    ```mlir
    %q_proj_all = param "model.layers.*.self_attn.q_proj.weight" mup<matrix, normal(0.004242), lr 1.0, wd 16.0, eps 0.0625, "2 width dims, hidden 8192 / 512 = 16"> : !f32_l_nd_h
    ```
  }];
}

#endif // FLM_PASSES_MUP_PASSES_TD
