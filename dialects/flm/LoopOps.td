//===----------------------------------------------------------------------===//
// The one loop: layers, reversed layers, micro-batches.
//===----------------------------------------------------------------------===//
#ifndef FLM_LOOP_OPS_TD
#define FLM_LOOP_OPS_TD

include "dialects/flm/FlmBase.td"

def LoopOp : FlmOp<"loop", [AttrSizedOperandSegments, AttrSizedResultSegments,
    SingleBlock, RecursiveMemoryEffects,
    DeclareOpInterfaceMethods<LoopLikeOpInterface,
        ["getInitsMutable", "getRegionIterArgs", "getYieldedValuesMutable",
         "getLoopResults"]>,
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
    stages), in blocks: the leading dim of every stack is split over it. A
    carried value enters at the axis's first rank, travels from rank to rank and
    leaves at its last one (`reverse`: the other way round), so its init is
    `at(first)` and its final `at(last)`. In the body nothing has a state on the
    axis: each rank runs its own iterations.

    ```mlir
    %x, %h_all = loop over layers=4 (%h = %embed : !bsh)
        slices (%w = %w_all : !hh) {
      %y = linear %h, %w : !bsh -> !bsh
      yield %y : !bsh stack %h : !bsh
    }
    ```
  }];
  let arguments = (ins DimAttr:$over, UnitAttr:$reverse,
      OptionalAttr<StrAttr>:$axis, Variadic<FlmTensor>:$entering,
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
        "::mlir::TypeRange":$stackTypes,
        CArg<"::mlir::StringAttr", "{}">:$axis)>
  ];
  let extraClassDeclaration = [{
    ::mlir::Block *body() { return &getBody().front(); }
    /// What the carried values are in the first iteration.
    ::mlir::OperandRange getInits() { return getEntering(); }
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
    /// The types with which a carry enters and leaves a loop on `axis` (null:
    /// as it is).
    static NamedTensorType initType(::mlir::StringAttr axis, bool reverse,
                                    NamedTensorType carry);
    static NamedTensorType finalType(::mlir::StringAttr axis, bool reverse,
                                     NamedTensorType carry);
    int64_t trips() { return getOver().size(); }

  private:
    ::llvm::LogicalResult verifyEnds(unsigned index);
    ::llvm::LogicalResult verifyOnAxis();

  public:
  }];
}

def YieldOp : FlmOp<"yield", [Pure, Terminator, AttrSizedOperandSegments,
                              ParentOneOf<["LoopOp", "PipelineOp"]>]> {
  let summary = "ends the body of a loop or a pass of a pipeline";
  let description = [{
    The next values of the carries, then the values to stack (to save).

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
