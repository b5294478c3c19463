//===----------------------------------------------------------------------===//
// Sums of squares over a fixed grid of chunks.
//===----------------------------------------------------------------------===//
#include "passes/sharding/ChunkNorms.h"
#include "passes/contracts/StageInput.h"

#include "dialects/flm/Sizes.h"
#include "dialects/flm/ValueNames.h"
#include "passes/sharding/AtRest.h"
#include "passes/sharding/Passes.h"

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
    if (failed(verifyInput(getOperation(), *this, Stage::train, Stage::shard)))
      return signalPassFailure();
    Mesh mesh(getOperation());
    SmallVector<SumSquaresOp> sums;
    getOperation().walk([&](SumSquaresOp op) { sums.push_back(op); });
    for (SumSquaresOp op : sums)
      expand(op, mesh);
  }

  /// Into how many parts the plan splits a layer of `dims`.
  static int64_t partsOf(ArrayRef<DimAttr> dims, Type elementType,
                         const Mesh &mesh) {
    int64_t parts = 1;
    for (const Mesh::Axis &axis : mesh.axes())
      if (!firstSplit(NamedTensorType::get(dims, elementType), axis).empty())
        parts *= axis.ranks;
    return parts;
  }

  static void expand(SumSquaresOp op, const Mesh &mesh) {
    NamedTensorType type = typeOf(op.getX());
    ArrayRef<DimAttr> dims = type.getDims();
    SmallVector<DimAttr> grid;
    // Loops nest: a layer is what all leading dims of loops leave, as for flat
    // splits.
    while (!dims.empty() && mesh.isLayerDim(dims.front())) {
      grid.push_back(dims.front());
      dims = dims.drop_front();
    }
    int64_t elements = 1;
    for (DimAttr dim : dims)
      elements *= dim.size();
    int64_t parts = partsOf(dims, type.getElementType(), mesh);
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
