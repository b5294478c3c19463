//===----------------------------------------------------------------------===//
// Between the driver without a GPU and what stands in for kernels.
//===----------------------------------------------------------------------===//
#ifndef FLM_TEST_RUNTIME_DEVICE_CUDA_FAKEDRIVER_H
#define FLM_TEST_RUNTIME_DEVICE_CUDA_FAKEDRIVER_H

#include <string>

/// Runs a kernel: its name, its image as it was loaded, and what it is launched
/// with. Not there where the references of kernels are not built.
__attribute__((weak)) void runFakeKernel(const std::string &name,
                                         const std::string &image,
                                         void **arguments);

/// Whether the environment says that `kernel` should misbehave so.
bool misbehaves(const std::string &how, const std::string &kernel);

#endif // FLM_TEST_RUNTIME_DEVICE_CUDA_FAKEDRIVER_H
