//===----------------------------------------------------------------------===//
// manifest.json to and from its struct.
//===----------------------------------------------------------------------===//
#include "runtime/checkpoint/CheckpointManifest.h"

#include "runtime/BoundedJson.h"
#include "runtime/UserError.h"

#include <cstdio>

using namespace flmrt;
using nlohmann::ordered_json;

static const char *const selfChecksum = "manifest_crc32";

static std::string hex(uint32_t value) {
  char text[9];
  std::snprintf(text, sizeof text, "%08x", value);
  return text;
}

static std::string textChecksum(const std::string &text) {
  Crc32 crc;
  crc.update(text.data(), text.size());
  return hex(crc.value());
}

/// A name may hold any bytes, JSON only UTF-8: others become U+FFFD.
static std::string dump(const ordered_json &json, int indent = -1) {
  return json.dump(indent, ' ', false, ordered_json::error_handler_t::replace);
}

std::string CheckpointManifest::toText() const {
  ordered_json stamps;
  for (const auto &[name, stamp] : files)
    stamps[name] = {{"bytes", stamp.bytes}, {"crc32", hex(stamp.crc32)}};
  ordered_json json = {
      {"format", formatVersion},
      {"model", model},
      {"config", config},
      {"dims", dims},
      {"recipe", recipe},
      {"step", step},
      {"seed", seed},
      {"data",
       {{"file", dataFile},
        {"tokens", dataTokens},
        {"fingerprint", dataFingerprint}}},
      {"shuffle", shuffle},
      {"batch", batch},
      {"seq", seq},
      {"files", stamps},
  };
  // The checksum covers the compact text of everything before it.
  json[selfChecksum] = textChecksum(dump(json));
  return dump(json, 2) + "\n";
}

CheckpointManifest CheckpointManifest::fromText(const std::string &text,
                                                const std::string &path) {
  CheckpointManifest manifest;
  try {
    auto json = parseBoundedJson<ordered_json>(text);
    int64_t version = json.at("format").get<int64_t>();
    if (version != formatVersion)
      throw UserError(path + ": checkpoint format " + std::to_string(version) +
                      "; this binary reads format " +
                      std::to_string(formatVersion));
    std::string expected = json.at(selfChecksum).get<std::string>();
    json.erase(selfChecksum);
    std::string found = textChecksum(dump(json));
    if (found != expected)
      throw UserError(path + ": checksum " + found + "; expected " + expected +
                      ": the manifest is damaged or was edited");
    json.at("model").get_to(manifest.model);
    json.at("config").get_to(manifest.config);
    manifest.dims = json.at("dims");
    manifest.recipe = json.at("recipe");
    json.at("step").get_to(manifest.step);
    json.at("seed").get_to(manifest.seed);
    json.at("data").at("file").get_to(manifest.dataFile);
    json.at("data").at("tokens").get_to(manifest.dataTokens);
    // Older checkpoints say nothing of it.
    manifest.dataFingerprint = json.at("data").value("fingerprint", "");
    json.at("shuffle").get_to(manifest.shuffle);
    json.at("batch").get_to(manifest.batch);
    json.at("seq").get_to(manifest.seq);
    for (const auto &[name, stamp] : json.at("files").items())
      manifest.files[name] = {
          stamp.at("bytes").get<uint64_t>(),
          static_cast<uint32_t>(
              std::stoul(stamp.at("crc32").get<std::string>(), nullptr, 16))};
  } catch (const ordered_json::exception &error) {
    throw UserError(path + ": not a checkpoint manifest: " + error.what());
  } catch (const JsonError &error) {
    throw UserError(path + ": not a checkpoint manifest: " + error.what());
  } catch (const std::logic_error &error) { // from stoul
    throw UserError(path + ": a 'crc32' is not a hexadecimal number");
  }
  return manifest;
}

std::vector<std::string>
CheckpointManifest::differences(const CheckpointManifest &run) const {
  std::vector<std::string> found;
  auto compare = [&](const char *name, const std::string &ours,
                     const std::string &theirs) {
    if (ours != theirs)
      found.push_back(std::string(name) + ": " + ours + " in the checkpoint, " +
                      theirs + " in this run");
  };
  compare("model", model, run.model);
  compare("seed (--seed)", std::to_string(seed), std::to_string(run.seed));
  compare("batch (B, sequences)", std::to_string(batch),
          std::to_string(run.batch));
  compare("seq (T, tokens)", std::to_string(seq), std::to_string(run.seq));
  // A run that only generates has no data to disagree about.
  if (!run.dataFile.empty() && !dataFile.empty()) {
    compare("shuffle (--shuffle)", shuffle, run.shuffle);
    compare("tokens in the data file (--data)", std::to_string(dataTokens),
            std::to_string(run.dataTokens));
    if (dataTokens == run.dataTokens && !dataFingerprint.empty())
      compare("fingerprint of the data file (--data)", dataFingerprint,
              run.dataFingerprint);
  }
  return found;
}
