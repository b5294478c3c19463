//===----------------------------------------------------------------------===//
// Why values lie on the mesh as they do, for people.
//===----------------------------------------------------------------------===//
#include "passes/sharding/ShardReasons.h"

#include "dialects/flm/Flm.h"
#include "dialects/flm/ValueNames.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"

using namespace mlir;
using namespace flm;

/// "replicated", "dp: split(batch), tp: partial(sum)".
static std::string statesText(NamedTensorType type) {
  SmallVector<std::string> texts;
  for (AxisStateAttr state : type.getStates())
    texts.push_back(
        (state.getAxis().getValue() + ": " + stateText(state)).str());
  return texts.empty() ? "replicated" : llvm::join(texts, ", ");
}

static void printLine(Operation *op, DictionaryAttr reasons, int depth,
                      raw_ostream &os) {
  std::string name = std::string(2 * depth, ' ');
  if (isa<LoopOp>(op))
    name += "loop";
  else
    name += ("%" + valueName(op->getResult(0))).str();
  SmallVector<std::string> texts;
  for (NamedAttribute reason : reasons)
    texts.push_back((reason.getName().getValue() + ": " +
                     cast<StringAttr>(reason.getValue()).getValue())
                        .str());
  os << llvm::format(
            "%-40s %-36s ", name.c_str(),
            isa<LoopOp>(op) ? "" : statesText(typeOf(op->getResult(0))).c_str())
     << llvm::join(texts, " | ") << "\n";
}

static void printBlock(Block &block, int depth, raw_ostream &os) {
  for (Operation &op : block) {
    if (auto reasons = op.getAttrOfType<DictionaryAttr>(kWhy))
      printLine(&op, reasons, depth, os);
    for (Region &region : op.getRegions())
      for (Block &inner : region)
        printBlock(inner, depth + 1, os);
  }
}

void flm::printShardReasons(ModuleOp module, raw_ostream &os) {
  auto program = module.lookupSymbol<ProgramOp>("train_step");
  if (!program)
    return;
  os << "@train_step, why values lie as they do:\n"
     << llvm::format("%-40s %-36s %s\n", "value", "lies", "because");
  printBlock(*program.body(), 0, os);
}
