//===----------------------------------------------------------------------===//
// Reading descriptions of kernels.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/reference/KernelDescription.h"

#include <gmock/gmock.h>

using namespace flm::gpuref;

namespace {

nlohmann::json valid() {
  return nlohmann::json::parse(R"({
    "name": "k", "arch": "sm_90a", "problem": {"kind": "gemm"},
    "launch": {"threads": 128, "cluster": 2, "shared": 1024,
               "persistent": true, "tiles": [["ceildiv", "s0", 256], 3]},
    "arguments": [
      {"kind": "tensor_map", "name": "a", "access": "read", "type": "bf16",
       "shape": [["mul", "s0", 2], ["add", "s1", ["mod", "s1", 8]]],
       "row_bytes": 16, "box": [64, 64], "swizzle": 128},
      {"kind": "pointer", "name": "c", "access": "update", "type": "f32",
       "shape": [["floordiv", "s1", 3]], "row_bytes": 1},
      {"kind": "i32"}, {"kind": "i32"}]})");
}

TEST(KernelDescriptionTest, ReadsEverything) {
  std::string error;
  auto kernel = KernelDescription::parse(valid().dump(), error);
  ASSERT_TRUE(kernel) << error;
  EXPECT_EQ(kernel->arch, "sm_90a");
  EXPECT_EQ(kernel->problem["kind"], "gemm");
  EXPECT_EQ(kernel->scalarCount(), 2u);
  const Argument &a = kernel->arguments[0], &c = kernel->arguments[1];
  EXPECT_EQ(a.kind, Argument::Kind::TensorMap);
  EXPECT_EQ(a.type, ElementType::BF16);
  EXPECT_EQ(a.access, Access::Read);
  EXPECT_EQ(a.shapeFor({5, 13}), (Sizes{10, 18}));
  EXPECT_EQ(a.box, (Sizes{64, 64}));
  EXPECT_EQ(a.swizzle, 128);
  EXPECT_EQ(c.access, Access::Update);
  EXPECT_EQ(c.shapeFor({5, 13}), Sizes{4});
}

TEST(KernelDescriptionTest, PersistentKernelsFillTheGpu) {
  std::string error;
  auto kernel = KernelDescription::parse(valid().dump(), error);
  // 2 x 3 tiles of clusters of two blocks.
  EXPECT_EQ(kernel->launch.blocksFor({257, 1}, 100), 12);
  EXPECT_EQ(kernel->launch.blocksFor({257, 1}, 5), 4);
  EXPECT_EQ(kernel->launch.blocksFor({257, 1}, 1), 2);
  kernel->launch.persistent = false;
  EXPECT_EQ(kernel->launch.blocksFor({257, 1}, 5), 12);
}

TEST(KernelDescriptionTest, SaysWhichRowsFit) {
  std::string error;
  auto kernel = KernelDescription::parse(valid().dump(), error);
  const Argument &a = kernel->arguments[0];
  EXPECT_EQ(a.check({3, 16}), "");
  EXPECT_EQ(a.check({3, 13}),
            "rows of 'a' have 13 elements, 26 bytes; the kernel needs a "
            "multiple of 16 bytes: pad the rows to 16 elements");
}

TEST(KernelDescriptionTest, SaysWhatIsWrong) {
  auto errorOf = [](const std::string &text) {
    std::string error;
    EXPECT_FALSE(KernelDescription::parse(text, error));
    return error;
  };
  auto errorWith = [&](const std::string &path, const nlohmann::json &value) {
    nlohmann::json tree = valid();
    tree[nlohmann::json::json_pointer(path)] = value;
    return errorOf(tree.dump());
  };
  EXPECT_EQ(errorOf("{"), "is not a JSON object");
  EXPECT_EQ(errorOf("[]"), "is not a JSON object");
  EXPECT_EQ(errorOf("{}"), "has no 'name'");
  EXPECT_EQ(errorWith("/name", 1), "'name' is not a string");
  EXPECT_EQ(errorWith("/launch/threads", "x"), "'threads' is not an integer");
  EXPECT_EQ(errorWith("/arguments/0/kind", "x"), "'kind' is 'x'");
  EXPECT_EQ(errorWith("/arguments/0/type", "f64"), "'type' is 'f64'");
  EXPECT_EQ(errorWith("/arguments/0/shape/0", "s2"), "'\"s2\"' is not a size");
  EXPECT_EQ(errorWith("/launch/tiles/0", {"div", "s0", 2}),
            "'[\"div\",\"s0\",2]' is not a size");
  EXPECT_EQ(errorWith("/launch/tiles/0", {"mul", "s0"}),
            "'[\"mul\",\"s0\"]' is not a size");
}

} // namespace
