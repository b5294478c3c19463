// flm-opt --load-pass-plugin=libCountParameters.so --count-parameters
#include "dialects/flm/Flm.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Tools/Plugins/PassPlugin.h"

struct CountParameters
    : mlir::PassWrapper<CountParameters, mlir::OperationPass<mlir::ModuleOp>> {
  llvm::StringRef getArgument() const override { return "count-parameters"; }
  void runOnOperation() override {
    getOperation().walk([](flm::ParamOp param) {
      param.emitRemark() << flm::typeOf(param.getValue()).dimsText();
    });
  }
};

extern "C" mlir::PassPluginLibraryInfo mlirGetPassPluginInfo() {
  return {MLIR_PLUGIN_API_VERSION, "CountParameters", "1.0",
          [] { mlir::PassRegistration<CountParameters>(); }};
}
