//===----------------------------------------------------------------------===//
// Loading, preparing and launching kernels.
//===----------------------------------------------------------------------===//
#include "runtime/device/cuda/Kernel.h"

#include "runtime/UserError.h"

#include <cassert>

using namespace flmrt;
using namespace flmrt::cuda;

/// Shared memory that every kernel may use without asking.
static constexpr int64_t defaultSharedBytes = 48 << 10;
/// The largest cluster that every GPU with clusters can run.
static constexpr int64_t portableCluster = 8;

static bool isAboutTheImage(Status status) {
  return status == Status::InvalidImage || status == Status::NoBinaryForGpu ||
         status == Status::InvalidPtx ||
         status == Status::UnsupportedPtxVersion;
}

Kernel::Kernel(const std::string &image, const std::string &name) : name(name) {
  const Driver &driver = Driver::get();
  std::string log(8192, '\0');
  JitOption options[] = {JitOption::ErrorLogBuffer,
                         JitOption::ErrorLogBufferBytes};
  // The driver takes numbers in the place of pointers.
  void *values[] = {log.data(), reinterpret_cast<void *>(log.size())};
  Status status = driver->loadModule(&module, image.data(), 2, options, values);
  if (isAboutTheImage(status)) {
    std::string said = log.c_str();
    throw UserError(
        "loading '" + name + "': " + driver.describe(status) +
        ": the driver (CUDA " + driver.versionText() +
        ") cannot run this code on this GPU; if it is older than the assembler "
        "that wrote the code, update it, or set CUDA_FORCE_PTX_JIT=1 to let it "
        "assemble the PTX instead" +
        (said.empty() ? "" : "; it says: " + said));
  }
  driver.check(status, "loading '" + name + "'");
  status = driver->function(&function, module, name.c_str());
  if (status != Status::Success)
    driver->unloadModule(module); // There will be no destructor.
  driver.check(status, "finding the kernel '" + name + "' in its file");
}

Kernel::~Kernel() { Driver::get()->unloadModule(module); }

void Kernel::prepare(const LaunchSize &size) {
  const Driver &driver = Driver::get();
  auto allow = [&](FunctionAttribute attribute, int64_t value,
                   const std::string &what) {
    driver.check(driver->setFunctionAttribute(function, attribute,
                                              static_cast<int>(value)),
                 "allowing '" + name + "' " + std::to_string(value) + what);
  };
  if (size.shared > defaultSharedBytes)
    allow(FunctionAttribute::MaxDynamicSharedBytes, size.shared,
          " bytes of shared memory");
  if (size.cluster > portableCluster)
    allow(FunctionAttribute::NonPortableClusterSizeAllowed, 1,
          " (large clusters)");
}

static LaunchConfig configure(const LaunchSize &size,
                              LaunchAttribute &cluster) {
  LaunchConfig config;
  config.gridX = static_cast<unsigned>(size.blocks);
  config.blockX = static_cast<unsigned>(size.threads);
  config.sharedBytes = static_cast<unsigned>(size.shared);
  if (size.cluster > 1) {
    cluster.value.x = static_cast<unsigned>(size.cluster);
    config.attributes = &cluster;
    config.attributeCount = 1;
  }
  return config;
}

int64_t Kernel::residentBlocks(const LaunchSize &size,
                               const Device &device) const {
  const Driver &driver = Driver::get();
  int count = 0;
  if (size.cluster == 1) {
    driver.check(driver->residentBlocks(&count, function,
                                        static_cast<int>(size.threads),
                                        static_cast<size_t>(size.shared)),
                 "asking how many blocks of '" + name + "' fit");
    return int64_t{count} * device.multiprocessors();
  }
  // Not a multiple of the multiprocessors: a cluster lies within one GPC.
  LaunchAttribute cluster;
  LaunchConfig config = configure(size, cluster);
  config.gridX = static_cast<unsigned>(size.cluster);
  driver.check(driver->residentClusters(&count, function, &config),
               "asking how many clusters of '" + name + "' fit");
  return count * size.cluster;
}

void Kernel::launch(const LaunchSize &size,
                    std::vector<void *> arguments) const {
  assert(size.blocks % size.cluster == 0 && "whole clusters");
  if (size.blocks == 0)
    return; // Nothing to do, which the driver would call invalid.
  if (size.blocks > INT32_MAX)
    throw UserError(
        "launching '" + name + "' with " + std::to_string(size.blocks) +
        " blocks: a grid has at most 2147483647; give it less work");
  const Driver &driver = Driver::get();
  LaunchAttribute cluster;
  LaunchConfig config = configure(size, cluster);
  driver.check(driver->launch(&config, function, arguments.data(), nullptr),
               "launching '" + name + "' with " + std::to_string(size.blocks) +
                   " blocks of " + std::to_string(size.threads) +
                   " threads and " + std::to_string(size.shared) +
                   " bytes of shared memory");
}
