//===----------------------------------------------------------------------===//
// Training a tokenizer: what comes out, and what is refused.
//===----------------------------------------------------------------------===//
#include "tools/flm-data/BpeTraining.h"
#include "runtime/data/BpeTokenizer.h"
#include "runtime/data/Utf8.h"
#include "test/runtime/data/TemporaryFolder.h"
#include "test/tools/flm-data/TrainingCorpus.h"
#include "tools/flm-data/TrainingText.h"

using namespace flmrt;

namespace {
BpeTrainingOptions vocabulary(int64_t vocab) {
  BpeTrainingOptions options;
  options.vocab = vocab;
  return options;
}

TEST(BpeTraining, GivesTheVocabularyAskedFor) {
  const std::string model = trainBpe({English, Chinese, Code}, vocabulary(600));
  const TokenizerSpec spec = parseSentencePieceModel(model, "m");
  EXPECT_EQ(spec.pieces.size(), 600u);
  EXPECT_EQ(spec.endOfDocument, 1);
  const BpeTokenizer tokenizer(spec);
  EXPECT_TRUE(tokenizer.lossless());
  EXPECT_LT(tokenizer.encode(English).size(), English.size() / 2);
  EXPECT_EQ(tokenizer.decode(tokenizer.encode(Code)), Code);
  // Line ends take part in pieces, digits do not.
  bool lineEnd = false;
  for (const Piece &piece : spec.pieces) {
    if (piece.kind != PieceKind::Normal)
      continue;
    lineEnd |=
        piece.text.size() > 1 && piece.text.find('\n') != std::string::npos;
    EXPECT_EQ(piece.text.find('\t'),
              piece.text == "\t" ? 0 : std::string::npos);
  }
  EXPECT_TRUE(lineEnd);
  EXPECT_EQ(trainBpe({English, Chinese, Code}, vocabulary(600)), model);
}

TEST(BpeTraining, SaysWhyItCannot) {
  expectUserError(
      [] { trainBpe({English}, vocabulary(100000)); },
      {"too little in it", "100,000", "at most 626", "smaller vocabulary"});
  expectUserError([] { trainBpe({Chinese}, vocabulary(300)); },
                  {"300 is too small for the characters", "needs more than 3",
                   "--coverage"});
  expectUserError([] { trainBpe({English}, vocabulary(258)); },
                  {"above 258", "--tokenizer bytes"});
  expectUserError([] { trainBpe({English}, vocabulary(-5)); }, {"found -5"});
  BpeTrainingOptions options = vocabulary(300);
  options.coverage = 0.5;
  expectUserError([&] { trainBpe({English}, options); }, {"--coverage"});
}

TEST(BpeTraining, TakesTextThatIsHardToTake) {
  // Binary, reserved characters, one endless word, special pieces.
  std::string hard = English + std::string("\0\xff\xfe", 3) + "▁▅</s><unk>\n";
  for (int i = 0; i < 100000; ++i)
    hard += "字";
  const BpeTokenizer tokenizer(
      parseSentencePieceModel(trainBpe({hard}, vocabulary(320)), "m"));
  EXPECT_EQ(tokenizer.decode(tokenizer.encode(hard)), hard);
  expectUserError([] { trainBpe({"\xff\xfe\xff"}, vocabulary(300)); }, {""});
}

TEST(TrainingText, DealsOutEverythingOnce) {
  std::string longText;
  for (int i = 0; i < 5000; ++i)
    longText += "line number " + std::to_string(i) + "\n";
  std::string joined;
  size_t stretches = 0;
  for (TrainingText text({longText, "", Chinese}, 1 << 30); !text.done();
       text.next(), ++stretches) {
    EXPECT_LE(text.value().size(), 2048u);
    EXPECT_EQ(text.value().back(), '\n');
    joined += text.value();
  }
  EXPECT_EQ(joined, longText + Chinese);
  size_t some = 0;
  for (TrainingText text({longText, "", Chinese},
                         int64_t(longText.size() + Chinese.size()) / 4);
       !text.done(); text.next())
    ++some;
  EXPECT_NEAR(double(some), stretches / 4.0, 1.01);
}

TEST(TrainingText, ReplacesWhatTheTrainerMustNotSee) {
  const std::string bad = std::string("a\0b", 3) + "\xff" + "c▁d▅e中";
  TrainingText text({bad}, 1000);
  EXPECT_EQ(text.value(), "a\tb\tc\td\te中");
}
} // namespace
