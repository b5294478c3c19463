//===----------------------------------------------------------------------===//
// Which windows an evaluation takes, and what it makes of them.
//===----------------------------------------------------------------------===//
#include "runtime/train/Evaluation.h"
#include "test/runtime/data/TinyTokenizer.h"
#include "test/runtime/train/RunFixture.h"

#include <cmath>
#include <cstring>

using namespace flmrt;
using namespace flmtest;
using testing::HasSubstr;

namespace {

constexpr int64_t seq = 10, batch = 3;

class EvaluationTest : public RunFixture {
protected:
  ProgramManifest manifest = ProgramManifest::parse(flm_manifest);
  CompiledProgram program{manifest, 1};

  EvaluationTest() { program.initializeParameters(5); }

  void writeVal(const std::vector<uint16_t> &tokens) {
    std::string bytes(1024, '\0');
    int32_t header[] = {20240520, 1, static_cast<int32_t>(tokens.size())};
    std::memcpy(bytes.data(), header, sizeof header);
    bytes.append(reinterpret_cast<const char *>(tokens.data()),
                 tokens.size() * 2);
    writeFile(val, bytes);
  }

  /// Stretches of these lengths, in windows, each of one token over and over.
  void writeStretches(const std::vector<std::pair<uint16_t, int64_t>> &list) {
    std::vector<uint16_t> tokens;
    for (auto [token, windows] : list)
      tokens.insert(tokens.end(), static_cast<size_t>(windows * seq), token);
    tokens.push_back(tokens.back());
    writeVal(tokens);
  }

  double loss(int64_t batches) {
    return *Evaluation(val, batches, manifest, 0).run(program, [](auto) {
      return false;
    });
  }

  /// The mean over the windows, each by itself.
  double expected(int64_t windows) {
    TokenFile file = TokenFile::open(val, 256);
    BatchSource source(file, seq, 1, Shuffle::None, 0);
    std::vector<int32_t> tokens(batch * seq), targets(batch * seq);
    double sum = 0;
    for (int64_t w = 0; w < windows; ++w) {
      for (int64_t i = 0; i < batch; ++i)
        source.read(w, tokens.data() + i * seq, targets.data() + i * seq);
      sum += program.evaluate(tokens.data(), targets.data());
    }
    return sum / double(windows);
  }
};

TEST_F(EvaluationTest, TakesEveryWindowOnce) {
  for (int64_t windows = 1; windows <= 13; ++windows) {
    std::vector<uint16_t> tokens;
    for (int64_t i = 0; i < windows * seq + 1 + windows % seq; ++i)
      tokens.push_back(static_cast<uint16_t>(i * i % 251));
    writeVal(tokens);
    EXPECT_NEAR(loss(0), expected(windows), 2e-6) << windows;
    EXPECT_EQ(loss(1000), loss(0));
  }
}

TEST_F(EvaluationTest, IsSpreadOverTheFile) {
  writeStretches({{65, 1}});
  double a = loss(0);
  writeStretches({{66, 1}});
  double b = loss(0);
  ASSERT_GT(std::fabs(a - b), 1e-3);
  // 6 windows of many: what comes first, or most of it, does not matter.
  for (int64_t windows : {6, 7, 30, 300}) {
    writeStretches({{65, windows}, {66, windows}});
    EXPECT_NEAR(loss(2), (a + b) / 2, 1e-6) << windows;
    writeStretches({{66, windows}, {65, windows}});
    EXPECT_NEAR(loss(2), (a + b) / 2, 1e-6) << windows;
    writeStretches({{65, windows}, {66, 2 * windows}});
    EXPECT_NEAR(loss(2), (a + 2 * b) / 3, 1e-6) << windows;
  }
}

TEST_F(EvaluationTest, BitsPerByteAreThoseOfTheTargets) {
  writeFile(directory / "t.tokenizer", tinySpec({}).serialize());
  writeFile(val + ".json", R"({"tokens": 61, "tokenizer": "t.tokenizer"})");
  // Half of the file has no text: </s>. Windows 1 and 4 of 6 are evaluated.
  manifest.batch = 2;
  manifest.distribution.batchAxes.clear();
  writeStretches({{65, 3}, {1, 3}});
  Evaluation half(val, 1, manifest, 0);
  EXPECT_DOUBLE_EQ(*half.bitsPerByte(1.0), 20 / (std::log(2.0) * 10));
  EXPECT_THAT(half.describe(1.0), HasSubstr("1.0000 nats/token | 2.8854 bits"));
  // Of the whole file: all targets but the first token, 29 with text.
  Evaluation whole(val, 0, manifest, 0);
  EXPECT_DOUBLE_EQ(*whole.bitsPerByte(1.0), 60 / (std::log(2.0) * 29));
  // Where the tokenizer is not known, neither are they.
  writeFile(val + ".json", R"({"tokens": 61, "tokenizer": "none"})");
  EXPECT_EQ(Evaluation(val, 0, manifest, 0).bitsPerByte(1.0), std::nullopt);
}

TEST_F(EvaluationTest, ATokenizerThatDidNotMakeTheFileIsRefused) {
  writeFile(directory / "t.tokenizer", tinySpec({}).serialize());
  writeFile(val + ".json", R"({"tokenizer": "t.tokenizer"})");
  manifest.vocab = 300;
  writeStretches({{299, 3}});
  EXPECT_THAT(errorOf([&] { Evaluation(val, 0, manifest, 0); }),
              HasSubstr("holds token 299, but the tokenizer that '" + val +
                        ".json' names has 258"));
}

TEST_F(EvaluationTest, BitsPerByteAreLogged) {
  ProcessResult result = runBinary(flags(out));
  ASSERT_EQ(result.status, 0) << result.err;
  auto record = nlohmann::json::parse(metrics(out).front());
  EXPECT_DOUBLE_EQ(record["bits_per_byte"].get<double>(),
                   record["val_loss"].get<double>() / std::log(2.0));
}

} // namespace
