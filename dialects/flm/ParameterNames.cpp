//===----------------------------------------------------------------------===//
// What parameters may be called: their names are keys of a checkpoint.
//===----------------------------------------------------------------------===//
#include "dialects/flm/ParameterNames.h"

#include "dialects/flm/Flm.h"

#include "mlir/IR/SymbolTable.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/JSON.h"

using namespace mlir;
using namespace flm;

/// The key that the format keeps for itself.
constexpr StringLiteral kReservedName = "__metadata__";
/// What the optimizer's state of a parameter is called, before its name.
constexpr StringLiteral kMomentPrefixes[] = {"exp_avg.", "exp_avg_sq."};

std::string flm::stackedName(LoopOp loop, StringRef name) {
  StringRef over = loop.getOver().getNames().front().getValue();
  return ("model." + over + ".*." + name).str();
}

LogicalResult flm::verifyCheckpointName(Operation *op, StringRef name) {
  size_t wrong;
  if (name.empty())
    return op->emitError("a parameter needs a name");
  if (!llvm::json::isUTF8(name, &wrong))
    return op->emitError("the name of a parameter must be UTF-8, as the JSON "
                         "of a checkpoint is; byte ")
           << wrong << " of it is not";
  if (name == kReservedName)
    return op->emitError() << '"' << name
                           << "\" is reserved by the safetensors format; call "
                              "this parameter otherwise";
  return success();
}

LogicalResult flm::verifySymbolName(Operation *op) {
  StringRef name = SymbolTable::getSymbolName(op).getValue();
  if (!llvm::json::isUTF8(name))
    return op->emitError("its name must be UTF-8: it is written to the "
                         "training binary's manifest, which is JSON");
  return success();
}

/// What a spec may not call a parameter, because the compiler does.
static LogicalResult verifySpecName(ParamOp param) {
  StringRef name = param.getName();
  if (name.contains('*'))
    return param.emitError() << param.getNameAttr()
                             << " has a '*', which stands for the number of a "
                                "layer; call this parameter otherwise";
  for (StringRef prefix : kMomentPrefixes)
    if (name.starts_with(prefix))
      return param.emitError()
             << param.getNameAttr() << " begins with \"" << prefix
             << "\", as the optimizer's state does; call this parameter "
                "otherwise";
  return success();
}

/// A number as an index is written.
static bool isIndex(StringRef part) {
  return !part.empty() && llvm::all_of(part, llvm::isDigit) &&
         (part.size() == 1 || part.front() != '0');
}

/// Whether two names, in which a part `*` stands for every index, are those of
/// one tensor somewhere.
static bool mayMeet(ArrayRef<StringRef> a, ArrayRef<StringRef> b) {
  if (a.size() != b.size())
    return false;
  for (auto [x, y] : llvm::zip(a, b)) {
    bool meet = x == y || (x == "*" && isIndex(y)) || (y == "*" && isIndex(x));
    if (!meet)
      return false;
  }
  return true;
}

LogicalResult flm::verifyParameterNames(ModelOp model) {
  struct Known {
    std::string name;
    SmallVector<StringRef> parts; ///< of `name`, between its dots
    ParamOp param;
  };
  // By size of the name in parts would do; models have tens of parameters.
  std::vector<std::unique_ptr<Known>> known;
  bool isSpec = !model.getConfigAttr();
  WalkResult result = model.walk([&](ParamOp param) -> WalkResult {
    if (failed(verifyCheckpointName(param, param.getName())) ||
        (isSpec && failed(verifySpecName(param))))
      return WalkResult::interrupt();
    auto own = std::make_unique<Known>();
    own->name = param.getName().str();
    for (auto loop = param->getParentOfType<LoopOp>(); loop;
         loop = loop->getParentOfType<LoopOp>())
      own->name = stackedName(loop, own->name);
    StringRef(own->name).split(own->parts, '.');
    own->param = param;
    for (auto &other : known) {
      if (other->param.getNameAttr() == param.getNameAttr()) {
        auto diag = param.emitError() << "parameter " << param.getNameAttr()
                                      << " is declared twice";
        diag.attachNote(other->param.getLoc()) << "first here";
        return diag;
      }
      if (!mayMeet(own->parts, other->parts))
        continue;
      auto diag = param.emitError()
                  << "parameter \"" << own->name << "\" has the name of \""
                  << other->name
                  << "\" in a checkpoint ('*' is the number of a layer)";
      diag.attachNote(other->param.getLoc()) << "the other is here";
      return diag;
    }
    known.push_back(std::move(own));
    return WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}
