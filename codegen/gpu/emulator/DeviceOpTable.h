//===----------------------------------------------------------------------===//
// How each device op is emulated: a function per op, by families.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_EMULATOR_DEVICEOPTABLE_H
#define FLM_CODEGEN_GPU_EMULATOR_DEVICEOPTABLE_H

#include "codegen/gpu/emulator/RuntimeCalls.h"

#include "llvm/ADT/MapVector.h"

#include <functional>

namespace flm::gpu {

/// Writes calls in place of one device op.
class DeviceOpCalls : public RuntimeCalls {
public:
  DeviceOpCalls(mlir::ModuleOp module, mlir::Operation *op)
      : RuntimeCalls(module, op), op(op) {}

  mlir::LogicalResult replace(mlir::Value value);
  mlir::LogicalResult callAndErase(llvm::StringRef name,
                                   llvm::ArrayRef<mlir::Value> operands);
  mlir::LogicalResult callAndReplace(llvm::StringRef name,
                                     llvm::ArrayRef<mlir::Value> operands);
  /// For a runtime function that returns an i32, and an op that gives an i1.
  mlir::LogicalResult
  callAndReplaceByFlag(llvm::StringRef name,
                       llvm::ArrayRef<mlir::Value> operands);
  mlir::LogicalResult eraseOp();

  /// The error where `condition`: what of this op the emulator does not model.
  /// Every operand and attribute is either handed on or refused so.
  mlir::LogicalResult refuseIf(bool condition, const llvm::Twine &what);

  mlir::Value optional(mlir::Value value, int64_t otherwise) {
    return value ? value : i32(otherwise);
  }

private:
  mlir::Operation *op;
};

class DeviceOpTable {
public:
  /// The table of all ops that the emulator knows.
  static const DeviceOpTable &get();

  template <typename Op>
  void add(mlir::LogicalResult (*emulate)(DeviceOpCalls &, Op)) {
    entries[Op::getOperationName()] = [emulate](DeviceOpCalls &calls,
                                                mlir::Operation *op) {
      return emulate(calls, llvm::cast<Op>(op));
    };
  }
  /// An `llvm.call_intrinsic` of f32 -> f32.
  void addIntrinsic(llvm::StringRef intrinsic, llvm::StringRef function);

  /// Replaces `op`; an error if the emulator does not know it.
  mlir::LogicalResult emulate(mlir::ModuleOp module, mlir::Operation *op) const;

  /// Names of ops and intrinsics.
  llvm::SmallVector<llvm::StringRef> names() const;

private:
  using Emulate =
      std::function<mlir::LogicalResult(DeviceOpCalls &, mlir::Operation *)>;
  llvm::MapVector<llvm::StringRef, Emulate> entries;
};

// The families.
void addThreadOps(DeviceOpTable &table);
void addBarrierOps(DeviceOpTable &table);
void addMBarrierOps(DeviceOpTable &table);
void addCopyOps(DeviceOpTable &table);
void addWarpOps(DeviceOpTable &table);

} // namespace flm::gpu

#endif // FLM_CODEGEN_GPU_EMULATOR_DEVICEOPTABLE_H
