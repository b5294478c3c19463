//===----------------------------------------------------------------------===//
// Embeddings: limits and names.
//===----------------------------------------------------------------------===//
#include "dialects/flm_gpu/FlmGpu.h"
#include "dialects/flm_gpu/RowLimits.h"

#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace flm::gpu;

LogicalResult EmbeddingAttr::verify(EmitError emitError, Type type,
                                    Type tableType, int64_t warps,
                                    int64_t team) {
  if (failed(verifyReal(emitError, "type", type)) ||
      (tableType && failed(verifyReal(emitError, "table_type", tableType))))
    return failure();
  return verifyTeams(emitError, warps, team);
}

std::string EmbeddingAttr::symbolName() const {
  std::string name;
  llvm::raw_string_ostream os(name);
  os << "embedding_" << getType();
  if (getTableType() && getTableType() != getType())
    os << '_' << getTableType();
  return name;
}

/// The PTX for sm_80 runs on every newer GPU.
std::optional<Arch> EmbeddingAttr::targetArch() const { return Arch::SM80; }

llvm::json::Object EmbeddingAttr::problem() const {
  return llvm::json::Object{{"kind", "embedding"}};
}

LogicalResult TokenOrderAttr::verify(EmitError emitError, int64_t warps) {
  return verifyTeams(emitError, warps, /*team=*/1);
}

std::string TokenOrderAttr::symbolName() const { return "token_order"; }

std::optional<Arch> TokenOrderAttr::targetArch() const { return Arch::SM80; }

llvm::json::Object TokenOrderAttr::problem() const {
  return llvm::json::Object{{"kind", "token_order"}};
}

LogicalResult EmbeddingGradientAttr::verify(EmitError emitError, Type type,
                                            bool accumulate, int64_t warps) {
  if (failed(verifyReal(emitError, "type", type)))
    return failure();
  return verifyTeams(emitError, warps, /*team=*/1);
}

std::string EmbeddingGradientAttr::symbolName() const {
  std::string name;
  llvm::raw_string_ostream(name)
      << "embedding_gradient_" << getType() << (getAccumulate() ? "_acc" : "");
  return name;
}

std::optional<Arch> EmbeddingGradientAttr::targetArch() const {
  return Arch::SM80;
}

llvm::json::Object EmbeddingGradientAttr::problem() const {
  return llvm::json::Object{{"kind", "embedding_gradient"},
                            {"accumulate", getAccumulate()}};
}
