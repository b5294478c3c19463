//===----------------------------------------------------------------------===//
// Stage `shard`: how every value lies on the mesh. Stage `local`: the program
// of one rank.
//===----------------------------------------------------------------------===//
#ifndef FLM_PASSES_SHARDING_PASSES_TD
#define FLM_PASSES_SHARDING_PASSES_TD

include "mlir/Pass/PassBase.td"

def CheckPlan : Pass<"flm-check-plan", "::mlir::ModuleOp"> {
  let summary = "refuse a plan that can not be carried out";
  let description = [{
    Every dim that the plan splits must divide by the ranks of its axis, and go
    to one axis only. A dim of size 1 is not split. Errors stand at the plan, say
    which op needs the split, and which sizes would do.

    Input:
    ```mlir
    flm.config @c of @tele_flm {seq = 10, ...}
    flm.plan @four of @tele_flm on grid(tp = 4) {heads -> tp, seq -> tp}
    ```
    Error: `plan @four: seq = 10 does not divide by tp = 4 (needed by
    'flm.rms_norm'); next sizes: 8, 12`
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

def CheckCollectives : Pass<"flm-check-collectives", "::mlir::ModuleOp"> {
  let summary = "prove that the collectives of all ranks fit together";
  let description = [{
    Simulates what the ranks of a pipeline do in each program, tick by tick, with
    sends that do not wait: every message is received, with its type and in its
    order, by the rank it goes to; every collective is begun by all its ranks in
    one order; and nobody waits for ever. Ranks that differ only in their indices
    on other axes do the same, so the time does not depend on their number.

    Input, where the first stage skips the reduction:
    ```mlir
    %sum = collective all_reduce %x over "pp" of 2 by "sum" id 3 bytes 8 {flm.at = #flm.state<pp: at(last)>} : !f32_c -> !f32_c
    ```
    Error: `of rank 1 (pp = 1) needs rank 0 (pp = 0), which has done all it does;
    all ranks of 'pp' must take part, in one order`
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

def AssignShardings : Pass<"flm-assign-shardings", "::mlir::ModuleOp"> {
  let summary = "write how every value lies on the mesh into its type";
  let description = [{
    One pass in program order for each mesh axis, without search: an op is split
    along the first dim of the plan's list for the axis that its sharding rule
    allows. Sums of partial values stay partial, carries other than accumulators
    do not; AdamW and what reads gradients for it are flat on the axis of
    `optimizer` (AxisAssignment.h, AtRest.h). Where an op wants an operand
    otherwise than it is made, it gets reshards of its own, which
    `flm-insert-reshards` then shares. The axis of pipelined layers is left to
    the passes of the pipeline, and `@init` to the runtime.

    Input, with `{heads -> tp, seq -> tp}`:
    ```mlir
    %n = rms_norm %h, %g eps 1.0e-5 : !bsh
    %q = linear %n, %q_proj : !bsh -> !bs_nd
    %k = linear %n, %k_proj : !bsh -> !bs_nd
    ```
    Output:
    ```mlir
    %n = rms_norm %h, %g eps 1.0e-5 : !bsh_tp_s
    %n_gathered = reshard %n : !bsh_tp_s -> !bsh
    %q = linear %n_gathered, %q_proj : (!bsh, !nd_h_tp_n) -> !bs_nd_tp_n
    %n_gathered_0 = reshard %n : !bsh_tp_s -> !bsh
    %k = linear %n_gathered_0, %k_proj : (!bsh, !nd_h_tp_n) -> !bs_nd_tp_n
    ```
  }];
  let options = [
    Option<"reasons", "reasons", "bool", "false",
           "write on every op why its results lie as they do, axis by axis: "
           "`flm.why`">
  ];
}

def InsertReshards : Pass<"flm-insert-reshards", "::mlir::ModuleOp"> {
  let summary = "share and place the conversions of every value";
  let description = [{
    Replaces the reshards of each value by the cheapest tree that has every
    distribution which its uses want (Conversions.h), where the value is made:
    nothing is cheaper inside a loop than before it. Conversions to smaller parts
    stay with the producer, those to larger ones sink to the first reader.

    A value that a forward loop saves for the backward loop is saved in one of
    the distributions that it has at the end of the forward body, and converted
    again in the backward body. `regather-price` is what a saved byte costs,
    measured in bytes sent: above 1, parts are saved and gathered again; below,
    what was gathered is saved; 0 means that memory is free.

    Input:
    ```mlir
    %n_gathered = reshard %n : !bsh_tp_s -> !bsh
    %q = linear %n_gathered, %q_proj : (!bsh, !nd_h_tp_n) -> !bs_nd_tp_n
    %n_gathered_0 = reshard %n : !bsh_tp_s -> !bsh
    %k = linear %n_gathered_0, %k_proj : (!bsh, !nd_h_tp_n) -> !bs_nd_tp_n
    ```
    Output:
    ```mlir
    %n_gathered = reshard %n : !bsh_tp_s -> !bsh
    %q = linear %n_gathered, %q_proj : (!bsh, !nd_h_tp_n) -> !bs_nd_tp_n
    %k = linear %n_gathered, %k_proj : (!bsh, !nd_h_tp_n) -> !bs_nd_tp_n
    ```
  }];
  let options = [
    Option<"regatherPrice", "regather-price", "double", "2.0",
           "bytes that may be sent in the backward pass for each byte of a "
           "residual that is not saved">
  ];
}

def NumberReshards : Pass<"flm-number-reshards", "::mlir::ModuleOp"> {
  let summary = "number the collectives of a module and count their bytes";
  let description = [{
    Ids are in program order. Bytes are what one rank sends each time
    (runtime/abi/Collectives.h). The last pass of the stage: reshards that a
    later pass added would have neither.

    ```mlir
    %o_scattered = reshard %o id 2 bytes 98304 : !bsh_tp_sum -> !bsh_tp_s
    ```
  }];
}

def Localize : Pass<"flm-localize", "::mlir::ModuleOp"> {
  let summary = "turn distributed programs into the program of one rank";
  let description = [{
    Types get the sizes that one rank has and lose their states; a flat split
    becomes `[flat=N]`, padding included. Reshards become collectives. Ops that
    depend on which rank it is become explicit: tokens as the rank's part of the
    vocabulary numbers them, masked padding, ropes that begin at a later position
    (`flm.axis`). Parameters and state keep their global distributed type in
    `flm.global`, from which a checkpoint's tensors are cut. `@init` stays
    distributed: the runtime carries it out.

    Input, on grid(dp = 2, tp = 2):
    ```mlir
    %o = linear %a, %w : !f32_bs_nd_dp_batch_tp_heads, !f32_h_nd_tp_heads -> !f32_bsh_dp_batch_tp_sum
    %r = reshard %o id 3 bytes 8192 : !f32_bsh_dp_batch_tp_sum -> !f32_bsh_dp_batch_tp_seq
    ```
    Output:
    ```mlir
    %o = linear %a, %w : !f32_bs_nd, !f32_h_nd -> !f32_bsh
    %r = collective reduce_scatter %o over "tp" of 2 dim 1 id 3 bytes 8192 : !f32_bsh -> !f32_bsh1
    ```
    Errors: `seq = 10 does not divide by tp = 4; next sizes: 8, 12`; a state on an
    axis that the plan does not have; loops and ends of a pipeline that
    flm-localize-pipeline should have taken away.
  }];
}

def OverlapCollectives : Pass<"flm-overlap-collectives", "::mlir::ModuleOp"> {
  let summary = "let collectives run beside computation";
  let description = [{
    A collective starts as soon as its operand is there, and is waited for where
    its result is read first, if there is something to compute in between: the
    reduction of one gradient runs beside the backward pass of what is left, the
    gathering of a parameter beside the updates of the next ones. Updates of what
    collectives give move to the end of their program.

    Starts keep one order on all ranks, and none passes a `send` or a `receive`.
    Memory is the price: the buffers of a collective are its own until the wait.

    Input:
    ```mlir
    %d_head = linear_grad_w %d_logits, %x : ...
    %dx = loop over layers=4 reverse ...
    %g = collective all_reduce %d_head over "dp" of 2 id 0 bytes 4096 : !f32_vh
    ```
    Output:
    ```mlir
    %d_head = linear_grad_w %d_logits, %x : ...
    %g_pending = collective start all_reduce %d_head over "dp" of 2 id 0 bytes 4096 : !f32_vh
    %dx = loop over layers=4 reverse ...
    %g = wait %g_pending id 0 : !f32_vh
    ```
  }];
}

#endif // FLM_PASSES_SHARDING_PASSES_TD
