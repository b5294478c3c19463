//===----------------------------------------------------------------------===//
// What a program gives: its results and its updates, by name.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_REFERENCE_OUTPUTS_H
#define FLM_CODEGEN_REFERENCE_OUTPUTS_H

#include "codegen/reference/Reference.h"

#include "mlir/IR/Operation.h"

#include <string>
#include <vector>

namespace flm::reference {

/// A tensor that a program gives, and what it is called.
struct Output {
  std::string name; ///< "result 0 (%loss)", "update \"w\""
  std::string type;
  Tensor tensor;

  /// The name without what the source calls the value, which passes may drop.
  llvm::StringRef key() const {
    return llvm::StringRef(name).split(" (%").first;
  }
};

/// What `program` returned (`results`) and updated (in `state`, as the run left
/// it), in the order of the text.
std::vector<Output> outputsOf(mlir::Operation *program,
                              llvm::ArrayRef<Tensor> results,
                              const State &state);

/// How far two tensors of one shape are apart.
struct Distance {
  /// The largest difference, relative to the largest element of the first;
  /// infinite where one is not a number and the other is.
  double relative = 0;
  int64_t element = 0; ///< where the largest difference is
};
Distance distance(const Tensor &a, const Tensor &b);

} // namespace flm::reference

#endif // FLM_CODEGEN_REFERENCE_OUTPUTS_H
