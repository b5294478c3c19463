//===----------------------------------------------------------------------===//
// From the description of a GEMM to the kernel of its arch.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/kernels/linear/Gemm.h"
#include "codegen/gpu/kernels/linear/AmpereGemm.h"
#include "codegen/gpu/kernels/linear/GemmFold.h"
#include "codegen/gpu/kernels/linear/GemmSchedules.h"
#include "codegen/gpu/kernels/linear/HopperGemm.h"

using namespace mlir;
using namespace flm::gpu;

GemmScheduleAttr flm::gpu::defaultGemmSchedule(MLIRContext *context,
                                               Arch arch) {
  if (arch == Arch::SM80)
    return GemmScheduleAttr::get(context, arch, /*m=*/128, /*n=*/128, /*k=*/64,
                                 /*stages=*/4, /*cluster=*/1, /*group=*/8,
                                 /*splits=*/1);
  // The tile that reaches cuBLAS on large problems (fast.cu, kernel 11).
  return GemmScheduleAttr::get(context, arch, /*m=*/128, /*n=*/256, /*k=*/64,
                               /*stages=*/4, /*cluster=*/2, /*group=*/8,
                               /*splits=*/1);
}

GemmAttr flm::gpu::scheduled(GemmAttr gemm) {
  if (gemm.getSchedule())
    return gemm;
  MLIRContext *context = gemm.getContext();
  Arch arch = Arch::SM90a;
  if (!gemm.getSizes())
    return gemm.withSchedule(defaultGemmSchedule(context, arch));
  ArrayRef<int64_t> sizes = gemm.getSizes();
  return gemm.withSchedule(chooseGemmSchedule(
      GemmScheduleTable::builtIn(context), gemm, arch,
      {sizes[0], sizes[1], sizes[2]}, multiprocessorsOf(arch)));
}

LLVM::LLVMFuncOp flm::gpu::build(DeviceBuilder &d, GemmAttr gemm,
                                 const GemmEpilogueHook &epilogue) {
  gemm = scheduled(gemm);
  OpBuilder::InsertionGuard guard(d);
  if (gemm.getSchedule().getArch() == Arch::SM80)
    return AmpereGemm(d, gemm, epilogue).emit();
  return HopperGemm(d, gemm, epilogue).emit();
}

LLVM::LLVMFuncOp flm::gpu::build(DeviceBuilder &d, GemmAttr gemm) {
  FailureOr<GemmEpilogueHook> hook = epilogueHook(d, gemm);
  return succeeded(hook) ? build(d, gemm, *hook) : nullptr;
}

LLVM::LLVMFuncOp flm::gpu::build(DeviceBuilder &d, GemmFoldAttr fold,
                                 const GemmEpilogueHook &epilogue) {
  OpBuilder::InsertionGuard guard(d);
  return GemmFold(d, fold, epilogue).emit();
}

LLVM::LLVMFuncOp flm::gpu::build(DeviceBuilder &d, GemmFoldAttr fold) {
  FailureOr<GemmEpilogueHook> hook = epilogueHook(d, fold.getGemm());
  return succeeded(hook) ? build(d, fold, *hook) : nullptr;
}
