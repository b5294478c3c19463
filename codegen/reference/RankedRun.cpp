//===----------------------------------------------------------------------===//
// The programs of one rank, run on all ranks of their plan.
//===----------------------------------------------------------------------===//
#include "codegen/reference/RankedRun.h"

#include "codegen/reference/Ranks.h"
#include "dialects/flm/Flm.h"
#include "dialects/flm/Recipe.h"

using namespace mlir;
using namespace flm;
using namespace flm::reference;

static SmallVector<NamedTensorType> argumentTypes(Operation *program) {
  SmallVector<NamedTensorType> types;
  for (BlockArgument argument : program->getRegion(0).getArguments())
    types.push_back(typeOf(argument));
  return types;
}

/// Whether all values are those of one rank.
static bool isLocal(Operation *program) {
  WalkResult result = program->walk([](Operation *op) {
    for (Type type : op->getResultTypes())
      if (auto tensor = dyn_cast<NamedTensorType>(type))
        if (!tensor.getStates().empty())
          return WalkResult::interrupt();
    return WalkResult::advance();
  });
  return !result.wasInterrupted() &&
         llvm::all_of(argumentTypes(program), [](NamedTensorType type) {
           return type.getStates().empty();
         });
}

RankedRun::RankedRun(ModuleOp sharded) : grid(sharded) {
  for (auto recipe : sharded.getOps<RecipeOp>())
    chunks = {"pp", Recipe::of(recipe).pipeline_chunks};
  for (auto program : sharded.getOps<ProgramOp>())
    arguments[program.getSymName()] = argumentTypes(program);
}

FailureOr<SmallVector<Tensor>> RankedRun::run(Operation *program,
                                              ArrayRef<Tensor> whole,
                                              State &state,
                                              const Options &options) const {
  StringRef name = SymbolTable::getSymbolName(program).getValue();
  SmallVector<NamedTensorType> locals = argumentTypes(program),
                               globals = arguments.lookup(name);
  if (!isLocal(program) || locals.size() != globals.size())
    return program->emitError("is not yet the program of one rank");
  std::vector<RankData> ranks(grid.ranks());
  for (auto [rank, data] : llvm::enumerate(ranks)) {
    auto number = static_cast<int64_t>(rank);
    for (auto [global, local, tensor] : llvm::zip(globals, locals, whole))
      data.arguments.push_back(
          Layout(global, local, grid, chunks).partOf(tensor, number));
    data.state = scattered(state, program, grid, number, chunks);
  }
  if (failed(runOnRanks(program, grid, ranks, options)))
    return failure();
  SmallVector<const State *> states;
  for (auto [rank, data] : llvm::enumerate(ranks)) {
    states.push_back(&data.state);
    for (auto [index, result] : llvm::enumerate(data.results))
      if (result.data != ranks.front().results[index].data)
        return program->emitError() << "result #" << index << " of "
                                    << grid.text(static_cast<int64_t>(rank))
                                    << " differs from that of the first";
  }
  FailureOr<State> next = gathered(states, program, grid, chunks);
  if (failed(next))
    return failure();
  for (auto &entry : *next)
    state[entry.first()] = std::move(entry.second);
  return ranks.front().results;
}
