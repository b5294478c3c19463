//===----------------------------------------------------------------------===//
// The order of the passes that lower kernels and host code to LLVM.
//===----------------------------------------------------------------------===//
#include "codegen/cpu/LowerToLLVM.h"
#include "codegen/cpu/Passes.h"

#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/UB/IR/UBOps.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Dialect/X86Vector/X86VectorDialect.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/TargetParser/Triple.h"

using namespace mlir;

void flm::cpu::registerKernelDialects(DialectRegistry &registry) {
  registry.insert<affine::AffineDialect, arith::ArithDialect,
                  cf::ControlFlowDialect, func::FuncDialect, LLVM::LLVMDialect,
                  math::MathDialect, memref::MemRefDialect, scf::SCFDialect,
                  ub::UBDialect, vector::VectorDialect,
                  x86vector::X86VectorDialect>();
}

/// Kernels as their builders wrote them -> one-dimensional vectors, plain
/// arithmetic, final signatures.
static void addSimplification(OpPassManager &pm,
                              const flm::cpu::CpuTarget &target) {
  flm::cpu::ApproximateMathOptions math;
  math.fusedMultiplyAdd = target.fusedMultiplyAdd;
  pm.addPass(flm::cpu::createApproximateMath(math));
  pm.addPass(flm::cpu::createTaskEntries());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  // Unrolled first: what is left are transfers with a rank or mask that only
  // the loop form handles.
  pm.addPass(createConvertVectorToSCFPass(
      VectorTransferToSCFOptions().enableFullUnroll()));
  pm.addPass(createConvertVectorToSCFPass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
}

/// The conversions themselves. The order matters: view-like memref ops expand
/// to affine ops, which expand to arith ops; vector before memref, so that
/// vector loads still see memref types; func after memref, because it fixes
/// signatures.
static void addConversions(OpPassManager &pm,
                           const flm::cpu::CpuTarget &target) {
  pm.addPass(memref::createExpandStridedMetadataPass());
  pm.addPass(createLowerAffinePass());
  pm.addPass(createSCFToControlFlowPass());

  ConvertVectorToLLVMPassOptions vector;
  vector.x86Vector = llvm::Triple(target.triple).isX86();
  vector.vectorTransposeLowering =
      vector::VectorTransposeLowering::Shuffle16x16;
  pm.addPass(createConvertVectorToLLVMPass(vector));
  pm.addPass(createFinalizeMemRefToLLVMConversionPass());

  ConvertFuncToLLVMPassOptions func;
  func.useBarePtrCallConv = true;
  pm.addPass(createConvertFuncToLLVMPass(func));
  pm.addPass(createArithToLLVMConversionPass());
  pm.addPass(createConvertMathToLLVMPass());
  pm.addPass(createConvertControlFlowToLLVMPass());
  pm.addPass(createUBToLLVMConversionPass());
  pm.addPass(createReconcileUnrealizedCastsPass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
}

void flm::cpu::addLowerToLLVM(OpPassManager &pm, const CpuTarget &target) {
  addSimplification(pm, target);
  addConversions(pm, target);
}
