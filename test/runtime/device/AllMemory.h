//===----------------------------------------------------------------------===//
// A device whose state is all memory of the test: an offset is an address.
//===----------------------------------------------------------------------===//
#ifndef FLM_TEST_RUNTIME_DEVICE_ALLMEMORY_H
#define FLM_TEST_RUNTIME_DEVICE_ALLMEMORY_H

#include "runtime/device/ProgramDevice.h"

#include <vector>

namespace flmtest {

class AllMemory final : public flmrt::ProgramDevice {
public:
  /// The offset of a tensor that lies in `values`.
  static int64_t offsetOf(std::vector<float> &values) {
    return reinterpret_cast<int64_t>(values.data());
  }

  void *state() override { return nullptr; }
  void *scratch() override { return nullptr; }
  const void *argument(const void *data, int64_t) override { return data; }
  void *result(void *data, int64_t) override { return data; }
  void finish() override {}

private:
  void *map(int64_t offset, int64_t, flmrt::MapAccess) override {
    return reinterpret_cast<void *>(offset);
  }
  void unmap(void *, int64_t, int64_t, flmrt::MapAccess) noexcept override {}
};

} // namespace flmtest

#endif // FLM_TEST_RUNTIME_DEVICE_ALLMEMORY_H
