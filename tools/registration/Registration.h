//===----------------------------------------------------------------------===//
// All dialects and passes, for the tools that take any of them.
//===----------------------------------------------------------------------===//
#ifndef FLM_TOOLS_REGISTRATION_REGISTRATION_H
#define FLM_TOOLS_REGISTRATION_REGISTRATION_H

namespace mlir {
class DialectRegistry;
} // namespace mlir

namespace flm {

/// Upstream's dialects and ours, with the rules attached to our ops.
void registerAllDialects(mlir::DialectRegistry &registry);

/// Upstream's passes and ours.
void registerAllPasses();

} // namespace flm

#endif // FLM_TOOLS_REGISTRATION_REGISTRATION_H
