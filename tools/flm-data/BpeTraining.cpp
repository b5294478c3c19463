//===----------------------------------------------------------------------===//
// BPE training with SentencePiece.
//===----------------------------------------------------------------------===//
#include "tools/flm-data/BpeTraining.h"
#include "runtime/UserError.h"
#include "tools/flm-data/Progress.h"
#include "tools/flm-data/TrainingText.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <sentencepiece_trainer.h>
#include <unordered_map>

namespace flmrt {

namespace {
class Sentences : public sentencepiece::SentenceIterator {
public:
  explicit Sentences(TrainingText text) : text(std::move(text)) {}
  bool done() const override { return text.done(); }
  void Next() override { text.next(); }
  const std::string &value() const override { return text.value(); }
  sentencepiece::util::Status status() const override { return {}; }

private:
  TrainingText text;
};
} // namespace

constexpr int64_t specialPieces = 2 + 256;

/// The number that follows the last `mark` in `text`, or -1.
static int64_t numberAfter(const std::string &text, const std::string &mark) {
  const size_t found = text.rfind(mark);
  if (found == std::string::npos)
    return -1;
  const char *begin = text.c_str() + found + mark.size();
  char *end = nullptr;
  const long long number = std::strtoll(begin, &end, 10);
  return end == begin ? -1 : number;
}

/// SentencePiece's complaint as ours, with what to do. The two it is known for
/// carry the number that would do.
static std::string explain(const std::string &complaint,
                           const BpeTrainingOptions &options) {
  const std::string vocab = grouped(options.vocab);
  if (const int64_t needed = numberAfter(complaint, " vs ");
      needed >= 0 &&
      complaint.find("smaller than required_chars") != std::string::npos)
    return "a vocabulary of " + vocab +
           " is too small for the characters of this text: it needs more "
           "than " +
           grouped(needed) +
           " pieces; raise the vocabulary or lower --coverage (at least 0.98): "
           "the rarest characters are then written as bytes";
  if (const int64_t most = numberAfter(complaint, "a value <= ");
      most >= 0 &&
      complaint.find("Vocabulary size too high") != std::string::npos)
    return "the text has too little in it for a vocabulary of " + vocab +
           ": it gives at most " + grouped(most) +
           " pieces; give more text or a smaller vocabulary";
  return "SentencePiece could not train on this text: " + complaint;
}

bool canTrainBpe() { return true; }

std::string trainBpe(const std::vector<std::string_view> &texts,
                     const BpeTrainingOptions &options) {
  if (options.vocab <= specialPieces || options.vocab > INT32_MAX)
    throw UserError(
        "a BPE vocabulary must be above " + std::to_string(specialPieces) +
        " (256 bytes, <unk>, </s>), found " + std::to_string(options.vocab) +
        "; for fewer use --tokenizer bytes");
  if (options.maxBytes < 1)
    throw UserError("--train-bytes must be at least 1, found " +
                    std::to_string(options.maxBytes));
  if (!(options.coverage >= 0.98 && options.coverage <= 1))
    throw UserError("--coverage must be from 0.98 to 1");
  const std::unordered_map<std::string, std::string> arguments = {
      {"model_type", "bpe"},
      {"vocab_size", std::to_string(options.vocab)},
      {"character_coverage", std::to_string(options.coverage)},
      {"byte_fallback", "true"},
      // Decoding must give back the text to the byte.
      {"normalization_rule_name", "identity"},
      {"add_dummy_prefix", "false"},
      {"remove_extra_whitespaces", "false"},
      {"allow_whitespace_only_pieces", "true"},
      {"split_digits", "true"},
      {"unk_id", "0"},
      {"eos_id", "1"},
      {"bos_id", "-1"},
      {"pad_id", "-1"},
      {"max_sentence_length", "1000000"},
      {"num_threads", "2"},
      {"minloglevel", "3"},
  };
  int64_t bytes = 0;
  for (std::string_view text : texts)
    bytes += static_cast<int64_t>(text.size());
  std::fprintf(stderr, "training %s pieces on %s of %s bytes of text ...\n",
               grouped(options.vocab).c_str(),
               grouped(std::min(bytes, options.maxBytes)).c_str(),
               grouped(bytes).c_str());
  Sentences sentences(TrainingText(texts, options.maxBytes));
  std::string model;
  const sentencepiece::util::Status status =
      sentencepiece::SentencePieceTrainer::Train(arguments, &sentences, &model);
  if (!status.ok())
    throw UserError(explain(status.ToString(), options));
  return model;
}

} // namespace flmrt
