//===----------------------------------------------------------------------===//
// Turns programs into host functions and kernels for the CPU.
//===----------------------------------------------------------------------===//
#include "codegen/host/HostWriter.h"
#include "codegen/host/Manifest.h"
#include "codegen/host/Passes.h"
#include "dialects/flm/Flm.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace flm;

namespace flm {
#define GEN_PASS_DEF_LOWERPROGRAMS
#include "codegen/host/Passes.h.inc"
} // namespace flm

namespace {

struct LowerPrograms : flm::impl::LowerProgramsBase<LowerPrograms> {
  using LowerProgramsBase::LowerProgramsBase;

  void runOnOperation() override {
    if (failed(lower()))
      signalPassFailure();
  }

  LogicalResult lower();
  LogicalResult checkTypes();
};

/// The CPU kernels compute in f32.
LogicalResult LowerPrograms::checkTypes() {
  for (ProgramOp program : getOperation().getOps<ProgramOp>()) {
    WalkResult result = program.walk([&](Operation *op) -> WalkResult {
      for (Type type : op->getResultTypes())
        if (auto tensor = dyn_cast<NamedTensorType>(type))
          if (!tensor.getElementType().isF32() &&
              !tensor.getElementType().isInteger(32))
            return op->emitError()
                   << "the CPU target computes in f32, this is "
                   << tensor.getElementType()
                   << "; use a recipe with precision = f32, or --set "
                      "precision=f32";
      return WalkResult::advance();
    });
    if (result.wasInterrupted())
      return failure();
  }
  return success();
}

LogicalResult LowerPrograms::lower() {
  ModuleOp module = getOperation();
  llvm::Expected<cpu::CpuTarget> target = cpu::namedTarget(cpu);
  if (!target)
    return module.emitError() << llvm::toString(target.takeError());
  if (failed(checkTypes()))
    return failure();

  KernelLibrary kernels(module, *target);
  for (ProgramOp program : module.getOps<ProgramOp>())
    if (program.getSymName() != "init" &&
        failed(HostWriter(program, kernels).write()))
      return failure();

  FailureOr<std::string> manifest =
      buildManifest(module, kernels.workspaceBytes());
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
  for (StringRef name : {"flm.state_bytes", "flm.scratch_bytes", "flm.tables"})
    module->removeAttr(name);
  return success();
}

} // namespace
