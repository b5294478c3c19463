//===----------------------------------------------------------------------===//
// Megatron-LM indexed datasets, good and bad.
//===----------------------------------------------------------------------===//
#include "runtime/data/TokenFile.h"
#include "test/runtime/data/TemporaryFolder.h"

using namespace flmrt;

namespace {
/// What an index says, with Megatron's own writer as the model.
struct Index {
  std::string magic = std::string("MMIDIDX\0\0", 9);
  uint64_t version = 1;
  uint8_t code = 8;
  std::vector<int32_t> lengths = {2, 0, 3};
  std::vector<int64_t> pointers = {0, 4, 4};
  std::vector<int64_t> documents = {0, 1, 3};
  std::string modes;

  std::string bytes() const {
    return magic +
           raw(version, code, uint64_t(lengths.size()),
               uint64_t(documents.size())) +
           rawList(lengths) + rawList(pointers) + rawList(documents) + modes;
  }
};

const std::vector<uint16_t> FiveTokens = {10, 11, 20, 21, 65535};

class MegatronFile : public testing::Test {
protected:
  MegatronFile() { folder.write("d.bin", rawList(FiveTokens)); }

  void refuses(const Index &index, const std::vector<std::string> &parts) {
    folder.write("d.idx", index.bytes());
    expectUserError([&] { TokenFile::open(folder.path("d.idx"), 0); }, parts);
    expectUserError([&] { TokenFile::open(folder.path("d.bin"), 0); }, parts);
  }
  template <typename T>
  std::vector<int32_t> readAs(uint8_t code, const std::vector<T> &tokens) {
    Index index;
    index.code = code;
    index.pointers = {0, 2 * int64_t(sizeof(T)), 2 * int64_t(sizeof(T))};
    folder.write("d.idx", index.bytes());
    folder.write("d.bin", rawList(tokens));
    const TokenFile file = TokenFile::open(folder.path("d.bin"), 300);
    std::vector<int32_t> out(file.size());
    file.read(0, file.size(), out.data());
    return out;
  }
  TemporaryFolder folder;
};

TEST_F(MegatronFile, ReadsByEitherName) {
  folder.write("d.idx", Index().bytes());
  for (const char *name : {"d.idx", "d.bin"}) {
    const TokenFile file = TokenFile::open(folder.path(name), 0);
    ASSERT_EQ(file.size(), 5);
    EXPECT_EQ(file.format(), "Megatron-LM indexed");
    std::vector<int32_t> out(5);
    file.read(0, 5, out.data());
    EXPECT_EQ(out, (std::vector<int32_t>{10, 11, 20, 21, 65535}));
  }
}

TEST_F(MegatronFile, ReadsEveryIntegerType) {
  const std::vector<int32_t> expected = {1, 2, 3, 4, 255};
  EXPECT_EQ(readAs<uint8_t>(1, {1, 2, 3, 4, 255}), expected);
  EXPECT_EQ(readAs<int16_t>(3, {1, 2, 3, 4, 255}), expected);
  EXPECT_EQ(readAs<int32_t>(4, {1, 2, 3, 4, 255}), expected);
  EXPECT_EQ(readAs<int64_t>(5, {1, 2, 3, 4, 255}), expected);
  EXPECT_EQ(readAs<uint16_t>(8, {1, 2, 3, 4, 255}), expected);
}

TEST_F(MegatronFile, RefusesNegativeTokens) {
  expectUserError([&] { readAs<int16_t>(3, {1, 2, -3, 4, 5}); },
                  {"token -3 at index 2 (byte offset 4) is negative"});
  expectUserError([&] { readAs<int32_t>(4, {1, 2, 3, 4, -5}); },
                  {"token -5 at index 4 (byte offset 16) is negative"});
  expectUserError([&] { readAs<int64_t>(5, {1, -1, 3, 4, 5}); },
                  {"token -1 at index 1 (byte offset 8) is negative"});
  expectUserError([&] { readAs<int64_t>(5, {1, 2, 3, 1LL << 40, 5}); },
                  {"token 1099511627776 at index 3"});
  expectUserError([&] { readAs<uint16_t>(8, {1, 2, 300, 4, 5}); },
                  {"token 300 at index 2", "vocabulary of 300"});
}

TEST_F(MegatronFile, IgnoresModes) {
  Index index;
  index.modes = std::string(3, '\1');
  folder.write("d.idx", index.bytes());
  EXPECT_EQ(TokenFile::open(folder.path("d.bin"), 0).size(), 5);
}

TEST_F(MegatronFile, RefusesDamagedIndex) {
  Index index;
  index.version = 2;
  refuses(index, {"d.idx", "version 2 at byte offset 9"});
  index = {};
  index.code = 6;
  refuses(index, {"d.idx", "type code 6 at byte offset 17"});
  index = {};
  index.modes = "x";
  refuses(index, {"d.idx", "3 sequences and 3 document bounds"});
  index = {};
  index.lengths[2] = -3;
  refuses(index, {"sequence 2 claims -3 tokens (byte offset 42)"});
  index = {};
  index.lengths[2] = 4;
  refuses(index, {"sequence 2 claims 4 tokens", "has 3 left"});
  index = {};
  index.lengths[2] = 2;
  refuses(index, {"d.bin' has 10 bytes", "describes 4 tokens of 2 bytes"});
  index = {};
  index.pointers[2] = 6;
  refuses(index, {"sequence 2 starts at byte 6", "expected 4", "back to back"});
  index = {};
  index.lengths = {};
  index.pointers = {};
  refuses(index, {"without tokens"});
}

TEST_F(MegatronFile, RefusesCutIndexAtEveryByte) {
  const std::string whole = Index().bytes();
  for (size_t size = 9; size < whole.size(); ++size) {
    folder.write("d.idx", whole.substr(0, size));
    expectUserError([&] { TokenFile::open(folder.path("d.idx"), 0); },
                    {"d.idx"});
  }
}

TEST_F(MegatronFile, RefusesHugeCounts) {
  std::string bytes = Index().bytes();
  for (uint64_t count : {uint64_t(-1), uint64_t(1) << 62, uint64_t(4)}) {
    std::string lie = bytes;
    lie.replace(18, 8, raw(count));
    folder.write("d.idx", lie);
    expectUserError([&] { TokenFile::open(folder.path("d.idx"), 0); },
                    {"do not fit"});
  }
}

TEST_F(MegatronFile, NeedsBothFiles) {
  folder.write("alone.idx", Index().bytes());
  expectUserError([&] { TokenFile::open(folder.path("alone.idx"), 0); },
                  {"cannot open", "alone.bin"});
  expectUserError([&] { TokenFile::open(folder.path("d.bin"), 0); },
                  {"d.bin", "not a token file"});
}
} // namespace
