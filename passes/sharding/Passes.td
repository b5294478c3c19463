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

def LocalizePipeline : Pass<"flm-localize-pipeline", "::mlir::ModuleOp"> {
  let summary = "make the program of one pipeline stage";
  let description = [{
    The first step of stage `local`: axes nest, and this takes the pipeline's
    away, before flm-localize does the others. A loop on the axis becomes: receive
    from the stage before, the layers of this stage, send to the next one. The
    receive's operand is what the first stage, to which nobody sends, goes on
    with. Ops on values of one end get the attribute `flm.at`, which says where
    they run (dialects/flm/Pipeline.h); sizes of the pipelined dim become those of
    one stage; reshards over the axis become collectives.

    With `pipeline_chunks` = v > 1 a stage has v blocks of layers, and the
    pipelined dim becomes two: `stage_chunk=v, layers=...`. Receive, layers and
    send then are the body of a loop over `stage_chunk`.

    Input:
    ```mlir
    %x = loop over layers=4 on pp (%h = %embed : !f32_bsh) slices (%w = %w_all : !f32_hh) { ... }
    ```
    Output:
    ```mlir
    %in = collective receive %embed over "pp" of 2 offset 1 id 0 match 1 bytes 0 {flm.at = #flm.state<pp: at(not_first)>} : !f32_bsh -> !f32_bsh
    %x = loop over layers=2 (%h = %in : !f32_bsh) slices (%w = %w_all : !f32_hh) { ... }
    collective send %x over "pp" of 2 offset 1 id 1 match 0 bytes 256 {flm.at = #flm.state<pp: at(not_last)>} : !f32_bsh
    ```
  }];
}

def SchedulePipeline : Pass<"flm-schedule-pipeline", "::mlir::ModuleOp"> {
  let summary = "let micro-batches follow each other through the stages";
  let description = [{
    A loop over micro-batches whose body receives from the stage before would
    have each stage wait for all others. It becomes an `flm.pipeline`: the ops
    that lead to what is sent to the next stage are the forward pass, all others
    the backward pass, and what the latter reads of the former is saved.

    Input:
    ```mlir
    %d_w = loop over micro=4 (%acc = %zero : !f32_lhh) slices (%t = %tokens : !i32_bs) {
      ...
      collective send %x over "pp" of 2 offset 1 ...
      ...
      yield %next : !f32_lhh
    }
    ```
    Output:
    ```mlir
    %d_w = pipeline over micro=4 on "pp" of 2 slots [2] (%zero : !f32_lhh) slices (%tokens : !i32_mbs) -> !f32_lhh
    forward (%t: !i32_bs) { ... yield stack %x, %h_all : !f32_bsh, !f32_lbsh }
    backward (%acc: !f32_lhh, %t: !i32_bs, %x: !f32_bsh, %h_all: !f32_lbsh) { ... yield %next : !f32_lhh }
    ```
    Errors: `pipeline_chunks` > 1 with micro-batches that are no multiple of the
    stages; a forward pass that reads what the micro-batch before has left.
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
