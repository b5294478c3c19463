//===----------------------------------------------------------------------===//
// Translation validation: after every pass, do the programs still compute the
// same?
//===----------------------------------------------------------------------===//
#include "codegen/reference/Validation.h"

#include "codegen/reference/MultiplyAdds.h"
#include "codegen/reference/RandomInputs.h"
#include "dialects/flm/Flm.h"
#include "passes/Stages.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassInstrumentation.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace flm;
using namespace flm::reference;

Validation::Validation(const Options &options, llvm::raw_ostream &os)
    : options(options), os(os) {}

/// The programs of `module`; before there are any, its model.
static SmallVector<Operation *> programsOf(ModuleOp module) {
  SmallVector<Operation *> programs;
  for (auto program : module.getOps<ProgramOp>())
    programs.push_back(program);
  if (programs.empty())
    for (auto model : module.getOps<ModelOp>())
      programs.push_back(model);
  return programs;
}

/// The model has the value of the program that evaluates it.
static StringRef nameOf(Operation *program) {
  return isa<ModelOp>(program) ? "eval_step"
                               : SymbolTable::getSymbolName(program).getValue();
}

//===----------------------------------------------------------------------===//
// One program
//===----------------------------------------------------------------------===//

std::optional<std::vector<Output>> Validation::run(Operation *program,
                                                   Followed &followed) {
  reference::Options interpreter;
  interpreter.truncatedNormal = randomTruncatedNormal(options.seed);
  State state = followed.state;
  // Each rank makes all of the initial values, and keeps its part elsewhere.
  bool onRanks = ranked && ranked->isRanked() && nameOf(program) != "init";
  FailureOr<SmallVector<Tensor>> results =
      onRanks ? ranked->run(program, followed.arguments, state, interpreter)
              : reference::run(program, followed.arguments, state, interpreter);
  if (failed(results))
    return std::nullopt;
  return outputsOf(program, *results, state);
}

std::string Validation::difference(Followed &followed,
                                   ArrayRef<Output> now) const {
  llvm::StringMap<const Output *> byKey;
  for (const Output &output : now)
    byKey[output.key()] = &output;
  for (const Output &before : followed.outputs) {
    const Output *after = byKey.lookup(before.key());
    byKey.erase(before.key());
    if (!after)
      return before.name + ": it is gone";
    if (after->tensor.shape != before.tensor.shape)
      return before.name + ": " + before.type + " became " + after->type;
    Distance apart = distance(before.tensor, after->tensor);
    if (!(apart.relative <= options.tolerance))
      return llvm::formatv(
                 "{0}: {1} became {2} (element {3})", before.name,
                 llvm::format("%.9g", before.tensor.data[apart.element]),
                 llvm::format("%.9g", after->tensor.data[apart.element]),
                 apart.element)
          .str();
    followed.largest = std::max(followed.largest, apart.relative);
  }
  for (const Output &output : now)
    if (byKey.contains(output.key()))
      return output.name + ": it is new";
  return "";
}

void Validation::check(StringRef pass, Operation *program) {
  auto [entry, isNew] = programs.try_emplace(nameOf(program));
  Followed &followed = entry->second;
  OperationFingerPrint print(program);
  if (!isNew && followed.checked == print)
    return;
  if (isNew) {
    followed.arguments = randomArguments(program, options.seed);
    followed.state = randomState(program, options.seed);
  }
  std::optional<std::vector<Output>> now = run(program, followed);
  if (!now) {
    if (isNew) {
      programs.erase(entry);
      return;
    }
    followed.unseen.push_back(pass.str());
    followed.checked = print;
    return;
  }
  followed.checked = print;
  if (isNew) {
    followed.outputs = std::move(*now);
    return;
  }
  ++followed.changes;
  std::string text = difference(followed, *now);
  if (!text.empty()) {
    problem = ("pass " + pass).str();
    if (!followed.unseen.empty())
      problem += " (or before it, where the program did not run: " +
                 llvm::join(followed.unseen, ", ") + ")";
    problem += (" changes @" + nameOf(program) + " " + text).str();
  }
  followed.unseen.clear();
}

//===----------------------------------------------------------------------===//
// Passes and stages
//===----------------------------------------------------------------------===//

/// Tells of every pass that has run.
class Validation::Watch : public PassInstrumentation {
public:
  explicit Watch(Validation &validation) : validation(validation) {}

  void runAfterPass(Pass *pass, Operation *op) override {
    StringRef name = pass->getArgument();
    validation.afterPass(name.empty() ? pass->getName() : name, op);
  }

private:
  Validation &validation;
};

void Validation::watch(PassManager &pm, StringRef name) {
  stage = name.str();
  pm.addInstrumentation(std::make_unique<Watch>(*this));
}

void Validation::report(MLIRContext *context) const {
  emitError(UnknownLoc::get(context)) << "stage " << stage << ": " << problem;
}

std::string Validation::sizeProblem(ArrayRef<Operation *> all) const {
  double count = 0;
  for (Operation *program : all)
    count += multiplyAdds(program);
  if (count <= options.maxMultiplyAdds)
    return "";
  return llvm::formatv(
             "one run of the programs is {0} multiply-adds, and validation "
             "interprets at most {1}; take a small model of the same "
             "structure, as with --set layers=2 --set hidden=16 --set ffn=32 "
             "--set seq=8",
             llvm::format("%.2g", count),
             llvm::format("%.2g", options.maxMultiplyAdds))
      .str();
}

void Validation::afterPass(StringRef pass, Operation *op) {
  if (!begun || !problem.empty())
    return;
  SmallVector<Operation *> changed;
  if (auto module = dyn_cast<ModuleOp>(op))
    changed = programsOf(module);
  else if (isa<ProgramOp>(op))
    changed.push_back(op);
  problem = sizeProblem(changed);
  {
    // Between two passes of a stage a program need not be one that can run.
    ScopedDiagnosticHandler quiet(op->getContext(),
                                  [](Diagnostic &) { return success(); });
    for (Operation *program : changed)
      if (problem.empty())
        check(pass, program);
  }
  if (!problem.empty())
    report(op->getContext());
}

LogicalResult Validation::finishStage(ModuleOp module) {
  if (!problem.empty())
    return failure();
  auto fail = [&](const Twine &text) {
    problem = text.str();
    report(module.getContext());
    return failure();
  };
  if (stage == stageName(Stage::shard)) {
    ranked.emplace(module);
    if (ranked->isRanked())
      return success();
  }
  SmallVector<Operation *> all = programsOf(module);
  if (std::string text = sizeProblem(all); !text.empty())
    return fail(text);
  llvm::StringSet<> names;
  for (Operation *program : all) {
    names.insert(nameOf(program));
    // New where this is the first stage.
    check("flm-stage-" + stage, program);
    if (!problem.empty())
      return fail(std::string(problem));
    auto entry = programs.find(nameOf(program));
    if (entry == programs.end())
      return fail("@" + nameOf(program) + " does not run");
    if (!entry->second.unseen.empty()) {
      run(program, entry->second); // now with its diagnostics
      return fail("@" + nameOf(program) + " does not run any more, since " +
                  entry->second.unseen.front());
    }
  }
  for (const auto &program : programs)
    if (!names.contains(program.getKey()))
      return fail("@" + program.getKey() + " is gone");
  begun = true;
  for (Operation *program : all)
    summarize(nameOf(program));
  return success();
}

void Validation::summarize(StringRef name) {
  Followed &followed = programs[name];
  size_t count = followed.outputs.size();
  os << llvm::formatv("{0,-8} @{1,-11} {2,4} {3}", stage, name, count,
                      count == 1 ? "value" : "values");
  if (followed.changes)
    os << llvm::formatv(" {0} after {1} {2}, largest difference {3}",
                        count == 1 ? "agrees" : "agree", followed.changes,
                        followed.changes == 1 ? "pass" : "passes",
                        llvm::format("%.2g", followed.largest));
  else
    os << (followed.isNew ? " to compare with" : ", unchanged");
  os << '\n';
  os.flush();
  followed.isNew = false;
  followed.changes = 0;
  followed.largest = 0;
}
