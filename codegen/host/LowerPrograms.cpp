//===----------------------------------------------------------------------===//
// Turns programs into host functions and kernels of the target.
//===----------------------------------------------------------------------===//
#include "codegen/host/HostWriter.h"
#include "codegen/host/Manifest.h"
#include "codegen/host/Passes.h"
#include "codegen/target/Target.h"
#include "dialects/flm/BufferForm.h"
#include "dialects/flm/Flm.h"
#include "passes/contracts/StageInput.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace flm;

namespace flm {
#define GEN_PASS_DEF_LOWERPROGRAMS
#include "codegen/host/Passes.h.inc"
} // namespace flm

namespace {

struct LowerPrograms : flm::impl::LowerProgramsBase<LowerPrograms> {
  void getDependentDialects(DialectRegistry &registry) const override {
    LowerProgramsBase::getDependentDialects(registry);
    for (const std::unique_ptr<Target> &target : Target::all())
      target->registerDialects(registry);
  }

  void runOnOperation() override {
    if (failed(verifyInput(getOperation(), *this, Stage::buffers,
                           Stage::buffers)) ||
        failed(lower()))
      signalPassFailure();
  }

  LogicalResult lower();
};

/// Whether `target` can do all ops of all programs.
LogicalResult check(ModuleOp module, const Target &target) {
  for (ProgramOp program : module.getOps<ProgramOp>()) {
    WalkResult result = program.walk(
        [&](Operation *op) -> WalkResult { return target.check(op); });
    if (result.wasInterrupted())
      return failure();
  }
  return success();
}

LogicalResult LowerPrograms::lower() {
  ModuleOp module = getOperation();
  const Target *target = Target::of(module);
  if (!target)
    return failure();
  std::unique_ptr<KernelLibrary> kernels = target->createLibrary(module);
  if (!kernels || failed(check(module, *target)))
    return failure();
  for (ProgramOp program : module.getOps<ProgramOp>())
    if (program.getSymName() != "init" &&
        failed(HostWriter(program, *kernels).write()))
      return failure();

  FailureOr<std::string> manifest = buildManifest(module, *kernels);
  if (failed(manifest))
    return failure();
  manifest->push_back('\0');
  OpBuilder builder(&getContext());
  builder.setInsertionPointToStart(module.getBody());
  auto type = LLVM::LLVMArrayType::get(builder.getI8Type(), manifest->size());
  LLVM::GlobalOp::create(builder, builder.getUnknownLoc(), type,
                         /*isConstant=*/true, LLVM::Linkage::External,
                         "flm_manifest", builder.getStringAttr(*manifest));

  for (Operation &op : llvm::make_early_inc_range(module.getOps()))
    if (isa_and_present<FlmDialect>(op.getDialect()))
      op.erase();
  for (StringRef name : {kStateBytes, kScratchBytes, kTables})
    module->removeAttr(name);
  return success();
}

} // namespace
