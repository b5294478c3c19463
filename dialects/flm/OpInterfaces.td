//===----------------------------------------------------------------------===//
// What passes ask ops about themselves, so that no pass lists ops by name. An op
// that lacks an interface has nothing of the kind; what a missing answer means is
// said at each.
//===----------------------------------------------------------------------===//
#ifndef FLM_OP_INTERFACES_TD
#define FLM_OP_INTERFACES_TD

include "mlir/IR/OpBase.td"

class FlmInterface<string name> : OpInterface<name> {
  let cppNamespace = "::flm";
}

def ParameterUserOpInterface : FlmInterface<"ParameterUserOpInterface"> {
  let description = [{
    What a parameter is to the op that reads it: a table, a weight, a gain or a
    bias (`ParameterUse` in OpInterfaces.h). How a parameter begins and learns
    follows from it (passes/mup), so a parameter that is read by an op without
    this interface is an error.
  }];
  let methods = [
    InterfaceMethod<"What a parameter is that is read as `operand`; nothing "
                    "where the op reads values that are computed.",
                    "::std::optional<::flm::ParameterUse>", "parameterUse",
                    (ins "::mlir::OpOperand &":$operand)>
  ];
}

def OptimizerStepOpInterface : FlmInterface<"OptimizerStepOpInterface"> {
  let description = [{
    Updates a parameter at rest, element by element: the partitioner spreads it,
    and what it reads, over the axis of the plan's `optimizer`.
  }];
  let methods = [
    InterfaceMethod<"The parameter, as it was.", "::mlir::OpOperand &",
                    "parameter">,
    InterfaceMethod<"The gradient that it updates with.", "::mlir::OpOperand &",
                    "gradient">
  ];
}

def LocalFormOpInterface : FlmInterface<"LocalFormOpInterface"> {
  let description = [{
    The op says more than its types: sizes or places that mean the whole tensor.
  }];
  let methods = [
    InterfaceMethod<"Makes what the op says true of the part of one rank, before "
                    "its types become local. `localElements` counts a rank's "
                    "elements of a type.",
                    "void", "becomeLocal",
                    (ins "::llvm::function_ref<int64_t(::flm::NamedTensorType)>":
                         $localElements)>
  ];
}

def VocabularyOpInterface : FlmInterface<"VocabularyOpInterface"> {
  let description = [{
    The op looks into the vocabulary by number, or takes a softmax over it (or a
    part of one): where a rank has only a part of the vocabulary, tokens and
    padding are other ones.
  }];
  let methods = [
    InterfaceMethod<"The vocabulary as the op sees it.", "::flm::VocabularyUse",
                    "vocabulary">
  ];
}

def FlopsOpInterface : FlmInterface<"FlopsOpInterface"> {
  let description = [{
    Counts as useful work in a step's FLOPs (the manifest's `flops_per_token`):
    products of matrices, as is the convention. Other ops count as nothing.
  }];
  let methods = [
    InterfaceMethod<"Floating-point operations for one token, 2 for each "
                    "multiply-add. The backward pass takes twice as many.",
                    "double", "flopsPerToken">
  ];
}

#endif // FLM_OP_INTERFACES_TD
