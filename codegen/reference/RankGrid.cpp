//===----------------------------------------------------------------------===//
// The ranks of a plan's grid, for the interpreter.
//===----------------------------------------------------------------------===//
#include "codegen/reference/RankGrid.h"
#include "dialects/flm/Flm.h"

#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace flm;
using namespace flm::reference;

RankGrid::RankGrid(ModuleOp module) {
  auto plans = module.getOps<PlanOp>();
  if (plans.empty())
    return;
  PlanOp plan = *plans.begin();
  for (auto name : plan.getAxes().getAsRange<StringAttr>())
    axes.push_back({name.getValue().str(), plan.axisSize(name)});
}

int64_t RankGrid::ranks() const {
  int64_t product = 1;
  for (const Axis &axis : axes)
    product *= axis.ranks;
  return product;
}

int64_t RankGrid::ranksOn(StringRef name) const {
  for (const Axis &axis : axes)
    if (axis.name == name)
      return axis.ranks;
  return 1;
}

int64_t RankGrid::strideOf(StringRef name) const {
  int64_t stride = ranks();
  for (const Axis &axis : axes) {
    stride /= axis.ranks;
    if (axis.name == name)
      return stride;
  }
  return 0;
}

int64_t RankGrid::indexOn(int64_t rank, StringRef axis) const {
  int64_t stride = strideOf(axis);
  return stride ? rank / stride % ranksOn(axis) : 0;
}

int64_t RankGrid::withIndex(int64_t rank, StringRef axis, int64_t index) const {
  return rank + (index - indexOn(rank, axis)) * strideOf(axis);
}

std::string RankGrid::text(int64_t rank) const {
  std::string result;
  llvm::raw_string_ostream os(result);
  os << "rank " << rank;
  for (const Axis &axis : axes)
    os << (&axis == &axes.front() ? " (" : ", ") << axis.name << " = "
       << indexOn(rank, axis.name);
  if (!axes.empty())
    os << ')';
  return result;
}
