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

#endif // FLM_PASSES_SHARDING_PASSES_TD
