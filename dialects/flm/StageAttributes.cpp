//===----------------------------------------------------------------------===//
// What the attributes that stages put on ops may hold.
//===----------------------------------------------------------------------===//
#include "dialects/flm/BufferForm.h"
#include "dialects/flm/Flm.h"
#include "dialects/flm/Limits.h"
#include "dialects/flm/LocalForm.h"
#include "dialects/flm/Pipeline.h"

#include "llvm/ADT/StringSwitch.h"

using namespace mlir;
using namespace flm;

static bool isBytes(Attribute value) {
  auto integer = dyn_cast_or_null<IntegerAttr>(value);
  return integer && integer.getType().isSignlessInteger(64) &&
         integer.getInt() >= 0 && integer.getInt() <= kLargestBytes;
}

/// A table has a kind, an offset, and names, numbers and lists of names.
static bool isTable(Attribute value) {
  auto table = dyn_cast<DictionaryAttr>(value);
  if (!table || !table.getAs<StringAttr>("kind") ||
      !isBytes(table.get("offset")))
    return false;
  return llvm::all_of(table, [](NamedAttribute field) {
    StringRef name = field.getName().getValue();
    Attribute value = field.getValue();
    if (name == "seq" || name == "head_dim" || name == "offset")
      return isBytes(value);
    if (name == "theta")
      return isa<FloatAttr>(value);
    if (auto list = dyn_cast<ArrayAttr>(value); list && name == "axes")
      return llvm::all_of(list, llvm::IsaPred<StringAttr>);
    return isa<StringAttr>(value) && (name == "kind" || name == "axis");
  });
}

/// The axis of `flm.at` is one that the plan has, where there is a plan.
static LogicalResult verifyAt(Operation *op, AxisStateAttr at) {
  if (!at || at.getKind() != AxisStateKind::At)
    return op->emitError() << kAt << " must be an #flm.state<AXIS: at(...)>";
  auto module = op->getParentOfType<ModuleOp>();
  if (!module)
    return success();
  for (PlanOp plan : module.getOps<PlanOp>()) {
    ArrayAttr axes = plan.getAxesAttr(); // null in a plan that is refused later
    if (axes && !llvm::is_contained(axes, at.getAxis()))
      return op->emitError()
             << kAt << " names the axis " << at.getAxis() << ", which plan @"
             << plan.getSymName() << " does not have";
  }
  return success();
}

LogicalResult FlmDialect::verifyOperationAttribute(Operation *op,
                                                   NamedAttribute attribute) {
  Attribute value = attribute.getValue();
  StringRef name = attribute.getName().getValue();
  auto isListOf = [&](function_ref<bool(Attribute)> is) {
    auto list = dyn_cast<ArrayAttr>(value);
    return list && llvm::all_of(list, is);
  };
  auto check = [&](bool good, StringRef expected) -> LogicalResult {
    if (good)
      return success();
    return op->emitError() << name << " is " << value << "; expected "
                           << expected;
  };
  if (name == kAt)
    return verifyAt(op, dyn_cast<AxisStateAttr>(value));
  if (name == kBuffers)
    return check(isListOf(llvm::IsaPred<BufferAttr>), "a list of #flm.buffer");
  if (name == kStateBytes || name == kScratchBytes)
    return check(isBytes(value), "an i64, 0 to 2^53");
  if (name == kTables)
    return check(isListOf(isTable), "a list of tables as in the manifest");
  if (name == kPositionsAxis)
    return check(isa<StringAttr>(value), "the name of an axis");
  if (name == kGlobalType) {
    auto type = dyn_cast<TypeAttr>(value);
    return check(type && isa<NamedTensorType>(type.getValue()),
                 "the type of a tensor with named dims");
  }
  return success();
}
