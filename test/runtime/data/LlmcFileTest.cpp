//===----------------------------------------------------------------------===//
// Token files of llm.c's format, good and bad.
//===----------------------------------------------------------------------===//
#include "runtime/data/TokenFile.h"
#include "test/runtime/data/TemporaryFolder.h"
#include "tools/flm-data/TokenFileWriter.h"

using namespace flmrt;

namespace {
std::string header(int32_t magic, int32_t version, uint32_t count,
                   uint32_t high = 0) {
  return raw(magic, version, count, high) + std::string(1024 - 16, '\0');
}

std::vector<int32_t> readAll(const TokenFile &file) {
  std::vector<int32_t> out(file.size());
  file.read(0, file.size(), out.data());
  return out;
}

class LlmcFile : public testing::Test {
protected:
  void refuses(const std::string &bytes, std::vector<std::string> parts,
               int64_t vocab = 0) {
    const std::string path = folder.write("t.bin", bytes);
    parts.push_back("t.bin");
    expectUserError([&] { TokenFile::open(path, vocab); }, parts);
  }
  TemporaryFolder folder;
};

TEST_F(LlmcFile, ReadsUint16) {
  const std::vector<uint16_t> tokens = {0, 1, 65535, 7, 50256};
  const TokenFile file = TokenFile::open(
      folder.write("t.bin", header(20240520, 1, 5) + rawList(tokens)), 0);
  EXPECT_EQ(file.size(), 5);
  EXPECT_EQ(file.type(), TokenType::U16);
  EXPECT_EQ(file.largest(), 65535);
  EXPECT_EQ(readAll(file), (std::vector<int32_t>{0, 1, 65535, 7, 50256}));
  int32_t two[2];
  file.read(3, 2, two);
  EXPECT_EQ(two[0], 7);
  EXPECT_EQ(two[1], 50256);
}

TEST_F(LlmcFile, ReadsUint32) {
  const std::vector<uint32_t> tokens = {0, 128255, 70000};
  const TokenFile file = TokenFile::open(
      folder.write("t.bin", header(20240801, 7, 3) + rawList(tokens)), 128256);
  EXPECT_EQ(file.type(), TokenType::U32);
  EXPECT_EQ(readAll(file), (std::vector<int32_t>{0, 128255, 70000}));
}

TEST_F(LlmcFile, CopiesOutliveTheOriginal) {
  auto file = std::make_unique<TokenFile>(
      TokenFile::open(folder.write("t.bin", header(20240520, 1, 2) +
                                                raw(uint16_t(3), uint16_t(4))),
                      0));
  const TokenFile copy = *file;
  file.reset();
  EXPECT_EQ(readAll(copy), (std::vector<int32_t>{3, 4}));
}

TEST_F(LlmcFile, WrittenFilesAreRead) {
  for (bool wide : {false, true}) {
    std::vector<int32_t> tokens;
    for (int32_t i = 0; i < 100003; ++i) // longer than the writer's buffer
      tokens.push_back(i % (wide ? 70001 : 65536));
    TokenFileWriter writer(folder.path("w.bin"), wide);
    writer.append(tokens);
    writer.append({5});
    writer.finish();
    writer.commit();
    tokens.push_back(5);
    const TokenFile file =
        TokenFile::open(folder.path("w.bin"), wide ? 70001 : 65536);
    EXPECT_EQ(file.type(), wide ? TokenType::U32 : TokenType::U16);
    EXPECT_EQ(readAll(file), tokens);
  }
}

TEST_F(LlmcFile, ReadOutsideTheFileThrows) {
  const TokenFile file = TokenFile::open(
      folder.write("t.bin", header(20240520, 1, 1) + raw(uint16_t(3))), 0);
  int32_t out[4];
  EXPECT_THROW(file.read(0, 2, out), std::out_of_range);
  EXPECT_THROW(file.read(-1, 1, out), std::out_of_range);
  EXPECT_THROW(file.read(2, 0, out), std::out_of_range);
  EXPECT_THROW(file.read(1, INT64_MAX, out), std::out_of_range);
  file.read(1, 0, out);
}

TEST_F(LlmcFile, RefusesTruncatedHeader) {
  refuses(raw(20240520, 1, 5), {"truncated", "1024", "byte offset 12"});
}

TEST_F(LlmcFile, RefusesWrongVersion) {
  refuses(header(20240520, 2, 1) + raw(uint16_t(0)),
          {"version 2 at byte offset 4", "expected 1"});
  refuses(header(20240801, 1, 1) + raw(uint32_t(0)),
          {"version 1 at byte offset 4", "expected 7"});
}

TEST_F(LlmcFile, RefusesLyingCounts) {
  const std::string three = raw(uint16_t(1), uint16_t(2), uint16_t(3));
  refuses(header(20240520, 1, 4) + three, {"claims 4 tokens", "truncated"});
  refuses(header(20240520, 1, 2) + three, {"claims 2 tokens", "6 bytes"});
  refuses(header(20240520, 1, 3) + three + "x", {"claims 3", "7 bytes"});
  refuses(header(20240801, 7, 3) + three, {"claims 3 tokens of 4 bytes"});
  refuses(header(20240520, 1, 3, 1) + three, {"claims 4294967299 tokens"});
  refuses(header(20240520, 1, 0xffffffff, 0xffffffff) + three, {"truncated"});
  refuses(header(20240520, 1, 0), {"holds no tokens"});
}

TEST_F(LlmcFile, RefusesTokenOutsideVocabulary) {
  // Far into the second block that the scan looks at, and not alone.
  std::vector<uint16_t> tokens(40001, 255);
  tokens[33333] = 256;
  tokens[33334] = 999;
  const std::string bytes = header(20240520, 1, 40001) + rawList(tokens);
  refuses(bytes,
          {"token 256 at index 33333", "byte offset 67690",
           "vocabulary of 256 (0 to 255)"},
          256);
  const std::string path = folder.write("t.bin", bytes);
  EXPECT_EQ(TokenFile::open(path, 1000).size(), 40001);
  EXPECT_EQ(TokenFile::open(path, 0).size(), 40001);
  EXPECT_EQ(TokenFile::open(path, 100000).size(), 40001);
}

TEST_F(LlmcFile, RefusesTokenBeyondInt32) {
  const std::string bytes =
      header(20240801, 7, 2) + raw(uint32_t(1), uint32_t(0x80000000));
  refuses(bytes, {"token 2147483648 at index 1", "byte offset 1028"});
  refuses(bytes, {"token 2147483648 at index 1"}, 80000);
}

TEST_F(LlmcFile, SaysWhatAForeignFileIs) {
  refuses("", {"an empty file"});
  refuses("Some plain text.\nMore — and more.\n", {"text", "flm-data encode"});
  refuses(raw(uint64_t(2)) + "{}abc", {"a safetensors file"});
  refuses("GGUF" + std::string(100, '\1'), {"a GGUF model"});
  refuses("\x93NUMPY", {"a NumPy array"});
  refuses("PK\x03\x04....", {"a zip archive"});
  refuses("\x1f\x8b....", {"compressed data"});
  refuses(raw(20240522, 1) + std::string(1016, '\0'), {"an llm.c evaluation"});
  refuses(raw(20240326, 3) + std::string(1016, '\0'), {"an llm.c model"});
  refuses(raw(uint16_t(50256), uint16_t(1)), {"binary data without a header"});
  refuses("\x01", {"binary data"});
  // A multi-byte character across the end of the sample is still text.
  refuses(std::string(4095, 'a') + "é and so on", {"looks like text"});
}

TEST_F(LlmcFile, RefusesWhatIsNoFile) {
  expectUserError([&] { TokenFile::open(folder.path("none.bin"), 0); },
                  {"cannot open", "none.bin", "No such file"});
  expectUserError([&] { TokenFile::open(folder.path(""), 0); },
                  {"is a directory"});
  expectUserError([&] { TokenFile::open("/dev/null", 0); },
                  {"not a regular file"});
}
} // namespace
