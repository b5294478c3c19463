//===----------------------------------------------------------------------===//
// Parsing the manifest. A fault in it is a fault of the compiler, reported
// before any memory is touched.
//===----------------------------------------------------------------------===//
#include "runtime/train/ProgramManifest.h"

#include "runtime/UserError.h"
#include "runtime/abi/Program.h"

#include <stdexcept>

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

/// Fails unless `shape` is one of f32 that memory can hold.
static void checkShape(const std::string &what,
                       const std::vector<int64_t> &shape) {
  int64_t bytes = 4;
  for (int64_t size : shape)
    if (size <= 0 || __builtin_mul_overflow(bytes, size, &bytes))
      fail(what + " has an impossible shape");
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

static Parameter parseParameter(const ordered_json &json, const Mesh &mesh) {
  Parameter parameter;
  json.at("name").get_to(parameter.name);
  json.at("shape").get_to(parameter.shape);
  json.at("stacked").get_to(parameter.stacked);
  json.at("offset").get_to(parameter.offset);
  json.at("m").get_to(parameter.m);
  json.at("v").get_to(parameter.v);
  parameter.init = parseInit(json.at("init"));
  checkShape("parameter '" + parameter.name + "'", parameter.shape);
  if (json.at("dtype").get<std::string>() != "f32")
    fail("parameter '" + parameter.name + "' is not f32");
  bool hasStar = parameter.name.find('*') != std::string::npos;
  if (hasStar != parameter.stacked ||
      (parameter.stacked && parameter.shape.empty()))
    fail("parameter '" + parameter.name +
         "': a stacked parameter has a leading dim and a '*' in its name");
  if (json.contains("parts")) {
    const ordered_json &parts = json.at("parts");
    auto parse = [&](const char *key, std::vector<Part> &out) {
      if (parts.contains(key))
        out = parseParts(parts.at(key), parameter.shape, mesh);
    };
    try {
      parse("p", parameter.parts);
      parse("m", parameter.mParts);
      parse("v", parameter.vParts);
    } catch (const std::invalid_argument &error) {
      fail("parameter '" + parameter.name + "': " + error.what());
    }
  }
  return parameter;
}

static void parseTable(const ordered_json &json, ProgramManifest &manifest) {
  const Mesh &mesh = manifest.distribution.mesh;
  std::string kind = json.at("kind").get<std::string>();
  int64_t offset = json.at("offset").get<int64_t>();
  if (kind == "coordinates") {
    CoordinateTable table{{}, offset};
    for (const ordered_json &name : json.at("axes"))
      table.axes.push_back(parseAxis(name, mesh));
    manifest.coordinateTables.push_back(std::move(table));
    return;
  }
  if (kind != "rope")
    fail("unknown table '" + kind + "'");
  RopeTable table{json.at("theta").get<double>(), json.at("seq").get<int64_t>(),
                  json.at("head_dim").get<int64_t>(), offset, std::nullopt};
  if (json.contains("axis"))
    table.axis = parseAxis(json.at("axis"), mesh);
  manifest.ropeTables.push_back(table);
}

/// A key that `values` lacks keeps its default.
static Recipe parseRecipe(const ordered_json &values) {
  Recipe recipe;
  flm::abi::forEachKey(recipe,
                       [&](const flm::abi::RecipeKey &key, auto &value) {
                         if (values.contains(key.name))
                           values.at(key.name).get_to(value);
                       });
  return recipe;
}

/// Fails unless `elements` of 4 bytes at `offset` lie within the state.
static void checkRange(const ProgramManifest &manifest, const std::string &what,
                       int64_t offset, int64_t elements) {
  if (offset < 0 || offset % 4 != 0 || elements > manifest.stateBytes / 4 ||
      offset > manifest.stateBytes - elements * 4)
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
  if (manifest.batch % manifest.distribution.batchRanks() != 0)
    fail("the batch does not divide over the ranks that split it");
  const Mesh &mesh = manifest.distribution.mesh;
  for (const Parameter &parameter : manifest.parameters) {
    std::string what = "parameter '" + parameter.name + "'";
    auto elements = [&](const std::vector<Part> &parts) {
      return partElements(parameter.shape, parts, mesh);
    };
    checkRange(manifest, what, parameter.offset, elements(parameter.parts));
    checkRange(manifest, what + " (first moment)", parameter.m,
               elements(parameter.mParts));
    checkRange(manifest, what + " (second moment)", parameter.v,
               elements(parameter.vParts));
  }
  for (const RopeTable &table : manifest.ropeTables) {
    checkShape("a rope table", {table.seq, table.headDim});
    checkRange(manifest, "a rope table", table.offset,
               table.seq * table.headDim);
  }
  for (const CoordinateTable &table : manifest.coordinateTables)
    checkRange(manifest, "a table of coordinates", table.offset,
               static_cast<int64_t>(table.axes.size()));
}

ProgramManifest ProgramManifest::parse(const char *text) {
  ProgramManifest manifest;
  try {
    ordered_json json = ordered_json::parse(text);
    int64_t abi = json.at("abi").get<int64_t>();
    if (abi != FLM_ABI_VERSION)
      throw UserError("this binary's program is of ABI " + std::to_string(abi) +
                      ", its runtime of ABI " +
                      std::to_string(FLM_ABI_VERSION) +
                      ": they belong to different versions of flmc; compile "
                      "it again with one");
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
    manifest.distribution = parseDistribution(json);
    for (const ordered_json &parameter : json.at("parameters"))
      manifest.parameters.push_back(
          parseParameter(parameter, manifest.distribution.mesh));
    for (const ordered_json &table : json.at("tables"))
      parseTable(table, manifest);
    for (const ordered_json &probe : json.at("probes"))
      manifest.probes.push_back({probe.at("name").get<std::string>(),
                                 probe.at("count").get<int64_t>()});
    json.at("state_bytes").get_to(manifest.stateBytes);
    json.at("scratch_bytes").get_to(manifest.scratchBytes);
    json.at("workspace_bytes").get_to(manifest.workspaceBytes);
    json.at("parameter_count").get_to(manifest.parameterCount);
    json.at("flops_per_token").get_to(manifest.flopsPerToken);
    if (json.contains("forward"))
      manifest.forward = json.at("forward");
    if (json.contains("cpu")) {
      json.at("cpu").at("name").get_to(manifest.cpuName);
      json.at("cpu").at("features").get_to(manifest.cpuFeatures);
    }
  } catch (const ordered_json::exception &error) {
    fail(error.what());
  } catch (const std::invalid_argument &error) {
    fail(error.what());
  }
  check(manifest);
  return manifest;
}
