//===----------------------------------------------------------------------===//
// What all ops of the dialect share.
//===----------------------------------------------------------------------===//
#ifndef FLM_BASE_TD
#define FLM_BASE_TD

include "dialects/flm/FlmTypes.td"
include "dialects/flm/OpInterfaces.td"
include "dialects/flm/OpTraits.td"
include "mlir/IR/OpAsmInterface.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/LoopLikeInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

/// An op without results that need a name.
class FlmOp<string mnemonic, list<Trait> traits = []>
    : Op<FlmDialect, mnemonic, traits>;

/// An op whose results keep the names that the source gave them: they travel as
/// NameLocs (ValueNames.h), are printed again, and are inherited by what is
/// derived from them. `defaultNames` is used where there is none.
class FlmValueOp<string mnemonic, string defaultNames, list<Trait> traits = []>
    : FlmOp<mnemonic, !listconcat(traits,
          [DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmResultNames"]>])> {
  let extraClassDefinition = [{
    void $cppClass::getAsmResultNames(::mlir::OpAsmSetValueNameFn setName) {
      ::flm::nameResults(getOperation(), "}] # defaultNames # [{", setName);
    }
  }];
}

/// A pure op that computes values from values.
class FlmComputeOp<string mnemonic, string defaultNames, list<Trait> traits = []>
    : FlmValueOp<mnemonic, defaultNames, !listconcat([Pure], traits)>;

/// A compute op with a sharding rule (passes/sharding/rules).
class FlmShardedOp<string mnemonic, string defaultNames, list<Trait> traits = []>
    : FlmComputeOp<mnemonic, defaultNames, !listconcat(traits, [Distributed])>;

/// Infers result types but for their distribution, which is not a function of
/// the operands' (with all of them replicated, a gradient may be made whole or in
/// parts).
defvar InfersType = DeclareOpInterfaceMethods<InferTypeOpInterface>;
defvar comparesShapesOnly = [{
    static bool isCompatibleReturnTypes(::mlir::TypeRange inferred,
                                        ::mlir::TypeRange actual) {
      return ::flm::sameShapes(inferred, actual);
    }
}];

/// Values that have one shape and element type; their distributions may differ.
class SameShape<list<string> names> : PredOpTrait<
    "all of {" # !interleave(names, ", ") # "} have one shape and element type",
    CPred<"::flm::sameShape({" #
          !interleave(!foreach(name, names, "$" # name), ", ") # "})">>;

#endif // FLM_BASE_TD
