//===----------------------------------------------------------------------===//
// Compiles kernels in this process and calls them, for tests that compare with
// plain loops.
//
//   KernelTest test;                      // a context with an empty module
//   CpuKernel k = buildMyKernel(test.builder(), test.loc(), "k", ...);
//   auto jit = KernelJit::compile(test.module(), hostTarget());
//   jit->run(k, {x.data(), y.data()});
//===----------------------------------------------------------------------===//
#ifndef FLM_TEST_CODEGEN_CPU_KERNELJIT_H
#define FLM_TEST_CODEGEN_CPU_KERNELJIT_H

#include "codegen/cpu/CpuKernel.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"

#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace llvm::orc {
class LLJIT;
} // namespace llvm::orc

namespace flm::cpu::test {

/// A context with the dialects of kernels, and a module to build them in.
class KernelTest {
public:
  KernelTest();

  mlir::MLIRContext &context() { return ctx; }
  mlir::ModuleOp module() { return *moduleOp; }
  mlir::Location loc();
  /// Inserts at the end of the module.
  mlir::OpBuilder builder();

private:
  mlir::MLIRContext ctx;
  mlir::OwningOpRef<mlir::ModuleOp> moduleOp;
};

enum class TaskOrder { Forward, Reverse };

/// A module's kernels as machine code in this process.
class KernelJit {
public:
  /// Lowers `module` (which is left in the LLVM dialect), generates code with
  /// the real emitter and loads it. Fails the current test and returns null
  /// when any step does.
  static std::unique_ptr<KernelJit> compile(mlir::ModuleOp module,
                                            const CpuTarget &target);
  ~KernelJit();

  /// Runs all tasks of `kernel`, one after another, on buffers in the order of
  /// its operands. The workspace has exactly the size that the kernel asks for,
  /// is filled with NaN before each task, and is checked for writes beyond it.
  void run(const CpuKernel &kernel, std::initializer_list<void *> buffers,
           TaskOrder order = TaskOrder::Forward);
  void run(const CpuKernel &kernel, const std::vector<void *> &buffers,
           TaskOrder order = TaskOrder::Forward);

  /// The same by name, for a kernel whose CpuKernel is not at hand.
  void run(const std::string &kernel, const std::vector<void *> &buffers,
           int64_t tasks, int64_t workspaceBytes,
           TaskOrder order = TaskOrder::Forward);

  /// The address of the kernel's entry, an FlmTask, for timing.
  void *lookup(const std::string &kernel);

private:
  KernelJit(std::unique_ptr<llvm::orc::LLJIT> jit,
            std::map<const void *, std::string> names);
  std::unique_ptr<llvm::orc::LLJIT> jit;
  /// The names of the functions that the module had, by operation.
  std::map<const void *, std::string> names;
};

/// Whether this machine can run code generated for `target`.
bool hostCanRun(const CpuTarget &target);

} // namespace flm::cpu::test

#endif // FLM_TEST_CODEGEN_CPU_KERNELJIT_H
