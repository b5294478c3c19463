//===----------------------------------------------------------------------===//
// The host: addresses as they are.
//===----------------------------------------------------------------------===//
#include "runtime/device/Arena.h"
#include "runtime/device/ProgramDevice.h"

using namespace flmrt;

namespace {
class HostDevice final : public ProgramDevice {
public:
  HostDevice(int64_t stateBytes, int64_t scratchBytes)
      : stateArena(stateBytes, "parameters and optimizer state"),
        scratchArena(scratchBytes, "activations and gradients") {}

  void *state() override { return stateArena.data(); }
  void *scratch() override { return scratchArena.data(); }
  const void *argument(const void *data, int64_t) override { return data; }
  void *result(void *data, int64_t) override { return data; }
  void finish() override {}

private:
  void *map(int64_t offset, int64_t, MapAccess) override {
    return stateArena.data() + offset;
  }
  void unmap(void *, int64_t, int64_t, MapAccess) noexcept override {}

  Arena stateArena, scratchArena;
};
} // namespace

std::unique_ptr<ProgramDevice> flmrt::createHostDevice(int64_t stateBytes,
                                                       int64_t scratchBytes) {
  return std::make_unique<HostDevice>(stateBytes, scratchBytes);
}
