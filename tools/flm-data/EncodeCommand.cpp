//===----------------------------------------------------------------------===//
// `flm-data encode` and `flm-data train-tokenizer`.
//===----------------------------------------------------------------------===//
#include "runtime/UserError.h"
#include "runtime/data/BpeTokenizer.h"
#include "runtime/data/Tokenizer.h"
#include "tools/flm-data/Commands.h"
#include "tools/flm-data/EncodedPart.h"
#include "tools/flm-data/Progress.h"
#include "tools/flm-data/TextFiles.h"

#include <cstdio>
#include <filesystem>
#include <set>

namespace flmrt {

namespace fs = std::filesystem;

constexpr int64_t narrowVocab = 65536; // tokens that uint16 can tell apart

static bool endsWith(const std::string &text, const std::string &end) {
  return text.size() >= end.size() &&
         text.compare(text.size() - end.size(), end.size(), end) == 0;
}

/// Trains and puts the result into `file`; returns it parsed.
static TokenizerSpec trainInto(OutputFile &file,
                               const std::vector<std::string_view> &texts,
                               const BpeTrainingOptions &options) {
  const std::string model = trainBpe(texts, options);
  TokenizerSpec spec = parseSentencePieceModel(model, file.path());
  file.write(endsWith(file.path(), ".model") ? model : spec.serialize());
  file.sync();
  return spec;
}

static double validationShare(const EncodeOptions &options, int64_t total) {
  if (options.validationOut.empty()) {
    if (options.validationFraction || options.validationBytes)
      throw UserError(
          "--val-fraction and --val-bytes need --val, the file that "
          "the validation tokens go to");
    return 0;
  }
  if (options.validationFraction && options.validationBytes)
    throw UserError("give --val-fraction or --val-bytes, not both");
  if (options.validationBytes) {
    if (*options.validationBytes < 1 || *options.validationBytes >= total)
      throw UserError("--val-bytes must be at least 1 and below the " +
                      grouped(total) + " bytes of text, found " +
                      grouped(*options.validationBytes));
    return double(*options.validationBytes) / double(total);
  }
  const double fraction = options.validationFraction.value_or(0.05);
  if (!(fraction > 0 && fraction < 1))
    throw UserError("--val-fraction must be above 0 and below 1");
  return fraction;
}

/// One spelling for all paths of a file, which may not exist yet.
static fs::path canonical(const std::string &path) {
  return fs::weakly_canonical(fs::absolute(path));
}

/// Whether both paths lead to one file, by whatever name or link.
static bool isSameFile(const fs::path &a, const fs::path &b) {
  std::error_code noFile;
  return a == b || fs::equivalent(a, b, noFile);
}

/// Every output a file of its own, and none of them an input.
static void checkOutputs(const EncodeOptions &options,
                         const std::vector<TextFile> &texts) {
  std::set<fs::path> taken;
  for (const TextFile &text : texts)
    taken.insert(canonical(text.file->path()));
  if (!options.tokenizer.empty())
    taken.insert(canonical(options.tokenizer));
  auto claim = [&](const std::string &path) {
    if (path.empty())
      return;
    const fs::path output = canonical(path);
    const bool exists = fs::exists(output);
    for (const fs::path &other : taken)
      if (other == output || (exists && isSameFile(other, output)))
        throw UserError("'" + path +
                        "' would be written over an input or another output; "
                        "give each file a name of its own");
    taken.insert(output);
  };
  claim(options.out);
  claim(options.out + ".json");
  claim(options.validationOut);
  if (!options.validationOut.empty())
    claim(options.validationOut + ".json");
  claim(options.tokenizerOut);
}

static bool isWide(const std::string &dtype, int64_t vocab) {
  if (dtype == "uint16" && vocab > narrowVocab)
    throw UserError("--dtype uint16 holds 65,536 different tokens, the "
                    "tokenizer has " +
                    grouped(vocab) + "; use uint32");
  return dtype == "uint32" || vocab > narrowVocab;
}

void encodeCommand(const EncodeOptions &options) {
  const bool train = options.training.vocab != 0;
  if (train && !options.tokenizer.empty())
    throw UserError("give --tokenizer or --train-vocab, not both");
  if (train != !options.tokenizerOut.empty())
    throw UserError("--train-vocab and --tokenizer-out go together: how many "
                    "pieces to train, and the file that holds them");

  std::vector<TextFile> texts =
      openTexts(options.text.paths, options.text.extensions);
  checkOutputs(options, texts);
  splitTexts(texts, validationShare(options, totalBytes(texts)));
  int64_t trainBytes = 0;
  for (const TextFile &text : texts)
    trainBytes += static_cast<int64_t>(text.trainBytes);
  if (trainBytes == 0)
    throw UserError("the split leaves no text to train on; ask for less "
                    "validation text");
  if (!options.validationOut.empty() && trainBytes == totalBytes(texts))
    throw UserError("the split leaves no text for '" + options.validationOut +
                    "'; give more text or a larger --val-fraction");

  std::unique_ptr<Tokenizer> tokenizer;
  std::unique_ptr<OutputFile> tokenizerFile;
  std::string tokenizerPath; // empty: bytes
  if (train) {
    // On the training part alone: validation text stays unseen.
    std::vector<std::string_view> parts;
    for (const TextFile &text : texts)
      parts.push_back(text.train());
    tokenizerPath = options.tokenizerOut;
    tokenizerFile = std::make_unique<OutputFile>(tokenizerPath);
    tokenizer = std::make_unique<BpeTokenizer>(
        trainInto(*tokenizerFile, parts, options.training));
  } else if (options.tokenizer.empty() || options.tokenizer == "bytes") {
    tokenizer = Tokenizer::bytes();
  } else {
    tokenizerPath = options.tokenizer;
    tokenizer = Tokenizer::open(tokenizerPath);
  }
  if (!tokenizer->lossless())
    std::fprintf(stderr,
                 "warning: '%s' drops extra spaces, so the text cannot be "
                 "restored exactly\n",
                 tokenizerPath.c_str());

  const bool wide = isWide(options.dtype, tokenizer->vocabSize());
  EncodedPart trainPart(options.out, wide);
  std::unique_ptr<EncodedPart> validationPart;
  if (!options.validationOut.empty())
    validationPart = std::make_unique<EncodedPart>(options.validationOut, wide);
  {
    Progress progress("encoding", totalBytes(texts));
    for (const TextFile &text : texts) {
      const std::string &name = text.file->path();
      trainPart.add(*tokenizer, name, text.train(), progress);
      if (validationPart)
        validationPart->add(*tokenizer, name, text.validation(), progress);
    }
  }
  // Everything is on disk before anything takes its name.
  trainPart.finish(*tokenizer, tokenizerPath);
  if (validationPart)
    validationPart->finish(*tokenizer, tokenizerPath);
  if (tokenizerFile)
    tokenizerFile->commit();
  trainPart.commit();
  if (validationPart)
    validationPart->commit();

  printEncodingReport(trainPart, validationPart.get());
  std::printf("tokenizer: %s, vocabulary %s, stored as %s\n",
              tokenizerPath.empty() ? "bytes" : tokenizerPath.c_str(),
              grouped(tokenizer->vocabSize()).c_str(),
              wide ? "uint32" : "uint16");
}

void trainTokenizerCommand(const TrainTokenizerOptions &options) {
  std::vector<TextFile> texts =
      openTexts(options.text.paths, options.text.extensions);
  std::vector<std::string_view> parts;
  for (const TextFile &text : texts) {
    if (isSameFile(canonical(text.file->path()), canonical(options.out)))
      throw UserError("'" + options.out + "' would be written over an input");
    parts.push_back(text.train());
  }
  OutputFile file(options.out);
  const TokenizerSpec spec = trainInto(file, parts, options.training);
  file.commit();
  std::printf("%s: %s pieces from %s bytes of text\n", options.out.c_str(),
              grouped(static_cast<int64_t>(spec.pieces.size())).c_str(),
              grouped(totalBytes(texts)).c_str());
}

} // namespace flmrt
