//===----------------------------------------------------------------------===//
// Stage `train`: the programs of a training binary.
//===----------------------------------------------------------------------===//
#ifndef FLM_PASSES_AUTODIFF_PASSES_TD
#define FLM_PASSES_AUTODIFF_PASSES_TD

include "mlir/Pass/PassBase.td"

def BuildPrograms : Pass<"flm-build-programs", "::mlir::ModuleOp"> {
  let summary = "make @init, @train_step, @eval_step and @predict of a model";
  let description = [{
    `@train_step` differentiates the model inside the micro-batch loop,
    accumulates the gradients in f32 (f64 where all is f64), clips them by their
    global norm and updates every parameter with AdamW and its µP multipliers.
    With one micro-batch there is no loop around the body. Where the recipe's
    `reduction_slots` give a rank several accumulators, a loop over `slot` stacks
    their sums, which `fold` adds as a tree. A precision below f32
    keeps f32 master parameters, narrowed once at the top of the step.

    `@init` fills parameters and moments, `@eval_step` is the loss of one
    micro-batch, `@predict` the logits of one sequence (batch 1), in f32 or
    wider. With `probe`, `@probe` returns the mean absolute value of the
    activations.

    Input:
    ```mlir
    flm.model @m config @c recipe @r plan @p dims [...] (%tokens: !i32_bs, %targets: !i32_bs) {
      %w = param "w" mup<...> : !f32_vh
      ...
      %loss = cross_entropy %logits, %targets : !f32_bsv, !i32_bs
      return %loss : [] f32
    }
    ```
    Output, beside the model:
    ```mlir
    flm.program @train_step of @c(%tokens: !i32_bs, %targets: !i32_bs, %hyper: !f32_hyper) {
      %w = param "w" mup<...> : !f32_vh
      ...
      %d_w = linear_grad_w %d_logits, %x : !f32_bsv, !f32_bsh -> !f32_vh
      %sumsq_w = sum_squares %d_w : !f32_vh -> [] f32
      %grad_norm, %clip_coef = clip %sumsq_w, %hyper : [] f32, !f32_hyper
      %w_next, %exp_avg, %exp_avg_sq = adamw %w, %m, %v, %d_w, %clip_coef, %hyper lr 1.0 wd 1.0 eps 1.0 : !f32_vh, [] f32, !f32_hyper
      update "w" with %w_next : !f32_vh
      ...
      return %loss, %grad_norm : [] f32, [] f32
    }
    ```
  }];
  let options = [
    Option<"probe", "probe", "bool", "false",
           "also make @probe, for the coordinate check of µP">
  ];
}

def ExpandCrossEntropy : Pass<"flm-expand-cross-entropy", "::flm::ProgramOp"> {
  let summary = "replace cross_entropy by its primitives";
  let description = [{
    They stay apart until `fuse`, because a vocabulary that is split over ranks
    needs a collective between them.

    Input:
    ```mlir
    %loss = cross_entropy %logits, %targets valid vocab=250 : !f32_bsv, !i32_bs
    ```
    Output:
    ```mlir
    %logit_max = reduce_max %logits valid vocab=250 : !f32_bsv -> !f32_bs
    %sum_exp = sum_exp %logits, %logit_max valid vocab=250 : !f32_bsv, !f32_bs
    %picked = pick %logits, %targets : !f32_bsv, !i32_bs -> !f32_bs
    %nll = nll %sum_exp, %logit_max, %picked : !f32_bs
    %nll_sum = sum %nll : !f32_bs -> [] f32
    %loss = scale %nll_sum by 1.0 per batch=2 * seq=256 : [] f32
    ```
  }];
}

def AccumulateInLoops : Pass<"flm-accumulate-in-loops", "::flm::ProgramOp"> {
  let summary = "accumulate gradients of stacked parameters layer by layer";
  let description = [{
    Adding a whole stack of gradients to an accumulator needs the stack; adding
    slot by slot needs one layer's gradient, which can be fused into its GEMM.

    Input:
    ```mlir
    %d_w_all = loop over layers=2 reverse (...) slices (...) { ... yield ... stack %d_w : !f32_hh }
    %sum = add %acc, %d_w_all : !f32_lhh
    ```
    Output:
    ```mlir
    %d_w_all = loop over layers=2 reverse (...) slices (..., %d_w_sum = %acc : !f32_hh) {
      ...
      %d_w_next = add %d_w_sum, %d_w : !f32_hh
      yield ... stack %d_w_next : !f32_hh
    }
    ```
  }];
}

def Recompute : Pass<"flm-recompute", "::mlir::ModuleOp"> {
  let summary = "run forward ops again in the backward loop instead of saving";
  let description = [{
    A local rewrite of pairs (stack of the forward loop, slice of the reversed
    loop); what is no longer read is dropped by canonicalization. Policies:
    `none` saves all that the gradients read; `selective` runs norms and gated
    activations again (no GEMM, no attention); `full` saves only what enters a
    layer. An empty policy is the recipe's `recompute`.

    Input, with `policy=selective`:
    ```mlir
    %x, %n_all, %h_all = loop over layers=2 (%h = %e : !f32_bsh) { %n = rms_norm %h, %g eps 1.0e-5 : !f32_bsh ... yield ... stack %n, %h : !f32_bsh, !f32_bsh }
    ... = loop over layers=2 reverse (...) slices (%n = %n_all : !f32_bsh, %h = %h_all : !f32_bsh) { ... }
    ```
    Output:
    ```mlir
    ... = loop over layers=2 reverse (...) slices (%h = %h_all : !f32_bsh) { %n = rms_norm %h, %g eps 1.0e-5 : !f32_bsh ... }
    ```
  }];
  let options = [
    Option<"policy", "policy", "std::string", "",
           "none, selective, full; empty: the recipe's">
  ];
}

#endif // FLM_PASSES_AUTODIFF_PASSES_TD
