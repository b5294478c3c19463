//===----------------------------------------------------------------------===//
// Micro-batches on their way through pipeline stages.
//===----------------------------------------------------------------------===//
#ifndef FLM_PIPELINE_OPS_TD
#define FLM_PIPELINE_OPS_TD

include "dialects/flm/FlmBase.td"

def PipelineOp : FlmOp<"pipeline", [AttrSizedOperandSegments,
    RecursiveMemoryEffects,
    DeclareOpInterfaceMethods<OpAsmOpInterface,
        ["getDefaultDialect", "getAsmBlockArgumentNames",
         "getAsmResultNames"]>]> {
  let summary = "forward and backward passes of micro-batches, interleaved";
  let description = [{
    What one rank of a pipeline of `of` stages does in a step. The forward pass
    of a micro-batch runs some ticks before its backward pass, more on early
    stages than on late ones; what `forward` saves is kept in between. With
    stage s of p stages, n micro-batches and w = p - 1 - s (one forward, one
    backward: arXiv:2104.04473, section 2.2):

    ```
    for t in 0 .. n + w { if t < n: forward(t); if t >= w: backward(t - w) }
    ```

    With `chunks` v > 1 each rank has v blocks of layers, chunk c of rank s being
    block c * p + s, and the passes are those of (chunk, micro-batch) pairs in
    the order of arXiv:2104.04473, figure 4 (`PipelineSchedule`).

    Both bodies see the micro-batch's slice of every `slices` operand, or the
    chunk's slice of those whose leading dim is `stage_chunk`. The carried values
    are updated by `backward`, in ascending order of micro-batches, so that they
    have the bits of a loop; one whose leading dim is `stage_chunk` while its
    argument has none is updated chunk by chunk. `forward` ends in `yield stack`
    of the values to save, which follow carries and slices as arguments of
    `backward`. `slots` says how many micro-batches of each chunk are under way
    at most, on any stage: so often is each saved value kept.

    Ops with the attribute `flm.at` run on some stages only (Pipeline.h).

    ```mlir
    %loss, %d_w = pipeline over micro=4 on "pp" of 2 slots [2] (%zero, %d_zero : [] f32, !f32_lhh) slices (%tokens : !i32_mbs)
    forward (%t: !i32_bs) {
      ...
      yield stack %x, %h_all : !f32_bsh, !f32_lbsh
    } backward (%acc: [] f32, %d_acc: !f32_lhh, %t: !i32_bs, %x: !f32_bsh, %h_all: !f32_lbsh) {
      ...
      yield %acc_next, %d_acc_next : [] f32, !f32_lhh
    }
    ```
  }];
  let arguments = (ins DimAttr:$over, StrAttr:$axis, I64Attr:$stages,
      DenseI64ArrayAttr:$slots, Variadic<FlmTensor>:$inits,
      Variadic<FlmTensor>:$stacked);
  let results = (outs Variadic<FlmTensor>:$finals);
  let regions = (region SizedRegion<1>:$forward, SizedRegion<1>:$backward);
  let assemblyFormat = [{
    `over` custom<Dim>($over) `on` $axis `of` custom<Integer>($stages)
    `slots` $slots `(` ($inits^ `:` custom<Tensors>(type($inits)))? `)`
    (`slices` `(` $stacked^ `:` custom<Tensors>(type($stacked)) `)`)?
    (`->` custom<Tensors>(type($finals))^)?
    custom<NamedAttrs>(attr-dict) `forward` custom<Pass>($forward)
    `backward` custom<Pass>($backward)
  }];
  let hasVerifier = 1;
  let hasRegionVerifier = 1;
  let extraClassDeclaration = [{
    ::mlir::Block *forwardBody() { return &getForward().front(); }
    ::mlir::Block *backwardBody() { return &getBackward().front(); }
    ::flm::YieldOp forwardYield();
    ::flm::YieldOp backwardYield();
    ::mlir::Block::BlockArgListType carries() {
      return backwardBody()->getArguments().take_front(getInits().size());
    }
    /// The slices as the two bodies see them, in the order of `stacked`.
    ::mlir::Block::BlockArgListType forwardSlices() {
      return forwardBody()->getArguments();
    }
    ::mlir::Block::BlockArgListType backwardSlices() {
      return backwardBody()->getArguments().slice(getInits().size(),
                                                  getStacked().size());
    }
    /// What `forward` saved, as `backward` sees it.
    ::mlir::Block::BlockArgListType saved() {
      return backwardBody()->getArguments().drop_front(getInits().size() +
                                                       getStacked().size());
    }
    /// Blocks of layers on each rank.
    int64_t chunks() { return static_cast<int64_t>(getSlots().size()); }
    int64_t microBatches() { return getOver().size(); }
    /// Whether `whole`, an operand, is seen chunk by chunk as `part`.
    static bool isChunked(NamedTensorType whole, NamedTensorType part);
  }];
}

#endif // FLM_PIPELINE_OPS_TD
