//===----------------------------------------------------------------------===//
// A libcuda.so.1 without a GPU: device memory is host memory, time is that of
// the machine, and each call that matters is a line of the file that
// FAKE_CUDA_LOG names. What a kernel does is FakeKernels.cpp's business;
// without it, nothing.
//
// FAKE_CUDA is a list of what should be different, separated by commas:
//   stub, no-device, version=11040, capability=80, memory=1000000 (bytes that
//                   can be allocated at once)
//   shared=N        a block may have N bytes of shared memory
//   reject-image    no module can be loaded
//   fail-launch     every kernel accesses an illegal address
//   hang            no kernel ever ends
//   crash           every launch ends the process
//   wrong, beyond   see FakeKernels.cpp
// FAKE_CUDA_KERNEL restricts those from fail-launch on to the kernels of a
// name.
//===----------------------------------------------------------------------===//
#include "test/runtime/device/cuda/FakeDriver.h"

#include "runtime/device/cuda/DriverTypes.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <unistd.h>

using namespace flmrt::cuda;

// The driver's handles, ours to define.
namespace flmrt::cuda {
struct DriverModule {
  std::string image;
};
struct DriverFunction {
  std::string name, image;
};
struct DriverEvent {
  std::chrono::steady_clock::time_point at;
};
} // namespace flmrt::cuda

/// The value of `key` in FAKE_CUDA, "yes" for one without a value, else empty.
static std::string setting(const std::string &key) {
  const char *all = std::getenv("FAKE_CUDA");
  std::string list = all ? all : "";
  for (size_t begin = 0; begin < list.size();) {
    size_t end = std::min(list.find(',', begin), list.size());
    std::string item = list.substr(begin, end - begin);
    if (item == key)
      return "yes";
    if (item.rfind(key + "=", 0) == 0)
      return item.substr(key.size() + 1);
    begin = end + 1;
  }
  return {};
}

static int number(const std::string &key, int fallback) {
  std::string value = setting(key);
  return value.empty() ? fallback : std::stoi(value);
}

bool misbehaves(const std::string &how, const std::string &kernel) {
  const char *only = std::getenv("FAKE_CUDA_KERNEL");
  return !setting(how).empty() && (!only || kernel == only);
}

static void log(const std::string &line) {
  const char *path = std::getenv("FAKE_CUDA_LOG");
  if (!path)
    return;
  if (FILE *file = std::fopen(path, "a")) {
    std::fprintf(file, "%s\n", line.c_str());
    std::fclose(file);
  }
}

template <typename T> static std::string list(const T *values, size_t count) {
  std::string result;
  for (size_t i = 0; i < count; ++i)
    result += (i ? "," : "") + std::to_string(values[i]);
  return result;
}

static constexpr Status ok = Status::Success;
static constexpr auto illegalAddress = static_cast<Status>(700);
/// As the driver's: after a failed kernel nothing works.
static bool isBroken = false;

extern "C" {

Status cuInit(unsigned) {
  if (!setting("stub").empty())
    return Status::StubLibrary;
  return setting("no-device").empty() ? ok : Status::NoDevice;
}
Status cuDriverGetVersion(int *version) {
  *version = number("version", 12080);
  return ok;
}
Status cuGetErrorName(Status status, const char **name) {
  *name = status == illegalAddress         ? "CUDA_ERROR_ILLEGAL_ADDRESS"
          : status == Status::InvalidImage ? "CUDA_ERROR_INVALID_IMAGE"
          : status == Status::OutOfMemory  ? "CUDA_ERROR_OUT_OF_MEMORY"
                                           : "CUDA_ERROR_UNKNOWN";
  return ok;
}
Status cuGetErrorString(Status, const char **text) {
  *text = "as the fake driver was told";
  return ok;
}

Status cuDeviceGetCount(int *count) {
  *count = 1;
  return ok;
}
Status cuDeviceGet(DeviceOrdinal *device, int index) {
  *device = index;
  return ok;
}
Status cuDeviceGetName(char *name, int bytes, DeviceOrdinal) {
  std::snprintf(name, static_cast<size_t>(bytes), "Fake GPU");
  return ok;
}
Status cuDeviceTotalMem_v2(size_t *bytes, DeviceOrdinal) {
  *bytes = size_t{16} << 20;
  return ok;
}
Status cuDeviceGetAttribute(int *value, DeviceAttribute attribute,
                            DeviceOrdinal) {
  int capability = number("capability", 90);
  switch (attribute) {
  case DeviceAttribute::ClockRateKHz:
    *value = 1000000;
    break;
  case DeviceAttribute::MultiprocessorCount:
    *value = 4;
    break;
  case DeviceAttribute::L2CacheBytes:
    *value = 1 << 20;
    break;
  case DeviceAttribute::ComputeCapabilityMajor:
    *value = capability / 10;
    break;
  case DeviceAttribute::ComputeCapabilityMinor:
    *value = capability % 10;
    break;
  case DeviceAttribute::SharedMemoryPerBlockOptIn:
    *value = number("shared", 227 << 10);
    break;
  }
  return ok;
}
Status cuDevicePrimaryCtxRetain(Context *context, DeviceOrdinal) {
  *context = nullptr;
  return ok;
}
Status cuDevicePrimaryCtxRelease_v2(DeviceOrdinal) { return ok; }
Status cuCtxSetCurrent(Context) { return ok; }
Status cuCtxSynchronize() { return isBroken ? illegalAddress : ok; }

Status cuMemAlloc_v2(Address *address, size_t bytes) {
  void *memory = nullptr;
  if (bytes > static_cast<size_t>(number("memory", 1 << 30)))
    return Status::OutOfMemory;
  if (posix_memalign(&memory, 256, bytes) != 0)
    return Status::OutOfMemory;
  *address = reinterpret_cast<Address>(memory);
  return ok;
}
Status cuMemFree_v2(Address address) {
  std::free(reinterpret_cast<void *>(address));
  return ok;
}
Status cuMemcpyHtoD_v2(Address to, const void *from, size_t bytes) {
  std::memcpy(reinterpret_cast<void *>(to), from, bytes);
  return ok;
}
Status cuMemcpyDtoH_v2(void *to, Address from, size_t bytes) {
  std::memcpy(to, reinterpret_cast<void *>(from), bytes);
  return isBroken ? illegalAddress : ok;
}
Status cuMemcpyDtoDAsync_v2(Address to, Address from, size_t bytes, Stream) {
  std::memcpy(reinterpret_cast<void *>(to), reinterpret_cast<void *>(from),
              bytes);
  return ok;
}

Status cuModuleLoadDataEx(Module *module, const void *image, unsigned count,
                          JitOption *options, void **values) {
  for (unsigned i = 0; i < count; ++i)
    if (options[i] == JitOption::ErrorLogBuffer && values[i])
      std::strcpy(static_cast<char *>(values[i]), "");
  if (!setting("reject-image").empty())
    return Status::InvalidImage;
  // Only what FakeKernels.cpp reads is text.
  *module = new DriverModule{static_cast<const char *>(image)};
  return ok;
}
Status cuModuleUnload(Module module) {
  delete module;
  return ok;
}
Status cuModuleGetFunction(Function *function, Module module,
                           const char *name) {
  *function = new DriverFunction{name, module->image};
  return ok;
}
Status cuFuncSetAttribute(Function function, FunctionAttribute attribute,
                          int value) {
  log("attribute " + function->name + " " +
      std::to_string(static_cast<int>(attribute)) + " " +
      std::to_string(value));
  return ok;
}
Status cuOccupancyMaxActiveBlocksPerMultiprocessor(int *count, Function, int,
                                                   size_t sharedBytes) {
  *count = sharedBytes > (100 << 10) ? 1 : 2;
  return ok;
}
Status cuOccupancyMaxActiveClusters(int *count, Function,
                                    const LaunchConfig *config) {
  *count = static_cast<int>(4 / config->gridX);
  return ok;
}
Status cuLaunchKernelEx(const LaunchConfig *config, Function function,
                        void **arguments, void **) {
  unsigned cluster = 1;
  for (unsigned i = 0; i < config->attributeCount; ++i)
    if (config->attributes[i].id == LaunchAttribute::clusterDimension)
      cluster = config->attributes[i].value.x;
  log("launch " + function->name + " grid " + std::to_string(config->gridX) +
      " block " + std::to_string(config->blockX) + " cluster " +
      std::to_string(cluster) + " shared " +
      std::to_string(config->sharedBytes));
  if (misbehaves("hang", function->name))
    for (;;)
      pause();
  if (misbehaves("crash", function->name))
    std::abort();
  if (misbehaves("fail-launch", function->name))
    isBroken = true;
  else if (runFakeKernel)
    runFakeKernel(function->name, function->image, arguments);
  return ok;
}

Status cuTensorMapEncodeTiled(TensorMap *map, TensorMapType type, uint32_t rank,
                              void *base, const uint64_t *sizes,
                              const uint64_t *strides, const uint32_t *box,
                              const uint32_t *elementStrides,
                              TensorMapInterleave interleave,
                              TensorMapSwizzle swizzle, TensorMapL2Promotion,
                              TensorMapFill fill) {
  log("tensor_map type " + std::to_string(static_cast<int>(type)) + " sizes " +
      list(sizes, rank) + " strides " + list(strides, rank - 1) + " box " +
      list(box, rank) + " steps " + list(elementStrides, rank) +
      " interleave " + std::to_string(static_cast<int>(interleave)) +
      " swizzle " + std::to_string(static_cast<int>(swizzle)) + " fill " +
      std::to_string(static_cast<int>(fill)));
  *map = {};
  map->opaque[0] = reinterpret_cast<uint64_t>(base);
  return ok;
}

Status cuEventCreate(Event *event, unsigned) {
  *event = new DriverEvent;
  return ok;
}
Status cuEventDestroy_v2(Event event) {
  delete event;
  return ok;
}
Status cuEventRecord(Event event, Stream) {
  event->at = std::chrono::steady_clock::now();
  return ok;
}
Status cuEventSynchronize(Event) { return isBroken ? illegalAddress : ok; }
Status cuEventElapsedTime(float *milliseconds, Event begin, Event end) {
  *milliseconds =
      std::chrono::duration<float, std::milli>(end->at - begin->at).count();
  return ok;
}

} // extern "C"
