//===----------------------------------------------------------------------===//
// Which kernels an op needs, as a table of one target.
//
// Rules are attached from outside, by op family, as gradient and sharding rules
// are: codegen/cpu/rules/NormKernels.cpp. They are not MLIR interfaces, because
// a context has one model of an interface for each op, and two targets in one
// process need two. So each target owns a table, and a target that needs none
// (it launches whatever it is given) overrides what reads it.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_TARGET_KERNELRULES_H
#define FLM_CODEGEN_TARGET_KERNELRULES_H

#include "codegen/target/KernelLibrary.h"

#include "llvm/ADT/DenseMap.h"

namespace flm {

/// A result that may share the bytes of an operand which dies there.
struct InPlacePair {
  unsigned result;
  unsigned operand;
  /// The kernel updates the operand's bytes: where it may not, the operand has
  /// to be copied first.
  bool required = false;
};

/// What a target knows about one kind of op.
struct KernelRule {
  /// Writes the launches of the op. An error is located at the op and says what
  /// the target would take.
  std::function<mlir::LogicalResult(mlir::Operation *, KernelLibrary &,
                                    KernelLibrary::Site)>
      launch;
  /// As Target::inPlacePairs; none if null.
  std::function<llvm::SmallVector<InPlacePair>(mlir::Operation *)> inPlace;
  /// As Target::temporaryBytes; none if null.
  std::function<int64_t(mlir::Operation *)> temporaryBytes;
};

/// The rules of one target, by op.
class KernelRules {
public:
  /// The rule of `Op`, to be filled in.
  template <typename Op> KernelRule &of() {
    return rules[mlir::TypeID::get<Op>()];
  }

  /// The rule for ops such as `op`, or null.
  const KernelRule *find(mlir::Operation *op) const;

private:
  llvm::DenseMap<mlir::TypeID, KernelRule> rules;
};

} // namespace flm

#endif // FLM_CODEGEN_TARGET_KERNELRULES_H
