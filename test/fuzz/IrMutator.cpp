//===----------------------------------------------------------------------===//
// Mutations of IR in memory, most of which still verify.
//===----------------------------------------------------------------------===//
#include "test/fuzz/IrMutator.h"

#include "mlir/IR/Builders.h"

#include <random>

using namespace mlir;

namespace {

class IrMutator {
public:
  IrMutator(ModuleOp module, uint64_t seed) : module(module), random(seed) {}

  void change() {
    ops.clear();
    module.walk([&](Operation *op) {
      if (op != module)
        ops.push_back(op);
    });
    if (ops.empty())
      return;
    Operation *op = any(ops);
    switch (random() % 6) {
    case 0:
      return erase(op);
    case 1:
      return move(op);
    case 2:
      if (!op->hasTrait<OpTrait::IsTerminator>())
        OpBuilder(op).clone(*op);
      return;
    case 3:
      return changeOperand(op);
    case 4:
      return changeAttribute(op);
    default:
      if (ArrayRef<NamedAttribute> attrs = op->getAttrs(); !attrs.empty())
        op->removeAttr(any(attrs).getName());
    }
  }

private:
  template <typename Range> typename Range::value_type any(const Range &range) {
    return range[random() % range.size()];
  }

  /// A value of the type of `value` from the ops of the module.
  Value otherOf(Value value) {
    for (int tries = 0; tries < 100; ++tries) {
      Operation *op = any(ops);
      for (Value result : op->getResults())
        if (result != value && result.getType() == value.getType())
          return result;
      for (Value operand : op->getOperands())
        if (operand != value && operand.getType() == value.getType())
          return operand;
    }
    return value;
  }

  void erase(Operation *op) {
    if (op->hasTrait<OpTrait::IsTerminator>())
      return;
    for (Value result : op->getResults()) {
      if (result.use_empty())
        continue;
      Value other = otherOf(result);
      if (other == result || other.getDefiningOp() == op)
        return;
      result.replaceAllUsesWith(other);
    }
    op->erase();
  }

  void move(Operation *op) {
    Block *block = op->getBlock();
    if (op->hasTrait<OpTrait::IsTerminator>())
      return;
    auto at = block->begin();
    std::advance(at, random() % block->getOperations().size());
    if (&*at != op)
      op->moveBefore(&*at);
  }

  void changeOperand(Operation *op) {
    if (!op->getNumOperands())
      return;
    OpOperand &operand = op->getOpOperand(random() % op->getNumOperands());
    operand.set(otherOf(operand.get()));
  }

  void changeAttribute(Operation *op) {
    ArrayRef<NamedAttribute> attrs = op->getAttrs();
    DictionaryAttr inherent = op->getAttrDictionary();
    if (inherent.empty())
      return;
    NamedAttribute attr = any(inherent.getValue());
    Builder builder(op->getContext());
    static const int64_t extremes[] = {
        0, 1, -1, 3, 64, 1 << 20, int64_t(1) << 40, INT64_MAX, INT64_MIN};
    Attribute value = attr.getValue();
    if (auto integer = dyn_cast<IntegerAttr>(value);
        integer && integer.getType().isSignlessInteger(64))
      value = builder.getI64IntegerAttr(extremes[random() % 9]);
    else if (isa<FloatAttr>(value))
      value = builder.getF64FloatAttr(random() % 2 ? 0.0 : 1e300);
    else if (auto list = dyn_cast<ArrayAttr>(value); list && !list.empty())
      value = builder.getArrayAttr(list.getValue().drop_back());
    else if (!attrs.empty())
      value = any(inherent.getValue()).getValue();
    op->setAttr(attr.getName(), value);
  }

  ModuleOp module;
  std::mt19937_64 random;
  SmallVector<Operation *> ops;
};

} // namespace

void flm::fuzz::mutateModule(ModuleOp module, uint64_t seed) {
  IrMutator mutator(module, seed);
  for (uint64_t changes = seed % 4; changes; --changes)
    mutator.change();
}
