//===----------------------------------------------------------------------===//
// Sizes and costs on a mesh.
//===----------------------------------------------------------------------===//
#include "passes/sharding/Mesh.h"

#include "dialects/flm/Pipeline.h"

#include "dialects/flm/Sizes.h"
#include "passes/sharding/ChunkNorms.h"
#include "runtime/abi/Collectives.h"

#include "llvm/Support/MathExtras.h"

#include <numeric>

using namespace mlir;
using namespace flm;

/// `dim` and what the model rounds it up to.
static SmallVector<StringRef> namesOf(StringRef dim, ModelOp model) {
  SmallVector<StringRef> names{dim};
  if (model)
    for (DimDefAttr def : model.dimDefs())
      if (!def.isFree() && !def.isQuotient() && def.getFrom() == dim)
        names.push_back(def.getName());
  return names;
}

Mesh::Mesh(ModuleOp module) {
  module.walk([&](LoopOp loop) {
    StringRef over = loop.getOver().getNames().front();
    if (!llvm::is_contained(kCompilerDims, over) &&
        !llvm::is_contained(layerDims, over))
      layerDims.push_back(over);
  });
  auto plans = module.getOps<PlanOp>();
  if (plans.empty())
    return;
  PlanOp plan = *plans.begin();
  auto models = module.getOps<ModelOp>();
  ModelOp model = models.empty() ? ModelOp() : *models.begin();
  for (auto name : plan.getAxes().getAsRange<StringAttr>()) {
    Axis &axis = allAxes.emplace_back();
    axis.name = name;
    axis.ranks = plan.axisSize(name);
    for (auto [from, to] : llvm::zip(plan.getFrom().getAsRange<StringAttr>(),
                                     plan.getTo().getAsRange<StringAttr>())) {
      if (to != name)
        continue;
      if (from == "optimizer")
        axis.splitsOptimizer = true;
      else if (llvm::is_contained(layerDims, from.getValue()))
        axis.splitsLayers = true;
      else
        axis.dims.append(namesOf(from, model));
      axis.splitsBatch |= from == kBatchDim;
    }
  }
}

int64_t Mesh::ranks(StringAttr axis) const {
  for (const Axis &candidate : allAxes)
    if (candidate.name == axis)
      return candidate.ranks;
  llvm_unreachable("types are distributed over axes of the mesh");
}

bool Mesh::isLayerDim(DimAttr dim) const {
  return llvm::is_contained(layerDims, dim.getNames().front().getValue());
}

static bool isFlat(AxisStateAttr state) {
  return state.getKind() == AxisStateKind::Split && state.getArgument() == "*";
}

SmallVector<int64_t> Mesh::localShape(NamedTensorType type) const {
  SmallVector<int64_t> shape = type.shape();
  for (AxisStateAttr state : type.getStates()) {
    if (state.getKind() != AxisStateKind::Split || isFlat(state))
      continue;
    for (auto [dim, size] : llvm::zip(type.getDims(), shape))
      if (dim.getNames().front() == state.getArgument()) {
        // Where it does not divide, flm-localize refuses the program.
        size = llvm::divideCeil(size, ranks(state.getAxis()));
      }
  }
  return shape;
}

static int64_t product(ArrayRef<int64_t> sizes) {
  return std::accumulate(sizes.begin(), sizes.end(), int64_t(1),
                         std::multiplies<>());
}

int64_t Mesh::flatPart(NamedTensorType type, StringAttr axis) const {
  SmallVector<int64_t> shape = localShape(type);
  int64_t count = product(shape), chunk = 1;
  bool holdsChunks = llvm::any_of(type.getDims(), [](DimAttr dim) {
    return dim.getNames().front() == kChunkDim;
  });
  if (!holdsChunks) {
    SmallVector<int64_t> whole = type.shape();
    int64_t leading = 0;
    for (DimAttr dim : type.getDims()) {
      if (!isLayerDim(dim) && !dim.hasFactor(kStageChunkDim))
        break;
      ++leading;
    }
    int64_t layer = product(ArrayRef(whole).drop_front(leading));
    int64_t part = product(ArrayRef(shape).drop_front(leading));
    chunk = chunkLength(layer, layer / part) / (layer / part);
  }
  return abi::evenBlock(count / chunk, ranks(axis)) * chunk;
}

int64_t Mesh::localElements(NamedTensorType type) const {
  for (AxisStateAttr state : type.getStates())
    if (isFlat(state))
      return flatPart(type, state.getAxis());
  return product(localShape(type));
}

static int64_t elementBytes(NamedTensorType type) {
  return type.getElementType().getIntOrFloatBitWidth() / 8;
}

int64_t Mesh::localBytes(NamedTensorType type) const {
  return localElements(type) * elementBytes(type);
}

int64_t Mesh::bytesSent(NamedTensorType from, NamedTensorType to) const {
  std::optional<Reshard> change = reshardBetween(from, to);
  assert(change && "the types differ on one axis, by one collective");
  // What a rank has where the value is whole over the axis.
  NamedTensorType whole = withState(from, change->axis, {});
  auto isFlatOver = [&](NamedTensorType type) {
    AxisStateAttr state = stateOn(type, change->axis);
    return state && isFlat(state);
  };
  int64_t flat =
      isFlatOver(from) || isFlatOver(to) ? flatPart(whole, change->axis) : 0;
  std::optional<abi::CollectiveKind> kind =
      abi::collectiveKind(stringifyCollective(change->collective).str());
  return abi::bytesSent(*kind, ranks(change->axis), localElements(whole), flat,
                        elementBytes(from));
}
