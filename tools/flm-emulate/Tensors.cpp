//===----------------------------------------------------------------------===//
// Allocating and filling tensors, encoding tensor maps.
//===----------------------------------------------------------------------===//
#include "tools/flm-emulate/Tensors.h"
#include "codegen/gpu/emulator/runtime/Bf16.h"
#include "codegen/gpu/emulator/runtime/Random.h"

#include "mlir/IR/BuiltinTypes.h"

#include <cmath>
#include <cstring>

using namespace flm;
using namespace flm::gpu;

/// A NaN in bf16 and f32, and unlikely as data.
static constexpr char guardByte = '\xff';

static int64_t product(llvm::ArrayRef<int64_t> sizes) {
  int64_t result = 1;
  for (int64_t size : sizes)
    result *= size;
  return result;
}

Tensor::Tensor(OperandAttr operand, llvm::ArrayRef<int64_t> shape)
    : operand(operand), sizes(shape),
      elementBytes(operand.getType().getIntOrFloatBitWidth() / 8),
      elements(product(shape)), memory(bytes() + 2 * guardBytes, guardByte) {}

double Tensor::get(int64_t element) const {
  const char *address = memory.data() + guardBytes + element * elementBytes;
  if (elementBytes == 2) {
    uint16_t bits;
    std::memcpy(&bits, address, 2);
    return emu::fromBF16(bits);
  }
  float value;
  std::memcpy(&value, address, 4);
  return value;
}

void Tensor::set(int64_t element, double value) {
  char *address = data() + element * elementBytes;
  auto narrow = static_cast<float>(value);
  if (elementBytes == 2) {
    uint16_t bits = emu::toBF16(narrow);
    std::memcpy(address, &bits, 2);
  } else {
    std::memcpy(address, &narrow, 4);
  }
}

bool Tensor::guardsIntact() const {
  auto intact = [&](int64_t begin, int64_t end) {
    return llvm::all_of(llvm::ArrayRef(memory).slice(begin, end - begin),
                        [](char byte) { return byte == guardByte; });
  };
  return intact(0, guardBytes) &&
         intact(guardBytes + bytes(), static_cast<int64_t>(memory.size()));
}

KernelArguments::KernelArguments(const KernelInterface &kernel,
                                 llvm::ArrayRef<int64_t> scalars)
    : kernel(kernel), scalars(scalars) {}

llvm::Expected<std::unique_ptr<KernelArguments>>
KernelArguments::create(const KernelInterface &kernel,
                        llvm::ArrayRef<int64_t> scalars, uint64_t seed) {
  std::unique_ptr<KernelArguments> result(new KernelArguments(kernel, scalars));
  emu::Random random(seed);
  for (const KernelParameter &parameter : kernel.parameters) {
    OperandAttr operand = parameter.operand;
    if (!operand)
      continue;
    llvm::SmallVector<int64_t> shape = operand.shapeFor(scalars);
    if (std::string problem = operand.check(shape); !problem.empty())
      return llvm::createStringError(problem);
    auto [entry, isNew] =
        result->tensors.try_emplace(operand.getName().str(), operand, shape);
    if (!isNew || operand.getAccess() == Access::Write)
      continue;
    Tensor &tensor = entry->second;
    for (int64_t i = 0; i < tensor.size(); ++i)
      tensor.set(i, static_cast<double>(random.below(2001) - 1000) / 1000);
  }
  return result;
}

static emu::TensorMap encode(Tensor &tensor, TensorMapAttr attr) {
  emu::TensorMap map;
  map.base = tensor.data();
  map.rank = static_cast<int32_t>(tensor.shape().size());
  int64_t stride = tensor.bytes() / std::max<int64_t>(tensor.size(), 1);
  for (int i = 0; i < map.rank; ++i) {
    map.dims[i] = static_cast<int32_t>(tensor.shape()[map.rank - 1 - i]);
    map.strideBytes[i] = stride;
    stride *= map.dims[i];
    map.box[i] = static_cast<int32_t>(attr.getBox()[map.rank - 1 - i]);
  }
  map.swizzleBytes = static_cast<int16_t>(attr.getSwizzle());
  map.bf16Elements = tensor.description().getType().isBF16();
  return map;
}

emu::Launch KernelArguments::launch(HostKernel::Entry entry,
                                    int64_t residentBlocks) {
  emu::Launch launch;
  launch.kernel = entry;
  launch.blocks =
      static_cast<int>(kernel.launch.blocksFor(scalars, residentBlocks));
  launch.threads = static_cast<int>(kernel.launch.getThreads());
  launch.cluster = static_cast<int>(kernel.launch.getCluster());
  launch.sharedBytes = static_cast<int>(kernel.launch.getShared());
  size_t scalar = 0;
  for (const KernelParameter &parameter : kernel.parameters) {
    if (!parameter.operand) {
      launch.arguments.push_back(
          &integers.emplace_back(static_cast<int32_t>(scalars[scalar++])));
      continue;
    }
    Tensor &argument = tensor(parameter.operand.getName());
    if (parameter.tensorMap)
      launch.arguments.push_back(
          &maps.emplace_back(encode(argument, parameter.tensorMap)));
    else
      launch.arguments.push_back(&pointers.emplace_back(argument.data()));
  }
  for (auto &[name, tensor] : tensors)
    launch.memory.push_back({name, tensor.data(), tensor.bytes(),
                             tensor.description().getAccess() != Access::Read});
  return launch;
}

Tensor &KernelArguments::tensor(llvm::StringRef name) {
  auto found = tensors.find(name.str());
  assert(found != tensors.end() && "the kernel has no such operand");
  return found->second;
}

bool KernelArguments::guardsIntact() const {
  return llvm::all_of(tensors,
                      [](auto &entry) { return entry.second.guardsIntact(); });
}
