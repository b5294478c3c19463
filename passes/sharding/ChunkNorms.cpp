//===----------------------------------------------------------------------===//
// Sums of squares over a fixed grid of chunks.
//===----------------------------------------------------------------------===//
#include "passes/sharding/ChunkNorms.h"

#include "dialects/flm/Sizes.h"
#include "dialects/flm/ValueNames.h"
#include "passes/sharding/Passes.h"

#include "llvm/ADT/SmallPtrSet.h"

#define DEBUG_TYPE "flm-chunk-norms"

using namespace mlir;
using namespace flm;

namespace flm {
#define GEN_PASS_DEF_CHUNKNORMS
#include "passes/sharding/Passes.h.inc"
} // namespace flm

int64_t flm::chunkLength(int64_t elements, int64_t parts) {
  assert(elements > 0 && parts > 0 && elements % parts == 0 &&
         "a rank has a whole part of a layer");
  int64_t part = elements / parts;
  int64_t length = std::max<int64_t>(1, std::min(part, kMaxChunk / parts));
  while (part % length)
    --length;
  return length * parts;
}

namespace {

struct ChunkNorms : flm::impl::ChunkNormsBase<ChunkNorms> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    auto plans = module.getOps<PlanOp>();
    PlanOp plan = plans.empty() ? PlanOp() : *plans.begin();
    SmallPtrSet<Attribute, 2> layers;
    module.walk([&](LoopOp loop) { layers.insert(loop.getOver()); });
    SmallVector<SumSquaresOp> sums;
    module.walk([&](SumSquaresOp op) { sums.push_back(op); });
    for (SumSquaresOp op : sums)
      expand(op, plan, layers);
  }

  static bool splitsAny(ArrayRef<DimAttr> dims, StringAttr axis, PlanOp plan) {
    for (auto [from, to] : llvm::zip(plan.getFrom(), plan.getTo()))
      for (DimAttr dim : dims)
        if (to == axis && dim.getNames().front() == from)
          return true;
    return false;
  }

  /// Into how many parts the plan may split a layer of `dims`.
  static int64_t partsOf(ArrayRef<DimAttr> dims, PlanOp plan) {
    int64_t parts = 1;
    if (!plan)
      return parts;
    for (auto axis : plan.getAxes().getAsRange<StringAttr>())
      if (splitsAny(dims, axis, plan))
        parts *= plan.axisSize(axis);
    return parts;
  }

  static void expand(SumSquaresOp op, PlanOp plan,
                     const SmallPtrSetImpl<Attribute> &layers) {
    NamedTensorType type = typeOf(op.getX());
    ArrayRef<DimAttr> dims = type.getDims();
    SmallVector<DimAttr> grid;
    if (!dims.empty() && layers.contains(dims.front())) {
      grid.push_back(dims.front());
      dims = dims.drop_front();
    }
    int64_t elements = 1;
    for (DimAttr dim : dims)
      elements *= dim.size();
    int64_t parts = partsOf(dims, plan);
    if (elements % parts)
      parts = 1; // refused where the plan is checked
    int64_t length = chunkLength(elements, parts);
    grid.push_back(DimAttr::get(op.getContext(), kChunkDim, elements / length));

    OpBuilder builder(op);
    Value chunks = ChunkSumsOp::create(
        builder, derivedFrom(op.getY(), "", "_chunks"),
        NamedTensorType::get(grid, typeOf(op.getY()).getElementType()),
        op.getX(), builder.getI64IntegerAttr(length));
    Value total =
        ChunkTotalOp::create(builder, op.getLoc(), op.getY().getType(), chunks);
    op.getY().replaceAllUsesWith(total);
    op.erase();
  }
};

} // namespace
