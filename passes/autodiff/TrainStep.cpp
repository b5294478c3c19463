//===----------------------------------------------------------------------===//
// @train_step: backward inside the loops over slots and micro-batches,
// clipping, AdamW.
//===----------------------------------------------------------------------===//
#include "dialects/flm/Sizes.h"
#include "passes/autodiff/ProgramBuilder.h"
#include "passes/autodiff/Vjp.h"
#include "runtime/abi/Hyper.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace flm;

/// The accumulators of a rank are those of the recipe that are its own.
void ProgramBuilder::chooseLoops() {
  auto plan = model->getParentOfType<ModuleOp>().lookupSymbol<PlanOp>(
      model.getPlanAttr());
  int64_t slots = 1;
  if (recipe.reduction_slots && plan)
    slots = recipe.reduction_slots / plan.partsOf(kBatchDim);
  auto dimOf = [&](StringRef name, int64_t size) {
    return size > 1 ? DimAttr::get(context, name, size) : DimAttr();
  };
  slot = dimOf(kSlotDim, slots);
  micro = dimOf(kMicroDim, recipe.micro_batches / slots);
}

/// Forward and backward of one micro-batch. `parameterValues` are what its ops
/// read; `map` maps the model's parameters and arguments. A micro-batch counts
/// one part in as many as there are: its loss, and so its gradients.
FailureOr<ProgramBuilder::Sums>
ProgramBuilder::differentiate(OpBuilder &builder, ValueRange parameterValues,
                              IRMapping &map) {
  Block *block = builder.getBlock();
  cloneForward(builder, map);
  addLogSumExps(*block);
  Value loss = map.lookup(modelLoss());
  DimAttr count;
  if (slot && micro)
    count = DimAttr::get(context, {slot.getNames()[0], micro.getNames()[0]},
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
SmallVector<std::string> ProgramBuilder::sumNames() {
  SmallVector<std::string> names{"loss"};
  for (Parameter &parameter : parameters)
    names.push_back("d_" + parameter.name);
  return names;
}

/// Adds micro-batches up, one after the other. `arguments` are the program's
/// tokens and targets, with a leading `micro` dim if there are several.
FailureOr<ProgramBuilder::Sums>
ProgramBuilder::sumMicroBatches(OpBuilder &builder, ValueRange arguments,
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
  OpBuilder inner(context);
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
FailureOr<ProgramBuilder::Sums>
ProgramBuilder::sumSlots(OpBuilder &builder, ValueRange arguments,
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
  OpBuilder inner(context);
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

/// One AdamW step for every parameter.
void ProgramBuilder::update(OpBuilder &builder, ValueRange atRest,
                            ValueRange gradients, Value coef, Value hyper) {
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
        second, gradient, coef, hyper, mup.getLr(), mup.getWd(), mup.getEps());
    UpdateOp::create(builder, noName(), declaration.getNameAttr(),
                     step.getParamNext());
    UpdateOp::create(builder, noName(), firstName, step.getMNext());
    UpdateOp::create(builder, noName(), secondName, step.getVNext());
  }
}

LogicalResult ProgramBuilder::buildTrainStep() {
  auto hyperType =
      NamedTensorType::get({DimAttr::get(context, "hyper", abi::hyperCount)},
                           Float32Type::get(context));

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
  update(builder, atRest, gradients, clip.getCoef(), hyper);
  ReturnOp::create(builder, noName(), ValueRange{loss, clip.getNorm()});
  return success();
}
