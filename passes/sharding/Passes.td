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

def ChunkNorms : Pass<"flm-chunk-norms", "::mlir::ModuleOp"> {
  let summary = "sum squares over a grid of chunks that no layout changes";
  let description = [{
    The global gradient norm enters every parameter, so its bits must not depend
    on how gradients lie on the mesh. A sum of squares becomes sums over chunks,
    which pipeline stages and ZeRO shards never cut, and one total over all of
    them in their order. A chunk is the largest divisor of a layer up to 4096
    elements (ChunkNorms.h).

    Input:
    ```mlir
    %sumsq_w = sum_squares %d_w : !f32_lfh -> [] f32
    ```
    Output:
    ```mlir
    %sumsq_w_chunks = chunk_sums %d_w by 3520 : !f32_lfh -> !f32_l_chunk
    %sumsq_w = chunk_total %sumsq_w_chunks : !f32_l_chunk -> [] f32
    ```
  }];
}

#endif // FLM_PASSES_SHARDING_PASSES_TD
