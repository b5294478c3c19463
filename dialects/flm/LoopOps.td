//===----------------------------------------------------------------------===//
// The one loop: layers, reversed layers, micro-batches.
//===----------------------------------------------------------------------===//
#ifndef FLM_LOOP_OPS_TD
#define FLM_LOOP_OPS_TD

include "dialects/flm/FlmBase.td"

def LoopOp : FlmOp<"loop", [AttrSizedOperandSegments, AttrSizedResultSegments,
    SingleBlock, RecursiveMemoryEffects,
    DeclareOpInterfaceMethods<LoopLikeOpInterface,
        ["getRegionIterArgs", "getYieldedValuesMutable", "getLoopResults"]>,
    DeclareOpInterfaceMethods<OpAsmOpInterface,
        ["getDefaultDialect", "getAsmBlockArgumentNames",
         "getAsmResultNames"]>]> {
  let summary = "a scan over one dim: carried values, slices in, stacks out";
  let description = [{
    Runs its body once per index of `over`. Carried values enter as the inits,
    go round through `yield` and leave as the finals. A `slices` operand has
    `over` as its leading dim and the body sees one slot per iteration; a value
    that the body `stack`s leaves as a result with `over` as its leading dim.
    `reverse` visits the last slot first; slices and stacks of one iteration use
    the same slot.

    With `on axis`, the iterations are spread over a mesh axis (pipeline
    stages): the leading dim of every stack is split over it.

    ```mlir
    %x, %h_all = loop over layers=4 (%h = %embed : !bsh)
        slices (%w = %w_all : !hh) {
      %y = linear %h, %w : !bsh -> !bsh
      yield %y : !bsh stack %h : !bsh
    }
    ```
  }];
  let arguments = (ins DimAttr:$over, UnitAttr:$reverse,
      OptionalAttr<StrAttr>:$axis, Variadic<FlmTensor>:$inits,
      Variadic<FlmTensor>:$stacked);
  let results = (outs Variadic<FlmTensor>:$finals, Variadic<FlmTensor>:$stacks);
  let regions = (region SizedRegion<1>:$body);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let hasRegionVerifier = 1;
  let hasCanonicalizer = 1;
  let skipDefaultBuilders = 1;
  let builders = [
    OpBuilder<(ins "::flm::DimAttr":$over, "bool":$reverse,
        "::mlir::ValueRange":$inits, "::mlir::ValueRange":$stacked,
        "::mlir::TypeRange":$stackTypes)>
  ];
  let extraClassDeclaration = [{
    ::mlir::Block *body() { return &getBody().front(); }
    ::mlir::Block::BlockArgListType carries() {
      return body()->getArguments().take_front(getInits().size());
    }
    ::mlir::Block::BlockArgListType slices() {
      return body()->getArguments().drop_front(getInits().size());
    }
    ::flm::YieldOp yield();
    /// The stacked operand whose slice `argument` is; null for a carry.
    ::mlir::Value stackOf(::mlir::BlockArgument argument);
    /// The type of a stack of `slice` in this loop.
    NamedTensorType stackType(NamedTensorType slice);
    static NamedTensorType stackType(DimAttr over, ::mlir::StringAttr axis,
                                     NamedTensorType slice);
    int64_t trips() { return getOver().size(); }
  }];
}

def YieldOp : FlmOp<"yield", [Pure, Terminator, AttrSizedOperandSegments,
                              ParentOneOf<["LoopOp"]>]> {
  let summary = "ends a loop body";
  let description = [{
    The next values of the carries, then the values to stack.

    ```mlir
    yield %out : !bsh stack %h, %q : !bsh, !bs_nd
    ```
  }];
  let arguments = (ins Variadic<FlmTensor>:$carries, Variadic<FlmTensor>:$stacks);
  let assemblyFormat = [{
    ($carries^ `:` custom<Tensors>(type($carries)))?
    (`stack` $stacks^ `:` custom<Tensors>(type($stacks)))? attr-dict
  }];
}

#endif // FLM_LOOP_OPS_TD
