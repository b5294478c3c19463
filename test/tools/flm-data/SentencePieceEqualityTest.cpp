//===----------------------------------------------------------------------===//
// Our BPE against the SentencePiece library, token for token.
//===----------------------------------------------------------------------===//
#include "runtime/data/BpeTokenizer.h"
#include "runtime/data/Utf8.h"
#include "test/runtime/data/TemporaryFolder.h"
#include "test/tools/flm-data/TrainingCorpus.h"
#include "tools/flm-data/BpeTraining.h"
#include "tools/flm-data/TrainingText.h"

#include <random>
#include <sentencepiece_processor.h>
#include <sentencepiece_trainer.h>
#include <unordered_map>

using namespace flmrt;

namespace {
const std::vector<std::string> Corpus = {English, Chinese, Code};

/// A tokenizer and the library's, from the same model.
struct Pair {
  explicit Pair(const std::string &model)
      : ours(parseSentencePieceModel(model, "test.model")) {
    if (!library.LoadFromSerializedProto(model).ok())
      throw std::runtime_error("the library refuses the model");
  }

  void expectEqual(const std::string &text) const {
    std::vector<int> expected;
    ASSERT_TRUE(library.Encode(text, &expected).ok());
    const std::vector<int32_t> tokens = ours.encode(text);
    ASSERT_EQ(tokens, std::vector<int32_t>(expected.begin(), expected.end()))
        << text;
    std::string decoded;
    ASSERT_TRUE(library.Decode(expected, &decoded).ok());
    ASSERT_EQ(ours.decode(tokens), decoded) << text;
    if (ours.lossless())
      ASSERT_EQ(decoded, text);
  }

  BpeTokenizer ours;
  sentencepiece::SentencePieceProcessor library;
};

/// Random pieces of the corpus and some characters it does not hold.
std::string randomText(std::mt19937 &random) {
  static const std::vector<std::string> Rare = {" ", "  ",   "\n",   "\t",
                                                "é", "Ω",    "😀",   "、",
                                                "7", "\r\n", "</s>", "<0x41>"};
  std::string text;
  for (unsigned n = 1 + random() % 6; n > 0; --n) {
    const std::string &from = Corpus[random() % Corpus.size()];
    const size_t begin = utf8Boundary(from, random() % from.size());
    const size_t end =
        utf8Boundary(from, std::min(from.size(), begin + random() % 80));
    text += from.substr(begin, std::max(begin, end) - begin);
    if (random() % 3 == 0)
      text += Rare[random() % Rare.size()];
  }
  return text;
}

void expectEqualEverywhere(const Pair &pair) {
  for (const std::string &text : Corpus)
    pair.expectEqual(text);
  for (const char *text : {"", " ", "  ", "\n", "a", " a ", "中", "  中 x  "})
    pair.expectEqual(text);
  std::mt19937 random(7);
  for (int i = 0; i < 2000; ++i)
    ASSERT_NO_FATAL_FAILURE(pair.expectEqual(randomText(random)));
}

TEST(SentencePieceEquality, OfTheTokenizersWeTrain) {
  for (int64_t vocab : {420, 500, 700}) {
    BpeTrainingOptions options;
    options.vocab = vocab;
    options.coverage = 0.98;
    expectEqualEverywhere(
        Pair(trainBpe({English, Chinese, Code, Code, English}, options)));
  }
}

/// One file a user may bring: SentencePiece's own defaults, and user-defined
/// symbols.
std::string
foreignModel(const std::unordered_map<std::string, std::string> &overrides) {
  class Lines : public sentencepiece::SentenceIterator {
  public:
    bool done() const override { return index == Corpus.size() * 4; }
    void Next() override { ++index; }
    const std::string &value() const override {
      return Corpus[index % Corpus.size()];
    }
    sentencepiece::util::Status status() const override { return {}; }

  private:
    size_t index = 0;
  } lines;
  std::unordered_map<std::string, std::string> arguments = {
      {"model_type", "bpe"},
      {"vocab_size", "450"},
      {"byte_fallback", "true"},
      {"character_coverage", "0.98"},
      {"normalization_rule_name", "identity"},
      {"minloglevel", "3"}};
  for (const auto &[key, value] : overrides)
    arguments[key] = value;
  std::string model;
  const auto status =
      sentencepiece::SentencePieceTrainer::Train(arguments, &lines, &model);
  if (!status.ok())
    throw std::runtime_error(status.ToString());
  return model;
}

TEST(SentencePieceEquality, OfForeignModels) {
  expectEqualEverywhere(Pair(foreignModel({})));
  expectEqualEverywhere(
      Pair(foreignModel({{"remove_extra_whitespaces", "false"}})));
  expectEqualEverywhere(Pair(foreignModel({{"add_dummy_prefix", "false"}})));
  expectEqualEverywhere(
      Pair(foreignModel({{"user_defined_symbols", "token,▁▁,the ,词元,  ,tok"},
                         {"remove_extra_whitespaces", "false"}})));
  expectEqualEverywhere(
      Pair(foreignModel({{"split_by_whitespace", "false"},
                         {"split_by_unicode_script", "false"},
                         {"remove_extra_whitespaces", "false"}})));
}

TEST(SentencePieceEquality, ForeignModelsWeRefuse) {
  expectUserError(
      [] { Pair(foreignModel({{"normalization_rule_name", "nfkc"}})); },
      {"normalises characters"});
  expectUserError([] { Pair(foreignModel({{"byte_fallback", "false"}})); },
                  {"no piece for byte"});
  expectUserError([] { Pair(foreignModel({{"model_type", "unigram"}})); },
                  {"of type unigram"});
}

// Where we differ, and why: SentencePiece would lose the text.
TEST(SentencePieceEquality, TextThatSentencePieceLoses) {
  BpeTrainingOptions options;
  options.vocab = 420;
  options.coverage = 0.98;
  const Pair pair(trainBpe({English, Chinese, Code}, options));
  for (const std::string text : {"a▁b", "bad \xff\xfe bytes", "cut \xe4\xb8"})
    EXPECT_EQ(pair.ours.decode(pair.ours.encode(text)), text);
}
} // namespace
