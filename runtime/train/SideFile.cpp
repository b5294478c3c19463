//===----------------------------------------------------------------------===//
// Reading what flm-data says about a token file.
//===----------------------------------------------------------------------===//
#include "runtime/train/SideFile.h"

#include "runtime/BoundedJson.h"
#include "runtime/UserError.h"
#include "runtime/checkpoint/File.h"

#include <filesystem>

using namespace flmrt;
namespace fs = std::filesystem;

[[noreturn]] static void fail(const std::string &name,
                              const std::string &what) {
  throw UserError(name + ": " + what + "; delete it, or encode the text again");
}

SideFile SideFile::beside(const std::string &path, const TokenFile &tokens) {
  SideFile side;
  std::string name = path + ".json";
  std::error_code error;
  if (!fs::exists(name, error))
    return side;
  constexpr uint64_t largest = uint64_t(1) << 30;
  nlohmann::json json;
  try {
    json = parseBoundedJson<nlohmann::json>(readTextFile(name, largest));
  } catch (const JsonError &problem) {
    fail(name, std::string("is damaged: ") + problem.what());
  }
  if (!json.is_object())
    fail(name, "is damaged: expected a JSON object");
  auto count = json.find("tokens");
  if (count != json.end() && *count != tokens.size())
    fail(name, "describes " + quoteJson(*count) + " tokens, but '" + path +
                   "' has " + std::to_string(tokens.size()) +
                   ": it belongs to another file");
  auto tokenizer = json.find("tokenizer");
  if (tokenizer != json.end() && tokenizer->is_string()) {
    side.tokenizer = tokenizer->get<std::string>();
    // A path is relative to the folder of the token file.
    if (!side.tokenizer.empty() && side.tokenizer != "bytes")
      side.tokenizer = (fs::path(path).parent_path() / side.tokenizer).string();
  }
  return side;
}

std::unique_ptr<Tokenizer> SideFile::openTokenizer(int64_t vocab) const {
  constexpr int64_t byteVocab = 256;
  if (tokenizer == "bytes" || (tokenizer.empty() && vocab == byteVocab))
    return Tokenizer::bytes();
  std::error_code error;
  if (tokenizer.empty() || !fs::exists(tokenizer, error))
    return nullptr;
  return Tokenizer::open(tokenizer);
}
