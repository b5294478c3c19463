//===----------------------------------------------------------------------===//
// What a parameter is to its model: told by the ops that read it.
//===----------------------------------------------------------------------===//
#ifndef FLM_PASSES_MUP_PARAMETERROLE_H
#define FLM_PASSES_MUP_PARAMETERROLE_H

#include "dialects/flm/Flm.h"

namespace flm {

struct ParameterRole {
  /// Matrix: contracts width and makes width. Output: contracts width into what
  /// does not grow, as the last parameter before the loss. Vector: contracts no
  /// width.
  MupClass role;
  /// A tied table counts as the weight that it also is.
  ParameterUse::Kind use;
  int64_t widthDims; ///< dims that grow with width, of one layer's parameter
};

/// Where a parameter is used: through the loops that it enters as slices, and
/// through sums and multiples of parameters, which are parameters like those.
llvm::SmallVector<mlir::OpOperand *> usesOf(ParamOp param);

/// The role of `param` where the dims in `width` grow. Errors, at `param` with
/// notes at its uses: no use; a use of which the op does not say what it is;
/// uses that want different roles; a weight that contracts width into what does
/// not grow before another parameter acts on it.
mlir::FailureOr<ParameterRole> roleOf(ParamOp param,
                                      llvm::ArrayRef<std::string> width);

} // namespace flm

#endif // FLM_PASSES_MUP_PARAMETERROLE_H
