//===----------------------------------------------------------------------===//
// Asynchronous copies: what the driver and the hardware refuse, and accesses
// that they race with.
//===----------------------------------------------------------------------===//
#include "test/codegen/gpu/emulator/EmulatedBlock.h"

#include <cstring>

using namespace flm::emu;
using testing::IsEmpty;

namespace {

/// A matrix of 64 x 64 f32, copied in boxes of 32 x 32.
struct Matrix {
  alignas(64) char bytes[64 * 64 * 4] = {};
  TensorMap map;
  Launch launch;

  explicit Matrix(int sharedBytes = 8192 + 64, int threads = 32)
      : launch(launchOf(threads, sharedBytes)) {
    map.base = bytes;
    map.rank = 2;
    map.strideBytes[0] = 4;
    map.strideBytes[1] = 64 * 4;
    map.dims[0] = map.dims[1] = 64;
    map.box[0] = map.box[1] = 32;
    map.swizzleBytes = 128;
    launch.memory = {{"m", bytes, sizeof bytes, /*writable=*/true}};
    launch.tensorMaps = {&map};
  }
};

constexpr int32_t corner[] = {0, 0};
constexpr int boxBytes = 32 * 32 * 4;
constexpr int barrierOffset = 8192;

/// By thread 0: a barrier, and a box loaded into byte 0 on.
void beginLoad(Matrix &matrix, int32_t rank = 2, int32_t multicast = 0,
               int32_t blocks = 0) {
  flm_emu_mbarrier_init(sharedByte(barrierOffset), 1, "init");
  flm_emu_fence_mbarrier_init("fence");
  flm_emu_mbarrier_arrive_expect_tx(sharedByte(barrierOffset), boxBytes,
                                    "expect");
  flm_emu_tensor_load(sharedByte(0), &matrix.map, corner, rank,
                      sharedByte(barrierOffset), multicast, blocks, "load");
}
void awaitLoad() {
  while (!flm_emu_mbarrier_try_wait(sharedByte(barrierOffset), 0, "wait"))
    ;
}

std::set<std::string> inThread0(const Launch &launch,
                                std::function<void()> body) {
  return findingsOf(launch, [&](int thread) {
    if (thread == 0)
      body();
  });
}

//===----------------------------------------------------------------------===//
// Tensor maps
//===----------------------------------------------------------------------===//

struct BadMap {
  const char *says;
  void (*breakMap)(TensorMap &);
};

class TensorMapTest : public testing::TestWithParam<BadMap> {};

TEST_P(TensorMapTest, IsRefused) {
  Matrix matrix;
  GetParam().breakMap(matrix.map);
  EXPECT_THAT(inThread0(matrix.launch, [] {}), hasFinding(GetParam().says));
}

INSTANTIATE_TEST_SUITE_P(
    EveryRule, TensorMapTest,
    testing::Values(
        BadMap{"tensor map of 'm': it has 6 dims; expected 1 to 5",
               [](TensorMap &map) { map.rank = 6; }},
        BadMap{"the tensor does not begin at a multiple of 16 bytes",
               [](TensorMap &map) { map.base += 8; }},
        BadMap{"dim 1 has 0 elements; expected 1 to 2^32",
               [](TensorMap &map) { map.dims[1] = 0; }},
        BadMap{"the stride of dim 1 is 264 bytes; expected a multiple of 16",
               [](TensorMap &map) { map.strideBytes[1] = 264; }},
        BadMap{"the stride of dim 1 is 1099511627776 bytes",
               [](TensorMap &map) { map.strideBytes[1] = int64_t{1} << 40; }},
        BadMap{"the stride of dim 1 is 128 bytes, less than dim 0 spans",
               [](TensorMap &map) { map.strideBytes[1] = 128; }},
        BadMap{"it spans 32768 bytes, beyond the memory that the launch names",
               [](TensorMap &map) { map.dims[1] = 128; }},
        BadMap{"side 1 of its box is 257; expected 1 to 256",
               [](TensorMap &map) { map.box[1] = 257; }},
        BadMap{"side 0 of its box is 0; expected 1 to 256",
               [](TensorMap &map) { map.box[0] = 0; }},
        BadMap{"a row of its box has 12 bytes; expected a multiple of 16",
               [](TensorMap &map) { map.box[0] = 3; }},
        BadMap{"it is swizzled over 48 bytes; expected 0, 32, 64 or 128",
               [](TensorMap &map) { map.swizzleBytes = 48; }},
        BadMap{"a row of its box has 256 bytes, more than the swizzle spans, "
               "128",
               [](TensorMap &map) { map.box[0] = 64; }}));

TEST(TensorCopyTest, TakesMapsOfTheLaunchOnly) {
  Matrix matrix;
  EXPECT_THAT(inThread0(matrix.launch,
                        [&] {
                          beginLoad(matrix);
                          awaitLoad();
                        }),
              IsEmpty());
  EXPECT_THAT(inThread0(matrix.launch, [&] { beginLoad(matrix, 3); }),
              hasFinding("load: gives 3 coordinates to a tensor of 2 dims"));
  matrix.launch.tensorMaps.clear();
  EXPECT_THAT(inThread0(matrix.launch, [&] { beginLoad(matrix); }),
              hasFinding("load: what it takes for a tensor map is not one"));
}

TEST(TensorCopyTest, ReportsBlocksThatAreNotThere) {
  Matrix matrix;
  EXPECT_THAT(inThread0(matrix.launch, [&] { beginLoad(matrix, 2, 1, 0); }),
              hasFinding("load: copies to no block"));
  EXPECT_THAT(inThread0(matrix.launch, [&] { beginLoad(matrix, 2, 1, 3); }),
              hasFinding("load: copies to blocks that are not in the cluster"));
}

TEST(TensorCopyTest, ReportsMisalignedSharedMemory) {
  Matrix matrix;
  EXPECT_THAT(inThread0(matrix.launch,
                        [&] {
                          flm_emu_tensor_store(&matrix.map, sharedByte(64),
                                               corner, 2, 0, "store");
                          flm_emu_bulk_commit("commit");
                          flm_emu_bulk_wait(0, "wait");
                        }),
              hasFinding("store: access to shared memory is not aligned to 128 "
                         "bytes"));
}

TEST(TensorCopyTest, DoesNotWriteWhatIsReadOnly) {
  for (int add : {0, 1}) {
    Matrix matrix;
    matrix.launch.memory[0].writable = false;
    EXPECT_THAT(inThread0(matrix.launch,
                          [&] {
                            flm_emu_tensor_store(&matrix.map, sharedByte(0),
                                                 corner, 2, add, "store");
                            flm_emu_bulk_commit("commit");
                            flm_emu_bulk_wait(0, "wait");
                          }),
                hasFinding("store: writes 'm', which is read-only"));
  }
}

//===----------------------------------------------------------------------===//
// Accesses while a copy is in flight
//===----------------------------------------------------------------------===//

void access(int64_t offset, bool write) {
  flm_emu_check_shared(sharedByte(offset), 4, 4, write,
                       write ? "write" : "read");
}

TEST(InFlightTest, NobodyTouchesWhatALoadWrites) {
  Matrix matrix;
  auto touch = [&](bool write, bool wait) {
    return inThread0(matrix.launch, [&] {
      beginLoad(matrix);
      if (wait)
        awaitLoad();
      access(boxBytes - 4, write);
      if (!wait)
        awaitLoad();
    });
  };
  EXPECT_THAT(touch(false, true), IsEmpty());
  EXPECT_THAT(touch(true, true), IsEmpty());
  EXPECT_THAT(
      touch(false, false),
      hasFinding("read: reads shared memory that load may still write"));
  EXPECT_THAT(
      touch(true, false),
      hasFinding("write: writes shared memory that load may still write"));
}

TEST(InFlightTest, TwoLoadsDoNotMeet) {
  Matrix matrix;
  EXPECT_THAT(inThread0(matrix.launch,
                        [&] {
                          beginLoad(matrix);
                          flm_emu_bulk_load(sharedByte(0), matrix.bytes, 16,
                                            sharedByte(barrierOffset), "bulk");
                        }),
              hasFinding("bulk: writes shared memory that load may still "
                         "write"));
}

TEST(InFlightTest, NobodyWritesWhatAStoreReads) {
  Matrix matrix;
  auto touch = [&](bool write, bool wait) {
    return inThread0(matrix.launch, [&] {
      flm_emu_tensor_store(&matrix.map, sharedByte(0), corner, 2, 0, "store");
      flm_emu_bulk_commit("commit");
      if (wait)
        flm_emu_bulk_wait(0, "wait");
      access(0, write);
      flm_emu_bulk_wait(0, "wait");
    });
  };
  EXPECT_THAT(touch(true, true), IsEmpty());
  EXPECT_THAT(touch(false, false), IsEmpty());
  EXPECT_THAT(
      touch(true, false),
      hasFinding("write: writes shared memory that store may still read"));
}

TEST(InFlightTest, NobodyTouchesWhatCpAsyncWrites) {
  Matrix matrix;
  auto touch = [&](int waitFor) {
    return inThread0(matrix.launch, [&] {
      flm_emu_async_copy(sharedByte(0), matrix.bytes, 16, 16, "copy");
      flm_emu_async_commit("commit");
      flm_emu_async_wait(waitFor, "wait");
      access(8, /*write=*/false);
      flm_emu_async_wait(0, "wait");
    });
  };
  EXPECT_THAT(touch(0), IsEmpty());
  EXPECT_THAT(
      touch(1),
      hasFinding("read: reads shared memory that copy may still write"));
}

TEST(CpAsyncTest, ReportsMoreBytesThanItCopies) {
  Matrix matrix;
  for (int bytes : {-4, 20})
    EXPECT_THAT(inThread0(matrix.launch,
                          [&] {
                            flm_emu_async_copy(sharedByte(0), matrix.bytes, 16,
                                               bytes, "copy");
                          }),
                hasFinding("copy: reads " + std::to_string(bytes) +
                           " bytes to copy 16"));
}

//===----------------------------------------------------------------------===//
// Proxies: two threads write the same 16 bytes and one fences.
//===----------------------------------------------------------------------===//

TEST(ProxyTest, AFenceIsOfItsThreadOnly) {
  Matrix matrix;
  auto store = [&](int fencing) {
    return findingsOf(matrix.launch, [&](int thread) {
      if (thread < 2)
        access(4 * thread, /*write=*/true);
      if (thread < fencing)
        flm_emu_fence_proxy_async("fence");
      flm_emu_warp_barrier(-1, "meet");
      if (thread != 0)
        return;
      flm_emu_tensor_store(&matrix.map, sharedByte(0), corner, 2, 0, "store");
      flm_emu_bulk_commit("commit");
      flm_emu_bulk_wait(0, "wait");
    });
  };
  EXPECT_THAT(store(2), IsEmpty());
  EXPECT_THAT(store(1),
              hasFinding("store: TMA reads shared memory that a thread wrote "
                         "without a fence.proxy.async after it"));
}

} // namespace
