//===----------------------------------------------------------------------===//
// Cross-entropy as primitives.
//===----------------------------------------------------------------------===//
#include "passes/autodiff/ExpandCrossEntropy.h"

#include "dialects/flm/ValueNames.h"
#include "passes/autodiff/Passes.h"
#include "passes/autodiff/Vjp.h"

using namespace mlir;
using namespace flm;

namespace flm {
#define GEN_PASS_DEF_EXPANDCROSSENTROPY
#include "passes/autodiff/Passes.h.inc"
} // namespace flm

SoftmaxStatistics flm::buildSoftmaxStatistics(OpBuilder &builder, Location loc,
                                              Value logits, DimAttr valid) {
  NamedTensorType type = typeOf(logits);
  auto rows = NamedTensorType::get(type.getDims().drop_back(),
                                   accumulationType(type.getElementType()),
                                   type.getStates());
  SoftmaxStatistics statistics;
  statistics.max = ReduceMaxOp::create(builder, withName(loc, "logit_max"),
                                       rows, logits, valid);
  statistics.sumExp = SumExpOp::create(builder, withName(loc, "sum_exp"), rows,
                                       logits, statistics.max, valid);
  return statistics;
}

DimAttr flm::meanDim(NamedTensorType rows) {
  SmallVector<StringAttr> names;
  SmallVector<int64_t> sizes;
  for (DimAttr dim : rows.getDims()) {
    names.append(dim.getNames().begin(), dim.getNames().end());
    sizes.append(dim.getSizes().begin(), dim.getSizes().end());
  }
  if (names.empty())
    return {};
  return DimAttr::get(rows.getContext(), names, sizes);
}

namespace {

struct ExpandCrossEntropy
    : flm::impl::ExpandCrossEntropyBase<ExpandCrossEntropy> {
  void runOnOperation() override {
    SmallVector<CrossEntropyOp> losses;
    getOperation().walk([&](CrossEntropyOp op) { losses.push_back(op); });
    for (CrossEntropyOp op : losses)
      expand(op);
  }

  static void expand(CrossEntropyOp op) {
    OpBuilder builder(op);
    Location loc = op.getLoc();
    Value logits = op.getLogits();
    SoftmaxStatistics rows =
        buildSoftmaxStatistics(builder, loc, logits, op.getValidAttr());
    Type rowType = rows.max.getType();
    Value picked = PickOp::create(builder, withName(loc, "picked"), rowType,
                                  logits, op.getTargets());
    Value nll = NllOp::create(builder, withName(loc, "nll"), rowType,
                              rows.sumExp, rows.max, picked);
    Value total = SumOp::create(builder, withName(loc, "nll_sum"),
                                op.getLoss().getType(), nll);
    Value mean = ScaleOp::create(builder, loc, total.getType(), total,
                                 builder.getF64FloatAttr(1.0),
                                 meanDim(typeOf(op.getTargets())));
    op.getLoss().replaceAllUsesWith(mean);
    op.erase();
  }
};

} // namespace
