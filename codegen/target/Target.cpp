//===----------------------------------------------------------------------===//
// The targets of this process, and what they do unless they say otherwise.
//===----------------------------------------------------------------------===//
#include "codegen/target/Target.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace flm;

const KernelRule *KernelRules::find(Operation *op) const {
  auto it = rules.find(op->getName().getTypeID());
  return it == rules.end() ? nullptr : &it->second;
}

//===----------------------------------------------------------------------===//
// Defaults
//===----------------------------------------------------------------------===//

Target::~Target() = default;

SmallVector<InPlacePair> Target::inPlacePairs(Operation *op) const {
  const KernelRule *rule = rules.find(op);
  return rule && rule->inPlace ? rule->inPlace(op) : SmallVector<InPlacePair>();
}

int64_t Target::temporaryBytes(Operation *op) const {
  const KernelRule *rule = rules.find(op);
  return rule && rule->temporaryBytes ? rule->temporaryBytes(op) : 0;
}

LogicalResult Target::check(Operation *) const { return success(); }

bool Target::hasKernels(Operation *op) const { return rules.find(op); }

void Target::registerDialects(DialectRegistry &) const {}

SmallVector<StringRef> Target::runtimeParts() const { return {}; }

//===----------------------------------------------------------------------===//
// Which there are
//===----------------------------------------------------------------------===//

/// Sorted by name. Filled when a tool starts, before it has threads.
static std::vector<std::unique_ptr<Target>> &targets() {
  static std::vector<std::unique_ptr<Target>> all;
  return all;
}

void Target::add(std::unique_ptr<Target> target) {
  auto at = llvm::lower_bound(
      targets(), target->name,
      [](const auto &other, StringRef name) { return other->name < name; });
  if (at == targets().end() || (*at)->name != target->name)
    targets().insert(at, std::move(target));
}

ArrayRef<std::unique_ptr<Target>> Target::all() { return targets(); }

const Target *Target::named(StringRef name) {
  for (const std::unique_ptr<Target> &target : targets())
    if (target->name == name)
      return target.get();
  return nullptr;
}

std::string Target::names() {
  return llvm::join(
      llvm::map_range(targets(),
                      [](const auto &target) { return target->name; }),
      ", ");
}

const Target *Target::of(Operation *op) {
  auto module = dyn_cast<ModuleOp>(op);
  if (!module)
    module = op->getParentOfType<ModuleOp>();
  auto name = module->getAttrOfType<StringAttr>(kTarget);
  StringRef wanted = name ? name.getValue() : StringRef(kDefaultTarget);
  if (const Target *target = named(wanted))
    return target;
  op->emitError() << "unknown target '" << wanted << "'; known: " << names();
  return nullptr;
}
