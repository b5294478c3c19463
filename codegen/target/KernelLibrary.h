//===----------------------------------------------------------------------===//
// The kernels of one module, and how host functions launch them.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_TARGET_KERNELLIBRARY_H
#define FLM_CODEGEN_TARGET_KERNELLIBRARY_H

#include "dialects/flm/Flm.h"

#include "llvm/Support/JSON.h"

namespace flm {

class Target;

/// Writes `flm.launch` ops into host functions, and the kernels that they name
/// into the module.
class KernelLibrary {
public:
  explicit KernelLibrary(const Target &target) : target(target) {}
  virtual ~KernelLibrary();

  /// Where the host code of the op being lowered goes, and the slots of the
  /// loops around it, outermost first.
  struct Site {
    mlir::OpBuilder &host;
    mlir::ValueRange slots;
  };

  /// Launches what `op` does, by the target's rule. An error is located at the
  /// op.
  virtual mlir::LogicalResult launchOp(mlir::Operation *op, Site site);

  /// Copies bytes, unless both are the same ones.
  mlir::LogicalResult copy(mlir::Location loc, BufferAttr from, BufferAttr to,
                           Site site);

  /// What the runtime has to know about the kernels: adds it to the manifest
  /// (runtime/abi/Manifest.md).
  virtual void describe(llvm::json::Object &manifest) const;

protected:
  /// Launches the copy of two buffers of one size that are not the same.
  virtual mlir::LogicalResult launchCopy(mlir::Location loc, BufferAttr from,
                                         BufferAttr to, Site site) = 0;

  /// The launch itself; what `kernel` is, is the target's.
  static void launch(mlir::Location loc, llvm::StringRef kernel,
                     llvm::ArrayRef<BufferAttr> buffers, Site site);

private:
  const Target &target;
};

} // namespace flm

#endif // FLM_CODEGEN_TARGET_KERNELLIBRARY_H
