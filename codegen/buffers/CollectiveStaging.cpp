//===----------------------------------------------------------------------===//
// The largest collective of a module.
//===----------------------------------------------------------------------===//
#include "codegen/buffers/CollectiveStaging.h"

#include "runtime/abi/Collectives.h"

using namespace mlir;
using namespace flm;

NamedTensorType flm::wholeType(CollectiveOp collective) {
  switch (collective.getKind()) {
  case Collective::AllGather:
  case Collective::Receive:
    return typeOf(collective.getY());
  case Collective::AllToAll: {
    NamedTensorType x = typeOf(collective.getX()),
                    y = typeOf(collective.getY());
    SmallVector<DimAttr> dims(x.getDims());
    dims[*collective.getDim()] = y.getDims()[*collective.getDim()];
    return x.withDims(dims);
  }
  default:
    return typeOf(collective.getX());
  }
}

static int64_t stagingBytesOf(CollectiveOp collective) {
  NamedTensorType whole = wholeType(collective);
  StringRef kind = stringifyCollective(collective.getKind());
  const auto flat = static_cast<int64_t>(collective.getFlat().value_or(0));
  int64_t rows = 1; // pieces of a part
  if (!flat)
    for (DimAttr dim : whole.getDims().take_front(
             static_cast<size_t>(collective.getDim().value_or(0))))
      rows *= dim.size();
  return abi::roundsOf(*abi::collectiveKind(std::string_view(kind)),
                       static_cast<int64_t>(collective.getRanks()),
                       whole.numElements(), flat, /*isPacked=*/rows > 1,
                       whole.getElementType().getIntOrFloatBitWidth() / 8)
      .stagingBytes();
}

int64_t flm::stagingBytes(ModuleOp module) {
  int64_t most = 0;
  module.walk([&](CollectiveOp collective) {
    most = std::max(most, stagingBytesOf(collective));
  });
  return most;
}
