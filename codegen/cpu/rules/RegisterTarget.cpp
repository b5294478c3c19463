//===----------------------------------------------------------------------===//
// The CPU as a target: kernels are tasks of the runtime's thread pool.
//===----------------------------------------------------------------------===//
#include "codegen/target/Target.h"

#include "codegen/cpu/LowerToLLVM.h"
#include "codegen/cpu/Passes.h"
#include "codegen/cpu/rules/RegisterTarget.h"
#include "codegen/cpu/rules/Rules.h"

#include "mlir/Pass/PassManager.h"

using namespace mlir;
using namespace flm;

namespace {

/// The CPU that the module is for; an error at the module if there is none.
FailureOr<cpu::CpuTarget> cpuOf(ModuleOp module) {
  auto name = module->getAttrOfType<StringAttr>(kCpu);
  llvm::Expected<cpu::CpuTarget> cpu =
      cpu::namedTarget(name ? name.getValue() : "native");
  if (!cpu)
    return module.emitError() << llvm::toString(cpu.takeError());
  return *cpu;
}

struct Cpu : Target {
  Cpu() : Target("cpu") {
    cpu::addAttentionRules(rules);
    cpu::addElementwiseRules(rules);
    cpu::addEmbeddingRules(rules);
    cpu::addLinearRules(rules);
    cpu::addLossRules(rules);
    cpu::addNormRules(rules);
    cpu::addTrainRules(rules);
  }

  /// A cache line, and a vector register.
  int64_t bufferAlignment() const override { return 64; }

  LogicalResult check(Operation *op) const override {
    for (Type type : op->getResultTypes())
      if (auto tensor = dyn_cast<NamedTensorType>(type);
          tensor && !tensor.getElementType().isF32() &&
          !tensor.getElementType().isInteger(32))
        return op->emitError()
               << "the CPU target computes in f32, this is "
               << tensor.getElementType()
               << "; use a recipe with precision = f32, or --set precision=f32";
    return success();
  }

  std::unique_ptr<KernelLibrary> createLibrary(ModuleOp module) const override {
    FailureOr<cpu::CpuTarget> cpu = cpuOf(module);
    if (failed(cpu))
      return nullptr;
    return std::make_unique<cpu::CpuKernels>(*this, module, *cpu);
  }

  void registerDialects(DialectRegistry &registry) const override {
    cpu::registerKernelDialects(registry);
  }

  LogicalResult addLowering(OpPassManager &pm, ModuleOp module) const override {
    FailureOr<cpu::CpuTarget> cpu = cpuOf(module);
    if (failed(cpu))
      return failure();
    // Before the kernels become task entries, which these calls name.
    pm.addPass(cpu::createLowerLaunches());
    cpu::addLowerToLLVM(pm, *cpu);
    return success();
  }
};

} // namespace

void flm::cpu::registerTarget() { Target::add(std::make_unique<Cpu>()); }
