//===----------------------------------------------------------------------===//
// One run of a program in the reference interpreter.
//===----------------------------------------------------------------------===//
#include "tools/flm-interpret/ProgramRun.h"

#include "codegen/reference/RandomInputs.h"
#include "dialects/flm/Flm.h"
#include "dialects/flm/ValueNames.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"

#include <cmath>

using namespace mlir;
using namespace flm;
using namespace flminterpret;
using flm::reference::State;
using flm::reference::Tensor;

static llvm::Error problem(const llvm::Twine &message) {
  return llvm::createStringError(message);
}

llvm::Expected<Operation *> flminterpret::findProgram(ModuleOp module,
                                                      StringRef name) {
  SmallVector<Operation *> programs;
  SmallVector<StringRef> names;
  for (Operation &op : *module.getBody()) {
    if (!isa<ProgramOp, ModelOp>(op))
      continue;
    programs.push_back(&op);
    names.push_back(SymbolTable::getSymbolName(&op).getValue());
    if (names.back() == name)
      return &op;
  }
  std::string known =
      "; the file has " + (names.empty() ? "none" : llvm::join(names, ", "));
  if (!name.empty())
    return problem("no program or model '" + name + "'" + known);
  if (programs.size() == 1)
    return programs.front();
  return problem("choose a program with --program" + known);
}

//===----------------------------------------------------------------------===//
// Running
//===----------------------------------------------------------------------===//

/// Sets what `input`, "name=values", says.
static llvm::Error setInput(StringRef input, Region &body,
                            MutableArrayRef<Tensor> arguments) {
  auto [name, list] = input.split('=');
  SmallVector<StringRef> names;
  for (BlockArgument argument : body.getArguments()) {
    names.push_back(valueName(argument));
    if (names.back() != name)
      continue;
    SmallVector<StringRef> texts;
    list.split(texts, ',');
    std::vector<double> &data = arguments[argument.getArgNumber()].data;
    if (texts.size() != 1 && texts.size() != data.size())
      return problem("--input " + name + ": expected 1 or " +
                     llvm::Twine(data.size()) + " values, got " +
                     llvm::Twine(texts.size()));
    for (auto [index, x] : llvm::enumerate(data))
      if (texts[texts.size() == 1 ? 0 : index].getAsDouble(x))
        return problem("--input " + name + ": expected numbers, got '" + list +
                       "'");
    return llvm::Error::success();
  }
  return problem("--input: the program has no argument '" + name +
                 "'; it has " + llvm::join(names, ", "));
}

llvm::Expected<std::vector<Output>>
flminterpret::run(Operation *program, const RunOptions &options) {
  Region &body = program->getRegion(0);
  for (BlockArgument argument : body.getArguments())
    if (typeOf(argument).isSymbolic())
      return problem("sizes are open: bind them with flm-opt "
                     "--flm-stage-graph='config=...', or --emit=graph of flmc");
  SmallVector<Tensor> arguments =
      reference::randomArguments(program, options.seed);
  for (const std::string &input : options.inputs)
    if (llvm::Error error = setInput(input, body, arguments))
      return std::move(error);
  State state = reference::randomState(program, options.seed);
  reference::Options interpreter;
  interpreter.roundResults = options.round;
  interpreter.truncatedNormal = reference::randomTruncatedNormal(options.seed);
  FailureOr<SmallVector<Tensor>> results =
      reference::run(program, arguments, state, interpreter);
  if (failed(results))
    return problem("the program does not run");
  return outputsOf(program, *results, state);
}

//===----------------------------------------------------------------------===//
// Showing
//===----------------------------------------------------------------------===//

void flminterpret::print(ArrayRef<Output> outputs, int64_t elements,
                         raw_ostream &os) {
  for (const Output &output : outputs) {
    os << output.name << " : " << output.type << " =";
    ArrayRef<double> data = output.tensor.data;
    for (double x : data.take_front(elements))
      os << llvm::format(" %.9g", x);
    if (static_cast<int64_t>(data.size()) > elements) {
      double squares = 0;
      for (double x : data)
        squares += x * x;
      os << llvm::format(" ... (%zu elements, rms %.9g)", data.size(),
                         std::sqrt(squares / static_cast<double>(data.size())));
    }
    os << "\n";
  }
}

llvm::Error flminterpret::compare(ArrayRef<Output> outputs,
                                  ArrayRef<Output> others, double tolerance,
                                  raw_ostream &os) {
  SmallVector<std::string> wrong;
  llvm::StringMap<const Output *> byKey;
  for (const Output &other : others)
    byKey[other.key()] = &other;
  for (const Output &output : outputs) {
    const Output *other = byKey.lookup(output.key());
    byKey.erase(output.key());
    if (!other || other->tensor.shape != output.tensor.shape) {
      wrong.push_back((output.key() +
                       (other ? " has another shape" : " is in one file only"))
                          .str());
      continue;
    }
    double apart = distance(output.tensor, other->tensor).relative;
    os << output.name << ": " << llvm::format("%.3g", apart) << " apart\n";
    if (!(apart <= tolerance))
      wrong.push_back((output.key() + " is too far").str());
  }
  for (const auto &rest : byKey)
    wrong.push_back((rest.getKey() + " is in one file only").str());
  if (wrong.empty())
    return llvm::Error::success();
  return problem("the programs differ: " + llvm::join(wrong, ", "));
}
