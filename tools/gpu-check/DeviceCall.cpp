//===----------------------------------------------------------------------===//
// From a kernel's description to the arguments of a launch.
//===----------------------------------------------------------------------===//
#include "tools/gpu-check/DeviceCall.h"

using namespace flm;
using namespace flm::gpucheck;
using namespace flmrt::cuda;

/// More than this many copies would only cost memory.
static constexpr size_t maxCopies = 16;

static TensorMapType mapType(gpuref::ElementType type) {
  switch (type) {
  case gpuref::ElementType::BF16:
    return TensorMapType::BFloat16;
  case gpuref::ElementType::F32:
    return TensorMapType::Float32;
  case gpuref::ElementType::I32:
    return TensorMapType::Int32;
  }
  return TensorMapType::Float32;
}

DeviceCall::DeviceCall(const Kernel &kernel,
                       const gpuref::KernelDescription &description,
                       const Sizes &scalars, NamedTensors &tensors,
                       const Device &device)
    : kernel(kernel), description(description), scalars(scalars) {
  const gpuref::LaunchShape &launch = description.launch;
  size.threads = launch.threads;
  size.cluster = launch.cluster;
  size.shared = launch.shared;
  int64_t resident =
      launch.persistent ? kernel.residentBlocks(size, device) : 0;
  size.blocks = launch.blocksFor(scalars, resident);
  for (int64_t scalar : scalars)
    integers.push_back(static_cast<int32_t>(scalar));
  for (auto &[name, tensor] : tensors)
    bytes[name] = static_cast<int64_t>(tensor.guarded().size());
  calls.push_back(makeCall());
  reset(tensors);
}

DeviceCall::Call DeviceCall::makeCall() {
  Call call;
  for (auto &[name, count] : bytes)
    call.memory.emplace(name, DeviceMemory(count));
  size_t scalar = 0;
  for (const gpuref::Argument &argument : description.arguments) {
    if (argument.kind == gpuref::Argument::Kind::I32) {
      call.arguments.push_back(&integers[scalar++]);
      continue;
    }
    Address address =
        call.memory.at(argument.name).address() + gpuref::Tensor::guardBytes;
    if (argument.kind == gpuref::Argument::Kind::Pointer)
      call.arguments.push_back(&call.addresses.emplace_back(address));
    else
      call.arguments.push_back(&call.maps.emplace_back(encodeTensorMap(
          {address, mapType(argument.type), argument.shapeFor(scalars),
           argument.box, argument.swizzle})));
  }
  return call;
}

void DeviceCall::reset(NamedTensors &tensors) {
  for (auto &[name, tensor] : tensors)
    calls.front().memory.at(name).upload(tensor.guarded().data());
}

void DeviceCall::addCopies(int64_t total) {
  int64_t one = 0;
  for (auto &[name, count] : bytes)
    one += count;
  while (calls.size() < maxCopies &&
         static_cast<int64_t>(calls.size()) * one < total) {
    try {
      calls.push_back(makeCall());
    } catch (const OutOfMemory &) {
      return; // The memory is full.
    }
    for (auto &[name, memory] : calls.back().memory)
      memory.copyFrom(calls.front().memory.at(name));
  }
}

void DeviceCall::launch() {
  kernel.launch(size, calls[next].arguments);
  next = (next + 1) % calls.size();
}

void DeviceCall::fetch(NamedTensors &tensors) const {
  for (auto &[name, tensor] : tensors)
    calls.front().memory.at(name).download(tensor.guarded().data());
}
