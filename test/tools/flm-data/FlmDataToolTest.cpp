//===----------------------------------------------------------------------===//
// The flm-data program, run as a user runs it.
//===----------------------------------------------------------------------===//
#include "runtime/UserError.h"
#include "runtime/data/MappedFile.h"
#include "runtime/data/TokenFile.h"
#include "test/runtime/data/TemporaryFolder.h"
#include "test/tools/flm-data/TrainingCorpus.h"
#include "tools/flm-data/BpeTraining.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <sys/wait.h>

using namespace flmrt;
using Names = std::vector<std::string>;

namespace {
struct Result {
  int status;
  std::string output;  ///< stdout
  std::string message; ///< stderr
};

class FlmDataTool : public testing::Test {
protected:
  FlmDataTool() {
    text = English + Chinese + Code;
    folder.write("a.txt", text);
  }

  /// Runs flm-data in the folder through a shell, with `before` put in front.
  Result run(const std::string &arguments, const std::string &before = "") {
    const std::string command = "cd '" + folder.path("") + "' && " + before +
                                " '" FLM_DATA_TOOL "' " + arguments + " 2>'" +
                                other.path("err") + "' >'" + other.path("out") +
                                "'";
    const int status = std::system(command.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, other.read("out"),
            other.read("err")};
  }

  void succeeds(const std::string &arguments) {
    const Result result = run(arguments);
    ASSERT_EQ(result.status, 0) << result.message;
  }

  /// Expects exit status 1, an error with `parts`, and the folder as
  /// it was.
  void fails(const std::string &arguments, const Names &parts,
             const std::string &before = "") {
    const Names names = folder.names();
    const Result result = run(arguments, before);
    EXPECT_EQ(result.status, 1) << arguments;
    EXPECT_NE(("\n" + result.message).find("\nerror: "), std::string::npos)
        << result.message;
    for (const std::string &part : parts)
      EXPECT_NE(result.message.find(part), std::string::npos)
          << "\"" << part << "\" is not in: " << result.message;
    EXPECT_EQ(folder.names(), names) << arguments;
  }

  std::string decoded(const std::string &arguments) {
    const Result result = run("decode " + arguments);
    EXPECT_EQ(result.status, 0) << result.message;
    return result.output;
  }

  TemporaryFolder folder, other;
  std::string text;
};

TEST_F(FlmDataTool, EncodesBytes) {
  succeeds("encode --out t.bin a.txt");
  EXPECT_EQ(folder.names(), (Names{"a.txt", "t.bin", "t.bin.json"}));
  const TokenFile file = TokenFile::open(folder.path("t.bin"), 256);
  EXPECT_EQ(file.size(), int64_t(text.size()));
  EXPECT_EQ(file.type(), TokenType::U16);
  EXPECT_EQ(decoded("t.bin"), text);
  EXPECT_EQ(decoded("t.bin --begin 4 --count 8"), "compiler");
  const auto json = nlohmann::json::parse(folder.read("t.bin.json"));
  EXPECT_EQ(json["tokens"], text.size());
  EXPECT_EQ(json["bytes"], text.size());
  EXPECT_EQ(json["vocab"], 256);
  EXPECT_EQ(json["tokenizer"], "bytes");
  EXPECT_EQ(json["end_of_document"], -1);
  EXPECT_EQ(json["files"][0]["path"], "a.txt");
  const Result info = run("info t.bin");
  EXPECT_NE(info.output.find("llm.c version 1"), std::string::npos);
}

TEST_F(FlmDataTool, NumbersAreDecimal) {
  folder.write("long.txt", std::string(100'000, 'x'));
  succeeds("encode --val-bytes 010000 --out t.bin --val v.bin long.txt");
  EXPECT_EQ(decoded("v.bin").size(), 10'000u);
  succeeds("encode --out a.bin a.txt");
  EXPECT_EQ(decoded("a.bin --begin 010 --count 08"), text.substr(10, 8));
  fails("decode a.bin --begin 0x10",
        {"--begin: found '0x10'; expected a whole number"});
}

TEST_F(FlmDataTool, NeverWaitsForAPipe) {
  succeeds("encode --out t.bin a.txt");
  ASSERT_EQ(mkfifo(folder.path("pipe").c_str(), 0600), 0);
  ASSERT_EQ(mkfifo(folder.path("u.bin.json").c_str(), 0600), 0);
  folder.write("u.bin", folder.read("t.bin"));
  const std::string limited = "timeout 20 env";
  fails("encode --out v.bin pipe", {"'pipe' is not a regular file"}, limited);
  fails("encode --out pipe a.txt", {"it exists and is not a regular file"},
        limited);
  fails("info pipe", {"'pipe' is not a regular file"}, limited);
  fails("info u.bin", {"'u.bin.json' is not a regular file"}, limited);
  fails("decode u.bin", {"'u.bin.json' is not a regular file"}, limited);
}

/// Only a process that has mapped a file notices: the map's end is gone.
TEST(MappedFileDeathTest, SaysThatAFileWasCutShort) {
  TemporaryFolder folder;
  const std::string path = folder.path("t.txt");
  folder.write("t.txt", std::string(1 << 20, 'x'));
  const auto file = MappedFile::open(path);
  EXPECT_EXIT(
      {
        std::filesystem::resize_file(path, 10);
        MappedFile::onTruncation([] { std::fputs("tidied; ", stderr); });
        std::exit(std::count(file->data(), file->data() + file->size(), 'y'));
      },
      testing::ExitedWithCode(1), "tidied; error: '.*t.txt' was cut short");
  char byte;
  EXPECT_THROW(file->readAt(10, &byte, 1), UserError);
}

TEST_F(FlmDataTool, WritesNoMessageIntoAFile) {
  succeeds("encode --out t.bin a.txt");
  // Through a second shell: run() itself redirects output and error.
  for (const std::string closed :
       {"<&-", ">&-", "2>&-", "<&- >&- 2>&-", ">&- 2>&-"}) {
    const std::string command =
        "cd '" + folder.path("") +
        "' && '" FLM_DATA_TOOL "' encode --out u.bin a.txt " + closed;
    EXPECT_EQ(std::system(command.c_str()), 0) << closed;
    EXPECT_EQ(folder.read("u.bin"), folder.read("t.bin")) << closed;
    EXPECT_EQ(folder.read("u.bin.json"), folder.read("t.bin.json"));
  }
}

TEST_F(FlmDataTool, TakesNoDescriptionOfAnotherFile) {
  folder.write("b.txt", text + text);
  succeeds("encode --out a.bin a.txt");
  succeeds("encode --out b.bin b.txt");
  folder.write("a.bin.json", folder.read("b.bin.json"));
  fails("decode a.bin", {"'a.bin.json' describes another number of tokens"});
  EXPECT_EQ(decoded("a.bin --tokenizer bytes"), text);
  const Result info = run("info a.bin");
  EXPECT_NE(info.output.find("describes another number of tokens"),
            std::string::npos);
}

TEST_F(FlmDataTool, WritesUint32OnRequest) {
  succeeds("encode --dtype uint32 --out t.bin a.txt");
  EXPECT_EQ(TokenFile::open(folder.path("t.bin"), 256).type(), TokenType::U32);
  EXPECT_EQ(decoded("t.bin"), text);
}

TEST_F(FlmDataTool, SplitsEveryFileAtItsTail) {
  std::string numbers;
  for (int i = 0; i < 1000; ++i)
    numbers += std::to_string(i) + "\n";
  folder.write("b.txt", numbers);
  succeeds("encode --out t.bin --val v.bin --val-fraction 0.1 a.txt b.txt");
  const std::string train = decoded("t.bin"), validation = decoded("v.bin");
  EXPECT_EQ(train.size() + validation.size(), text.size() + numbers.size());
  const size_t cut = train.find("0\n1\n2\n"); // where b.txt begins
  ASSERT_NE(cut, std::string::npos);
  const std::string tailOfA = text.substr(cut);
  EXPECT_EQ(train.substr(0, cut), text.substr(0, cut));
  EXPECT_EQ(validation.substr(0, tailOfA.size()), tailOfA);
  EXPECT_EQ(train.substr(cut) + validation.substr(tailOfA.size()), numbers);
  EXPECT_NEAR(double(validation.size()),
              0.1 * double(text.size() + numbers.size()), 60);
  EXPECT_EQ(train.back(), '\n');
  succeeds("encode --out t.bin --val v.bin --val-bytes 500 a.txt b.txt");
  EXPECT_NEAR(double(decoded("v.bin").size()), 500, 60);
  succeeds("encode --out t.bin --val v.bin a.txt b.txt");
  EXPECT_NEAR(double(decoded("v.bin").size()),
              0.05 * double(text.size() + numbers.size()), 60);
}

TEST_F(FlmDataTool, TakesFoldersByExtension) {
  folder.write("src/z.md", "z");
  folder.write("src/sub/a.md", "a");
  folder.write("src/b.cpp", "b");
  folder.write("src/c.txt", "c");
  folder.write("src/.hidden/d.md", "d");
  folder.write("src/.e.md", "e");
  folder.write("src/build-x/f.md", "f");
  folder.write("src/made/CMakeCache.txt", "");
  folder.write("src/made/g.md", "g");
  folder.write("src/empty.md", "");
  succeeds("encode --ext md,.cpp --out t.bin src");
  EXPECT_EQ(decoded("t.bin"), "baz");
  fails("encode --out u.bin src", {"'src' is a folder", "--ext"});
  fails("encode --ext py --out u.bin src",
        {"'src' has no text that ends in py"});
}

TEST_F(FlmDataTool, TrainsAndUsesATokenizer) {
  if (!canTrainBpe()) {
    fails("encode --train-vocab 500 --tokenizer-out t.tokenizer --out t.bin "
          "a.txt",
          {"built without SentencePiece", "libsentencepiece-dev"});
    return;
  }
  folder.write("b.txt", English);
  std::filesystem::create_directories(folder.path("sub"));
  succeeds("encode --train-vocab 500 --coverage 0.98 --tokenizer-out "
           "t.tokenizer --out sub/t.bin --val sub/v.bin a.txt b.txt");
  const auto json = nlohmann::json::parse(folder.read("sub/t.bin.json"));
  EXPECT_EQ(json["vocab"], 500);
  EXPECT_EQ(json["tokenizer"], "../t.tokenizer");
  EXPECT_EQ(json["end_of_document"], 1);
  const TokenFile file = TokenFile::open(folder.path("sub/t.bin"), 500);
  EXPECT_EQ(json["tokens"], file.size());
  int32_t last;
  file.read(file.size() - 1, 1, &last);
  EXPECT_EQ(last, 1);
  EXPECT_EQ(decoded("sub/t.bin").size() + decoded("sub/v.bin").size(),
            text.size() + English.size());
  // The trained tokenizer, used again, and in SentencePiece's own format.
  succeeds("encode --tokenizer t.tokenizer --out again.bin a.txt");
  EXPECT_EQ(decoded("again.bin"), text);
  succeeds("train-tokenizer --vocab 500 --coverage 0.98 --out m.model a.txt");
  succeeds("encode --tokenizer m.model --out m.bin a.txt");
  EXPECT_EQ(decoded("m.bin"), text);
  EXPECT_EQ(decoded("m.bin --tokenizer m.model"), text);
  succeeds("train-tokenizer --vocab 500 --coverage 0.98 --out m.tokenizer "
           "a.txt");
  succeeds("encode --tokenizer m.tokenizer --out n.bin a.txt");
  EXPECT_EQ(folder.read("n.bin"), folder.read("m.bin"));
  fails("train-tokenizer --vocab 90000 --out x.tokenizer a.txt",
        {"too little in it", "90,000"});
  fails("decode m.bin --tokenizer bytes", {"outside the vocabulary of 256"});
}

TEST_F(FlmDataTool, TokenizersNeverSeeValidationText) {
  if (!canTrainBpe())
    return;
  // The tail is of other words than the rest.
  folder.write("head.txt", English + English + Code);
  folder.write("whole.txt", folder.read("head.txt") + Chinese);
  succeeds("encode --train-vocab 450 --tokenizer-out t.tokenizer --out t.bin "
           "--val v.bin --val-bytes " +
           std::to_string(Chinese.size()) + " whole.txt");
  ASSERT_EQ(decoded("v.bin"), Chinese);
  succeeds("train-tokenizer --vocab 450 --out u.tokenizer head.txt");
  EXPECT_EQ(folder.read("t.tokenizer"), folder.read("u.tokenizer"));
}

TEST_F(FlmDataTool, TakesTextThatIsNotUtf8) {
  folder.write("bad.txt", text + "\xff\xfe\x80 end" + std::string(3, '\0'));
  succeeds("encode --out t.bin bad.txt");
  EXPECT_EQ(decoded("t.bin"), folder.read("bad.txt"));
  if (!canTrainBpe())
    return;
  succeeds("encode --train-vocab 500 --coverage 0.98 --tokenizer-out t.tok "
           "--out t.bin bad.txt");
  EXPECT_EQ(decoded("t.bin"), folder.read("bad.txt"));
}

TEST_F(FlmDataTool, RefusesBadInput) {
  folder.write("empty.txt", "");
  folder.write("x.bin", "not tokens");
  fails("encode --out t.bin none.txt", {"cannot open 'none.txt'", "No such"});
  fails("encode --out t.bin empty.txt", {"'empty.txt' is empty"});
  fails("encode --out t.bin /dev/zero", {"not a regular file"});
  fails("encode --out none/t.bin a.txt", {"'none/t.bin'", "create its folder"});
  fails("encode --out . a.txt", {"not a regular file"});
  fails("encode --out a.txt a.txt", {"'a.txt' would be written over"});
  fails("encode --out t.bin --val ./t.bin a.txt", {"written over"});
  fails("encode --out t.bin --tokenizer x.bin a.txt", {"x.bin"});
  fails("info x.bin", {"not a token file", "looks like text"});
  fails("decode x.bin", {"--tokenizer"});
  fails("decode x.bin --tokenizer bytes", {"not a token file"});
  succeeds("encode --out t.bin a.txt");
  fails("decode t.bin --begin 99999", {"--begin 99999"});
  fails("decode t.bin --begin -1", {"--begin -1"});
  folder.write("t.bin.json", "{");
  fails("info t.bin", {"t.bin.json' is damaged"});
}

TEST_F(FlmDataTool, RefusesBadFlags) {
  fails("", {"subcommand"});
  fails("encode a.txt", {"--out"});
  fails("encode --out t.bin", {"FILES"});
  fails("encode --out t.bin --bogus a.txt", {"--bogus"});
  fails("encode --out t.bin --dtype int8 a.txt", {"--dtype", "int8"});
  fails("encode --out t.bin --val-fraction 0.1 a.txt", {"need --val"});
  fails("encode --out t.bin --val v.bin --val-fraction 1 a.txt",
        {"above 0 and below 1"});
  fails("encode --out t.bin --val v.bin --val-fraction nan a.txt",
        {"--val-fraction"});
  fails("encode --out t.bin --val v.bin --val-bytes 0 a.txt", {"--val-bytes"});
  fails("encode --out t.bin --val v.bin --val-bytes 9999999 a.txt",
        {"--val-bytes"});
  fails("encode --out t.bin --val v.bin --val-fraction 0.1 --val-bytes 5 a.txt",
        {"not both"});
  fails("encode --out t.bin --train-vocab 500 a.txt", {"--tokenizer-out"});
  fails("encode --out t.bin --tokenizer-out x a.txt", {"--train-vocab"});
  fails("encode --out t.bin --tokenizer bytes --train-vocab 500 "
        "--tokenizer-out x a.txt",
        {"not both"});
  folder.write("tiny.txt", "ab");
  fails("encode --out t.bin --val v.bin tiny.txt", {"no text for 'v.bin'"});
  EXPECT_EQ(run("--help").status, 0);
  EXPECT_EQ(run("encode --help").status, 0);
}

TEST_F(FlmDataTool, AFullDiskLeavesNothingAndKeepsTheOldFile) {
  folder.write("t.bin", "old");
  // 1 block is 512 or 1024 bytes: less than the header and the text.
  fails("encode --out t.bin a.txt", {"cannot write 't.bin'", "too large"},
        "ulimit -f 2 &&");
  EXPECT_EQ(folder.read("t.bin"), "old");
}

TEST_F(FlmDataTool, AnInterruptLeavesNothing) {
  if (!canTrainBpe())
    return;
  std::string large; // seconds of training
  for (int i = 0; i < 400000; ++i)
    large += std::to_string(i * 2654435761u) + (i % 7 ? "q" : " ") +
             std::to_string(i) + "x\n";
  folder.write("large.txt", large);
  const Names names = folder.names();
  const Result result =
      run("encode --train-vocab 30000 --tokenizer-out t.tok --out t.bin "
          "large.txt",
          "timeout -s INT 0.5");
  EXPECT_EQ(result.status, 124) << result.message; // what timeout reports
  EXPECT_EQ(folder.names(), names);
}

TEST_F(FlmDataTool, AnUnwritableFolderIsNamed) {
  if (::geteuid() == 0)
    GTEST_SKIP() << "root may write anywhere";
  std::filesystem::create_directories(folder.path("locked"));
  std::filesystem::permissions(folder.path("locked"),
                               std::filesystem::perms::owner_read |
                                   std::filesystem::perms::owner_exec);
  fails("encode --out locked/t.bin a.txt",
        {"'locked/t.bin'", "Permission denied", "folder of yours"});
}

TEST_F(FlmDataTool, AClosedOutputIsAnError) {
  succeeds("encode --out t.bin a.txt");
  const std::string command = "cd '" + folder.path("") +
                              "' && '" FLM_DATA_TOOL
                              "' decode t.bin >/dev/full 2>'" +
                              other.path("err") + "'";
  EXPECT_NE(std::system(command.c_str()), 0);
  EXPECT_NE(other.read("err").find("cannot write the text"), std::string::npos);
}

TEST_F(FlmDataTool, OtherSplitsOfTheWorkGiveTheSameTokens) {
  // Files larger than what is encoded at a time.
  std::string large;
  while (large.size() < 9 << 20)
    large += text;
  folder.write("large.txt", large);
  succeeds("encode --out t.bin large.txt");
  EXPECT_EQ(decoded("t.bin"), large);
}
} // namespace
