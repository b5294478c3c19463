//===----------------------------------------------------------------------===//
// Stage `shard`: the program of one rank.
//===----------------------------------------------------------------------===//
#ifndef FLM_PASSES_SHARDING_PASSES_TD
#define FLM_PASSES_SHARDING_PASSES_TD

include "mlir/Pass/PassBase.td"

def CheckPlan : Pass<"flm-check-plan", "::mlir::ModuleOp"> {
  let summary = "refuse a plan that can not be carried out";
  let description = [{
    Plans of one rank leave every value replicated, which is what a type without
    states says. Plans of more ranks are refused until the partitioner exists.

    Input:
    ```mlir
    flm.plan @pair of @tele_flm on grid(dp = 2) {batch -> dp}
    ```
    Error: `plan @pair has 2 ranks (dp = 2); this version compiles plans of one rank`
  }];
}

def PlaceStages : Pass<"flm-place-stages", "::mlir::ModuleOp"> {
  let summary = "cut programs into pipeline stages";
  let description = [{
    With a plan entry such as `layers -> pp`, puts the loops over that dim on the
    axis: each rank has a block of layers. What leads to the layers lies at the
    first stage, what follows them at the last one, and so do the parameters,
    gradients and moments that belong to it; everything with the pipelined dim is
    split along it. Losses and logits that a program returns are masked and
    reduced, so that all ranks have them. Sums of squares are gathered chunk by
    chunk and added in one order, so that the gradient norm has the bits of one
    rank.

    Works on types with and without states on other axes; it runs after the
    reshards of those are in place. A program of a plan without such an entry
    stays as it is.

    Input:
    ```mlir
    %embed = embedding %tokens, %table : !i32_bs, !f32_vh
    %x = loop over layers=4 (%h = %embed : !f32_bsh) slices (%w = %w_all : !f32_hh) { ... }
    %xn = rms_norm %x, %norm eps 1.0e-5 : !f32_bsh
    ```
    Output:
    ```mlir
    %embed = embedding %tokens, %table : !i32_bs, !f32_vh_pp_first -> !f32_bsh_pp_first
    %x = loop over layers=4 on pp (%h = %embed : !f32_bsh) slices (%w = %w_all : !f32_hh) { ... }
    %xn = rms_norm %x, %norm eps 1.0e-5 : (!f32_bsh_pp_last, !f32_bsh_pp_last, !f32_h_pp_last)
    ```
    Errors: `layers = 5 does not divide by pp = 2 (needed by this loop); next
    sizes: 4, 6`; a parameter that is used before and after the layers.
  }];
}

#endif // FLM_PASSES_SHARDING_PASSES_TD
