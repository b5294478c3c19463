//===----------------------------------------------------------------------===//
// Makes the programs of a training binary from a model.
//===----------------------------------------------------------------------===//
#include "passes/autodiff/Passes.h"

#include "dialects/flm/Recipe.h"
#include "dialects/flm/Sizes.h"
#include "dialects/flm/ValueNames.h"
#include "passes/autodiff/LoopEditing.h"
#include "passes/autodiff/Vjp.h"

#include "mlir/IR/AttrTypeSubElements.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/StringExtras.h"

#define DEBUG_TYPE "flm-build-programs"

using namespace mlir;
using namespace flm;

namespace flm {
#define GEN_PASS_DEF_BUILDPROGRAMS
#include "passes/autodiff/Passes.h.inc"
} // namespace flm

namespace {

/// How many scalars the runtime passes to a step.
constexpr int64_t kHyperCount = 0
#define FLM_HYPER(name, doc) +1
#include "runtime/abi/Hyper.def"
    ;

/// A parameter as the programs know it.
struct Parameter {
  ParamOp declaration;  ///< in the model
  std::string name;     ///< of the value
  NamedTensorType type; ///< at rest: f32 or wider
};

struct BuildPrograms : flm::impl::BuildProgramsBase<BuildPrograms> {
  using BuildProgramsBase::BuildProgramsBase;

  void runOnOperation() override {
    auto models = getOperation().getOps<ModelOp>();
    if (!llvm::hasSingleElement(models)) {
      getOperation().emitError("expected one bound model; run the graph and "
                               "mup stages first");
      return signalPassFailure();
    }
    model = *models.begin();
    recipe = Recipe::of(
        getOperation().lookupSymbol<RecipeOp>(model.getRecipeAttr()));
    if (failed(collect()))
      return signalPassFailure();
    chooseLoops();
    buildInit();
    if (failed(buildTrainStep()))
      return signalPassFailure();
    buildEvalStep();
    buildPredict();
    if (probe)
      buildProbe();
  }

private:
  LogicalResult collect();
  void chooseLoops();
  ProgramOp createProgram(StringRef name, ArrayRef<Value> argumentsLike,
                          OpBuilder &body);
  IRMapping readParameters(OpBuilder &builder, SmallVectorImpl<Value> *atRest);
  void cloneForward(OpBuilder &builder, IRMapping &map);
  void buildInit();
  LogicalResult buildTrainStep();
  void buildEvalStep();
  void buildPredict();
  void buildProbe();

  /// What is summed over micro-batches: the loss, then a gradient for each
  /// parameter.
  using Sums = SmallVector<Value>;

  FailureOr<Sums> differentiate(OpBuilder &builder, ValueRange parameters,
                                IRMapping &map);
  FailureOr<Sums> sumMicroBatches(OpBuilder &builder, ValueRange arguments,
                                  ValueRange parameters, IRMapping &map);
  FailureOr<Sums> sumSlots(OpBuilder &builder, ValueRange arguments,
                           ValueRange parameters, IRMapping &map);
  SmallVector<std::string> sumNames();

  Block &modelBody() { return model.getBody().front(); }
  Value modelLoss() { return modelBody().getTerminator()->getOperand(0); }
  Location noName() { return withoutName(model.getLoc()); }
  Location named(const Twine &name) { return withName(noName(), name); }
  FloatAttr f64(double value) {
    return Builder(&getContext()).getF64FloatAttr(value);
  }

  ModelOp model;
  CrossEntropyOp lossOp; ///< of the model
  Recipe recipe;
  /// The loops of a step, null where they have one iteration: accumulators that
  /// are folded at the end, micro-batches that are added to one of them.
  DimAttr slot, micro;
  SmallVector<Parameter> parameters;
  Type wide; ///< of master parameters, gradients, moments and losses
};

LogicalResult BuildPrograms::collect() {
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
ProgramOp BuildPrograms::createProgram(StringRef name,
                                       ArrayRef<Value> argumentsLike,
                                       OpBuilder &body) {
  OpBuilder builder(&getContext());
  builder.setInsertionPointToEnd(getOperation().getBody());
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
IRMapping BuildPrograms::readParameters(OpBuilder &builder,
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
void BuildPrograms::cloneForward(OpBuilder &builder, IRMapping &map) {
  for (Operation &op : modelBody().without_terminator())
    if (!isa<ParamOp>(op))
      builder.clone(op, map);
}

//===----------------------------------------------------------------------===//
// @init
//===----------------------------------------------------------------------===//

void BuildPrograms::buildInit() {
  OpBuilder builder(&getContext());
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
// @train_step
//===----------------------------------------------------------------------===//

/// The accumulators of a rank are those of the recipe that are its own.
void BuildPrograms::chooseLoops() {
  auto plan = getOperation().lookupSymbol<PlanOp>(model.getPlanAttr());
  int64_t slots = 1;
  if (recipe.reduction_slots && plan)
    slots = recipe.reduction_slots / plan.partsOf(kBatchDim);
  auto dimOf = [&](StringRef name, int64_t size) {
    return size > 1 ? DimAttr::get(&getContext(), name, size) : DimAttr();
  };
  slot = dimOf(kSlotDim, slots);
  micro = dimOf(kMicroDim, recipe.micro_batches / slots);
}

/// Forward and backward of one micro-batch. `parameterValues` are what its ops
/// read; `map` maps the model's parameters and arguments. A micro-batch counts
/// one part in as many as there are: its loss, and so its gradients.
FailureOr<BuildPrograms::Sums>
BuildPrograms::differentiate(OpBuilder &builder, ValueRange parameterValues,
                             IRMapping &map) {
  Block *block = builder.getBlock();
  cloneForward(builder, map);
  addLogSumExps(*block);
  Value loss = map.lookup(modelLoss());
  DimAttr count;
  if (slot && micro)
    count =
        DimAttr::get(&getContext(), {slot.getNames()[0], micro.getNames()[0]},
                     {slot.size(), micro.size()});
  else
    count = slot ? slot : micro;
  // One constant in the end, computed from one product of sizes: then a step
  // has the same bits however its micro-batches are spread over ranks.
  auto share = [&](Value whole, Location loc) -> Value {
    if (!count)
      return whole;
    return ScaleOp::create(builder, loc, whole.getType(), whole, f64(1.0),
                           count);
  };

  Vjp vjp(builder, [](Value value) { return value; });
  Location seedName = derivedFrom(loss, "d_");
  vjp.accumulate(
      loss, share(FillOp::create(builder, seedName, loss.getType(), f64(1.0)),
                  seedName));
  if (failed(vjp.run(*block)))
    return failure();
  Sums sums;
  for (auto [parameter, value] : llvm::zip(parameters, parameterValues)) {
    Value gradient = vjp.cotangent(value);
    if (!gradient)
      return parameter.declaration.emitError(
          "does not influence the loss, so it can not be trained");
    if (typeOf(gradient).getElementType() != wide)
      gradient = CastOp::create(builder, derivedFrom(value, "d_"),
                                parameter.type, gradient);
    sums.push_back(gradient);
  }
  sums.insert(sums.begin(), share(loss, derivedFrom(loss, "", "_share")));
  return sums;
}

/// The names of what is summed.
SmallVector<std::string> BuildPrograms::sumNames() {
  SmallVector<std::string> names{"loss"};
  for (Parameter &parameter : parameters)
    names.push_back("d_" + parameter.name);
  return names;
}

/// Adds micro-batches up, one after the other. `arguments` are the program's
/// tokens and targets, with a leading `micro` dim if there are several.
FailureOr<BuildPrograms::Sums>
BuildPrograms::sumMicroBatches(OpBuilder &builder, ValueRange arguments,
                               ValueRange parameterValues, IRMapping &map) {
  if (!micro) {
    for (auto [from, to] : llvm::zip(modelBody().getArguments(), arguments))
      map.map(from, to);
    return differentiate(builder, parameterValues, map);
  }
  // Carries: the loss and one accumulator per parameter.
  SmallVector<std::string> names = sumNames();
  SmallVector<Value> inits;
  inits.push_back(FillOp::create(builder, named("loss_zero"),
                                 NamedTensorType::get({}, wide), f64(0.0)));
  for (Parameter &parameter : parameters)
    inits.push_back(FillOp::create(builder, named(parameter.name + "_zero"),
                                   parameter.type, f64(0.0)));
  auto loop = LoopOp::create(builder, named(llvm::join(names, ", ")), micro,
                             /*reverse=*/false, inits, arguments, TypeRange{});
  Block &body = loop.getBody().emplaceBlock();
  for (auto [init, name] : llvm::zip(inits, names))
    body.addArgument(init.getType(), named(name + "_acc"));
  for (BlockArgument argument : modelBody().getArguments())
    map.map(argument, body.addArgument(argument.getType(), argument.getLoc()));
  OpBuilder inner(&getContext());
  inner.setInsertionPointToEnd(&body);
  FailureOr<Sums> terms = differentiate(inner, parameterValues, map);
  if (failed(terms))
    return failure();
  SmallVector<Value> next;
  for (auto [index, term] : llvm::enumerate(*terms))
    next.push_back(AddOp::create(inner, named(names[index] + "_sum"),
                                 term.getType(),
                                 ValueRange{body.getArgument(index), term}));
  YieldOp::create(inner, noName(), next, ValueRange{});
  return Sums(loop.getFinals());
}

/// Keeps the sums of several slots apart and folds them at the end.
FailureOr<BuildPrograms::Sums>
BuildPrograms::sumSlots(OpBuilder &builder, ValueRange arguments,
                        ValueRange parameterValues, IRMapping &map) {
  if (!slot)
    return sumMicroBatches(builder, arguments, parameterValues, map);
  SmallVector<std::string> names = sumNames();
  SmallVector<Type> stackTypes{
      LoopOp::stackType(slot, {}, NamedTensorType::get({}, wide))};
  for (Parameter &parameter : parameters)
    stackTypes.push_back(LoopOp::stackType(slot, {}, parameter.type));
  auto loop = LoopOp::create(
      builder, named(llvm::join(names, "_slots, ") + "_slots"), slot,
      /*reverse=*/false, ValueRange{}, arguments, stackTypes);
  Block &body = loop.getBody().emplaceBlock();
  for (BlockArgument argument : modelBody().getArguments()) {
    NamedTensorType type = typeOf(argument);
    if (micro)
      type = LoopOp::stackType(micro, {}, type);
    body.addArgument(type, argument.getLoc());
  }
  OpBuilder inner(&getContext());
  inner.setInsertionPointToEnd(&body);
  FailureOr<Sums> sums =
      sumMicroBatches(inner, body.getArguments(), parameterValues, map);
  if (failed(sums))
    return failure();
  YieldOp::create(inner, noName(), ValueRange{}, *sums);
  Sums folded;
  for (auto [stack, name] : llvm::zip(loop.getStacks(), names))
    folded.push_back(FoldOp::create(
        builder, named(name),
        NamedTensorType::get(typeOf(stack).getDims().drop_front(), wide),
        stack));
  return folded;
}

LogicalResult BuildPrograms::buildTrainStep() {
  MLIRContext *context = &getContext();
  auto hyperType = NamedTensorType::get(
      {DimAttr::get(context, "hyper", kHyperCount)}, Float32Type::get(context));

  OpBuilder builder(context);
  ProgramOp program = createProgram(
      "train_step", {modelBody().getArgument(0), modelBody().getArgument(1)},
      builder);
  Block &block = program.getBody().front();
  for (DimAttr dim : {micro, slot})
    if (dim)
      for (BlockArgument argument : block.getArguments())
        argument.setType(LoopOp::stackType(dim, {}, typeOf(argument)));
  BlockArgument hyper = block.addArgument(hyperType, named("hyper"));

  SmallVector<Value> atRest;
  IRMapping map = readParameters(builder, &atRest);
  // In a loop, parameters are captured as its body reads them, narrowed where
  // that is so; their gradients are those of one micro-batch.
  SmallVector<Value> read = atRest;
  if (slot || micro)
    read = llvm::map_to_vector(parameters,
                               [&](const Parameter &parameter) -> Value {
                                 ParamOp declaration = parameter.declaration;
                                 return map.lookup(declaration.getValue());
                               });
  FailureOr<Sums> sums =
      sumSlots(builder, block.getArguments().take_front(2), read, map);
  if (failed(sums))
    return failure();
  Value loss = sums->front();
  ArrayRef<Value> gradients = ArrayRef(*sums).drop_front();

  // Clip by the global norm, update everything.
  auto scalar = NamedTensorType::get({}, wide);
  SmallVector<Value> squares;
  for (auto [parameter, gradient] : llvm::zip(parameters, gradients))
    squares.push_back(SumSquaresOp::create(
        builder, named("sumsq_" + parameter.name), scalar, gradient));
  Value total = AddOp::create(builder, named("sumsq"), scalar, squares);
  auto clip = ClipOp::create(builder, named("grad_norm, clip_coef"),
                             TypeRange{scalar, scalar}, total, hyper);
  for (auto [parameter, value, gradient] :
       llvm::zip(parameters, atRest, gradients)) {
    ParamOp declaration = parameter.declaration;
    StringRef name = declaration.getName();
    StringAttr firstName = builder.getStringAttr("exp_avg." + name);
    StringAttr secondName = builder.getStringAttr("exp_avg_sq." + name);
    Value first = StateOp::create(builder, named(parameter.name + "_exp_avg"),
                                  parameter.type, firstName);
    Value second =
        StateOp::create(builder, named(parameter.name + "_exp_avg_sq"),
                        parameter.type, secondName);
    MupAttr mup = declaration.getMupAttr();
    auto step = AdamWOp::create(
        builder,
        named(parameter.name + "_next, " + parameter.name + "_exp_avg_next, " +
              parameter.name + "_exp_avg_sq_next"),
        TypeRange{parameter.type, parameter.type, parameter.type}, value, first,
        second, gradient, clip.getCoef(), hyper, mup.getLr(), mup.getWd(),
        mup.getEps());
    UpdateOp::create(builder, noName(), declaration.getNameAttr(),
                     step.getParamNext());
    UpdateOp::create(builder, noName(), firstName, step.getMNext());
    UpdateOp::create(builder, noName(), secondName, step.getVNext());
  }
  ReturnOp::create(builder, noName(), ValueRange{loss, clip.getNorm()});
  return success();
}

//===----------------------------------------------------------------------===//
// @eval_step, @predict, @probe
//===----------------------------------------------------------------------===//

void BuildPrograms::buildEvalStep() {
  OpBuilder builder(&getContext());
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

void BuildPrograms::buildPredict() {
  OpBuilder builder(&getContext());
  ProgramOp program =
      createProgram("predict", {modelBody().getArgument(0)}, builder);
  IRMapping map = readParameters(builder, nullptr);
  map.map(modelBody().getArgument(0), program.getBody().front().getArgument(0));
  // All but the loss, whose logits are the answer.
  for (Operation &op : modelBody().without_terminator())
    if (!isa<ParamOp, CrossEntropyOp>(op))
      builder.clone(op, map);
  Value logits = map.lookup(lossOp.getLogits());
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
    return DimAttr::get(&getContext(), dim.getNames(), sizes);
  });
  replacer.recursivelyReplaceElementsIn(program, /*replaceAttrs=*/true,
                                        /*replaceLocs=*/false,
                                        /*replaceTypes=*/true);
}

/// The activations that a coordinate check watches: what enters the layers,
/// what leaves each layer, and the logits.
void BuildPrograms::buildProbe() {
  OpBuilder builder(&getContext());
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

} // namespace
