//===----------------------------------------------------------------------===//
// Opening a GPU; memory and time on it.
//===----------------------------------------------------------------------===//
#include "runtime/device/cuda/Device.h"

#include <cassert>
#include <utility>

using namespace flmrt;
using namespace flmrt::cuda;

Device::Device(int index) : driver(Driver::get()) {
  int count = 0;
  driver.check(driver->deviceCount(&count), "counting GPUs");
  if (index < 0 || index >= count)
    throw UserError("no GPU " + std::to_string(index) + "; the driver sees " +
                    std::to_string(count) +
                    " (CUDA_VISIBLE_DEVICES may hide others)");
  driver.check(driver->device(&ordinal, index), "opening the GPU");
  driver.check(driver->retainContext(&context, ordinal),
               "starting to use the GPU");
  driver.check(driver->setContext(context), "starting to use the GPU");
  driver.check(driver->createEvent(&begin, 0), "creating an event");
  driver.check(driver->createEvent(&end, 0), "creating an event");
}

Device::~Device() {
  // After an error of a kernel these fail too; there is nobody to tell.
  driver->destroyEvent(begin);
  driver->destroyEvent(end);
  driver->releaseContext(ordinal);
}

std::string Device::name() const {
  char text[256] = "";
  driver.check(driver->deviceName(text, sizeof text, ordinal),
               "reading the GPU's name");
  return text;
}

int64_t Device::memoryBytes() const {
  size_t bytes = 0;
  driver.check(driver->deviceMemory(&bytes, ordinal),
               "reading the size of the GPU's memory");
  return static_cast<int64_t>(bytes);
}

int Device::attribute(DeviceAttribute attribute) const {
  int value = 0;
  driver.check(driver->deviceAttribute(&value, attribute, ordinal),
               "reading a property of the GPU");
  return value;
}

int Device::computeCapability() const {
  return attribute(DeviceAttribute::ComputeCapabilityMajor) * 10 +
         attribute(DeviceAttribute::ComputeCapabilityMinor);
}

bool Device::runs(const std::string &arch) const {
  assert(arch.rfind("sm_", 0) == 0 && "e.g. sm_80");
  int needed = std::stoi(arch.substr(3));
  bool exact = arch.find_last_not_of("0123456789") == arch.size() - 1;
  return exact ? computeCapability() == needed : computeCapability() >= needed;
}

void Device::wait(const std::string &doing) const {
  driver.check(driver->synchronize(), doing);
}

double Device::time(const std::function<void()> &work) const {
  driver.check(driver->recordEvent(begin, nullptr), "timing");
  work();
  driver.check(driver->recordEvent(end, nullptr), "timing");
  driver.check(driver->waitForEvent(end), "timing");
  float milliseconds = 0;
  driver.check(driver->elapsed(&milliseconds, begin, end), "timing");
  return milliseconds * 1e-3;
}

DeviceMemory::DeviceMemory(int64_t bytes) : size(bytes) {
  // Nothing is a size too: of a tensor without elements.
  const Driver &driver = Driver::get();
  std::string doing =
      "allocating " + std::to_string(bytes) + " bytes on the GPU";
  Status status =
      driver->allocate(&begin, static_cast<size_t>(bytes > 0 ? bytes : 1));
  if (status == Status::OutOfMemory)
    throw OutOfMemory(doing + ": " + driver.describe(status));
  driver.check(status, doing);
}

DeviceMemory::~DeviceMemory() {
  if (begin)
    Driver::get()->free(begin);
}

DeviceMemory::DeviceMemory(DeviceMemory &&other) noexcept
    : begin(std::exchange(other.begin, 0)), size(other.size) {}

DeviceMemory &DeviceMemory::operator=(DeviceMemory &&other) noexcept {
  std::swap(begin, other.begin);
  std::swap(size, other.size);
  return *this;
}

void DeviceMemory::upload(const void *from) {
  const Driver &driver = Driver::get();
  driver.check(driver->copyToDevice(begin, from, static_cast<size_t>(size)),
               "copying to the GPU");
}

void DeviceMemory::download(void *to) const {
  const Driver &driver = Driver::get();
  driver.check(driver->copyToHost(to, begin, static_cast<size_t>(size)),
               "copying from the GPU");
}

void DeviceMemory::copyFrom(const DeviceMemory &other) {
  assert(size == other.size);
  const Driver &driver = Driver::get();
  driver.check(driver->copyOnDevice(begin, other.begin,
                                    static_cast<size_t>(size), nullptr),
               "copying on the GPU");
}
