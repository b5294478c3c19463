//===----------------------------------------------------------------------===//
// From a kernel's description to the kernel.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/kernels/Passes.h"
#include "codegen/gpu/kernels/attention/Attention.h"
#include "codegen/gpu/kernels/attention/Rope.h"
#include "codegen/gpu/kernels/elementwise/Pointwise.h"
#include "codegen/gpu/kernels/embedding/Embedding.h"
#include "codegen/gpu/kernels/linear/Gemm.h"
#include "codegen/gpu/kernels/linear/Transpose.h"
#include "codegen/gpu/kernels/loss/CrossEntropy.h"
#include "codegen/gpu/kernels/norm/Norm.h"
#include "codegen/gpu/kernels/train/Optimizer.h"

#include "mlir/AsmParser/AsmParser.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/TypeSwitch.h"

namespace flm::gpu {
#define GEN_PASS_DEF_BUILDKERNEL
#include "codegen/gpu/kernels/Passes.h.inc"
} // namespace flm::gpu

using namespace mlir;
using namespace flm::gpu;

LogicalResult flm::gpu::buildKernel(OpBuilder &builder, Location loc,
                                    Attribute kernel) {
  DeviceBuilder d(loc, builder);
  return llvm::TypeSwitch<Attribute, LogicalResult>(kernel)
      .Case<AdamWAttr, AttentionBackwardAttr, AttentionForwardAttr,
            AttentionRowTermsAttr, ChunkSquaresAttr, ChunkTotalAttr,
            ColumnSumAttr, CrossEntropyGradientAttr, EmbeddingAttr,
            EmbeddingGradientAttr, GemmAttr, GemmFoldAttr, PointwiseAttr,
            RmsNormAttr, RmsNormBackwardAttr, RopeAttr, SoftmaxStatisticsAttr,
            TokenOrderAttr, TransposeAttr>([&](auto described) {
        return success(build(d, described) != nullptr);
      })
      .Default([&](Attribute other) {
        return emitError(loc)
               << "no kernel is described by " << other
               << "; expected e.g. #flm_gpu.gemm, #flm_gpu.attention_forward "
                  "or #flm_gpu.rms_norm";
      });
}

namespace {

struct BuildKernel : flm::gpu::impl::BuildKernelBase<BuildKernel> {
  using BuildKernelBase::BuildKernelBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    if (kernel.empty()) {
      module.emitError("flm-build-kernel needs the option 'kernel', e.g. "
                       "kernel=\"#flm_gpu.gemm<...>\"");
      return signalPassFailure();
    }
    // The parser reports what it does not understand.
    Attribute description = parseAttribute(kernel, &getContext());
    if (!description)
      return signalPassFailure();
    module->setAttr(mlir::gpu::GPUDialect::getContainerModuleAttrName(),
                    UnitAttr::get(&getContext()));
    auto builder = OpBuilder::atBlockEnd(module.getBody());
    auto device =
        mlir::gpu::GPUModuleOp::create(builder, module.getLoc(), "kernels");
    builder.setInsertionPointToStart(device.getBody());
    if (failed(buildKernel(builder, module.getLoc(), description)))
      return signalPassFailure();
    // Epilogues; the kernel has copies of their ops.
    for (auto function :
         llvm::make_early_inc_range(module.getOps<func::FuncOp>()))
      if (function.isPrivate())
        function.erase();
  }
};

} // namespace
