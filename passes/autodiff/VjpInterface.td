//===----------------------------------------------------------------------===//
// The interface of gradient rules.
//===----------------------------------------------------------------------===//
#ifndef FLM_PASSES_AUTODIFF_VJPINTERFACE_TD
#define FLM_PASSES_AUTODIFF_VJPINTERFACE_TD

include "mlir/IR/OpBase.td"

def VjpOpInterface : OpInterface<"VjpOpInterface"> {
  let cppNamespace = "::flm";
  let description = [{
    An op that knows its vector-Jacobian product. Attached from outside, as
    external models in `rules/`, so that the dialect does not know the pass.
  }];
  let methods = [
    InterfaceMethod<[{
      Adds the gradients of this op's operands, given those of its results.
      `vjp.cotangent(result)` is the gradient of a result (one of them at least
      has one), `vjp.primal(value)` a value of the forward pass as the backward
      pass sees it, `vjp.accumulate(operand, gradient)` adds a term to the
      gradient of an operand, which a rule must not read. A rule never knows
      whether it is in a loop, and makes ops but erases and changes none, its
      own op included. (A loop's rule replaces the loop by one that stacks
      more: what is saved of its results is held by the IR, not by a rule.)
    }], "::llvm::LogicalResult", "buildVjp", (ins "::flm::Vjp &":$vjp)>
  ];
}

#endif // FLM_PASSES_AUTODIFF_VJPINTERFACE_TD
