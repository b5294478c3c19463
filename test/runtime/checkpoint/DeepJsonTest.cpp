//===----------------------------------------------------------------------===//
// JSON that nests its values as deep as a stack is: an error, not a crash,
// wherever a file of JSON is read.
//===----------------------------------------------------------------------===//
#include "runtime/checkpoint/Safetensors.h"
#include "test/runtime/train/RunFixture.h"

#include <cstring>

using namespace flmrt;
using namespace flmtest;
using testing::AllOf;
using testing::HasSubstr;

namespace {

std::string nested(size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

/// A file of one F32 element with this header.
std::string safetensors(const std::string &header) {
  uint64_t length = header.size();
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &length, 8);
  return bytes + header + std::string(4, '\0');
}

class DeepJson : public RunFixture {
protected:
  std::string errorWith(const std::string &header) {
    writeFile(directory / "deep.st", safetensors(header));
    return errorOf([&] { SafetensorsFile(directory / "deep.st"); });
  }
};

TEST_F(DeepJson, InSafetensors) {
  for (size_t depth : {15, 16, 17, 100'000}) {
    std::string deep = nested(depth);
    for (const std::string &header :
         {R"({"a":{"dtype":"F32","shape":)" + deep +
              R"(,"data_offsets":[0,4]}})",
          R"({"a":{"dtype":"F32","shape":[1],"data_offsets":)" + deep + "}}",
          R"({"__metadata__":)" + deep +
              R"(,"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":1})",
          deep})
      EXPECT_THAT(errorWith(header),
                  AllOf(HasSubstr("deep.st: "),
                        testing::Not(HasSubstr("[[[[[[[[[[[[[[[[["))));
  }
  // A message does not repeat a long value.
  std::string dims = "[0.5";
  for (int i = 0; i < 1000; ++i)
    dims += ",1";
  EXPECT_LT(errorWith(R"({"a":{"dtype":"F32","shape":)" + dims +
                      R"(],"data_offsets":[0,4]}})")
                .size(),
            250u);
}

TEST_F(DeepJson, InACheckpointAndBesideTheData) {
  ASSERT_EQ(runBinary(flags(out)).status, 0);
  std::string path = out + "/" + finalStep + "/manifest.json";
  writeFile(path, R"({"format":1,"manifest_crc32":"0","dims":)" +
                      nested(100'000) + "}");
  EXPECT_THAT(runBinary(flags(out, {"--resume"})).err,
              AllOf(HasSubstr(path), HasSubstr("nested deeper than")));
}

} // namespace
