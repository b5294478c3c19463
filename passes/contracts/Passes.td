//===----------------------------------------------------------------------===//
// What a stage promises to the next.
//===----------------------------------------------------------------------===//
#ifndef FLM_PASSES_CONTRACTS_PASSES_TD
#define FLM_PASSES_CONTRACTS_PASSES_TD

include "mlir/Pass/PassBase.td"

def VerifyContract : Pass<"flm-verify-contract", "::mlir::ModuleOp"> {
  let summary = "check what a stage promises to the next";
  let description = [{
    Runs after every stage. An error here is one of the compiler, not of the
    user. Contracts add up: what may not appear after a stage may not appear
    after a later one.

    | after | promise |
    |---|---|
    | graph | one model, bound: no symbolic type, no open element type, no param in a loop |
    | mup | every param of the model has its µP multipliers |
    | train | @init, @train_step, @eval_step and @predict exist; no cross_entropy in them |
    | shard | states name axes of the plan |
    | local | but for @init: no distributed value, no reshard, no loop on an axis |
    | buffers | every value of a program but @init's has a buffer |

    Input, with `stage=mup`:
    ```mlir
    %w = param "w" : !f32_hh
    ```
    Error: `'flm.param' op breaks the contract of stage mup: it has no µP multipliers`
  }];
  let options = [
    Option<"stage", "stage", "std::string", "", "the stage that has just run">
  ];
}

#endif // FLM_PASSES_CONTRACTS_PASSES_TD
