//===----------------------------------------------------------------------===//
// What stands beside a token file belongs to it, or is refused.
//===----------------------------------------------------------------------===//
#include "runtime/train/SideFile.h"
#include "test/runtime/data/TinyTokenizer.h"
#include "test/runtime/train/RunFixture.h"

using namespace flmrt;
using namespace flmtest;
using testing::AllOf;
using testing::HasSubstr;

namespace {

class SideFiles : public RunFixture {
protected:
  SideFile beside(const std::string &json) {
    writeFile(val + ".json", json);
    return SideFile::beside(val, TokenFile::open(val, 256));
  }
};

TEST_F(SideFiles, NameTheTokenizerRelativeToTheData) {
  EXPECT_EQ(SideFile::beside(val, TokenFile::open(val, 256)).tokenizer, "");
  EXPECT_EQ(beside(R"({"tokens": 200, "tokenizer": "bytes"})").tokenizer,
            "bytes");
  EXPECT_EQ(beside(R"({"tokenizer": "a.tokenizer"})").tokenizer,
            directory / "a.tokenizer");
  EXPECT_EQ(beside(R"({"tokenizer": 3})").tokenizer, "");
}

TEST_F(SideFiles, OfAnotherFileAreRefused) {
  for (const char *flag : {"--data", "--val"}) {
    const bool isVal = flag == std::string("--val");
    const std::string &path = isVal ? val : data;
    std::vector<std::string> arguments = {"--steps", "1", "--data", data};
    if (isVal)
      arguments.insert(arguments.end(), {"--val", val});
    writeFile(path + ".json", R"({"tokens": 77, "bytes": 100})");
    std::string error = errorOfRun(arguments);
    EXPECT_THAT(error, AllOf(HasSubstr(path + ".json: describes 77 tokens"),
                             HasSubstr("it belongs to another file"),
                             HasSubstr("delete it")));
    writeFile(path + ".json", "{");
    EXPECT_THAT(errorOfRun(arguments), HasSubstr(path + ".json: is damaged"));
    writeFile(path + ".json", "{}");
    EXPECT_EQ(runBinary(arguments).status, 0);
  }
}

TEST_F(SideFiles, DamageIsSaid) {
  for (const std::string json : {"", "[", "[]", "7", R"({"tokens": "200"})",
                                 R"({"tokens": 200.5})", R"({"tokens": -200})"})
    EXPECT_THAT(errorOf([&] { beside(json); }), HasSubstr(val + ".json: "))
        << json;
  std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  EXPECT_THAT(errorOf([&] { beside("{\"a\":" + deep + "}"); }),
              HasSubstr("nested deeper"));
  EXPECT_THAT(errorOf([&] { beside("{\"tokens\":" + deep + "}"); }),
              HasSubstr("nested deeper"));
}

TEST_F(SideFiles, OpenTheTokenizerThatTheyName) {
  EXPECT_EQ(SideFile().openTokenizer(256)->vocabSize(), 256);
  EXPECT_EQ(SideFile().openTokenizer(8000), nullptr);
  SideFile side{directory / "t.tokenizer"};
  EXPECT_EQ(side.openTokenizer(256), nullptr);
  writeFile(side.tokenizer, tinySpec({"the", " the"}).serialize());
  std::unique_ptr<Tokenizer> tokenizer = side.openTokenizer(300);
  EXPECT_EQ(tokenizer->vocabSize(), 260);
  EXPECT_EQ(tokenizer->textBytes(1), 0);      // </s>
  EXPECT_EQ(tokenizer->textBytes(2 + 65), 1); // <0x41>
  EXPECT_EQ(tokenizer->textBytes(259), 4);
  EXPECT_THAT(errorOf([&] { tokenizer->textBytes(260); }),
              HasSubstr("has no text"));
}

} // namespace
