//===----------------------------------------------------------------------===//
// The CPU kernels of a module, each built once.
//===----------------------------------------------------------------------===//
#include "codegen/host/KernelLibrary.h"

#include "codegen/cpu/Pointwise.h"

using namespace mlir;
using namespace flm;
using namespace flm::cpu;

KernelLibrary::KernelLibrary(ModuleOp module, const CpuTarget &target)
    : module(module), target(target),
      f32(Float32Type::get(module.getContext())) {}

//===----------------------------------------------------------------------===//
// Launching
//===----------------------------------------------------------------------===//

LogicalResult KernelLibrary::launch(Location loc, const Twine &symbol,
                                    const Build &build,
                                    ArrayRef<BufferAttr> buffers, Site site) {
  std::string name = symbol.str();
  auto [it, fresh] = kernels.try_emplace(name);
  if (fresh) {
    OpBuilder builder(module.getContext());
    builder.setInsertionPointToStart(module.getBody());
    FailureOr<CpuKernel> kernel = build(builder, loc, name);
    if (failed(kernel) || !kernel->function)
      return failure();
    it->second = *kernel;
    workspace = std::max(workspace, kernel->workspaceBytes);
  }
  SmallVector<Attribute> attributes(buffers.begin(), buffers.end());
  Builder &b = site.host;
  LaunchOp::create(site.host, loc, FlatSymbolRefAttr::get(b.getContext(), name),
                   b.getI64IntegerAttr(it->second.tasks),
                   b.getArrayAttr(attributes), site.slots);
  return success();
}

LogicalResult KernelLibrary::copy(Location loc, BufferAttr from, BufferAttr to,
                                  Site site) {
  if (from == to)
    return success();
  int64_t count = to.getBytes() / 4;
  return launch(
      loc, "copy_" + Twine(count),
      [&](OpBuilder &b, Location l, StringRef s) {
        return buildCopy(b, l, s, {count, f32}, target);
      },
      {from, to}, site);
}

//===----------------------------------------------------------------------===//
// Ops
//===----------------------------------------------------------------------===//

LogicalResult KernelLibrary::launchOp(Operation *op, Site site) {
  for (auto family :
       {&KernelLibrary::launchModelOp, &KernelLibrary::launchGradientOp,
        &KernelLibrary::launchLossOp, &KernelLibrary::launchTrainOp}) {
    bool handled = true;
    if (failed((this->*family)(op, site, handled)))
      return failure();
    if (handled)
      return success();
  }
  return op->emitOpError("has no kernel for the CPU");
}
