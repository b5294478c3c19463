//===----------------------------------------------------------------------===//
// The JSON that tells the runtime about a program.
//===----------------------------------------------------------------------===//
#include "codegen/host/Manifest.h"

#include "codegen/buffers/BufferMap.h"
#include "codegen/buffers/StateTables.h"
#include "codegen/host/MeshManifest.h"
#include "dialects/flm/Flm.h"
#include "dialects/flm/Recipe.h"
#include "dialects/flm/ValueNames.h"
#include "runtime/abi/Program.h"

#include "llvm/Support/JSON.h"

using namespace mlir;
using namespace flm;
namespace json = llvm::json;

static json::Object dimsOf(ConfigOp config) {
  json::Object dims;
  for (auto [name, value] : llvm::zip(config.getNames(), config.getValues()))
    dims[cast<StringAttr>(name).getValue()] = cast<IntegerAttr>(value).getInt();
  return dims;
}

static json::Object valuesOf(const Recipe &recipe) {
  json::Object values;
  abi::forEachKey(recipe, [&](const abi::RecipeKey &key, const auto &value) {
    values[key.name] = json::Value(value);
  });
  return values;
}

/// One line per parameter, in the order of the state arena. Shapes are global:
/// those that `model` has.
static FailureOr<json::Array> parametersOf(ProgramOp train, ModelOp model,
                                           const Mesh &mesh, int64_t &count) {
  llvm::StringMap<int64_t> offsets;
  train.walk([&](UpdateOp update) {
    offsets[update.getName()] = bufferAt(update, 0).getOffset();
  });
  llvm::StringMap<StateOp> states;
  train.walk([&](StateOp state) { states[state.getName()] = state; });
  llvm::StringMap<NamedTensorType> global;
  model.walk([&](ParamOp param) {
    global[param.getName()] = typeOf(param.getValue());
  });
  json::Array parameters;
  for (ParamOp param : train.body()->getOps<ParamOp>()) {
    StringRef name = param.getName();
    MupAttr mup = param.getMupAttr();
    if (!mup)
      return param.emitError("has no µP multipliers");
    NamedTensorType type = global.lookup(name);
    if (!type)
      return param.emitError()
             << "the model has no parameter \"" << name << "\"";
    count += type.numElements();
    json::Array dims, shape;
    for (DimAttr dim : type.getDims()) {
      std::string text;
      for (StringAttr factor : dim.getNames())
        text += (text.empty() ? "" : " * ") + factor.getValue().str();
      dims.push_back(text);
      shape.push_back(dim.size());
    }
    std::string m = ("exp_avg." + name).str(), v = ("exp_avg_sq." + name).str();
    json::Object init{{"kind", stringifyInitKind(mup.getInit())}};
    init[mup.getInit() == InitKind::Normal ? "std" : "value"] =
        mup.getValue().getValueAsDouble();
    json::Object parameter{{"name", name},
                           {"dims", std::move(dims)},
                           {"shape", std::move(shape)},
                           {"stacked", name.contains('*')},
                           {"dtype", "f32"},
                           {"offset", offsets.lookup(name)},
                           {"m", offsets.lookup(m)},
                           {"v", offsets.lookup(v)},
                           {"init", std::move(init)},
                           {"class", stringifyMupClass(mup.getRole())},
                           {"lr_mult", mup.getLr().getValueAsDouble()},
                           {"wd_mult", mup.getWd().getValueAsDouble()},
                           {"eps_mult", mup.getEps().getValueAsDouble()}};
    json::Object parts =
        partsOf(mesh, param, states.lookup(m), states.lookup(v));
    if (!parts.empty())
      parameter["parts"] = std::move(parts);
    parameters.push_back(std::move(parameter));
  }
  return parameters;
}

/// Floating-point operations per token of forward and backward: 2 per multiply
/// -add, the backward pass twice the forward; attention counts the half of the
/// scores that a causal mask leaves (the convention of Megatron-Core). Norms,
/// rope and softmax are not counted. Counted in the model, whose sizes are
/// global: what several ranks repeat is no useful work.
static double flopsPerToken(ModelOp forward) {
  double flops = 0;
  forward.walk([&](Operation *op) {
    double times = 1;
    for (auto loop = op->getParentOfType<LoopOp>(); loop;
         loop = loop->getParentOfType<LoopOp>())
      times *= static_cast<double>(loop.trips());
    if (auto counted = dyn_cast<FlopsOpInterface>(op))
      flops += 3.0 * times * counted.flopsPerToken();
  });
  return flops;
}

static json::Array probesOf(ProgramOp probe) {
  json::Array probes;
  for (Value value : probe.body()->getTerminator()->getOperands()) {
    StringRef name = valueName(value);
    name.consume_back("_everywhere"); // of a pipeline's values
    name.consume_back("_all");
    name.consume_back("_mean_abs");
    probes.push_back(
        json::Object{{"name", name}, {"count", typeOf(value).numElements()}});
  }
  return probes;
}

/// Tables that the runtime fills, as `flm.tables` lists them.
static json::Array tablesOf(ModuleOp module) {
  json::Array tables;
  auto list = module->getAttrOfType<ArrayAttr>(kTables);
  for (auto table : list.getAsRange<DictionaryAttr>()) {
    json::Object object;
    for (NamedAttribute field : table) {
      json::Value value = nullptr;
      if (auto text = dyn_cast<StringAttr>(field.getValue()))
        value = text.getValue();
      else if (auto number = dyn_cast<FloatAttr>(field.getValue()))
        value = number.getValueAsDouble();
      else if (auto names = dyn_cast<ArrayAttr>(field.getValue()))
        value = json::Array(llvm::map_range(
            names.getAsRange<StringAttr>(),
            [](StringAttr name) { return json::Value(name.getValue()); }));
      else
        value = cast<IntegerAttr>(field.getValue()).getInt();
      object[field.getName().getValue()] = std::move(value);
    }
    tables.push_back(std::move(object));
  }
  return tables;
}

/// What the forward pass does besides the parameters: a program that reads a
/// checkpoint has to do the same.
static json::Object forwardOf(ModelOp model) {
  json::Object forward{{"embedding_multiplier", 1.0},
                       {"logits_multiplier", 1.0}};
  model.walk([&](Operation *op) {
    if (auto norm = dyn_cast<RmsNormOp>(op))
      forward["norm_eps"] = norm.getEps().convertToDouble();
    auto scale = dyn_cast<ScaleOp>(op);
    if (!scale)
      return;
    // Of the head, its input is scaled: that costs less.
    auto isLogits = [](Operation *user) {
      return isa<LinearOp>(user) && llvm::any_of(user->getResult(0).getUsers(),
                                                 llvm::IsaPred<CrossEntropyOp>);
    };
    if (isa_and_present<EmbeddingOp>(scale.getX().getDefiningOp()))
      forward["embedding_multiplier"] = scale.getFactor().convertToDouble();
    else if (llvm::any_of(scale.getY().getUsers(), isLogits))
      forward["logits_multiplier"] = scale.getFactor().convertToDouble();
  });
  return forward;
}

FailureOr<std::string> flm::buildManifest(ModuleOp module,
                                          const KernelLibrary &kernels) {
  auto train = module.lookupSymbol<ProgramOp>("train_step");
  auto models = module.getOps<ModelOp>();
  auto configs = module.getOps<ConfigOp>();
  auto recipes = module.getOps<RecipeOp>();
  auto plans = module.getOps<PlanOp>();
  if (!train || models.empty() || configs.empty() || recipes.empty() ||
      plans.empty() || !module->hasAttr(kTables))
    return module.emitError("needs programs, a model, a config, a recipe and a "
                            "plan; run the stages before this one");
  ModelOp model = *models.begin();
  PlanOp plan = *plans.begin();
  Mesh mesh(module);
  ConfigOp config = *configs.begin();
  RecipeOp recipeOp = *recipes.begin();
  Recipe recipe = Recipe::of(recipeOp);

  int64_t count = 0;
  FailureOr<json::Array> parameters = parametersOf(train, model, mesh, count);
  if (failed(parameters))
    return failure();
  auto number = [&](StringRef name) {
    auto attr = module->getAttrOfType<IntegerAttr>(name);
    return attr ? attr.getInt() : 0;
  };
  json::Object manifest{{"abi", FLM_ABI_VERSION},
                        {"model", config.getModel()},
                        {"config", config.getSymName()},
                        {"recipe", recipeOp.getSymName()},
                        {"plan", plan.getSymName()},
                        {"dims", dimsOf(config)},
                        {"micro_batches", recipe.micro_batches},
                        {"recipe_values", valuesOf(recipe)},
                        {"parameters", std::move(*parameters)},
                        {"tables", tablesOf(module)},
                        {"state_bytes", number(kStateBytes)},
                        {"scratch_bytes", number(kScratchBytes)},
                        {"parameter_count", count},
                        {"flops_per_token", flopsPerToken(model)},
                        {"forward", forwardOf(model)}};
  kernels.describe(manifest);
  manifest["probes"] = json::Array{};
  if (auto probe = module.lookupSymbol<ProgramOp>("probe"))
    manifest["probes"] = probesOf(probe);
  if (plan.ranks() > 1) {
    FailureOr<json::Array> collectives = collectivesOf(module);
    if (failed(collectives))
      return failure();
    manifest["mesh"] = meshOf(mesh);
    manifest["collectives"] = std::move(*collectives);
  }
  std::string text;
  llvm::raw_string_ostream(text) << json::Value(std::move(manifest));
  return text;
}
