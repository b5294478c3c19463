//===----------------------------------------------------------------------===//
// The manifest of the layout that the environment asks for. flm_manifest is
// written before main(), so this file may not see its declaration.
//===----------------------------------------------------------------------===//
#include "runtime/abi/Collectives.h"
#include "test/runtime/train/FakeShards.h"

#include "nlohmann/json.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>

using namespace fake;
using flm::abi::CollectiveKind;
using nlohmann::ordered_json;

extern "C" char flm_manifest[1 << 14];
char flm_manifest[1 << 14];

Layout Layout::fromEnvironment() {
  Layout layout;
  long long dp = 1, pp = 1, tp = 1;
  if (const char *text = std::getenv("FAKE_MESH"))
    std::sscanf(text, "%lld,%lld,%lld", &dp, &pp, &tp);
  layout.dp = dp;
  layout.pp = pp;
  layout.tp = tp;
  return layout;
}

namespace {

class ManifestBuilder {
public:
  ManifestBuilder() : layout(Layout::fromEnvironment()) {}

  std::string text() {
    ordered_json manifest = {
        {"abi", 3},
        {"model", "shards"},
        {"config", "fake"},
        {"recipe", "quick"},
        {"plan", "fake"},
        {"dims",
         {{"batch", microBatch * layout.dp},
          {"seq", seq},
          {"vocab", vocab},
          {"padded_vocab", vocab},
          {"layers", layers}}},
        {"micro_batches", layout.microBatches()},
        {"recipe_values",
         {{"optimizer", "adamw"},
          {"lr", 0.05},
          {"min_lr", 0.005},
          {"warmup", 2},
          {"steps", 6},
          {"micro_batch", microBatch},
          {"micro_batches", layout.microBatches()}}},
        {"parameters", parameters()},
        {"tables",
         {{{"kind", "coordinates"},
           {"offset", layout.coordinates() * 4},
           {"axes", {"dp", "pp", "tp"}}}}},
        {"probes", ordered_json::array()},
        {"state_bytes", layout.stateSize() * 4},
        {"scratch_bytes", 1 << 16},
        {"workspace_bytes", 64},
        {"parameter_count", vocab * width + layers * bias + 2 * small},
        {"flops_per_token", 1000.0},
    };
    manifest["mesh"] = {{"axes", {"dp", "pp", "tp"}},
                        {"sizes", {layout.dp, layout.pp, layout.tp}}};
    if (layout.ranks() > 1)
      manifest["collectives"] = collectives();
    if (const char *feature = std::getenv("FAKE_FEATURE"))
      manifest["cpu"] = {{"name", "fake"}, {"features", {feature}}};
    return manifest.dump();
  }

private:
  ordered_json parameter(const char *name, std::vector<int64_t> shape,
                         bool isStacked, int64_t offset, int64_t m,
                         ordered_json parts, int64_t flat) {
    ordered_json json = {{"name", name},
                         {"shape", shape},
                         {"stacked", isStacked},
                         {"dtype", "f32"},
                         {"offset", offset * 4},
                         {"m", m * 4},
                         {"v", (m + layout.momentsSize()) * 4},
                         {"init", {{"kind", "normal"}, {"std", 0.05}}}};
    if (layout.ranks() == 1)
      return json;
    json["parts"]["p"] = parts;
    if (flat)
      parts.push_back({{"axis", "dp"}, {"flat", flat}});
    json["parts"]["m"] = parts;
    json["parts"]["v"] = parts;
    return json;
  }

  ordered_json parameters() {
    auto one = [](ordered_json part) {
      ordered_json list = ordered_json::array();
      list.push_back(std::move(part));
      return list;
    };
    ordered_json list = ordered_json::array();
    list.push_back(parameter("model.table.weight", {vocab, width}, false,
                             layout.table(), layout.tableM(),
                             one({{"axis", "tp"}, {"dim", 1}}),
                             layout.tableBlock()));
    list.push_back(parameter(
        "model.layers.*.bias", {layers, bias}, true, layout.biases(),
        layout.biasM(),
        one({{"axis", "pp"}, {"dim", 0}, {"chunks", layout.chunks()}}),
        layout.biasBlock()));
    list.push_back(parameter("model.head.weight", {small}, false, layout.head(),
                             layout.headM(), one({{"axis", "pp"}, {"at", 0}}),
                             0));
    list.push_back(parameter("model.norm.weight", {small}, false, layout.norm(),
                             layout.normM(),
                             one({{"axis", "pp"}, {"at", layout.pp - 1}}), 0));
    return list;
  }

  ordered_json collectives() {
    all = ordered_json::array();
    auto size = [&](const std::string &axis) {
      return axis == "dp" ? layout.dp : axis == "pp" ? layout.pp : layout.tp;
    };
    auto add = [&](const char *kind, const char *axis,
                   std::vector<int64_t> shape, const char *name, int64_t times,
                   const ordered_json &more = ordered_json::object()) {
      int64_t elements = 1;
      for (int64_t dim : shape)
        elements *= dim;
      auto id = static_cast<int64_t>(all.size());
      ordered_json json = {
          {"id", id},
          {"kind", kind},
          {"axis", axis},
          {"shape", shape},
          {"dtype", "f32"},
          {"name", name},
          {"source", "fake.mlir:" + std::to_string(id + 1) + ":1"},
          {"bytes",
           flm::abi::bytesSent(*flm::abi::collectiveKind(kind), size(axis),
                               elements, more.value("flat", int64_t(0)), 4)},
          {"times", times}};
      json.update(more);
      all.push_back(std::move(json));
    };
    ordered_json last = {layout.pp - 1}, first = {0};
    const int64_t tableBlock = layout.tableBlock();
    const int64_t biasBlock = layout.biasBlock();
    add("reduce_scatter", "dp", {vocab, width / layout.tp}, "d_table", 1,
        {{"flat", tableBlock}});
    add("all_gather", "dp", {vocab, width / layout.tp}, "table", 1,
        {{"flat", tableBlock}});
    add("reduce_scatter", "dp", {layers / layout.pp, bias}, "d_bias", 1,
        {{"flat", biasBlock}});
    add("all_gather", "dp", {layers / layout.pp, bias}, "bias", 1,
        {{"flat", biasBlock}});
    add("all_reduce", "dp", {small}, "d_head", 1, {{"stages", first}});
    add("all_reduce", "dp", {small}, "d_norm", 1, {{"stages", last}});
    add("all_reduce", "dp", {1}, "loss", 1);
    add("all_gather", "tp", {width}, "row", 1, {{"dim", 0}});
    add("all_reduce", "dp", {1}, "largest", 1, {{"op", "max"}});
    add("all_reduce", "pp", {1}, "largest", 1, {{"op", "max"}});
    add("all_reduce", "tp", {1}, "largest", 1, {{"op", "max"}});
    add("mask", "pp", {1}, "loss", 1, {{"at", layout.pp - 1}});
    add("all_reduce", "pp", {1}, "loss", 1);
    if (layout.pp > 1) {
      ordered_json senders = ordered_json::array(), receivers = senders;
      for (int64_t stage = 0; stage < layout.pp; ++stage) {
        if (stage + 1 < layout.pp)
          senders.push_back(stage);
        if (stage > 0)
          receivers.push_back(stage);
      }
      add("send", "pp", {2}, "partial_loss", layout.microBatches(),
          {{"offset", 1}, {"match", receiveLoss}, {"stages", senders}});
      add("receive", "pp", {2}, "partial_loss", layout.microBatches(),
          {{"offset", 1}, {"match", sendLoss}, {"stages", receivers}});
    }
    return all;
  }

  Layout layout;
  ordered_json all;
};

[[maybe_unused]] const bool isWritten = [] {
  std::string text = ManifestBuilder().text();
  if (text.size() >= sizeof flm_manifest)
    std::abort();
  std::memcpy(flm_manifest, text.c_str(), text.size() + 1);
  return true;
}();

} // namespace
