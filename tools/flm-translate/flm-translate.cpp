//===----------------------------------------------------------------------===//
// GPU kernels as they leave MLIR: LLVM IR, PTX, a cubin, a fatbin, what a host
// must know to call them, and what ptxas says.
// Input is a module with kernels as flm-build-kernel writes them.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/target/Fatbin.h"
#include "codegen/gpu/target/Passes.h"
#include "codegen/gpu/target/PtxEmitter.h"
#include "codegen/gpu/target/Ptxas.h"
#include "dialects/flm_gpu/DescribeKernel.h"
#include "tools/guards/ToolArguments.h"
#include "tools/registration/Registration.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Tools/mlir-translate/MlirTranslateMain.h"
#include "mlir/Tools/mlir-translate/Translation.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace flm::gpu;

static void registerDialects(DialectRegistry &registry) {
  flm::registerAllDialects(registry);
  registerDeviceTranslations(registry);
}

/// Calls `print(module, arch)` for each gpu.module of `op`, lowered.
static LogicalResult forEachLowered(
    Operation *op,
    function_ref<LogicalResult(mlir::gpu::GPUModuleOp, Arch)> print) {
  auto root = dyn_cast<ModuleOp>(op);
  if (!root)
    return op->emitError("expected a builtin module around the kernels");
  SmallVector<std::pair<mlir::gpu::GPUModuleOp, Arch>> modules;
  for (auto module : root.getOps<mlir::gpu::GPUModuleOp>()) {
    FailureOr<Arch> arch = archOf(module);
    if (failed(arch))
      return failure();
    modules.emplace_back(module, *arch);
  }
  if (modules.empty())
    return root.emitError("has no gpu.module, so no kernels");
  PassManager passes(op->getContext());
  buildLowerToNvvmPipeline(passes);
  if (failed(passes.run(op)))
    return failure();
  for (auto [module, arch] : modules)
    if (failed(print(module, arch)))
      return failure();
  return success();
}

static void registerText(StringRef name, StringRef description,
                         DeviceText kind) {
  TranslateFromMLIRRegistration registration(
      name, description,
      [kind](Operation *op, raw_ostream &os) {
        return forEachLowered(
            op, [&](mlir::gpu::GPUModuleOp module, Arch arch) {
              FailureOr<std::string> text = emitDeviceText(module, arch, kind);
              if (succeeded(text))
                os << *text;
              return LogicalResult(text);
            });
      },
      registerDialects);
}

static void registerFatbin() {
  TranslateFromMLIRRegistration registration(
      "flm-gpu-to-fatbin",
      "machine code for every GPU that the kernels run on, and PTX",
      [](Operation *op, raw_ostream &os) {
        return forEachLowered(
            op, [&](mlir::gpu::GPUModuleOp module, Arch arch) -> LogicalResult {
              FailureOr<std::string> ptx =
                  emitDeviceText(module, arch, DeviceText::PTX);
              if (failed(ptx))
                return failure();
              llvm::Expected<std::string> fatbin = buildFatbin(*ptx, arch);
              if (!fatbin)
                return module.emitError(llvm::toString(fatbin.takeError()));
              os << *fatbin;
              return success();
            });
      },
      registerDialects);
}

static void registerDescription() {
  TranslateFromMLIRRegistration registration(
      "flm-gpu-describe",
      "how each kernel is called and what it computes, as JSON, one per line",
      [](Operation *op, raw_ostream &os) {
        bool described = false;
        WalkResult result = op->walk([&](LLVM::LLVMFuncOp function) {
          if (!function->hasAttr(launchAttrName))
            return WalkResult::advance();
          FailureOr<llvm::json::Object> description = describeKernel(function);
          if (failed(description))
            return WalkResult::interrupt();
          described = true;
          os << llvm::json::Value(std::move(*description)) << '\n';
          return WalkResult::advance();
        });
        if (result.wasInterrupted())
          return failure();
        if (!described)
          return LogicalResult(op->emitError()
                               << "has no kernel with a '" << launchAttrName
                               << "' attribute; expected kernels as "
                                  "flm-build-kernel writes them");
        return success();
      },
      registerDialects);
}

static LogicalResult
forEachAssembled(Operation *op, function_ref<void(const Assembled &)> print) {
  return forEachLowered(
      op, [&](mlir::gpu::GPUModuleOp module, Arch arch) -> LogicalResult {
        FailureOr<std::string> ptx =
            emitDeviceText(module, arch, DeviceText::PTX);
        if (failed(ptx))
          return failure();
        llvm::Expected<Assembled> assembled = assemble(*ptx, arch);
        if (!assembled)
          return module.emitError(llvm::toString(assembled.takeError()));
        print(*assembled);
        return success();
      });
}

static void registerAssembled() {
  TranslateFromMLIRRegistration cubin(
      "flm-gpu-to-cubin", "assemble kernels with ptxas",
      [](Operation *op, raw_ostream &os) {
        return forEachAssembled(
            op, [&](const Assembled &assembled) { os << assembled.cubin; });
      },
      registerDialects);
  TranslateFromMLIRRegistration resources(
      "flm-gpu-resources",
      "what ptxas says about kernels: registers, spills, shared memory, advice",
      [](Operation *op, raw_ostream &os) {
        return forEachAssembled(op, [&](const Assembled &assembled) {
          for (const KernelResources &kernel : assembled.kernels)
            os << kernel.name << ": " << kernel.registers << " registers, "
               << kernel.spillBytes << " bytes spilled, " << kernel.stackBytes
               << " bytes of stack\n";
          os << assembled.advice.size() << " remarks\n";
          for (const std::string &advice : assembled.advice)
            os << "  " << advice << '\n';
        });
      },
      registerDialects);
}

int main(int argc, char **argv) {
  if (!flm::checkToolArguments(argc, argv))
    return 1;
  registerText("flm-gpu-to-llvm", "emit kernels as optimised LLVM IR",
               DeviceText::LLVM);
  registerText("flm-gpu-to-ptx", "emit kernels as PTX", DeviceText::PTX);
  registerAssembled();
  registerFatbin();
  registerDescription();
  return failed(mlirTranslateMain(argc, argv, "flm translation driver\n"));
}
