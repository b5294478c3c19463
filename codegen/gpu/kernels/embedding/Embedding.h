//===----------------------------------------------------------------------===//
// Embeddings on the GPU: rows of a table, and the table's gradient.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_KERNELS_EMBEDDING_EMBEDDING_H
#define FLM_CODEGEN_GPU_KERNELS_EMBEDDING_EMBEDDING_H

#include "codegen/gpu/kernels/device/DeviceBuilder.h"

namespace flm::gpu {

// Each writes the kernel that the attribute describes at the builder's
// insertion point, in a gpu.module.

/// Arguments: tokens[tokens] i32, table[vocab, columns], y[tokens, columns];
/// tokens, vocab, columns.
mlir::LLVM::LLVMFuncOp build(DeviceBuilder &d, EmbeddingAttr embedding);

/// Arguments, i32 [tokens] each: tokens, order, ends; tokens.
mlir::LLVM::LLVMFuncOp build(DeviceBuilder &d, TokenOrderAttr order);

/// Arguments: d_y[tokens, columns], tokens[tokens] i32, order[tokens] i32,
/// ends[tokens] i32, d_table[vocab, columns] f32; tokens, vocab, columns.
mlir::LLVM::LLVMFuncOp build(DeviceBuilder &d, EmbeddingGradientAttr gradient);

} // namespace flm::gpu

#endif // FLM_CODEGEN_GPU_KERNELS_EMBEDDING_EMBEDDING_H
