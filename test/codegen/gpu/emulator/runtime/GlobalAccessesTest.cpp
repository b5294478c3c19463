//===----------------------------------------------------------------------===//
// Blocks of one launch that meet in global memory: nothing orders them.
//===----------------------------------------------------------------------===//
#include "test/codegen/gpu/emulator/EmulatedBlock.h"

using namespace flm::emu;
using testing::IsEmpty;

namespace {

/// Two blocks; one thread of each executes `body(block, memory)`.
std::set<std::string> onTwoBlocks(std::function<void(int, char *)> body,
                                  bool writable = true) {
  alignas(16) static char bytes[64];
  Launch launch = launchOf(32);
  launch.blocks = 2;
  launch.memory = {{"x", bytes, sizeof bytes, writable}};
  return findingsOf(launch, [&](int thread) {
    if (thread == 0)
      body(flm_emu_block_index(0, "block"), bytes);
  });
}

void access(char *address, bool write) {
  flm_emu_check_global(address, 2, 2, write, write ? "write" : "read");
}

TEST(GlobalAccessesTest, OneBlockWritesAnElement) {
  auto write = [](int distance) {
    return onTwoBlocks([=](int block, char *x) {
      access(x + distance * block, true);
      access(x + distance * block, false);
    });
  };
  EXPECT_THAT(write(2), IsEmpty());
  EXPECT_THAT(write(0),
              hasFinding("write: writes 'x' where another block reads or "
                         "writes in the same launch: nothing orders them"));
}

TEST(GlobalAccessesTest, NobodyReadsWhatAnotherBlockWrites) {
  // Whichever comes first.
  for (int writer : {0, 1}) {
    std::set<std::string> found =
        onTwoBlocks([=](int block, char *x) { access(x, block == writer); });
    EXPECT_THAT(found, hasFinding("in the same launch: nothing orders them"));
  }
  EXPECT_THAT(onTwoBlocks([](int, char *x) { access(x, false); }), IsEmpty());
}

/// Additions are atomic; a read of the sum is not ordered.
TEST(GlobalAccessesTest, SeveralBlocksMayAdd) {
  alignas(64) static float values[4];
  TensorMap map;
  map.base = reinterpret_cast<char *>(values);
  map.rank = 1;
  map.strideBytes[0] = 4;
  map.dims[0] = map.box[0] = 4;
  Launch launch = launchOf(32, 128);
  launch.blocks = 2;
  launch.memory = {{"x", map.base, sizeof values, true}};
  launch.tensorMaps = {&map};
  auto add = [&](bool read) {
    return findingsOf(launch, [&](int thread) {
      if (thread != 0)
        return;
      int32_t start = 0;
      flm_emu_tensor_store(&map, sharedByte(0), &start, 1, /*add=*/1, "add");
      flm_emu_bulk_commit("commit");
      flm_emu_bulk_wait(0, "wait");
      if (read)
        access(map.base, false);
    });
  };
  EXPECT_THAT(add(false), IsEmpty());
  EXPECT_THAT(add(true), hasFinding("where other blocks"));
}

} // namespace
