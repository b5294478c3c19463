//===----------------------------------------------------------------------===//
// The CPU kernels of a module, each built once, and which of them an op needs.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_HOST_KERNELLIBRARY_H
#define FLM_CODEGEN_HOST_KERNELLIBRARY_H

#include "codegen/cpu/CpuKernel.h"
#include "dialects/flm/Flm.h"

#include "llvm/ADT/StringMap.h"

#include <functional>
#include <optional>

namespace flm {

/// Builds kernels into a module and launches them from host functions.
class KernelLibrary {
public:
  /// Kernels are inserted at the beginning of `module`.
  KernelLibrary(mlir::ModuleOp module, const cpu::CpuTarget &target);

  /// Where the host code of the op being lowered goes, and the slots of the
  /// loops around it, outermost first.
  struct Site {
    mlir::OpBuilder &host;
    mlir::ValueRange slots;
  };

  /// Launches what `op` does. An error is located at the op.
  mlir::LogicalResult launchOp(mlir::Operation *op, Site site);

  /// Launches a copy, unless both are the same bytes.
  mlir::LogicalResult copy(mlir::Location loc, BufferAttr from, BufferAttr to,
                           Site site);

  /// The most workspace that a kernel built so far needs, in bytes.
  int64_t workspaceBytes() const { return workspace; }

private:
  using Build = std::function<mlir::FailureOr<cpu::CpuKernel>(
      mlir::OpBuilder &, mlir::Location, llvm::StringRef symbol)>;

  /// Launches the kernel called `symbol`, building it the first time.
  mlir::LogicalResult launch(mlir::Location loc, const llvm::Twine &symbol,
                             const Build &build,
                             llvm::ArrayRef<BufferAttr> buffers, Site site);

  // One family of ops each, in the file of its name; `handled` is cleared where
  // the op is of another.
  mlir::LogicalResult launchModelOp(mlir::Operation *op, Site site,
                                    bool &handled);
  mlir::LogicalResult launchGradientOp(mlir::Operation *op, Site site,
                                       bool &handled);
  mlir::LogicalResult launchLossOp(mlir::Operation *op, Site site,
                                   bool &handled);
  mlir::LogicalResult launchTrainOp(mlir::Operation *op, Site site,
                                    bool &handled);
  mlir::LogicalResult launchReduction(mlir::Operation *op, mlir::Value x,
                                      double factor, Site site);

  mlir::ModuleOp module;
  const cpu::CpuTarget &target;
  mlir::Type f32;
  llvm::StringMap<cpu::CpuKernel> kernels;
  int64_t workspace = 0;
};

} // namespace flm

#endif // FLM_CODEGEN_HOST_KERNELLIBRARY_H
