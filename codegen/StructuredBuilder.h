//===----------------------------------------------------------------------===//
// Loops and branches under construction, whose bodies are C++ functions: what
// the builders of CPU and GPU kernels share.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_STRUCTUREDBUILDER_H
#define FLM_CODEGEN_STRUCTUREDBUILDER_H

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace flm {

class StructuredBuilder : public mlir::ImplicitLocOpBuilder {
public:
  using ImplicitLocOpBuilder::ImplicitLocOpBuilder;

  void ifThen(mlir::Value condition, llvm::function_ref<void()> then);
  void ifThenElse(mlir::Value condition, llvm::function_ref<void()> then,
                  llvm::function_ref<void()> otherwise);

protected:
  /// for (i = from; i < to; i += step) with values carried around: `body` gets
  /// i and them and returns the next ones; the result is what the last
  /// iteration returned.
  llvm::SmallVector<mlir::Value>
  forLoop(mlir::Value from, mlir::Value to, mlir::Value step,
          mlir::ValueRange initial,
          llvm::function_ref<llvm::SmallVector<mlir::Value>(mlir::Value,
                                                            mlir::ValueRange)>
              body);
};

} // namespace flm

#endif // FLM_CODEGEN_STRUCTUREDBUILDER_H
