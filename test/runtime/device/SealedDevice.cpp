//===----------------------------------------------------------------------===//
// Pages, copies, and what may not happen when.
//===----------------------------------------------------------------------===//
#include "test/runtime/device/SealedDevice.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sys/mman.h>
#include <unistd.h>
#include <utility>

using namespace flmrt;
using namespace flmtest;

static void require(bool condition, const char *what) {
  if (condition)
    return;
  std::fprintf(stderr, "sealed device: %s\n", what);
  std::abort();
}

SealedMemory::SealedMemory(int64_t wanted)
    : bytes(std::max<size_t>(1, static_cast<size_t>(wanted))) {
  void *pages =
      mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  require(pages != MAP_FAILED, "no memory");
  begin = static_cast<std::byte *>(pages);
}

SealedMemory::~SealedMemory() {
  if (begin)
    munmap(begin, bytes);
}

SealedMemory::SealedMemory(SealedMemory &&other) noexcept
    : begin(std::exchange(other.begin, nullptr)), bytes(other.bytes) {}

void SealedMemory::open() { mprotect(begin, bytes, PROT_READ | PROT_WRITE); }
void SealedMemory::seal() { mprotect(begin, bytes, PROT_NONE); }

/// A NaN in every float.
constexpr int nothing = 0xFF;

SealedDevice::SealedDevice(int64_t stateBytes, int64_t scratchBytes)
    : stateMemory(stateBytes), scratchMemory(scratchBytes),
      stateBytes(stateBytes) {
  scratchMemory.open();
  std::memset(scratchMemory.data(), nothing, static_cast<size_t>(scratchBytes));
  scratchMemory.seal();
}

//===-- Calls -------------------------------------------------------------===//

void SealedDevice::beginCall() {
  require(mappings == 0, "a call while the state is mapped");
  isCalling = true;
  stateMemory.open();
  scratchMemory.open();
}

const void *SealedDevice::argument(const void *data, int64_t bytes) {
  beginCall();
  SealedMemory &memory = arguments.emplace_back(bytes);
  memory.open();
  std::memcpy(memory.data(), data, static_cast<size_t>(bytes));
  return memory.data();
}

void *SealedDevice::result(void *data, int64_t bytes) {
  beginCall();
  Result &result =
      results.emplace_back(Result{SealedMemory(bytes), data, bytes});
  result.memory.open();
  std::memset(result.memory.data(), nothing, static_cast<size_t>(bytes));
  return result.memory.data();
}

void SealedDevice::finish() {
  require(isCalling, "finish() without a call");
  for (const Result &result : results)
    std::memcpy(result.data, result.memory.data(),
                static_cast<size_t>(result.bytes));
  results.clear();
  arguments.clear();
  stateMemory.seal();
  scratchMemory.seal();
  isCalling = false;
}

//===-- Mappings ----------------------------------------------------------===//

void *SealedDevice::map(int64_t offset, int64_t bytes, MapAccess access) {
  require(!isCalling, "the state is mapped during a call");
  require(bytes > 0 && offset >= 0 && offset + bytes <= stateBytes,
          "a mapping beyond the state");
  ++mappings;
  auto *copy = static_cast<std::byte *>(
      std::aligned_alloc(64, static_cast<size_t>((bytes + 63) / 64 * 64)));
  if (access == MapAccess::Write) {
    std::memset(copy, nothing, static_cast<size_t>(bytes));
    return copy;
  }
  stateMemory.open();
  std::memcpy(copy, stateMemory.data() + offset, static_cast<size_t>(bytes));
  stateMemory.seal();
  return copy;
}

void SealedDevice::unmap(void *mapped, int64_t offset, int64_t bytes,
                         MapAccess access) noexcept {
  --mappings;
  std::byte *at = stateMemory.data() + offset;
  stateMemory.open();
  if (access == MapAccess::Write)
    std::memcpy(at, mapped, static_cast<size_t>(bytes));
  else
    require(std::memcmp(at, mapped, static_cast<size_t>(bytes)) == 0,
            "a mapping to read was written");
  stateMemory.seal();
  std::free(mapped);
}

extern "C" ProgramDevice *flmrt_createProgramDevice(int64_t stateBytes,
                                                    int64_t scratchBytes) {
  return new SealedDevice(stateBytes, scratchBytes);
}
