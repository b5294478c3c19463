//===----------------------------------------------------------------------===//
// How host functions launch kernels, whatever the target.
//===----------------------------------------------------------------------===//
#include "codegen/target/KernelLibrary.h"

#include "codegen/target/Target.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace flm;

KernelLibrary::~KernelLibrary() = default;

LogicalResult KernelLibrary::launchOp(Operation *op, Site site) {
  if (const KernelRule *rule = target.rules.find(op))
    return rule->launch(op, *this, site);
  SmallVector<StringRef> able;
  for (const std::unique_ptr<Target> &other : Target::all())
    if (other->hasKernels(op))
      able.push_back(other->getName());
  auto diagnostic = op->emitOpError()
                    << "has no kernel on target '" << target.getName() << "'";
  if (able.empty())
    return diagnostic << ", nor on any other";
  return diagnostic << "; it has one with --target=" << llvm::join(able, ", ");
}

LogicalResult KernelLibrary::copy(Location loc, BufferAttr from, BufferAttr to,
                                  Site site) {
  return from == to ? success() : launchCopy(loc, from, to, site);
}

void KernelLibrary::describe(llvm::json::Object &) const {}

void KernelLibrary::launch(Location loc, StringRef kernel,
                           ArrayRef<BufferAttr> buffers, Site site) {
  SmallVector<Attribute> attributes(buffers.begin(), buffers.end());
  LaunchOp::create(site.host, loc, kernel, site.host.getArrayAttr(attributes),
                   site.slots);
}
