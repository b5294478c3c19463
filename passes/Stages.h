//===----------------------------------------------------------------------===//
// The stages of the path from a spec to a binary.
//===----------------------------------------------------------------------===//
#ifndef FLM_PASSES_STAGES_H
#define FLM_PASSES_STAGES_H

#include "llvm/ADT/StringRef.h"

namespace flm {

/// In order: one enumerator per line of Stages.def.
enum class Stage {
#define FLM_STAGE(name, doc) name,
#include "passes/Stages.def"
};

/// Their names, as in --emit=.
constexpr llvm::StringLiteral kStageNames[] = {
#define FLM_STAGE(name, doc) #name,
#include "passes/Stages.def"
};

constexpr llvm::StringRef stageName(Stage stage) {
  return kStageNames[static_cast<int>(stage)];
}

} // namespace flm

#endif // FLM_PASSES_STAGES_H
