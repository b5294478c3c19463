//===----------------------------------------------------------------------===//
// What attention kernels are called with, on every arch: rows of heads, numbers
// per row, sizes.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_KERNELS_ATTENTION_ATTENTIONCALL_H
#define FLM_CODEGEN_GPU_KERNELS_ATTENTION_ATTENTIONCALL_H

#include "codegen/gpu/kernels/device/SharedTile.h"

namespace flm::gpu {

/// Lists the arguments of an attention kernel, then begins the kernel and says
/// which value each argument became:
///
///   AttentionCall call(d, headDim);
///   Value q, lse;
///   call.addRows("q", Access::Read, AttentionCall::Heads::Query, 128, q);
///   call.addTerms("lse", Access::Write, call.seq(), lse);
///   call.begin("name", {threads, shared, {call.seq().ceilDiv(128), ...}},
///              attribute);
///   I32 heads = call.sizes().heads;
class AttentionCall {
public:
  /// Heads of queries, or of keys and values.
  enum class Heads { Query, Key };

  /// Kernels that read no keys take no `kv_heads`.
  AttentionCall(DeviceBuilder &d, int64_t headDim, bool withKeys = true);

  // Sizes, in which shapes and tiles are written.
  mlir::AffineExpr batch() const { return size(0); }
  mlir::AffineExpr seq() const { return size(1); }
  mlir::AffineExpr heads() const { return size(2); }
  mlir::AffineExpr keyHeads() const { return size(3); }
  /// seq, up to a multiple of AttentionRowTermsAttr::padding.
  mlir::AffineExpr paddedSeq() const;

  /// A bf16 tensor [batch, seq, heads or kv_heads, head_dim]: a tensor map with
  /// boxes of `boxRows` rows of one head, or a pointer if that is 0.
  void addRows(llvm::StringRef name, Access access, Heads heads,
               int64_t boxRows, mlir::Value &argument);
  /// An f32 tensor [batch, heads, rows]. Rows are contiguous.
  void addTerms(llvm::StringRef name, Access access, mlir::AffineExpr rows,
                mlir::Value &argument);

  /// What the launch needs, without what the call knows.
  struct Launch {
    int64_t threads, shared;
    /// One block for each.
    llvm::ArrayRef<mlir::AffineExpr> tiles;
  };
  /// Begins the kernel that `kernel` describes and sets the arguments.
  mlir::LLVM::LLVMFuncOp begin(llvm::StringRef symbol, Launch launch,
                               mlir::Attribute kernel);

  /// The values of the sizes, once begun. Without keys, `keyHeads` is `heads`.
  struct Sizes {
    I32 batch, seq, heads, keyHeads;
    I32 paddedSeq() const;
  };
  Sizes sizes() const;

private:
  mlir::AffineExpr size(unsigned index) const;
  mlir::AffineMap shape(llvm::ArrayRef<mlir::AffineExpr> sizes) const;

  DeviceBuilder &d;
  int64_t headDim;
  unsigned sizeCount;
  llvm::SmallVector<KernelArgument> arguments;
  llvm::SmallVector<mlir::Value *> tensors;
  llvm::SmallVector<mlir::Value> sizeValues;
};

} // namespace flm::gpu

#endif // FLM_CODEGEN_GPU_KERNELS_ATTENTION_ATTENTIONCALL_H
