//===----------------------------------------------------------------------===//
// The schedule, the scalars of a step, the manifest's checks.
//===----------------------------------------------------------------------===//
#include "runtime/train/Recipe.h"
#include "runtime/abi/Program.h"
#include "runtime/train/ProgramManifest.h"
#include "test/runtime/TestFiles.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

using namespace flmrt;
using flmtest::errorOf;
using testing::HasSubstr;

namespace {

Recipe makeRecipe() {
  Recipe recipe;
  recipe.lr = 1e-3;
  recipe.min_lr = 1e-4;
  recipe.warmup = 10;
  recipe.steps = 110;
  return recipe;
}

TEST(Schedule, WarmsUpLinearlyThenFollowsTheCosine) {
  Recipe recipe = makeRecipe();
  EXPECT_DOUBLE_EQ(learningRate(recipe, 1), 1e-4);
  EXPECT_DOUBLE_EQ(learningRate(recipe, 5), 5e-4);
  EXPECT_DOUBLE_EQ(learningRate(recipe, 10), 1e-3);
  // A quarter, half and three quarters of the way from 10 to 110.
  const double half = 0.5 * (1e-3 - 1e-4), root = std::sqrt(0.5);
  EXPECT_DOUBLE_EQ(learningRate(recipe, 35), 1e-4 + half * (1 + root));
  EXPECT_DOUBLE_EQ(learningRate(recipe, 60), 1e-4 + half);
  EXPECT_DOUBLE_EQ(learningRate(recipe, 85), 1e-4 + half * (1 - root));
  EXPECT_DOUBLE_EQ(learningRate(recipe, 110), 1e-4);
  EXPECT_DOUBLE_EQ(learningRate(recipe, 1000), 1e-4);
}

TEST(Schedule, CanStayConstant) {
  Recipe recipe = makeRecipe();
  recipe.schedule = "constant";
  EXPECT_DOUBLE_EQ(learningRate(recipe, 5), 5e-4);
  EXPECT_DOUBLE_EQ(learningRate(recipe, 60), 1e-3);
  EXPECT_DOUBLE_EQ(learningRate(recipe, 110), 1e-3);
}

TEST(Schedule, ToleratesNoWarmUpAndNothingButWarmUp) {
  Recipe recipe = makeRecipe();
  recipe.warmup = 0;
  EXPECT_DOUBLE_EQ(learningRate(recipe, 55), 1e-4 + 0.5 * (1e-3 - 1e-4));
  recipe.warmup = recipe.steps;
  EXPECT_DOUBLE_EQ(learningRate(recipe, 110), 1e-3);
  recipe.warmup = 2 * recipe.steps;
  EXPECT_DOUBLE_EQ(learningRate(recipe, 110), 0.5e-3);
}

TEST(Hyper, HoldsTheScalarsInTheOrderOfTheList) {
  Recipe recipe = makeRecipe();
  recipe.beta1 = 0.5;
  recipe.beta2 = 0.75;
  recipe.eps = 1e-5;
  recipe.weight_decay = 0.25;
  recipe.clip = 2;
  Hyper hyper = hyperAt(recipe, 3);
  EXPECT_THAT(hyper, testing::ElementsAre(3e-4f, 0.5f, 0.75f, 1e-5f, 0.25f,
                                          2.0f, 1 - 0.125f, 1 - 0.421875f));
}

TEST(Recipe, RefusesValuesOutOfRange) {
  Recipe recipe = makeRecipe();
  EXPECT_EQ(errorOf([&] { recipe.validate(); }), "");
  auto with = [&](auto member, auto value) {
    Recipe changed = recipe;
    changed.*member = value;
    return errorOf([&] { changed.validate(); });
  };
  EXPECT_EQ(with(&Recipe::beta1, 1.0),
            "recipe value 'beta1' is 1; expected a number from 0 to below 1");
  EXPECT_EQ(with(&Recipe::min_lr, 0.5),
            "recipe value 'min_lr' is 0.5; expected a rate from 0 to 'lr'");
  EXPECT_THAT(with(&Recipe::lr, std::nan("")), HasSubstr("'lr' is nan"));
  EXPECT_THAT(with(&Recipe::steps, int64_t(-1)), HasSubstr("'steps' is -1"));
  EXPECT_THAT(with(&Recipe::schedule, std::string("linear")),
              HasSubstr("'linear'; expected cosine or constant"));
}

//===-- The manifest ------------------------------------------------------===//

std::string errorWith(const std::string &from, const std::string &to) {
  std::string text = flm_manifest;
  size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  text.replace(at, from.size(), to);
  return errorOf([&] { ProgramManifest::parse(text.c_str()); });
}

TEST(ProgramManifest, ReadsWhatTheCompilerWrote) {
  ProgramManifest manifest = ProgramManifest::parse(flm_manifest);
  EXPECT_EQ(manifest.model, "bigram");
  EXPECT_EQ(manifest.globalBatch(), 6);
  EXPECT_EQ(manifest.recipe.warmup, 3);
  EXPECT_EQ(manifest.recipe.beta2, 0.99);
  EXPECT_EQ(manifest.recipe.beta1, 0.9); // not in the manifest
  ASSERT_EQ(manifest.parameters.size(), 3u);
  EXPECT_TRUE(manifest.parameters[1].stacked);
  EXPECT_EQ(manifest.parameters[1].elements(), 768);
  EXPECT_EQ(manifest.parameters[2].init.value, 1.0);
  ASSERT_EQ(manifest.probes.size(), 2u);
  EXPECT_EQ(manifest.probes[1].count, 2);
}

TEST(ProgramManifest, RefusesWhatWouldReachBeyondTheState) {
  EXPECT_THAT(errorWith("\"abi\": 3", "\"abi\": 2"),
              HasSubstr("this binary's program is of ABI 2, its runtime of ABI "
                        "3: they belong to different versions of flmc; compile "
                        "it again with one"));
  EXPECT_THAT(errorWith("\"offset\": 0", "\"offset\": 600000"),
              HasSubstr("'model.table.weight' at offset 600000 does not fit"));
  EXPECT_THAT(errorWith("\"v\": 530488", "\"v\": -4"),
              HasSubstr("second moment"));
  EXPECT_THAT(errorWith("[256, 256]", "[4294967296, 4294967296]"),
              HasSubstr("impossible shape"));
  EXPECT_THAT(errorWith("\"offset\": 795732", "\"offset\": 795736"),
              HasSubstr("rope table"));
  EXPECT_THAT(errorWith("\"padded_vocab\": 260", "\"padded_vocab\": 255"),
              HasSubstr("padded_vocab"));
  EXPECT_THAT(errorWith("layers.*.bias", "layers.bias"), HasSubstr("'*'"));
  EXPECT_THAT(errorWith("\"micro_batches\": 2,", ""),
              HasSubstr("micro_batches"));
  EXPECT_THAT(errorWith("\"kind\": \"rope\"", "\"kind\": \"alibi\""),
              HasSubstr("unknown table 'alibi'"));
}

//===-- Several ranks -----------------------------------------------------===//

/// The manifest of the fake program, over several ranks.
nlohmann::ordered_json distributed() {
  auto json = nlohmann::ordered_json::parse(flm_manifest);
  json["mesh"] = {{"axes", {"dp", "pp", "tp"}}, {"sizes", {3, 2, 2}}};
  json["parameters"][0]["parts"]["m"] = nlohmann::ordered_json::parse(
      R"([{"axis": "tp", "dim": 1}, {"axis": "dp", "flat": 11000}])");
  json["collectives"] = nlohmann::ordered_json::parse(R"([
    {"id": 0, "kind": "all_gather", "axis": "tp", "shape": [3, 10], "dim": 1,
     "dtype": "bf16", "name": "x", "source": "a.mlir:1:2", "bytes": 30,
     "times": 2},
    {"id": 1, "kind": "send", "axis": "pp", "shape": [3], "dtype": "f32",
     "offset": 1, "match": 2, "bytes": 12, "times": 3, "stages": [0]},
    {"id": 2, "kind": "receive", "axis": "pp", "shape": [3], "dtype": "f32",
     "offset": 1, "match": 1, "bytes": 0, "times": 3, "stages": [1]}])");
  return json;
}

TEST(ProgramManifest, ReadsTheDistribution) {
  ProgramManifest manifest =
      ProgramManifest::parse(distributed().dump().c_str());
  const Distribution &distribution = manifest.distribution;
  EXPECT_EQ(distribution.mesh.ranks(), 12);
  EXPECT_EQ(manifest.globalBatch(), 6); // 2 micro-batches of 3
  EXPECT_EQ(manifest.localBatch(), 1);
  EXPECT_EQ(manifest.localStepBatch(), 2);
  EXPECT_EQ(manifest.batchIndex(7), 1);
  EXPECT_EQ(manifest.parameters[0].mParts.size(), 2u);
  EXPECT_TRUE(manifest.parameters[0].parts.empty());
  EXPECT_EQ(distribution.collectives[0].describe(distribution.mesh),
            "collective 0 (all_gather over tp of %x, a.mlir:1:2)");
  // Ranks 2 and 3 are on the second stage.
  EXPECT_THAT(distribution.predictedBytes(1), testing::ElementsAre(60, 36, 0));
  EXPECT_THAT(distribution.predictedBytes(2), testing::ElementsAre(60, 0, 0));
}

TEST(ProgramManifest, RefusesADistributionThatDoesNotFit) {
  auto error = [](auto change) {
    nlohmann::ordered_json json = distributed();
    change(json);
    return errorOf([&] { ProgramManifest::parse(json.dump().c_str()); });
  };
  auto collective = [&](int id, const char *key, nlohmann::ordered_json value) {
    return error([&](auto &json) { json["collectives"][id][key] = value; });
  };
  EXPECT_EQ(error([](auto &) {}), "");
  EXPECT_THAT(collective(0, "bytes", 31),
              HasSubstr("collective 0: sends 30 bytes, but the manifest says "
                        "31"));
  EXPECT_THAT(collective(0, "axis", "ep"), HasSubstr("no axis 'ep'"));
  EXPECT_THAT(collective(0, "kind", "gather"), HasSubstr("unknown kind"));
  EXPECT_THAT(collective(0, "dtype", "f64"), HasSubstr("'f64'"));
  EXPECT_THAT(collective(0, "dim", 0), HasSubstr("dim 0 cannot be split"));
  EXPECT_THAT(collective(0, "flat", 14), HasSubstr("impossible 'flat'"));
  EXPECT_THAT(collective(0, "id", 1), HasSubstr("has the id 1"));
  EXPECT_THAT(collective(1, "match", 0), HasSubstr("1 has no match in 0"));
  EXPECT_THAT(collective(1, "offset", -1), HasSubstr("has no match"));
  EXPECT_THAT(collective(1, "offset", 2), HasSubstr("+1 or -1"));
  EXPECT_THAT(collective(1, "stages", {2}), HasSubstr("no stage 2"));
  EXPECT_THAT(error([](auto &json) { json["mesh"]["sizes"] = {4, 2, 2}; }),
              HasSubstr("does not divide over the ranks"));
  EXPECT_THAT(error([](auto &json) { json["mesh"]["sizes"] = {3, 2}; }),
              HasSubstr("3 axes and 2 sizes"));
  EXPECT_THAT(error([](auto &json) {
                json["parameters"][0]["parts"]["m"][1]["flat"] = 10000;
              }),
              HasSubstr("'model.table.weight': the flattened tensor"));
  EXPECT_THAT(error([](auto &json) {
                json["parameters"][0]["parts"]["m"][1]["flat"] = 300000;
              }),
              HasSubstr("(first moment) at offset"));
  EXPECT_THAT(error([](auto &json) {
                json["tables"].push_back({{"kind", "coordinates"},
                                          {"offset", 795888},
                                          {"axes", {"dp", "tp"}}});
              }),
              HasSubstr("a table of coordinates at offset"));
}

} // namespace
