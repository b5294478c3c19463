//===----------------------------------------------------------------------===//
// What all GEMM kernels share: schedules, named epilogues, the choice of arch.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/kernels/Gemm.h"
#include "codegen/gpu/kernels/AmpereGemm.h"
#include "codegen/gpu/kernels/HopperGemm.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace flm::gpu;

GemmEpilogueHook flm::gpu::namedEpilogue(GemmAttr gemm) {
  GemmEpilogueHook hook;
  switch (gemm.getEpilogue()) {
  case GemmEpilogue::None:
    break;
  case GemmEpilogue::AddResidual:
    hook.operands = {{"residual", gemm.getOutput()}};
    hook.apply = [](DeviceBuilder &d, ElementPair sums,
                    ArrayRef<ElementPair> operands) {
      ElementPair result;
      for (unsigned i : {0, 1})
        result[i] = arith::AddFOp::create(d, sums[i], operands[0][i]);
      return result;
    };
    break;
  }
  return hook;
}

GemmScheduleAttr flm::gpu::defaultGemmSchedule(MLIRContext *context,
                                               Arch arch) {
  if (arch == Arch::SM80)
    return GemmScheduleAttr::get(context, arch, /*m=*/128, /*n=*/128, /*k=*/64,
                                 /*stages=*/4, /*cluster=*/1, /*group=*/8);
  // The tile that reaches cuBLAS on large problems (fast.cu, kernel 11).
  return GemmScheduleAttr::get(context, arch, /*m=*/128, /*n=*/256, /*k=*/64,
                               /*stages=*/4, /*cluster=*/2, /*group=*/8);
}

LLVM::LLVMFuncOp flm::gpu::build(DeviceBuilder &d, GemmAttr gemm,
                                 const GemmEpilogueHook &epilogue) {
  MLIRContext *context = d.getContext();
  if (!gemm.getSchedule())
    gemm = GemmAttr::get(context, gemm.getLayout(), gemm.getInput(),
                         gemm.getOutput(), gemm.getAccumulate(),
                         gemm.getEpilogue(),
                         defaultGemmSchedule(context, Arch::SM90a));
  OpBuilder::InsertionGuard guard(d);
  if (gemm.getSchedule().getArch() == Arch::SM80)
    return AmpereGemm(d, gemm, epilogue).emit();
  return HopperGemm(d, gemm, epilogue).emit();
}

LLVM::LLVMFuncOp flm::gpu::build(DeviceBuilder &d, GemmAttr gemm) {
  return build(d, gemm, namedEpilogue(gemm));
}
