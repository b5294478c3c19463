//===----------------------------------------------------------------------===//
// What the rules of this folder launch kernels with.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_CPU_RULES_LAUNCHER_H
#define FLM_CODEGEN_CPU_RULES_LAUNCHER_H

#include "codegen/buffers/BufferMap.h"
#include "codegen/cpu/CpuKernel.h"
#include "codegen/target/KernelLibrary.h"

#include "llvm/ADT/StringSet.h"

namespace flm::cpu {

/// The CPU kernels of a module. A launch names the function of a kernel, which
/// says how many tasks it has (CpuKernel.h).
class CpuKernels : public KernelLibrary {
public:
  /// Kernels are inserted at the beginning of `module`.
  CpuKernels(const flm::Target &target, mlir::ModuleOp module, CpuTarget cpu)
      : KernelLibrary(target), module(module), cpu(std::move(cpu)) {}

  const CpuTarget &getCpu() const { return cpu; }

  /// Adds `workspace_bytes`, the most that one of the kernels needs per thread.
  void describe(llvm::json::Object &manifest) const override;

  using Build = llvm::function_ref<mlir::FailureOr<CpuKernel>(
      mlir::OpBuilder &, mlir::Location, llvm::StringRef symbol)>;

  /// Launches the kernel called `symbol`, building it the first time.
  mlir::LogicalResult launchKernel(mlir::Location loc, llvm::StringRef symbol,
                                   Build build,
                                   llvm::ArrayRef<BufferAttr> buffers,
                                   Site site);

protected:
  mlir::LogicalResult launchCopy(mlir::Location loc, BufferAttr from,
                                 BufferAttr to, Site site) override;

private:
  mlir::ModuleOp module;
  CpuTarget cpu;
  llvm::StringSet<> built;
  int64_t workspace = 0;
};

/// The buffer of a launch: a value's, or another one.
struct Bytes {
  BufferAttr buffer;

  // Converts, so that a launch lists its operands as the op names them.
  Bytes(mlir::Value value) : buffer(bufferOf(value)) {}
  Bytes(BufferAttr buffer) : buffer(buffer) {}
};

/// Launches what one op does.
class Launcher {
public:
  Launcher(mlir::Operation *op, CpuKernels &kernels, KernelLibrary::Site site)
      : op(op), kernels(kernels), site(site) {}

  /// Launches the kernel `symbol`, which `build(builder, loc, symbol,
  /// problem..., target)` makes.
  template <typename Build, typename... Problem>
  mlir::LogicalResult launch(const llvm::Twine &symbol,
                             llvm::ArrayRef<Bytes> operands, Build build,
                             const Problem &...problem) {
    return kernels.launchKernel(
        op->getLoc(), symbol.str(),
        [&](mlir::OpBuilder &builder, mlir::Location loc,
            llvm::StringRef name) -> mlir::FailureOr<CpuKernel> {
          return build(builder, loc, name, problem..., kernels.getCpu());
        },
        llvm::map_to_vector(operands,
                            [](const Bytes &bytes) { return bytes.buffer; }),
        site);
  }

  /// Copies what a kernel is going to update, unless it is there already.
  mlir::LogicalResult copy(Bytes from, Bytes to) {
    return kernels.copy(op->getLoc(), from.buffer, to.buffer, site);
  }

  /// Where the op's kernels keep what they need between their phases.
  BufferAttr temporaries() const { return bufferAt(op, op->getNumResults()); }

  const CpuTarget &cpu() const { return kernels.getCpu(); }

  /// What the kernels compute in.
  mlir::Type f32() const { return mlir::Float32Type::get(op->getContext()); }

private:
  mlir::Operation *op;
  CpuKernels &kernels;
  KernelLibrary::Site site;
};

} // namespace flm::cpu

#endif // FLM_CODEGEN_CPU_RULES_LAUNCHER_H
