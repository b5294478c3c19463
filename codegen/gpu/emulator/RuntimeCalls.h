//===----------------------------------------------------------------------===//
// Calls into the emulator's runtime, as the pass writes them.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_EMULATOR_RUNTIMECALLS_H
#define FLM_CODEGEN_GPU_EMULATOR_RUNTIMECALLS_H

#include "dialects/flm_gpu/FlmGpu.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace flm::gpu {

/// Writes calls in place of one device op.
class RuntimeCalls : public mlir::ImplicitLocOpBuilder {
public:
  /// Calls go before `op`, in `module` (where the runtime is declared).
  RuntimeCalls(mlir::ModuleOp module, mlir::Operation *op)
      : ImplicitLocOpBuilder(op->getLoc(), op), module(module), op(op) {}

  /// Calls `flm_emu_<name>` with the operands and the op's name for reports;
  /// the result, if `result` is not null.
  mlir::Value call(llvm::StringRef name, mlir::Type result,
                   llvm::ArrayRef<mlir::Value> operands);
  /// The same without the op's name.
  mlir::Value callPlain(llvm::StringRef name, mlir::Type result,
                        llvm::ArrayRef<mlir::Value> operands);

  mlir::Value i32(int64_t value);
  mlir::Value i64(int64_t value);
  mlir::Type pointerType();
  mlir::Value null();
  /// `value` as the host sees it: pointers without an address space, small
  /// integers as i32.
  mlir::Value host(mlir::Value value);
  /// A buffer of `count` elements in the kernel's frame.
  mlir::Value buffer(mlir::Type element, int64_t count);
  mlir::Value element(mlir::Value buffer, mlir::Type type, int64_t index);
  /// A buffer that holds the values (of one type, or all of 32 bits).
  mlir::Value bufferOf(mlir::ValueRange values);

  /// Where the op is, for reports: the name that its builder gave it, or its
  /// place in the source.
  mlir::Value where();

private:
  mlir::ModuleOp module;
  mlir::Operation *op;
};

/// Replaces the wgmma ops below `root`; see EmulateDevice. Reports results
/// that are used too early or never waited for.
mlir::LogicalResult emulateWgmma(mlir::ModuleOp module, mlir::Operation *root);

/// Replaces one device op other than wgmma; reports ops that the emulator does
/// not know.
mlir::LogicalResult emulateDeviceOp(mlir::ModuleOp module, mlir::Operation *op);

} // namespace flm::gpu

#endif // FLM_CODEGEN_GPU_EMULATOR_RUNTIMECALLS_H
