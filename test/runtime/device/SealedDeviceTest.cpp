//===----------------------------------------------------------------------===//
// The sealed device is sealed: without that, binaries that run on it prove
// nothing.
//===----------------------------------------------------------------------===//
#include "test/runtime/device/SealedDevice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

using namespace flmrt;
using namespace flmtest;
using testing::ElementsAre;

namespace {

TEST(SealedDeviceDeathTest, FaultsWhereTheHostFollowsAnAddress) {
  SealedDevice device(64, 64);
  auto *state = static_cast<volatile float *>(device.state());
  EXPECT_DEATH(state[0] = 1, "");
  EXPECT_DEATH(std::printf("%g", double(state[0])), "");
  float value = 3;
  device.argument(&value, 4);
  state[0] = 1; // by the program
  device.finish();
  EXPECT_DEATH(state[0] = 1, "");
}

TEST(SealedDeviceDeathTest, FindsMappingsAtTheWrongTime) {
  SealedDevice device(64, 64);
  float value = 3;
  EXPECT_DEATH(StateMapping(device, 60, 8, MapAccess::Read), "beyond");
  StateMapping mapping(device, 0, 4, MapAccess::Read);
  EXPECT_DEATH(device.argument(&value, 4), "while the state is mapped");
  EXPECT_DEATH(
      {
        StateMapping other(device, 0, 4, MapAccess::Read);
        *static_cast<float *>(other.data()) = 1;
      },
      "was written");
}

TEST(SealedDevice, GivesTheHostWhatItMaps) {
  SealedDevice device(64, 64);
  {
    StateMapping mapping(device, 8, 8, MapAccess::Write);
    auto *values = static_cast<float *>(mapping.data());
    EXPECT_TRUE(std::isnan(values[0]));
    values[0] = 1;
    values[1] = 2;
  }
  StateMapping mapping(device, 0, 16, MapAccess::Read);
  auto *values = static_cast<float *>(mapping.data());
  EXPECT_THAT(std::vector<float>(values, values + 4), ElementsAre(0, 0, 1, 2));
}

TEST(HostDevice, CopiesNothing) {
  auto device = createHostDevice(128, 64);
  auto *state = static_cast<float *>(device->state());
  StateMapping mapping(*device, 64, 8, MapAccess::Write);
  EXPECT_EQ(mapping.data(), state + 16);
  int32_t token = 5;
  float loss = 0;
  EXPECT_EQ(device->argument(&token, 4), &token);
  EXPECT_EQ(device->result(&loss, 4), &loss);
  device->finish();
}

} // namespace
