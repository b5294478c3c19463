//===----------------------------------------------------------------------===//
// Reading what flm-data says about a token file.
//===----------------------------------------------------------------------===//
#include "runtime/train/SideFile.h"

#include "runtime/UserError.h"
#include "runtime/checkpoint/File.h"

#include "nlohmann/json.hpp"

#include <filesystem>

using namespace flmrt;

SideFile SideFile::beside(const std::string &path) {
  SideFile side;
  std::string name = path + ".json";
  std::error_code error;
  if (!std::filesystem::is_regular_file(name, error))
    return side;
  std::string text;
  try {
    constexpr uint64_t largest = uint64_t(16) << 20;
    text = readTextFile(name, largest);
  } catch (const UserError &) {
    return side;
  }
  nlohmann::json json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object())
    return side;
  auto number = [&](const char *key) {
    auto found = json.find(key);
    return found != json.end() && found->is_number() ? found->get<double>()
                                                     : 0.0;
  };
  if (number("tokens") > 0 && number("bytes") > 0)
    side.tokensPerByte = number("tokens") / number("bytes");
  auto tokenizer = json.find("tokenizer");
  if (tokenizer != json.end() && tokenizer->is_string()) {
    side.tokenizer = tokenizer->get<std::string>();
    // A path is relative to the folder of the token file.
    if (!side.tokenizer.empty() && side.tokenizer != "bytes")
      side.tokenizer =
          (std::filesystem::path(path).parent_path() / side.tokenizer).string();
  }
  return side;
}

std::optional<double> flmrt::tokensPerByteOf(const std::string &path,
                                             int64_t vocab) {
  if (std::optional<double> known = SideFile::beside(path).tokensPerByte)
    return known;
  constexpr int64_t byteVocab = 256;
  if (vocab == byteVocab)
    return 1.0;
  return std::nullopt;
}
