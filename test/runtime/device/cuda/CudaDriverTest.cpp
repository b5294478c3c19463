// What the driver is told, with a driver that writes it down.
#include "runtime/UserError.h"
#include "runtime/device/cuda/Kernel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <numeric>
#include <unistd.h>

using namespace flmrt;
using namespace flmrt::cuda;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

/// Lines that the fake driver has written since the object was made.
class DriverLog {
public:
  // Other processes run other tests of this file meanwhile.
  DriverLog()
      : path(testing::TempDir() + "/fake-cuda-" + std::to_string(getpid()) +
             ".log") {
    std::remove(path.c_str());
    setenv("FAKE_CUDA_LOG", path.c_str(), 1);
  }
  ~DriverLog() { std::remove(path.c_str()); }
  std::vector<std::string> lines() const {
    std::ifstream file(path);
    std::vector<std::string> result;
    for (std::string line; std::getline(file, line);)
      result.push_back(line);
    return result;
  }

private:
  std::string path;
};

/// What `action` throws.
template <typename Action> std::string messageOf(Action action) {
  try {
    action();
  } catch (const UserError &error) {
    return error.what();
  }
  return "nothing thrown";
}

TEST(CudaDevice, SaysWhatItIs) {
  Device device;
  EXPECT_EQ(device.name(), "Fake GPU");
  EXPECT_EQ(device.computeCapability(), 90);
  EXPECT_TRUE(device.runs("sm_90a"));
  EXPECT_TRUE(device.runs("sm_80"));
  EXPECT_THAT(messageOf([] { Device(3); }), HasSubstr("no GPU 3; the driver "
                                                      "sees 1"));
}

TEST(CudaDevice, RunsSpecificCodeOnlyOnItsOwnArch) {
  setenv("FAKE_CUDA", "capability=100", 1);
  Device device;
  EXPECT_TRUE(device.runs("sm_80"));
  EXPECT_FALSE(device.runs("sm_90a"));
  unsetenv("FAKE_CUDA");
}

TEST(CudaMemory, GoesThereAndBack) {
  Device device;
  std::vector<int> sent(100), received(100);
  std::iota(sent.begin(), sent.end(), 7);
  DeviceMemory memory(400), copy(400);
  memory.upload(sent.data());
  copy.copyFrom(memory);
  copy.download(received.data());
  EXPECT_EQ(sent, received);
  DeviceMemory moved(std::move(memory));
  EXPECT_EQ(memory.address(), 0u);
  EXPECT_EQ(moved.address() % 256, 0u);
}

TEST(CudaKernel, LaunchesClusters) {
  DriverLog log;
  Device device;
  Kernel kernel("image", "gemm");
  LaunchSize size{6, 384, 2, 200000};
  kernel.prepare(size);
  // Of four multiprocessors, two clusters of two.
  EXPECT_EQ(kernel.residentBlocks(size, device), 4);
  kernel.launch(size, {});
  EXPECT_THAT(log.lines(),
              ElementsAre("attribute gemm 8 200000",
                          "launch gemm grid 6 block 384 cluster 2 shared "
                          "200000"));
}

TEST(CudaKernel, LaunchesBlocksWithoutAsking) {
  DriverLog log;
  Device device;
  Kernel kernel("image", "rms_norm");
  LaunchSize size{50, 128, 1, 1024};
  kernel.prepare(size);
  EXPECT_EQ(kernel.residentBlocks(size, device), 8);
  kernel.launch(size, {});
  EXPECT_THAT(
      log.lines(),
      ElementsAre("launch rms_norm grid 50 block 128 cluster 1 shared 1024"));
}

TEST(CudaKernel, LaunchesNoGridThatIsEmptyOrTooLarge) {
  DriverLog log;
  Device device;
  Kernel kernel("image", "rms_norm");
  kernel.launch({0, 128, 1, 0}, {});
  EXPECT_THROW(kernel.launch({int64_t{1} << 31, 128, 1, 0}, {}),
               flmrt::UserError);
  EXPECT_THAT(log.lines(), ElementsAre());
}

TEST(CudaKernel, SaysWhatFailedInIt) {
  setenv("FAKE_CUDA", "reject-image", 1);
  EXPECT_THAT(messageOf([] { Kernel("image", "gemm"); }),
              testing::AllOf(HasSubstr("loading 'gemm': "
                                       "CUDA_ERROR_INVALID_IMAGE (200)"),
                             HasSubstr("the driver (CUDA 12.8)"),
                             HasSubstr("CUDA_FORCE_PTX_JIT=1")));
  unsetenv("FAKE_CUDA");
}

TEST(CudaTensorMap, CountsFromTheInnermostDim) {
  DriverLog log;
  TensorMapRequest request;
  request.base = 4096;
  request.shape = {3, 200, 72};
  request.box = {1, 128, 64};
  request.swizzle = 128;
  encodeTensorMap(request);
  request.type = TensorMapType::Float32;
  request.box = {1, 64, 32};
  encodeTensorMap(request);
  EXPECT_THAT(
      log.lines(),
      ElementsAre("tensor_map type 9 sizes 72,200,3 strides 144,28800 box "
                  "64,128,1 steps 1,1,1 interleave 0 swizzle 3 fill 0",
                  "tensor_map type 7 sizes 72,200,3 strides 288,57600 box "
                  "32,64,1 steps 1,1,1 interleave 0 swizzle 3 fill 0"));
}

TEST(CudaTensorMap, SaysWhichRuleIsBroken) {
  auto problem = [](auto change) {
    TensorMapRequest request;
    request.base = 4096;
    request.shape = {200, 72};
    request.box = {128, 64};
    request.swizzle = 128;
    change(request);
    return messageOf([&] { encodeTensorMap(request); });
  };
  using Request = TensorMapRequest;
  EXPECT_THAT(problem([](Request &r) { r.base = 8; }), HasSubstr("16 bytes"));
  EXPECT_THAT(problem([](Request &r) { r.shape = {}; }), HasSubstr("0 dims"));
  EXPECT_THAT(problem([](Request &r) { r.box = {64}; }), HasSubstr("1 dims of "
                                                                   "2"));
  EXPECT_THAT(problem([](Request &r) { r.shape = {0, 72}; }),
              HasSubstr("0 elements"));
  EXPECT_THAT(problem([](Request &r) { r.box = {257, 64}; }),
              HasSubstr("257, expected 1 to 256"));
  EXPECT_THAT(problem([](Request &r) { r.shape = {200, 73}; }),
              HasSubstr("146 bytes, expected a multiple of 16: pad them"));
  EXPECT_THAT(problem([](Request &r) { r.box = {128, 4}; }),
              HasSubstr("8 bytes, expected a multiple of 16"));
  EXPECT_THAT(problem([](Request &r) { r.swizzle = 16; }),
              HasSubstr("16 bytes, expected 0, 32, 64 or 128"));
  EXPECT_THAT(problem([](Request &r) { r.swizzle = 64; }),
              HasSubstr("128 bytes, more than the swizzle's 64"));
}

} // namespace
