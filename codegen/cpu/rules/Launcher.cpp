//===----------------------------------------------------------------------===//
// The CPU kernels of a module, each built once.
//===----------------------------------------------------------------------===//
#include "codegen/cpu/rules/Launcher.h"

#include "codegen/cpu/Pointwise.h"

using namespace mlir;
using namespace flm;
using namespace flm::cpu;

void CpuKernels::describe(llvm::json::Object &manifest) const {
  manifest["workspace_bytes"] = workspace;
  manifest["cpu"] = llvm::json::Object{
      {"name", cpu.cpu}, {"features", llvm::json::Array(extensionsOf(cpu))}};
}

LogicalResult CpuKernels::launchKernel(Location loc, StringRef symbol,
                                       Build build,
                                       ArrayRef<BufferAttr> buffers,
                                       Site site) {
  if (built.insert(symbol).second) {
    OpBuilder builder(module.getContext());
    builder.setInsertionPointToStart(module.getBody());
    FailureOr<CpuKernel> kernel = build(builder, loc, symbol);
    if (failed(kernel) || !kernel->function)
      return failure();
    kernel->function->setAttr(kTasks, builder.getI64IntegerAttr(kernel->tasks));
    workspace = std::max(workspace, kernel->workspaceBytes);
  }
  launch(loc, symbol, buffers, site);
  return success();
}

LogicalResult CpuKernels::launchCopy(Location loc, BufferAttr from,
                                     BufferAttr to, Site site) {
  int64_t bytes = to.getBytes();
  return launchKernel(
      loc, ("copy_" + Twine(bytes)).str(),
      [&](OpBuilder &builder, Location at, StringRef name) {
        return buildCopy(builder, at, name, bytes, cpu);
      },
      {from, to}, site);
}
