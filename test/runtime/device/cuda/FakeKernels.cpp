//===----------------------------------------------------------------------===//
// Kernels of the driver without a GPU. An image is not code but the kernel's
// description (JSON), and running it is computing the reference. So whatever
// calls kernels by their descriptions can be tested from end to end: arguments
// in a wrong order, or a tensor map of something else, give wrong results.
//
// Told so (FakeDriver.cpp), a kernel is wrong in its last output's last
// element, or writes beyond it.
//===----------------------------------------------------------------------===//
#include "test/runtime/device/cuda/FakeDriver.h"

#include "codegen/gpu/reference/References.h"
#include "runtime/device/cuda/DriverTypes.h"

#include <cstring>

using namespace flm::gpuref;

/// Where the tensor of an argument lies: a pointer is one, and so is what the
/// fake driver writes into a tensor map.
static char *addressOf(void *argument) {
  char *address;
  std::memcpy(&address, argument, sizeof address);
  return address;
}

void runFakeKernel(const std::string &name, const std::string &image,
                   void **arguments) {
  std::string error;
  auto kernel = KernelDescription::parse(image, error);
  if (!kernel)
    return; // of a test that only looks at the launch
  Sizes scalars;
  std::map<std::string, char *> memory;
  for (size_t i = 0; i < kernel->arguments.size(); ++i) {
    const Argument &argument = kernel->arguments[i];
    if (argument.kind == Argument::Kind::I32)
      scalars.push_back(*static_cast<int32_t *>(arguments[i]));
    else
      memory[argument.name] = addressOf(arguments[i]);
  }
  auto tensors = KernelTensors::create(*kernel, scalars, 0, error);
  for (auto &[tensorName, tensor] : tensors->all())
    std::memcpy(tensor.data(), memory[tensorName],
                static_cast<size_t>(tensor.bytes()));

  char *last = nullptr;
  for (const Expected &expected : findReference(*kernel)->compute(*tensors)) {
    Tensor result(tensors->tensor(expected.tensor).description(),
                  tensors->tensor(expected.tensor).shape());
    for (int64_t i = 0; i < result.size(); ++i)
      result.set(i, expected.values[static_cast<size_t>(i)]);
    if (misbehaves("wrong", name))
      result.set(result.size() - 1, 1000);
    std::memcpy(memory[expected.tensor], result.data(),
                static_cast<size_t>(result.bytes()));
    last = memory[expected.tensor] + result.bytes();
  }
  if (misbehaves("beyond", name))
    *last = 0;
}
