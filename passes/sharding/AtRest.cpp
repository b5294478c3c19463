//===----------------------------------------------------------------------===//
// How parameters and optimizer state lie on the mesh between steps.
//===----------------------------------------------------------------------===//
#include "passes/sharding/AtRest.h"

using namespace mlir;
using namespace flm;

StringRef flm::firstSplit(NamedTensorType type, const Mesh::Axis &axis) {
  for (StringRef name : axis.dims)
    for (DimAttr dim : type.getDims())
      if (dim.getNames().front() == name && dim.getSizes().front() > 1 &&
          canSplit(type, name))
        return name;
  return {};
}

AtRest::AtRest(ModuleOp module, const Mesh &mesh) {
  for (ProgramOp program : module.getOps<ProgramOp>())
    program.walk([&](Operation *op) {
      if (auto state = dyn_cast<StateOp>(op))
        moments.insert(state.getNameAttr());
      auto param = dyn_cast<ParamOp>(op);
      if (!param)
        return;
      for (OpOperand &use : param.getValue().getUses()) {
        if (isa<CastOp>(use.getOwner()))
          continue;
        if (auto step = dyn_cast<OptimizerStepOpInterface>(use.getOwner());
            step && &use == &step.parameter())
          continue;
        computedWith.insert(param.getNameAttr());
      }
    });
}

AxisStateAttr AtRest::stateOf(StringAttr name, NamedTensorType type,
                              const Mesh::Axis &axis) const {
  auto split = [&](StringRef dim) {
    return AxisStateAttr::get(name.getContext(), axis.name,
                              AxisStateKind::Split,
                              StringAttr::get(name.getContext(), dim));
  };
  if (axis.splitsOptimizer && type.getRank() > 0 &&
      (moments.contains(name) || !computedWith.contains(name)))
    return split("*");
  if (StringRef dim = firstSplit(type, axis); !dim.empty())
    return split(dim);
  return {};
}
