//===----------------------------------------------------------------------===//
// Binds a config, a recipe and a plan to their model.
//===----------------------------------------------------------------------===//
#include "passes/graph/Passes.h"

#include "dialects/flm/DimNames.h"
#include "dialects/flm/Flm.h"
#include "dialects/flm/Recipe.h"
#include "dialects/flm/Sizes.h"
#include "dialects/flm/ValueNames.h"

#include "mlir/AsmParser/AsmParser.h"
#include "mlir/IR/AttrTypeSubElements.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace flm;

namespace flm {
#define GEN_PASS_DEF_INSTANTIATEMODEL
#include "passes/graph/Passes.h.inc"
} // namespace flm

namespace {

/// The op of kind `Op` called `name`; with an empty name the only one.
template <typename Op>
FailureOr<Op> choose(ModuleOp module, StringRef kind, StringRef name,
                     function_ref<bool(Op)> fits) {
  SmallVector<StringRef> known;
  Op chosen;
  for (Op candidate : module.getOps<Op>()) {
    if (!fits(candidate))
      continue;
    known.push_back(candidate.getSymName());
    if (name.empty() || candidate.getSymName() == name)
      chosen = candidate;
  }
  if (name.empty() && known.size() == 1)
    return chosen;
  if (known.empty())
    return module.emitError() << "the spec has no " << kind;
  if (name.empty())
    return module.emitError()
           << "choose one " << kind << " of " << llvm::join(known, ", ") << " ("
           << kind << "=NAME)";
  if (!chosen)
    return module.emitError() << "unknown " << kind << " '" << name << "'"
                              << suggestion(name, known);
  return chosen;
}

struct InstantiateModel : flm::impl::InstantiateModelBase<InstantiateModel> {
  using InstantiateModelBase::InstantiateModelBase;

  void runOnOperation() override {
    if (failed(instantiate()))
      signalPassFailure();
  }

private:
  LogicalResult instantiate();
  LogicalResult applyOverride(StringRef text, ModelOp model, ConfigOp &config,
                              RecipeOp &recipe);
  LogicalResult bindWidth(ModelOp model, RecipeOp recipe, RecipeOp writer,
                          ArrayRef<std::string> width);
  static LogicalResult checkPadding(ModelOp model, ConfigOp config,
                                    const Sizes &sizes);
  void keepOnly(ModelOp model, ConfigOp config, RecipeOp recipe, PlanOp plan,
                const Sizes &sizes);
  static void hoistParameters(LoopOp loop);
  static LogicalResult checkTotals(ModelOp model);
  static LogicalResult checkSlots(RecipeOp op, const Recipe &recipe,
                                  PlanOp plan);
  static void bindSizes(ModelOp model, const Sizes &sizes, Type precision);
};

/// `op` with `name = value` replaced or added.
template <typename Op> void setBinding(Op op, StringRef name, Attribute value) {
  SmallVector<Attribute> names(op.getNames().getValue());
  SmallVector<Attribute> values(op.getValues().getValue());
  Builder builder(op.getContext());
  auto *at = llvm::find(names, builder.getStringAttr(name));
  if (at == names.end()) {
    names.push_back(builder.getStringAttr(name));
    values.push_back(value);
  } else {
    values[at - names.begin()] = value;
  }
  op.setNamesAttr(builder.getArrayAttr(names));
  op.setValuesAttr(builder.getArrayAttr(values));
}

/// The recipe that binds `key` for `recipe`: itself, or the nearest of those
/// that it derives from.
static RecipeOp whoBinds(RecipeOp recipe, StringRef key) {
  for (RecipeOp each = recipe; each; each = each.baseRecipe())
    if (llvm::is_contained(each.getNames().getAsValueRange<StringAttr>(), key))
      return each;
  return recipe;
}

/// Gives `recipe` what it has from others as bindings of its own, those first.
static void flatten(RecipeOp recipe) {
  RecipeOp base = recipe.baseRecipe();
  if (!base)
    return;
  flatten(base);
  SmallVector<Attribute> names(recipe.getNames().getValue());
  SmallVector<Attribute> values(recipe.getValues().getValue());
  recipe.setNamesAttr(base.getNamesAttr());
  recipe.setValuesAttr(base.getValuesAttr());
  for (auto [name, value] : llvm::zip(names, values))
    setBinding(recipe, cast<StringAttr>(name).getValue(), value);
  recipe.removeBaseAttr();
}

LogicalResult InstantiateModel::applyOverride(StringRef text, ModelOp model,
                                              ConfigOp &config,
                                              RecipeOp &recipe) {
  ModuleOp module = getOperation();
  auto [name, valueText] = text.split('=');
  if (name.empty() || valueText.empty())
    return module.emitError() << "expected name=value, got '" << text << "'";
  Builder builder(&getContext());
  Attribute value;
  int64_t integer;
  double number;
  if (!valueText.getAsInteger(10, integer))
    value = builder.getI64IntegerAttr(integer);
  else if (!valueText.getAsDouble(number))
    value = builder.getF64FloatAttr(number);
  else
    value = builder.getStringAttr(valueText);

  SmallVector<StringRef> dims = model.dimNames();
  if (name == kBatchDim)
    return module.emitError() << "'batch' is the recipe's micro_batch: set "
                                 "micro_batch="
                              << valueText;
  if (llvm::is_contained(dims, name)) {
    if (!isa<IntegerAttr>(value) || integer <= 0)
      return module.emitError()
             << "dim '" << name << "' must be a positive integer, got '"
             << valueText << "'";
    setBinding(config, name, value);
    return success();
  }
  if (llvm::is_contained(recipeKeys(), name)) {
    if (failed(verifyRecipeBinding(name, value,
                                   [&] { return module.emitError(); })))
      return failure();
    setBinding(recipe, name, value);
    return success();
  }
  dims.append(recipeKeys().begin(), recipeKeys().end());
  return module.emitError() << "unknown dim or recipe key '" << name << "'"
                            << suggestion(name, dims);
}

/// Checks the recipe's `width`, which `writer` may have written; the default is
/// what of it the model has.
LogicalResult InstantiateModel::bindWidth(ModelOp model, RecipeOp recipe,
                                          RecipeOp writer,
                                          ArrayRef<std::string> width) {
  Builder builder(&getContext());
  SmallVector<StringRef> dims = model.dimNames();
  bool written = llvm::is_contained(recipe.getNames().getValue(),
                                    builder.getStringAttr("width"));
  SmallVector<Attribute> known;
  for (StringRef dim : width) {
    if (llvm::is_contained(dims, dim))
      known.push_back(builder.getStringAttr(dim));
    else if (written)
      return writer.emitError()
             << "unknown dim '" << dim << "' in width" << suggestion(dim, dims);
  }
  if (known.empty())
    return recipe.emitError()
           << "recipe @" << recipe.getSymName()
           << " needs 'width', the dims that grow with width: of "
           << llvm::join(dims, ", ");
  if (known.size() != width.size())
    setBinding(recipe, "width", builder.getArrayAttr(known));
  return success();
}

/// A config that gives the padded vocabulary itself must give another one with
/// another vocabulary.
LogicalResult InstantiateModel::checkPadding(ModelOp model, ConfigOp config,
                                             const Sizes &sizes) {
  for (DimDefAttr def : model.dimDefs()) {
    if (def.getName() != "padded_vocab")
      continue;
    int64_t padded = sizes.lookup("padded_vocab"),
            vocab = sizes.lookup("vocab");
    if (padded < vocab)
      return config.emitError()
             << "padded_vocab " << padded << " is below vocab " << vocab
             << "; set padded_vocab="
             << llvm::alignTo(vocab, std::max<int64_t>(def.getMultiple(), 1))
             << " too";
  }
  return success();
}

/// Parameters of the body, one per iteration, become slices of one parameter.
void InstantiateModel::hoistParameters(LoopOp loop) {
  SmallVector<ParamOp> params(loop.body()->getOps<ParamOp>());
  if (params.empty())
    return;
  OpBuilder builder(loop);
  StringRef over = loop.getOver().getNames().front().getValue();
  SmallVector<Value> stacked(loop.getStacked());
  for (ParamOp param : params) {
    Type type = loop.stackType(typeOf(param.getValue()));
    std::string name = ("model." + over + ".*." + param.getName()).str();
    stacked.push_back(
        ParamOp::create(builder, derivedFrom(param.getValue(), "", "_all"),
                        type, builder.getStringAttr(name), param.getMupAttr()));
    BlockArgument slice =
        loop.body()->addArgument(param.getValue().getType(), param.getLoc());
    param.getValue().replaceAllUsesWith(slice);
    param.erase();
  }
  auto hoisted =
      LoopOp::create(builder, loop.getLoc(), loop.getOver(), loop.getReverse(),
                     loop.getInits(), stacked, loop.getStacks().getTypes());
  hoisted.getBody().takeBody(loop.getBody());
  loop.replaceAllUsesWith(hoisted.getResults());
  loop.erase();
}

void InstantiateModel::bindSizes(ModelOp model, const Sizes &sizes,
                                 Type precision) {
  MLIRContext *context = model.getContext();
  auto bind = [&](DimAttr dim) {
    SmallVector<int64_t> bound;
    for (StringAttr name : dim.getNames())
      bound.push_back(sizes.lookup(name.getValue()));
    return DimAttr::get(context, dim.getNames(), bound);
  };
  AttrTypeReplacer replacer;
  replacer.addReplacement(
      [&](DimAttr dim) -> std::optional<Attribute> { return bind(dim); });
  replacer.addReplacement(
      [&](NamedTensorType type) -> std::optional<std::pair<Type, WalkResult>> {
        Type elementType = type.getElementType();
        Type bound = NamedTensorType::get(
            llvm::map_to_vector(type.getDims(), bind),
            isa<NoneType>(elementType) ? precision : elementType);
        return std::make_pair(bound, WalkResult::skip());
      });
  replacer.recursivelyReplaceElementsIn(model, /*replaceAttrs=*/true,
                                        /*replaceLocs=*/false,
                                        /*replaceTypes=*/true);
  // A loss is kept in f32 or wider, whatever the spec says.
  if (precision.isF64())
    model.walk([&](CrossEntropyOp op) {
      op.getLoss().setType(typeOf(op.getLoss()).withElementType(precision));
    });
}

/// Gradients are accumulated in slots, the same number on every data-parallel
/// rank; a rank folds its own, then ranks fold among themselves. That is one
/// tree over all slots only if a rank has a power of two of them.
LogicalResult InstantiateModel::checkSlots(RecipeOp op, const Recipe &recipe,
                                           PlanOp plan) {
  int64_t slots = recipe.reduction_slots, ranks = plan.partsOf(kBatchDim);
  if (slots == 0)
    return success();
  if (slots % ranks || !llvm::isPowerOf2_64(slots / ranks))
    return op.emitError()
           << "reduction_slots = " << slots << " on " << ranks
           << " data-parallel ranks of plan @" << plan.getSymName()
           << ": each rank must have 1, 2, 4, ... of them; next: " << ranks
           << ", " << 2 * ranks << ", " << 4 * ranks;
  if (recipe.micro_batches % (slots / ranks))
    return op.emitError() << "micro_batches = " << recipe.micro_batches
                          << " do not spread evenly over " << slots / ranks
                          << " accumulators of a rank (reduction_slots = "
                          << slots << " on " << ranks
                          << " data-parallel ranks)";
  return success();
}

/// Sums of sizes are computed in 64 bits later, so no tensor may come near.
LogicalResult InstantiateModel::checkTotals(ModelOp model) {
  constexpr int64_t limit = int64_t(1) << 53;
  WalkResult result = model.walk([&](Operation *op) -> WalkResult {
    for (Type type : op->getResultTypes()) {
      int64_t bytes = 8; // of the widest element
      for (int64_t size : cast<NamedTensorType>(type).shape())
        if (llvm::MulOverflow(bytes, size, bytes) || bytes > limit)
          return op->emitOpError("is too large for any machine: ")
                 << cast<NamedTensorType>(type).dimsText();
    }
    return WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}

/// The choice becomes explicit and everything else goes.
void InstantiateModel::keepOnly(ModelOp model, ConfigOp config, RecipeOp recipe,
                                PlanOp plan, const Sizes &sizes) {
  Builder builder(&getContext());
  SmallVector<Attribute> names, sizeAttrs;
  for (StringRef name : model.dimNames()) {
    names.push_back(builder.getStringAttr(name));
    sizeAttrs.push_back(builder.getI64IntegerAttr(sizes.lookup(name)));
  }
  config.setNamesAttr(builder.getArrayAttr(names));
  config.setValuesAttr(builder.getArrayAttr(sizeAttrs));
  for (Operation &op : llvm::make_early_inc_range(getOperation().getOps()))
    if (isa<ModelOp, ConfigOp, RecipeOp, PlanOp>(op) && &op != model &&
        &op != config && &op != recipe && &op != plan)
      op.erase();
  model.setConfigAttr(FlatSymbolRefAttr::get(config));
  model.setRecipeAttr(FlatSymbolRefAttr::get(recipe));
  model.setPlanAttr(FlatSymbolRefAttr::get(plan));
}

LogicalResult InstantiateModel::instantiate() {
  ModuleOp module = getOperation();
  auto anything = [](auto) { return true; };
  FailureOr<ConfigOp> config =
      choose<ConfigOp>(module, "config", this->config, anything);
  if (failed(config))
    return failure();
  auto ofModel = [&](auto op) {
    return op.getModelAttr() == config->getModelAttr();
  };
  FailureOr<RecipeOp> recipe =
      choose<RecipeOp>(module, "recipe", this->recipe, anything);
  if (failed(recipe))
    return failure();
  FailureOr<PlanOp> plan = choose<PlanOp>(module, "plan", this->plan, ofModel);
  if (failed(plan))
    return failure();
  auto model = SymbolTable::lookupNearestSymbolFrom<ModelOp>(
      *config, config->getModelAttr());
  if (model.getConfigAttr())
    return model.emitError()
           << "is already bound to config " << model.getConfigAttr();

  RecipeOp widthRecipe = whoBinds(*recipe, "width");
  flatten(*recipe);
  for (StringRef text : overrides)
    if (failed(applyOverride(text, model, *config, *recipe)))
      return failure();

  // Sizes: what the config gives, the recipe's batch, what follows from them.
  Recipe values = Recipe::of(*recipe);
  FailureOr<Sizes> sizes = givenSizes(model, *config);
  if (failed(sizes))
    return failure();
  if (sizes->count(kBatchDim))
    return config->emitError("binds 'batch', which is the recipe's "
                             "micro_batch");
  // The sizes of types are global, those of the recipe a rank's.
  (*sizes)[kBatchDim] = values.micro_batch * plan->partsOf(kBatchDim);
  if (failed(checkSlots(*recipe, values, *plan)))
    return failure();
  if (failed(deriveSizes(model, *sizes, {}, [&] {
        return config->emitError()
               << "config @" << config->getSymName() << ": ";
      })))
    return failure();
  if (failed(bindWidth(model, *recipe, widthRecipe, values.width)))
    return failure();
  if (failed(checkPadding(model, *config, *sizes)))
    return failure();

  keepOnly(model, *config, *recipe, *plan, *sizes);
  SmallVector<LoopOp> loops;
  model.walk([&](LoopOp loop) { loops.push_back(loop); });
  for (LoopOp loop : loops)
    hoistParameters(loop);
  Builder builder(&getContext());
  Type precision = values.precision == "bf16"  ? Type(builder.getBF16Type())
                   : values.precision == "f64" ? Type(builder.getF64Type())
                                               : Type(builder.getF32Type());
  bindSizes(model, *sizes, precision);
  // Sizes can make an op wrong that was right in symbols (an odd head_dim):
  // the verifier says so. What no machine can hold is said here.
  return checkTotals(model);
}

} // namespace
