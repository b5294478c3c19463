//===----------------------------------------------------------------------===//
// Running a program: arguments in, ops in order, updates and results out.
//===----------------------------------------------------------------------===//
#include "codegen/reference/Evaluate.h"
#include "codegen/reference/Exchange.h"
#include "codegen/reference/Ranks.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace flm;
using namespace flm::reference;

static LogicalResult dispatch(Operation *op, Environment &env) {
  return llvm::TypeSwitch<Operation *, LogicalResult>(op)
      .Case< // EmbeddingOps, LinearOps, NormOps, AttentionOps
          EmbeddingOp, EmbeddingGradOp, LinearOp, LinearGradXOp, LinearGradWOp,
          RmsNormOp, RmsNormGradXOp, RmsNormGradGOp, LayerNormOp,
          LayerNormGradXOp, LayerNormGradGOp, LayerNormGradBOp, RopeOp,
          AttentionOp, AttentionGradOp,
          // ElementwiseOps
          AddOp, ScaleOp, SiluMulOp, SiluMulGradOp, CastOp, FillOp,
          // LossOps
          CrossEntropyOp, ReduceMaxOp, SumExpOp, PickOp, NllOp, SumOp,
          CrossEntropyGradOp,
          // LoopOps, PipelineOps
          LoopOp, PipelineOp,
          // RankOps
          CollectiveOp, WaitOp, LocalTokensOp, MaskPaddingOp,
          // TrainOps
          ParamOp, StateOp, UpdateOp, TruncatedNormalOp, SumSquaresOp,
          ChunkSumsOp, ChunkTotalOp, FoldOp, MeanAbsOp, ClipOp, AdamWOp>(
          [&](auto typed) { return evaluate(typed, env); })
      .Default([](Operation *other) {
        return other->emitOpError(
            "is not an op that the reference interpreter knows");
      });
}

/// What an op leaves behind on a rank that does not run it.
static void skip(Operation &op, Environment &env) {
  for (Value result : op.getResults()) {
    // A rank to which nobody sends goes on with what it has.
    auto receive = dyn_cast<CollectiveOp>(op);
    env.setOrErase(result, receive && receive.getX()
                               ? env.copyOf(receive.getX())
                               : std::nullopt);
  }
}

/// An error at `op` if it reads what this rank does not have.
static LogicalResult expectOperands(Operation &op, Environment &env) {
  // These pass on what there is.
  if (isa<LoopOp, PipelineOp>(op))
    return success();
  if (auto collective = dyn_cast<CollectiveOp>(op))
    if (collective.getKind() == Collective::Receive ||
        (collective.getKind() == Collective::Mask &&
         env.indexOn(collective.getAxis()) !=
             static_cast<int64_t>(collective.getAt().value_or(0))))
      return success();
  for (auto [index, operand] : llvm::enumerate(op.getOperands()))
    if (!env.find(operand))
      return op.emitOpError()
             << "reads operand #" << index << ", which this rank does not have";
  return success();
}

LogicalResult reference::evaluate(Block &block, Environment &env) {
  for (Operation &op : block.without_terminator()) {
    if (!env.runs(&op))
      skip(op, env);
    else if (failed(expectOperands(op, env)) || failed(dispatch(&op, env)))
      return failure();
  }
  return success();
}

/// The interpreter needs every size and element type, and one rank.
static LogicalResult expectRunnable(Operation *op, Type type) {
  auto tensor = dyn_cast<NamedTensorType>(type);
  if (!tensor)
    return op->emitError() << "the reference interpreter runs values of type "
                              "!flm.tensor, not "
                           << type;
  if (tensor.isSymbolic() || isa<NoneType>(tensor.getElementType()))
    return op->emitError() << "the reference interpreter needs bound sizes and "
                              "element types (the graph stage), got "
                           << type;
  if (!tensor.getStates().empty())
    return op->emitError()
           << "the reference interpreter runs one rank, but the value is "
              "distributed: "
           << type;
  return success();
}

static LogicalResult expectRunnable(Operation *root) {
  WalkResult result = root->walk([](Operation *op) -> WalkResult {
    for (Type type : op->getResultTypes())
      if (failed(expectRunnable(op, type)))
        return WalkResult::interrupt();
    for (Region &region : op->getRegions())
      for (Type type : region.getArgumentTypes())
        if (failed(expectRunnable(op, type)))
          return WalkResult::interrupt();
    return WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}

static LogicalResult bindArguments(Operation *program, Block &body,
                                   ArrayRef<Tensor> arguments,
                                   Environment &env) {
  if (arguments.size() != body.getNumArguments())
    return program->emitError() << "takes " << body.getNumArguments()
                                << " arguments, got " << arguments.size();
  for (auto [index, pair] :
       llvm::enumerate(llvm::zip(body.getArguments(), arguments))) {
    auto [argument, tensor] = pair;
    SmallVector<int64_t> shape = typeOf(argument).shape();
    if (tensor.shape != shape)
      return program->emitError()
             << "argument #" << index << " has shape "
             << shapeText(tensor.shape) << ", expected " << shapeText(shape);
    env.set(argument, tensor);
  }
  return success();
}

FailureOr<SmallVector<Tensor>> reference::runOn(const Rank *rank,
                                                Operation *program,
                                                ArrayRef<Tensor> arguments,
                                                State &state,
                                                const Options &options) {
  if (!isa<ProgramOp, ModelOp>(program))
    return program->emitError(
        "the reference interpreter runs an flm.program or an flm.model");
  if (failed(expectRunnable(program)))
    return failure();
  Block &body = program->getRegion(0).front();
  Environment env(state, options, rank);
  if (failed(bindArguments(program, body, arguments, env)) ||
      failed(evaluate(body, env)))
    return failure();
  if (failed(expectOperands(*body.getTerminator(), env)))
    return failure();
  SmallVector<Tensor> results;
  for (Value value : body.getTerminator()->getOperands())
    results.push_back(env[value]);
  for (auto &update : env.updates)
    state[update.first()] = std::move(update.second);
  return results;
}

FailureOr<SmallVector<Tensor>> reference::run(Operation *program,
                                              ArrayRef<Tensor> arguments,
                                              State &state,
                                              const Options &options) {
  return runOn(nullptr, program, arguments, state, options);
}

LogicalResult reference::runOnRanks(Operation *program, const RankGrid &grid,
                                    MutableArrayRef<RankData> ranks,
                                    const Options &options) {
  assert(static_cast<int64_t>(ranks.size()) == grid.ranks() &&
         "one RankData per rank");
  Exchange exchange(grid);
  return exchange.run(program, [&](int64_t number) -> LogicalResult {
    Rank rank{grid, number, exchange};
    RankData &data = ranks[number];
    FailureOr<SmallVector<Tensor>> results =
        runOn(&rank, program, data.arguments, data.state, options);
    if (failed(results))
      return failure();
    data.results = std::move(*results);
    return success();
  });
}
