//===----------------------------------------------------------------------===//
// How parameters and optimizer state lie on the mesh between steps.
//===----------------------------------------------------------------------===//
#ifndef FLM_PASSES_SHARDING_ATREST_H
#define FLM_PASSES_SHARDING_ATREST_H

#include "passes/sharding/Mesh.h"

#include "llvm/ADT/DenseMap.h"

namespace flm {

/// One answer for all programs of a module, so that what one writes the others
/// read. On each axis:
/// - moments lie as AdamW computes: flat on the axis of `optimizer`;
/// - a parameter is split along the first of the plan's dims that it has, like
///   the ops that read it;
/// - a parameter that programs only read to narrow it (a master parameter of a
///   model in bf16) is flat on the axis of `optimizer` too: the narrow one is
///   gathered at the top of a step. One that is computed with is replicated.
class AtRest {
public:
  AtRest(mlir::ModuleOp module, const Mesh &mesh);

  /// The state on `axis` of the parameter or optimizer state called `name`,
  /// whose type is `type`.
  AxisStateAttr stateOf(mlir::StringAttr name, NamedTensorType type,
                        const Mesh::Axis &axis) const;

private:
  llvm::DenseSet<mlir::Attribute> moments;
  llvm::DenseSet<mlir::Attribute> computedWith;
};

/// The first dim in the plan's order for `axis` along which a value of `type`
/// can be split; empty if there is none. A dim of size 1 is never split.
llvm::StringRef firstSplit(NamedTensorType type, const Mesh::Axis &axis);

} // namespace flm

#endif // FLM_PASSES_SHARDING_ATREST_H
