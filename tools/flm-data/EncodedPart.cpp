//===----------------------------------------------------------------------===//
// Encoding texts into a token file, and the report of it.
//===----------------------------------------------------------------------===//
#include "tools/flm-data/EncodedPart.h"

#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

namespace flmrt {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr size_t chunkBytes = 4 << 20; // encoded at a time
constexpr size_t mostRows = 40;        // of the report

static void printRow(const std::string &name, const Tally &tally) {
  std::printf("%14s %14s %12.4f  %s\n", grouped(tally.bytes).c_str(),
              grouped(tally.tokens).c_str(), tally.ratio(), name.c_str());
}

EncodedPart::EncodedPart(const std::string &path, bool wide)
    : name(path), writer(path, wide), description(path + ".json") {}

void EncodedPart::add(const Tokenizer &tokenizer, const std::string &file,
                      std::string_view text, Progress &progress) {
  Tally tally;
  tally.bytes = static_cast<int64_t>(text.size());
  const int64_t before = writer.size();
  while (!text.empty()) {
    const size_t cut = tokenizer.cutPosition(text, chunkBytes);
    writer.append(tokenizer.encode(text.substr(0, cut)));
    text.remove_prefix(cut);
    progress.advance(static_cast<int64_t>(cut));
  }
  if (tally.bytes > 0 && tokenizer.endOfDocument() >= 0)
    writer.append({tokenizer.endOfDocument()});
  tally.tokens = writer.size() - before;
  sum.add(tally);
  tallies.push_back({file, tally});
}

void EncodedPart::finish(const Tokenizer &tokenizer,
                         const std::string &tokenizerPath) {
  writer.finish();
  std::string tokenizerName = "bytes";
  if (!tokenizerPath.empty())
    tokenizerName = fs::proximate(fs::absolute(tokenizerPath),
                                  fs::absolute(name).parent_path())
                        .string();
  Json json = {{"tokens", sum.tokens},
               {"bytes", sum.bytes},
               {"vocab", tokenizer.vocabSize()},
               {"dtype", writer.wide() ? "uint32" : "uint16"},
               {"tokenizer", tokenizerName},
               {"end_of_document", tokenizer.endOfDocument()},
               {"files", Json::array()}};
  for (const auto &[file, tally] : tallies)
    if (tally.bytes > 0)
      json["files"].push_back(
          {{"path", file}, {"bytes", tally.bytes}, {"tokens", tally.tokens}});
  // A path may hold any bytes; JSON only holds UTF-8.
  description.write(json.dump(1, ' ', false, Json::error_handler_t::replace) +
                    "\n");
  description.sync();
}

void EncodedPart::commit() {
  writer.commit();
  description.commit();
}

void printEncodingReport(const EncodedPart &train,
                         const EncodedPart *validation) {
  std::printf("%14s %14s %12s  %s\n", "bytes", "tokens", "tokens/byte", "file");
  const size_t rows = train.files().size();
  for (size_t i = 0; i < rows; ++i) {
    Tally both = train.files()[i].second;
    if (validation)
      both.add(validation->files()[i].second);
    if (rows <= mostRows || i < mostRows / 2 || i >= rows - mostRows / 2)
      printRow(train.files()[i].first, both);
    else if (i == mostRows / 2)
      std::printf("%14s %zu more, all of them in %s\n", "...", rows - mostRows,
                  train.descriptionPath().c_str());
  }
  printRow("train: " + train.path(), train.total());
  if (validation)
    printRow("validation: " + validation->path(), validation->total());
}

} // namespace flmrt
