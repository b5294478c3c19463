//===----------------------------------------------------------------------===//
// What all programs of a model are made from, and those without a backward
// pass.
//===----------------------------------------------------------------------===//
#include "passes/autodiff/ProgramBuilder.h"

#include "dialects/flm/Sizes.h"
#include "passes/autodiff/LoopEditing.h"
#include "passes/autodiff/Vjp.h"

#include "mlir/IR/AttrTypeSubElements.h"
#include "mlir/IR/BuiltinOps.h"

using namespace mlir;
using namespace flm;

ProgramBuilder::ProgramBuilder(ModelOp model)
    : context(model.getContext()), model(model) {
  auto module = model->getParentOfType<ModuleOp>();
  recipe = Recipe::of(module.lookupSymbol<RecipeOp>(model.getRecipeAttr()));
  chooseLoops();
}

/// What a model can not hold: ops that the compiler makes, a second place where
/// targets are read, carried tokens, and parameters of which each batch would
/// have its own.
static LogicalResult checkModel(ModelOp model, CrossEntropyOp loss) {
  WalkResult result = model.walk([&](Operation *op) -> WalkResult {
    if (!isa<ModelOp, ParamOp, FillOp, YieldOp, ReturnOp, VjpOpInterface>(op))
      return op->emitError("has no gradient rule, so a model can not hold it");
    if (op != loss &&
        llvm::is_contained(op->getOperands(), model.getBody().getArgument(1)))
      return op->emitError("reads the targets, which only the loss may: "
                           "@predict has none");
    auto loop = dyn_cast<LoopOp>(op);
    if (loop && llvm::any_of(loop.getInits(), [](Value init) {
          return typeOf(init).getElementType().isInteger();
        }))
      return loop.emitError("carries integers, which have no gradient; its "
                            "body can read them from outside");
    auto param = dyn_cast<ParamOp>(op);
    if (param && llvm::any_of(typeOf(param.getValue()).getDims(),
                              [](DimAttr d) { return d.hasFactor(kBatchDim); }))
      return param.emitError("has the dim '")
             << kBatchDim << "', which is another one in @predict";
    return WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}

LogicalResult ProgramBuilder::collect() {
  parameters.clear();
  wide = {};
  if (modelBody().getNumArguments() != 2)
    return model.emitError("must take tokens and targets");
  auto terminator = cast<ReturnOp>(modelBody().getTerminator());
  if (terminator.getValues().size() != 1 ||
      typeOf(terminator.getValues()[0]).getRank())
    return terminator.emitError("a model returns its loss, one scalar");
  // @predict and @probe return the logits that it is computed from.
  lossOp = terminator.getValues()[0].getDefiningOp<CrossEntropyOp>();
  if (!lossOp)
    return terminator.emitError(
        "a model returns its loss, the result of a cross_entropy");
  if (failed(checkModel(model, lossOp)))
    return failure();
  for (ParamOp param : modelBody().getOps<ParamOp>()) {
    if (!param.getMup())
      return param.emitError("has no µP multipliers; run flm-apply-mup first");
    NamedTensorType type = typeOf(param.getValue());
    if (!wide)
      wide = accumulationType(type.getElementType());
    parameters.push_back(
        {param, valueName(param.getValue()).str(), type.withElementType(wide)});
    if (param.getValue().use_empty())
      return param.emitError("is never used");
  }
  if (parameters.empty())
    return model.emitError("has no parameters to train");
  return success();
}

/// A program whose arguments have the types and names of `argumentsLike`.
ProgramOp ProgramBuilder::createProgram(StringRef name,
                                        ArrayRef<Value> argumentsLike,
                                        OpBuilder &body) {
  OpBuilder builder(context);
  builder.setInsertionPointToEnd(model->getParentOfType<ModuleOp>().getBody());
  auto program =
      ProgramOp::create(builder, model.getLoc(), builder.getStringAttr(name),
                        model.getConfigAttr());
  Block &block = program.getBody().emplaceBlock();
  for (Value argument : argumentsLike)
    block.addArgument(argument.getType(), argument.getLoc());
  body.setInsertionPointToEnd(&block);
  return program;
}

/// Reads every parameter at the top of a program, narrowed where the model
/// computes in a narrower type. `atRest` receives the values as read.
IRMapping ProgramBuilder::readParameters(OpBuilder &builder,
                                         SmallVectorImpl<Value> *atRest) {
  IRMapping map;
  for (Parameter &parameter : parameters) {
    ParamOp declaration = parameter.declaration;
    Value value =
        ParamOp::create(builder, declaration.getLoc(), parameter.type,
                        declaration.getNameAttr(), declaration.getMupAttr());
    if (atRest)
      atRest->push_back(value);
    if (parameter.type != declaration.getValue().getType())
      value = CastOp::create(builder, derivedFrom(value, "", "_narrow"),
                             declaration.getValue().getType(), value);
    map.map(declaration.getValue(), value);
  }
  return map;
}

/// Clones the model's ops, except the parameters, which `map` has.
void ProgramBuilder::cloneForward(OpBuilder &builder, IRMapping &map) {
  for (Operation &op : modelBody().without_terminator())
    if (!isa<ParamOp>(op))
      builder.clone(op, map);
}

//===----------------------------------------------------------------------===//
// @init
//===----------------------------------------------------------------------===//

void ProgramBuilder::buildInit() {
  OpBuilder builder(context);
  createProgram("init", {}, builder);
  for (Parameter &parameter : parameters) {
    ParamOp declaration = parameter.declaration;
    MupAttr mup = declaration.getMupAttr();
    Location loc = named(parameter.name);
    Value value;
    if (mup.getInit() == InitKind::Constant)
      value = FillOp::create(builder, loc, parameter.type, mup.getValue());
    else
      value =
          TruncatedNormalOp::create(builder, loc, parameter.type,
                                    declaration.getNameAttr(), mup.getValue());
    UpdateOp::create(builder, noName(), declaration.getNameAttr(), value);
    Value zero = FillOp::create(builder, named(parameter.name + "_moment"),
                                parameter.type, f64(0.0));
    for (StringRef moment : {"exp_avg.", "exp_avg_sq."})
      UpdateOp::create(builder, noName(),
                       builder.getStringAttr(moment + declaration.getName()),
                       zero);
  }
  ReturnOp::create(builder, noName(), ValueRange{});
}

//===----------------------------------------------------------------------===//
// @eval_step, @predict, @probe
//===----------------------------------------------------------------------===//

void ProgramBuilder::buildEvalStep() {
  OpBuilder builder(context);
  ProgramOp program = createProgram(
      "eval_step", {modelBody().getArgument(0), modelBody().getArgument(1)},
      builder);
  IRMapping map = readParameters(builder, nullptr);
  for (auto [from, to] : llvm::zip(modelBody().getArguments(),
                                   program.getBody().front().getArguments()))
    map.map(from, to);
  cloneForward(builder, map);
  ReturnOp::create(builder, noName(), map.lookup(modelLoss()));
}

void ProgramBuilder::buildPredict() {
  OpBuilder builder(context);
  ProgramOp program =
      createProgram("predict", {modelBody().getArgument(0)}, builder);
  IRMapping map = readParameters(builder, nullptr);
  map.map(modelBody().getArgument(0), program.getBody().front().getArgument(0));
  // All but the loss, whose logits are the answer.
  for (Operation &op : modelBody().without_terminator())
    if (!isa<ParamOp, CrossEntropyOp>(op))
      builder.clone(op, map);
  // Callers read one type, whatever the model computes in.
  Value logits = map.lookup(lossOp.getLogits());
  NamedTensorType type = typeOf(logits);
  if (type.getElementType() != wide)
    logits = CastOp::create(builder, derivedFrom(logits, "", "_wide"),
                            type.withElementType(wide), logits);
  ReturnOp::create(builder, noName(), logits);

  // One sequence at a time.
  AttrTypeReplacer replacer;
  replacer.addReplacement([&](DimAttr dim) -> std::optional<Attribute> {
    if (!dim.hasFactor(kBatchDim))
      return std::nullopt;
    SmallVector<int64_t> sizes(dim.getSizes());
    for (auto [name, size] : llvm::zip(dim.getNames(), sizes))
      if (name.getValue() == kBatchDim)
        size = 1;
    return DimAttr::get(context, dim.getNames(), sizes);
  });
  replacer.recursivelyReplaceElementsIn(program, /*replaceAttrs=*/true,
                                        /*replaceLocs=*/false,
                                        /*replaceTypes=*/true);
}

/// The activations that a coordinate check watches: what enters the layers,
/// what leaves each layer, and the logits.
void ProgramBuilder::buildProbe() {
  OpBuilder builder(context);
  ProgramOp program =
      createProgram("probe", {modelBody().getArgument(0)}, builder);
  IRMapping map = readParameters(builder, nullptr);
  map.map(modelBody().getArgument(0), program.getBody().front().getArgument(0));
  auto scalar = NamedTensorType::get({}, wide);
  auto meanAbs = [&](OpBuilder &at, Value value) -> Value {
    return MeanAbsOp::create(at, derivedFrom(value, "", "_mean_abs"), scalar,
                             value);
  };
  SmallVector<Value> results;
  for (Operation &op : modelBody().without_terminator()) {
    if (isa<ParamOp, CrossEntropyOp>(op))
      continue;
    Operation *clone = builder.clone(op, map);
    if (auto loop = dyn_cast<LoopOp>(clone)) {
      OpBuilder inner(loop.yield());
      SmallVector<Value> values;
      for (Value carry : loop.yield().getCarries())
        values.push_back(meanAbs(inner, carry));
      for (Value init : loop.getInits())
        results.push_back(meanAbs(builder, init));
      SmallVector<Value> stacks = appendStacks(loop, values);
      for (auto [from, to] : llvm::zip(op.getResults(), loop.getResults()))
        map.map(from, to);
      builder.setInsertionPointToEnd(&program.getBody().front());
      results.append(stacks);
    }
  }
  results.push_back(meanAbs(builder, map.lookup(lossOp.getLogits())));
  ReturnOp::create(builder, noName(), results);
}
