//===----------------------------------------------------------------------===//
// Parsing the manifest. A fault in it is a fault of the compiler, reported
// before any memory is touched.
//===----------------------------------------------------------------------===//
#include "runtime/train/ProgramManifest.h"

#include "runtime/UserError.h"
#include "runtime/abi/Program.h"

using namespace flmrt;
using nlohmann::ordered_json;

[[noreturn]] static void fail(const std::string &message) {
  throw UserError("this binary's manifest is faulty: " + message +
                  "; compile it again");
}

int64_t Parameter::elements() const {
  int64_t count = 1;
  for (int64_t size : shape)
    count *= size;
  return count;
}

static InitRule parseInit(const ordered_json &json) {
  InitRule rule;
  std::string kind = json.at("kind").get<std::string>();
  if (kind == "normal")
    rule.std = json.at("std").get<double>();
  else if (kind == "constant") {
    rule.kind = InitRule::Constant;
    rule.value = json.at("value").get<double>();
  } else
    fail("unknown init '" + kind + "'");
  return rule;
}

static Parameter parseParameter(const ordered_json &json) {
  Parameter parameter;
  json.at("name").get_to(parameter.name);
  json.at("shape").get_to(parameter.shape);
  json.at("stacked").get_to(parameter.stacked);
  json.at("offset").get_to(parameter.offset);
  json.at("m").get_to(parameter.m);
  json.at("v").get_to(parameter.v);
  parameter.init = parseInit(json.at("init"));
  if (json.at("dtype").get<std::string>() != "f32")
    fail("parameter '" + parameter.name + "' is not f32");
  bool hasStar = parameter.name.find('*') != std::string::npos;
  if (hasStar != parameter.stacked ||
      (parameter.stacked && parameter.shape.empty()))
    fail("parameter '" + parameter.name +
         "': a stacked parameter has a leading dim and a '*' in its name");
  return parameter;
}

static RopeTable parseTable(const ordered_json &json) {
  std::string kind = json.at("kind").get<std::string>();
  if (kind != "rope")
    fail("unknown table '" + kind + "'");
  return {json.at("theta").get<double>(), json.at("seq").get<int64_t>(),
          json.at("head_dim").get<int64_t>(), json.at("offset").get<int64_t>()};
}

/// Takes from `values` what Recipe.def lists.
static Recipe parseRecipe(const ordered_json &values) {
  Recipe recipe;
#define FLM_RECIPE(key, type, fallback, unit, doc)                             \
  if (values.contains(#key))                                                   \
    values.at(#key).get_to(recipe.key);
#include "runtime/train/Recipe.def"
  return recipe;
}

/// Fails unless `shape` of f32 at `offset` lies within the state.
static void checkRange(const ProgramManifest &manifest, const std::string &what,
                       int64_t offset, const std::vector<int64_t> &shape) {
  int64_t bytes = 4;
  for (int64_t size : shape)
    if (size <= 0 || __builtin_mul_overflow(bytes, size, &bytes))
      fail(what + " has an impossible shape");
  if (offset < 0 || offset % 4 != 0 || bytes > manifest.stateBytes ||
      offset > manifest.stateBytes - bytes)
    fail(what + " at offset " + std::to_string(offset) + " does not fit " +
         std::to_string(manifest.stateBytes) + " bytes of state");
}

static void check(const ProgramManifest &manifest) {
  if (manifest.batch < 1 || manifest.seq < 1 || manifest.microBatches < 1 ||
      manifest.vocab < 1 || manifest.paddedVocab < manifest.vocab)
    fail("batch, seq, micro_batches, vocab and padded_vocab must be at least "
         "1, and padded_vocab at least vocab");
  int64_t tokens;
  if (__builtin_mul_overflow(manifest.microBatches, manifest.batch, &tokens) ||
      __builtin_mul_overflow(tokens, manifest.seq, &tokens) ||
      tokens > INT64_MAX / 4)
    fail("the tokens of a step do not fit memory");
  if (manifest.stateBytes < 0 || manifest.scratchBytes < 0 ||
      manifest.workspaceBytes < 0)
    fail("a size of memory is negative");
  for (const Parameter &parameter : manifest.parameters) {
    std::string what = "parameter '" + parameter.name + "'";
    checkRange(manifest, what, parameter.offset, parameter.shape);
    checkRange(manifest, what + " (first moment)", parameter.m,
               parameter.shape);
    checkRange(manifest, what + " (second moment)", parameter.v,
               parameter.shape);
  }
  for (const RopeTable &table : manifest.ropeTables)
    checkRange(manifest, "a rope table", table.offset,
               {table.seq, table.headDim});
}

ProgramManifest ProgramManifest::parse(const char *text) {
  ProgramManifest manifest;
  try {
    ordered_json json = ordered_json::parse(text);
    int64_t abi = json.at("abi").get<int64_t>();
    if (abi != FLM_ABI_VERSION)
      fail("it is of ABI " + std::to_string(abi) + ", the runtime of ABI " +
           std::to_string(FLM_ABI_VERSION));
    json.at("model").get_to(manifest.model);
    json.at("config").get_to(manifest.config);
    json.at("recipe").get_to(manifest.recipeName);
    json.at("plan").get_to(manifest.plan);
    manifest.dims = json.at("dims");
    manifest.dims.at("batch").get_to(manifest.batch);
    manifest.dims.at("seq").get_to(manifest.seq);
    manifest.dims.at("vocab").get_to(manifest.vocab);
    manifest.dims.at("padded_vocab").get_to(manifest.paddedVocab);
    json.at("micro_batches").get_to(manifest.microBatches);
    manifest.recipeValues = json.at("recipe_values");
    manifest.recipe = parseRecipe(manifest.recipeValues);
    for (const ordered_json &parameter : json.at("parameters"))
      manifest.parameters.push_back(parseParameter(parameter));
    for (const ordered_json &table : json.at("tables"))
      manifest.ropeTables.push_back(parseTable(table));
    for (const ordered_json &probe : json.at("probes"))
      manifest.probes.push_back({probe.at("name").get<std::string>(),
                                 probe.at("count").get<int64_t>()});
    json.at("state_bytes").get_to(manifest.stateBytes);
    json.at("scratch_bytes").get_to(manifest.scratchBytes);
    json.at("workspace_bytes").get_to(manifest.workspaceBytes);
    json.at("parameter_count").get_to(manifest.parameterCount);
    json.at("flops_per_token").get_to(manifest.flopsPerToken);
  } catch (const ordered_json::exception &error) {
    fail(error.what());
  }
  check(manifest);
  return manifest;
}
