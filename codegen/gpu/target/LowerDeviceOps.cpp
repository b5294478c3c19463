//===----------------------------------------------------------------------===//
// flm_gpu ops as inline PTX, and the pipeline around it.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/target/Passes.h"
#include "dialects/flm_gpu/FlmGpu.h"

#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/IR/Builders.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/Support/raw_ostream.h"

namespace flm::gpu {
#define GEN_PASS_DEF_LOWERDEVICEOPS
#include "codegen/gpu/target/Passes.h.inc"
} // namespace flm::gpu

using namespace mlir;
using namespace flm::gpu;

/// "$first,$first+1,..." in braces: a vector of registers.
static std::string registerList(unsigned first, unsigned count) {
  std::string text;
  llvm::raw_string_ostream os(text);
  llvm::interleaveComma(llvm::seq(first, first + count), os << '{',
                        [&](unsigned i) { os << '$' << i; });
  os << '}';
  return text;
}

/// The assembly of a wgmma: results first, then A, B and, tied to the results,
/// the accumulators.
static std::string wgmmaAssembly(WgmmaOp op) {
  unsigned results = op.getResults().size();
  unsigned a = results, b = a + op.getA().size();
  std::string text;
  llvm::raw_string_ostream os(text);
  os << "{.reg .pred p; setp.ne.b32 p, " << (op.getAcc().empty() ? 0 : 1)
     << ", 0; wgmma.mma_async.sync.aligned.m64n" << op.getN()
     << "k16.f32.bf16.bf16 " << registerList(0, results) << ", ";
  if (op.hasRegisterA())
    os << registerList(a, 4);
  else
    os << '$' << a;
  os << ", $" << b << ", p, 1, 1, ";
  if (!op.hasRegisterA())
    os << op.getTransposeA() << ", ";
  os << op.getTransposeB() << ";}";
  return text;
}

static std::string wgmmaConstraints(WgmmaOp op) {
  SmallVector<std::string> parts(op.getResults().size(), "=f");
  parts.append(op.getA().size(), op.hasRegisterA() ? "r" : "l");
  parts.push_back("l");
  for (unsigned i : llvm::seq<unsigned>(op.getAcc().size()))
    parts.push_back(std::to_string(i));
  return llvm::join(parts, ",");
}

static LLVM::InlineAsmOp createAssembly(OpBuilder &builder, Location loc,
                                        Type result, ValueRange operands,
                                        StringRef text, StringRef constraints) {
  auto dialect =
      LLVM::AsmDialectAttr::get(builder.getContext(), LLVM::AsmDialect::AD_ATT);
  return LLVM::InlineAsmOp::create(
      builder, loc, result, operands, text, constraints,
      /*has_side_effects=*/true, /*is_align_stack=*/false,
      LLVM::tailcallkind::TailCallKind::None, dialect, ArrayAttr());
}

static void lower(WgmmaOp op) {
  OpBuilder builder(op);
  SmallVector<Type> types(op->getResultTypes());
  auto structType =
      LLVM::LLVMStructType::getLiteral(builder.getContext(), types);
  LLVM::InlineAsmOp assembly =
      createAssembly(builder, op.getLoc(), structType, op->getOperands(),
                     wgmmaAssembly(op), wgmmaConstraints(op));
  for (auto [i, result] : llvm::enumerate(op.getResults()))
    result.replaceAllUsesWith(LLVM::ExtractValueOp::create(
        builder, op.getLoc(), assembly.getRes(), i));
  op.erase();
}

static void lower(OpaqueOp op) {
  OpBuilder builder(op);
  op.replaceAllUsesWith(createAssembly(builder, op.getLoc(), op.getType(),
                                       op.getValue(), "mov.b32 $0, $1;", "=r,r")
                            .getRes());
  op.erase();
}

namespace {

struct LowerDeviceOps : flm::gpu::impl::LowerDeviceOpsBase<LowerDeviceOps> {
  void runOnOperation() override {
    getOperation()->walk([](Operation *op) {
      if (auto wgmma = dyn_cast<WgmmaOp>(op))
        lower(wgmma);
      else if (auto opaque = dyn_cast<OpaqueOp>(op))
        lower(opaque);
      else if (auto function = dyn_cast<LLVM::LLVMFuncOp>(op))
        dropCallAttributes(function);
    });
  }

  static void dropCallAttributes(LLVM::LLVMFuncOp function) {
    function->removeAttr(launchAttrName);
    function->removeAttr(kernelAttrName);
    for (unsigned i : llvm::seq(function.getNumArguments())) {
      function.removeArgAttr(i, operandAttrName);
      function.removeArgAttr(i, tensorMapAttrName);
    }
  }
};

} // namespace

void flm::gpu::addStructuredToLLVM(OpPassManager &pm) {
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addPass(createSCFToControlFlowPass());
  pm.addPass(createArithToLLVMConversionPass());
  pm.addPass(createConvertControlFlowToLLVMPass());
  pm.addPass(createReconcileUnrealizedCastsPass());
}

void flm::gpu::buildLowerToNvvmPipeline(OpPassManager &pm) {
  addStructuredToLLVM(pm);
  OpPassManager &device = pm.nest<mlir::gpu::GPUModuleOp>();
  device.addPass(createLowerDeviceOps());
  // Ops that LLVM has no intrinsic for are inline PTX in the NVVM dialect.
  device.addPass(createConvertNVVMToLLVMPass());
  device.addPass(createReconcileUnrealizedCastsPass());
  device.addPass(createCSEPass());
}

void flm::gpu::registerTargetPipelines() {
  PassPipelineRegistration<>(
      "flm-lower-to-nvvm",
      "Lower the kernels of a gpu.module to the LLVM and NVVM dialects",
      buildLowerToNvvmPipeline);
}
