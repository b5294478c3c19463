//===----------------------------------------------------------------------===//
// Tensor maps and argument lists for the emulator.
//===----------------------------------------------------------------------===//
#include "tools/flm-emulate/EmulatedLaunch.h"

using namespace flm;
using namespace flm::gpu;
using namespace flm::gpuref;

static emu::TensorMap encode(Tensor &tensor) {
  const Argument &argument = tensor.description();
  emu::TensorMap map;
  map.base = tensor.data();
  map.rank = static_cast<int32_t>(tensor.shape().size());
  int64_t stride = bytesOf(argument.type);
  for (int i = 0; i < map.rank; ++i) {
    map.dims[i] = static_cast<int32_t>(tensor.shape()[map.rank - 1 - i]);
    map.strideBytes[i] = stride;
    stride *= map.dims[i];
    map.box[i] = static_cast<int32_t>(argument.box[map.rank - 1 - i]);
  }
  map.swizzleBytes = static_cast<int16_t>(argument.swizzle);
  map.bf16Elements = argument.type == ElementType::BF16;
  return map;
}

EmulatedLaunch::EmulatedLaunch(KernelTensors &tensors, HostKernel::Entry entry,
                               int64_t residentBlocks) {
  const KernelDescription &kernel = tensors.kernel();
  launch.kernel = entry;
  launch.blocks = static_cast<int>(
      kernel.launch.blocksFor(tensors.scalars(), residentBlocks));
  launch.threads = static_cast<int>(kernel.launch.threads);
  launch.cluster = static_cast<int>(kernel.launch.cluster);
  launch.sharedBytes = static_cast<int>(kernel.launch.shared);
  size_t scalar = 0;
  for (const Argument &argument : kernel.arguments) {
    switch (argument.kind) {
    case Argument::Kind::I32:
      launch.arguments.push_back(&integers.emplace_back(
          static_cast<int32_t>(tensors.scalars()[scalar++])));
      break;
    case Argument::Kind::TensorMap:
      launch.arguments.push_back(
          &maps.emplace_back(encode(tensors.tensor(argument.name))));
      launch.tensorMaps.push_back(&maps.back());
      break;
    case Argument::Kind::Pointer:
      launch.arguments.push_back(
          &pointers.emplace_back(tensors.tensor(argument.name).data()));
      break;
    }
  }
  for (auto &[name, tensor] : tensors.all())
    launch.memory.push_back({name, tensor.data(), tensor.bytes(),
                             tensor.description().access != Access::Read});
}
