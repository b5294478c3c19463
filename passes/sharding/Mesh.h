//===----------------------------------------------------------------------===//
// The mesh of a plan: which dims go where, what a rank has of a value, and what
// a change of distribution costs.
//===----------------------------------------------------------------------===//
#ifndef FLM_PASSES_SHARDING_MESH_H
#define FLM_PASSES_SHARDING_MESH_H

#include "dialects/flm/Flm.h"

#include "mlir/IR/BuiltinOps.h"

namespace flm {

class Mesh {
public:
  struct Axis {
    mlir::StringAttr name;
    int64_t ranks = 1;
    /// The dims that the plan splits over this axis, in its order. A plan's
    /// `vocab` also means the dim that the model rounds it up to.
    llvm::SmallVector<llvm::StringRef> dims;
    /// Whether the plan splits the batch over this axis: its ranks then read
    /// different sequences.
    bool splitsBatch = false;
    /// Whether the plan spreads the optimizer's state over this axis (ZeRO-1).
    bool splitsOptimizer = false;
    /// Whether the iterations of the model's loops are spread over this axis
    /// (pipeline stages).
    bool splitsLayers = false;
  };

  /// The mesh of the module's plan; without a plan, one of no axes.
  explicit Mesh(mlir::ModuleOp module);

  /// The axes in the order of the grid, which is the order in which splits
  /// nest.
  llvm::ArrayRef<Axis> axes() const { return allAxes; }
  /// The size of an axis of the grid.
  int64_t ranks(mlir::StringAttr axis) const;

  /// Whether loops of the model run over `dim`, so that it is the leading dim
  /// of stacked parameters.
  bool isLayerDim(DimAttr dim) const;

  /// The sizes that one rank has of a value; a flat split is left out, as its
  /// parts have no dims.
  llvm::SmallVector<int64_t> localShape(NamedTensorType type) const;
  /// The elements that one rank has, the padding of a flat split included.
  int64_t localElements(NamedTensorType type) const;
  int64_t localBytes(NamedTensorType type) const;

  /// Elements in one of the parts of `type` when what the other axes leave of
  /// it is flattened and split over `axis`: whole chunks of the grid of
  /// gradient norms (ChunkNorms.h), so that parts are padded where chunks do
  /// not divide.
  int64_t flatPart(NamedTensorType type, mlir::StringAttr axis) const;

  /// Bytes that one rank sends when a reshard turns `from` into `to`
  /// (runtime/abi/Collectives.h).
  int64_t bytesSent(NamedTensorType from, NamedTensorType to) const;

private:
  llvm::SmallVector<Axis> allAxes;
  llvm::SmallVector<llvm::StringRef> layerDims;
};

} // namespace flm

#endif // FLM_PASSES_SHARDING_MESH_H
