//===----------------------------------------------------------------------===//
// A device whose memory the host cannot touch, as a GPU's.
//
// Between calls of the program all of it is unmapped in the page tables:
// whoever follows an address of the device faults at once. What is mapped for
// the host is a copy elsewhere, full of NaNs where the host promised to write.
//===----------------------------------------------------------------------===//
#ifndef FLM_TEST_RUNTIME_DEVICE_SEALEDDEVICE_H
#define FLM_TEST_RUNTIME_DEVICE_SEALEDDEVICE_H

#include "runtime/device/ProgramDevice.h"

#include <cstddef>
#include <vector>

namespace flmtest {

/// Pages that can be opened and sealed.
class SealedMemory {
public:
  explicit SealedMemory(int64_t bytes);
  ~SealedMemory();
  SealedMemory(SealedMemory &&other) noexcept;
  SealedMemory(const SealedMemory &) = delete;
  SealedMemory &operator=(const SealedMemory &) = delete;

  std::byte *data() const { return begin; }
  void open();
  void seal();

private:
  std::byte *begin = nullptr;
  size_t bytes;
};

/// The program itself runs on the host: from the first argument of a call to
/// its finish() the memory is open.
class SealedDevice final : public flmrt::ProgramDevice {
public:
  SealedDevice(int64_t stateBytes, int64_t scratchBytes);

  void *state() override { return stateMemory.data(); }
  void *scratch() override { return scratchMemory.data(); }
  const void *argument(const void *data, int64_t bytes) override;
  void *result(void *data, int64_t bytes) override;
  void finish() override;

private:
  struct Result {
    SealedMemory memory;
    void *data;
    int64_t bytes;
  };

  void *map(int64_t offset, int64_t bytes, flmrt::MapAccess access) override;
  void unmap(void *mapped, int64_t offset, int64_t bytes,
             flmrt::MapAccess access) noexcept override;
  void beginCall();

  SealedMemory stateMemory, scratchMemory;
  std::vector<SealedMemory> arguments;
  std::vector<Result> results;
  int64_t stateBytes;
  int64_t mappings = 0;
  bool isCalling = false;
};

} // namespace flmtest

#endif // FLM_TEST_RUNTIME_DEVICE_SEALEDDEVICE_H
