//===----------------------------------------------------------------------===//
// Models of a few ops, whose gradients are checked against finite differences.
//===----------------------------------------------------------------------===//
#ifndef FLM_TEST_NUMERICS_GRADIENT_SMALLMODEL_H
#define FLM_TEST_NUMERICS_GRADIENT_SMALLMODEL_H

#include "llvm/ADT/StringRef.h"

#include <string>

namespace flm::numerics {

/// A spec that embeds, runs `body` from %x to %y, both [batch, seq, hidden],
/// and classifies among the first 7 of 8 logits.
std::string modelOf(llvm::StringRef body);

/// Every gradient of the model `spec`, for one and for two micro-batches, with
/// each recompute policy.
void expectRightGradients(llvm::StringRef spec);

} // namespace flm::numerics

#endif // FLM_TEST_NUMERICS_GRADIENT_SMALLMODEL_H
