//===----------------------------------------------------------------------===//
// `flm-data info` and `flm-data decode`.
//===----------------------------------------------------------------------===//
#include "runtime/UserError.h"
#include "runtime/data/MappedFile.h"
#include "runtime/data/TokenFile.h"
#include "runtime/data/Tokenizer.h"
#include "tools/flm-data/Commands.h"
#include "tools/flm-data/Progress.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

namespace flmrt {

namespace fs = std::filesystem;
using Json = nlohmann::json;

/// What flm-data wrote beside the file, or null.
static Json readDescription(const std::string &path) {
  std::error_code ignored;
  if (!fs::exists(path + ".json", ignored))
    return nullptr;
  const auto file = MappedFile::open(path + ".json");
  Json json = Json::parse(file->text(), nullptr, /*allow_exceptions=*/false);
  if (!json.is_object())
    throw UserError("'" + path +
                    ".json' is damaged; delete it, or encode the text again");
  return json;
}

/// Whether what is written beside the file belongs to it.
static bool describes(const std::string &path, const TokenFile &file) {
  const Json json = readDescription(path);
  return !json.is_object() || !json.contains("tokens") ||
         json["tokens"] == file.size();
}

/// The tokenizer named beside the file: "bytes", a path, or empty.
static std::string describedTokenizer(const std::string &path) {
  const Json json = readDescription(path);
  if (!json.is_object() || !json.contains("tokenizer") ||
      !json["tokenizer"].is_string())
    return {};
  const std::string name = json["tokenizer"].get<std::string>();
  if (name == "bytes")
    return name;
  return (fs::path(path).parent_path() / name).lexically_normal().string();
}

void infoCommand(const std::string &path) {
  const TokenFile file = TokenFile::open(path, 0);
  std::printf("%s: %s\n", path.c_str(), file.format().c_str());
  std::printf("  tokens         %s, each %s\n", grouped(file.size()).c_str(),
              tokenTypeName(file.type()));
  std::printf("  largest token  %s\n", grouped(file.largest()).c_str());
  const Json json = readDescription(path);
  if (!json.is_object())
    return;
  const int64_t bytes = json.value("bytes", int64_t(0));
  std::printf("  vocabulary     %s\n",
              grouped(json.value("vocab", int64_t(0))).c_str());
  std::printf("  tokenizer      %s\n", describedTokenizer(path).c_str());
  std::printf("  text           %s bytes, %.4f tokens per byte\n",
              grouped(bytes).c_str(),
              bytes > 0 ? double(file.size()) / double(bytes) : 0);
  if (!describes(path, file))
    std::printf("  warning: %s.json describes another number of tokens\n",
                path.c_str());
}

void decodeCommand(const DecodeOptions &options) {
  std::string name = options.tokenizer;
  if (name.empty())
    name = describedTokenizer(options.path);
  if (name.empty())
    throw UserError("'" + options.path +
                    "' has no description beside it that names its tokenizer; "
                    "say which with --tokenizer bytes or --tokenizer FILE");
  const auto tokenizer =
      name == "bytes" ? Tokenizer::bytes() : Tokenizer::open(name);
  const TokenFile file = TokenFile::open(options.path, tokenizer->vocabSize());
  if (options.tokenizer.empty() && !describes(options.path, file))
    throw UserError("'" + options.path +
                    ".json' describes another number of tokens than '" +
                    options.path +
                    "' has; delete it and say --tokenizer, or encode the text "
                    "again");
  if (options.begin < 0 || options.begin > file.size())
    throw UserError("--begin " + std::to_string(options.begin) + " of '" +
                    options.path + "', which has " +
                    std::to_string(file.size()) + " tokens");
  const int64_t rest = file.size() - options.begin;
  const int64_t count =
      options.count < 0 ? rest : std::min(options.count, rest);
  std::vector<int32_t> tokens(static_cast<size_t>(count));
  file.read(options.begin, count, tokens.data());
  const std::string text = tokenizer->decode(tokens);
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() ||
      std::fflush(stdout) != 0)
    throw UserError("cannot write the text to standard output (closed, or the "
                    "disk is full)");
}

} // namespace flmrt
