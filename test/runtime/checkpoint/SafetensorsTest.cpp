//===----------------------------------------------------------------------===//
// safetensors: what is written is read back, and no lie in a header passes.
//===----------------------------------------------------------------------===//
#include "runtime/checkpoint/MappedTensor.h"
#include "test/runtime/TestFiles.h"
#include "test/runtime/device/AllMemory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

using namespace flmrt;
using namespace flmtest;
using testing::AllOf;
using testing::HasSubstr;

namespace {

/// A file with this header and this many bytes of data.
std::string fileWith(const std::string &header, size_t dataBytes) {
  uint64_t length = header.size();
  std::string bytes(reinterpret_cast<const char *>(&length), 8);
  return bytes + header + std::string(dataBytes, '\1');
}

class Safetensors : public testing::Test {
protected:
  TemporaryDirectory directory;
  std::string path = directory / "model.safetensors";
  std::vector<float> a = {1, 2, 3, 4, 5, 6}, b = {-0.5f};
  AllMemory memory;
  std::vector<Tensor> tensors = {{"layers.0.a", {2, 3}, memory.offsetOf(a)},
                                 {"b", {}, memory.offsetOf(b)}};

  FileStamp write(const std::vector<Tensor> &some) {
    return writeSafetensors(path, some, wholeOnThisRank(memory));
  }

  std::string openError(const std::string &bytes) {
    writeFile(path, bytes);
    return errorOf([&] { SafetensorsFile file(path); });
  }
  std::string readError(StoredTypes types = StoredTypes::F32Only) {
    return errorOf(
        [&] { SafetensorsFile(path).readInto(memory, tensors, types); });
  }
};

TEST_F(Safetensors, RoundTrips) {
  a[3] = std::nanf("1");
  b[0] = -0.0f;
  std::vector<float> oldA = a, oldB = b;
  FileStamp stamp = write(tensors);
  std::string bytes = readFile(path);
  EXPECT_EQ(stamp.bytes, bytes.size());
  Crc32 crc;
  FileReader(path).forEachPiece(
      [&](uint64_t, const char *piece, uint64_t count) {
        crc.update(piece, count);
      });
  EXPECT_EQ(stamp.crc32, crc.value());
  uint64_t headerBytes;
  std::memcpy(&headerBytes, bytes.data(), 8);
  EXPECT_EQ(headerBytes % 8, 0u);
  EXPECT_EQ(bytes.size(), 8 + headerBytes + 7 * 4);
  a.assign(6, 0);
  b.assign(1, 0);
  EXPECT_EQ(readError(), "");
  EXPECT_EQ(std::memcmp(a.data(), oldA.data(), 24), 0);
  EXPECT_EQ(std::memcmp(b.data(), oldB.data(), 4), 0);
}

TEST_F(Safetensors, WidensHalfPrecision) {
  auto halves = [&](const std::string &type, std::vector<uint16_t> bits) {
    std::string file =
        fileWith(R"({"w":{"dtype":")" + type + R"(","shape":[)" +
                     std::to_string(bits.size()) + R"(],"data_offsets":[0,)" +
                     std::to_string(bits.size() * 2) + "]}}",
                 bits.size() * 2);
    std::memcpy(file.data() + file.size() - bits.size() * 2, bits.data(),
                bits.size() * 2);
    writeFile(path, file);
    std::vector<float> out(bits.size());
    tensors = {{"w", {int64_t(bits.size())}, memory.offsetOf(out)}};
    EXPECT_EQ(readError(StoredTypes::AnyFloat16), "");
    EXPECT_THAT(readError(StoredTypes::F32Only),
                HasSubstr("is " + type + " [" + std::to_string(bits.size()) +
                          "]; expected F32"));
    return out;
  };
  EXPECT_THAT(halves("BF16", {0x3F80, 0xC040, 0x0001, 0x7F80}),
              testing::ElementsAre(1.0f, -3.0f, 0x1p-133f, INFINITY));
  EXPECT_THAT(
      halves("F16", {0x3C00, 0xC200, 0x0001, 0x83FF, 0x7BFF, 0x0400, 0xFC00}),
      testing::ElementsAre(1.0f, -3.0f, 0x1p-24f, -0x1.FF8p-15f, 65504.0f,
                           0x1p-14f, -INFINITY));
  EXPECT_TRUE(std::isnan(halves("F16", {0x7E00})[0]));
}

TEST_F(Safetensors, NamesMissingExtraAndMisshapenTensors) {
  std::vector<float> c(6);
  write({{"layers.0.a", {3, 2}, memory.offsetOf(a)},
         {"lm_head", {6}, memory.offsetOf(c)}});
  EXPECT_THAT(
      readError(),
      AllOf(HasSubstr(path),
            HasSubstr("'layers.0.a' is F32 [3, 2]; expected F32 [2, 3]"),
            HasSubstr("'b' is missing (expected F32 [])"),
            HasSubstr("'lm_head' is not part of this model")));
}

TEST_F(Safetensors, WidensTheElementsOfAPart) {
  // Columns 2 and 3 of [3, 4] in BF16: 0x3F80 is 1, and each step is 2^-7.
  std::string bytes = fileWith(
      R"({"w":{"dtype":"BF16","shape":[3,4],"data_offsets":[0,24]}})", 24);
  for (int i = 0; i < 12; ++i) {
    uint16_t bits = static_cast<uint16_t>(0x3F80 + i);
    std::memcpy(bytes.data() + bytes.size() - 24 + 2 * i, &bits, 2);
  }
  writeFile(path, bytes);
  Part columns;
  columns.dim = 1;
  Mesh mesh({"tp"}, {2});
  std::vector<float> here(6);
  Tensor tensor{"w",
                {3, 4},
                memory.offsetOf(here),
                TensorPart({3, 4}, {columns}, mesh, 1, {})};
  SafetensorsFile(path).readInto(memory, {tensor}, StoredTypes::AnyFloat16);
  for (int row = 0; row < 3; ++row)
    for (int column = 0; column < 2; ++column)
      EXPECT_EQ(here[static_cast<size_t>(row * 2 + column)],
                1 + float(row * 4 + 2 + column) / 128);
}

TEST_F(Safetensors, LeavesTheTensorsAloneOnDisagreement) {
  write({tensors[0]});
  a[0] = 99;
  EXPECT_NE(readError(), "");
  EXPECT_EQ(a[0], 99);
}

TEST_F(Safetensors, RefusesTruncation) {
  write(tensors);
  std::string bytes = readFile(path);
  EXPECT_EQ(openError(bytes), "");
  for (size_t length = 0; length < bytes.size(); ++length)
    EXPECT_THAT(openError(bytes.substr(0, length)),
                AllOf(HasSubstr(path), HasSubstr("truncated")))
        << length;
  EXPECT_THAT(openError(bytes + "x"), HasSubstr("foreign bytes follow"));
}

TEST_F(Safetensors, RefusesLyingHeaders) {
  auto entry = [](const std::string &name, const std::string &shape,
                  const std::string &offsets) {
    return "\"" + name + R"(":{"dtype":"F32","shape":)" + shape +
           ",\"data_offsets\":" + offsets + "}";
  };
  auto error = [&](const std::string &entries, size_t dataBytes = 16) {
    return openError(fileWith("{" + entries + "}", dataBytes));
  };
  EXPECT_EQ(error(entry("a", "[4]", "[0,16]")), "");
  EXPECT_EQ(error(entry("a", "[2]", "[0,8]") + "," +
                  entry("e", "[0,3]", "[8,8]") + "," +
                  entry("b", "[2]", "[8,16]")),
            "");
  EXPECT_THAT(error(entry("a", "[3]", "[0,16]")),
              HasSubstr("'a' has the data_offsets [0,16], 16 bytes; its F32 "
                        "shape [3] takes 12"));
  EXPECT_THAT(
      error(entry("a", "[4]", "[0,16]") + "," + entry("b", "[2]", "[8,16]")),
      HasSubstr("overlap"));
  EXPECT_THAT(
      error(entry("a", "[1]", "[0,4]") + "," + entry("b", "[2]", "[8,16]")),
      HasSubstr("gap"));
  EXPECT_THAT(error(entry("a", "[8]", "[0,32]")),
              HasSubstr("ends at byte 32 of the data, but there are 16"));
  EXPECT_THAT(error(entry("a", "[4]", "[16,0]")), HasSubstr("data_offsets"));
  EXPECT_THAT(error(entry("a", "[4]", "[-16,0]")), HasSubstr("data_offsets"));
  EXPECT_THAT(error(entry("a", "[4]", "[0,16,32]")), HasSubstr("data_offsets"));
  EXPECT_THAT(error(entry("a", "[4]", "\"x\"")), HasSubstr("data_offsets"));
  EXPECT_THAT(error(entry("a", "[-4]", "[0,16]")), HasSubstr("non-negative"));
  EXPECT_THAT(error(entry("a", "[4.0]", "[0,16]")), HasSubstr("non-negative"));
  EXPECT_THAT(error(entry("a", "[18446744073709551615]", "[0,16]")),
              HasSubstr("non-negative"));
  // 2^32 * 2^32 * 4 overflows to 0.
  EXPECT_THAT(error(entry("a", "[4294967296,4294967296]", "[0,0]"), 0),
              HasSubstr("more bytes than a file can hold"));
  EXPECT_THAT(
      error(entry("a", "[2]", "[0,8]") + "," + entry("a", "[2]", "[8,16]")),
      HasSubstr("names tensor 'a' twice"));
  EXPECT_THAT(error(R"("a":{"dtype":"F31","shape":[4],"data_offsets":[0,16]})"),
              HasSubstr("unknown dtype 'F31'"));
  EXPECT_THAT(error(R"("a":{"shape":[4],"data_offsets":[0,16]})"),
              HasSubstr("'dtype'"));
  EXPECT_THAT(error(R"("a":{"dtype":"F32","data_offsets":[0,16]})"),
              HasSubstr("'shape'"));
  EXPECT_THAT(error("\"a\":[]"), HasSubstr("not an object"));
}

TEST_F(Safetensors, SurvivesRandomDamage) {
  write(tensors);
  const std::string good = readFile(path);
  uint32_t state = 1;
  auto random = [&](size_t below) {
    state = state * 1664525 + 1013904223;
    return (state >> 8) % below;
  };
  int refused = 0;
  for (int round = 0; round < 3000; ++round) {
    std::string bad = good;
    for (size_t i = 0, edits = 1 + random(4); i < edits; ++i) {
      // Digits and brackets reach further into the parser than any byte.
      const char *likely = "0123456789[]{},:\"-.e";
      size_t at = random(good.size() - 28);
      bad[at] = random(2) ? likely[random(20)] : char(random(256));
    }
    std::string error = openError(bad);
    if (error.empty())
      error = readError(StoredTypes::AnyFloat16);
    refused += !error.empty();
  }
  EXPECT_GT(refused, 1500);
}

TEST_F(Safetensors, RefusesHeadersThatAreNone) {
  uint64_t huge = ~uint64_t(0);
  std::string hugeLength(reinterpret_cast<const char *>(&huge), 8);
  EXPECT_THAT(openError(hugeLength + "{}"),
              HasSubstr("18446744073709551615 bytes long"));
  EXPECT_THAT(openError(fileWith("[]", 0)), HasSubstr("not a JSON object"));
  EXPECT_THAT(openError(fileWith("{\"a", 0)), HasSubstr("not JSON"));
  EXPECT_THAT(openError(fileWith("\xff\xfe", 0)), HasSubstr("not JSON"));
  // Deep nesting may not exhaust the stack.
  EXPECT_NE(openError(fileWith(std::string(1'000'000, '['), 0)), "");
  EXPECT_THAT(openError(fileWith(R"({"a":)" + std::string(500'000, '[') +
                                     std::string(500'000, ']') + "}",
                                 0)),
              HasSubstr("nested deeper"));
}

TEST_F(Safetensors, RefusesWhatIsNoFile) {
  EXPECT_THAT(errorOf([&] { SafetensorsFile(directory / "none"); }),
              HasSubstr("cannot open"));
  EXPECT_THAT(errorOf([&] { SafetensorsFile(directory / ""); }),
              HasSubstr("not a regular file"));
}

TEST(Crc32, IsTheOneOfZlib) {
  Crc32 crc;
  crc.update("123456789", 9);
  EXPECT_EQ(crc.value(), 0xCBF43926u);
  Crc32 pieces;
  std::string text = "The quick brown fox jumps over the lazy dog";
  for (size_t i = 0; i < text.size(); i += 11)
    pieces.update(text.data() + i, std::min<size_t>(11, text.size() - i));
  EXPECT_EQ(pieces.value(), 0x414FA339u);
}

TEST(FileWriter, ReportsAFullDisk) {
  EXPECT_THAT(errorOf([] {
                FileWriter file("/dev/full");
                file.write("x", 1);
              }),
              AllOf(HasSubstr("/dev/full"), HasSubstr("No space left")));
}

} // namespace
