//===----------------------------------------------------------------------===//
// flm-opt with a target that computes nothing. It launches a kernel for every
// op and prints the launches: what a target has to say, and that no stage has
// to know which one it is.
//===----------------------------------------------------------------------===//
#include "codegen/target/Target.h"
#include "dialects/flm/BufferForm.h"
#include "tools/registration/Registration.h"

#include "mlir/IR/DialectRegistry.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

using namespace mlir;
using namespace flm;

namespace {

/// Kernels are names: the op's, and "copy".
class NullKernels : public KernelLibrary {
public:
  using KernelLibrary::KernelLibrary;

  LogicalResult launchOp(Operation *op, Site site) override {
    SmallVector<BufferAttr> buffers;
    for (Attribute buffer : op->getAttrOfType<ArrayAttr>(kBuffers))
      buffers.push_back(cast<BufferAttr>(buffer));
    launchNamed(op->getLoc(), op->getName().stripDialect(), buffers, site);
    return success();
  }

  void describe(llvm::json::Object &manifest) const override {
    manifest["null_launches"] = launches;
  }

protected:
  LogicalResult launchCopy(Location loc, BufferAttr from, BufferAttr to,
                           Site site) override {
    launchNamed(loc, "copy", {from, to}, site);
    return success();
  }

private:
  void launchNamed(Location loc, StringRef name, ArrayRef<BufferAttr> buffers,
                   Site site) {
    ++launches;
    launch(loc, name, buffers, site);
  }

  int64_t launches = 0;
};

/// Prints each launch and drops it.
struct PrintLaunches : PassWrapper<PrintLaunches, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(PrintLaunches)

  void runOnOperation() override {
    getOperation().walk([](LaunchOp launch) {
      llvm::outs() << "launch " << launch.getKernel() << " of "
                   << launch.getBuffers().size() << " buffers\n";
      launch.erase();
    });
  }
};

struct Null : Target {
  Null() : Target("null") {}

  int64_t bufferAlignment() const override { return 4096; }

  /// Unlike the CPU, so that it shows who asked whom.
  int64_t temporaryBytes(Operation *op) const override {
    return isa<LinearOp>(op) ? 100 : 0;
  }

  bool hasKernels(Operation *) const override { return true; }

  std::unique_ptr<KernelLibrary> createLibrary(ModuleOp) const override {
    return std::make_unique<NullKernels>(*this);
  }

  LogicalResult addLowering(OpPassManager &pm, ModuleOp) const override {
    pm.addPass(std::make_unique<PrintLaunches>());
    return success();
  }
};

} // namespace

int main(int argc, char **argv) {
  Target::add(std::make_unique<Null>());
  DialectRegistry registry;
  flm::registerAllDialects(registry);
  flm::registerAllPasses();
  return asMainReturnCode(
      MlirOptMain(argc, argv, "flm-opt with the target 'null'\n", registry));
}
