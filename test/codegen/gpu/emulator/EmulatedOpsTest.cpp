//===----------------------------------------------------------------------===//
// The emulator's page has a row for each op that it knows, and no others.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/emulator/Passes.h"

#include "llvm/Support/MemoryBuffer.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

using namespace llvm;

namespace {

/// The names in the first column of the table of instructions.
std::vector<std::string> opsOfThePage() {
  auto page = MemoryBuffer::getFile(FLM_EMULATOR_PAGE);
  EXPECT_TRUE(page) << "can not read " << FLM_EMULATOR_PAGE;
  std::vector<std::string> names;
  SmallVector<StringRef> lines;
  (*page)->getBuffer().split(lines, '\n');
  for (StringRef line : lines) {
    if (!line.starts_with("| `"))
      continue;
    StringRef column = line.drop_front(1).split('|').first;
    SmallVector<StringRef> parts;
    column.split(parts, '`');
    // Every second part is between backticks.
    for (size_t i = 1; i < parts.size(); i += 2)
      names.push_back(parts[i].str());
  }
  return names;
}

TEST(EmulatedOpsTest, EachHasARowInThePage) {
  std::vector<std::string> known;
  for (StringRef name : flm::gpu::emulatedOps())
    known.push_back(name.str());
  EXPECT_GT(known.size(), 40u);
  EXPECT_THAT(opsOfThePage(), testing::UnorderedElementsAreArray(known));
}

} // namespace
