//===----------------------------------------------------------------------===//
// Allocating and filling tensors.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/reference/Tensors.h"
#include "codegen/gpu/reference/Random.h"
#include "codegen/gpu/reference/References.h"
#include "runtime/abi/Bf16.h"

#include <algorithm>
#include <cassert>
#include <cstring>

using namespace flm;
using namespace flm::gpuref;

/// A NaN in bf16 and f32, -1 as an integer, and unlikely as data.
static constexpr char guardByte = '\xff';

static int64_t product(const Sizes &sizes) {
  int64_t result = 1;
  for (int64_t size : sizes)
    result *= size;
  return result;
}

Tensor::Tensor(const Argument &argument, Sizes shape)
    : argument(&argument), sizes(std::move(shape)), elements(product(sizes)),
      memory(bytes() + 2 * guardBytes, guardByte) {}

double Tensor::get(int64_t element) const {
  assert(element >= 0 && element < elements && "beyond the tensor");
  const char *address =
      memory.data() + guardBytes + element * bytesOf(argument->type);
  auto read = [&](auto &value) { std::memcpy(&value, address, sizeof(value)); };
  switch (argument->type) {
  case ElementType::BF16: {
    uint16_t bits;
    read(bits);
    return flm::abi::widenBf16(bits);
  }
  case ElementType::F32: {
    float value;
    read(value);
    return value;
  }
  case ElementType::I32: {
    int32_t value;
    read(value);
    return value;
  }
  }
  return 0;
}

void Tensor::set(int64_t element, double value) {
  assert(element >= 0 && element < elements && "beyond the tensor");
  char *address = data() + element * bytesOf(argument->type);
  auto write = [&](auto bits) { std::memcpy(address, &bits, sizeof(bits)); };
  switch (argument->type) {
  case ElementType::BF16:
    return write(flm::abi::roundToBf16(static_cast<float>(value)));
  case ElementType::F32:
    return write(static_cast<float>(value));
  case ElementType::I32:
    return write(static_cast<int32_t>(value));
  }
}

std::vector<double> Tensor::values() const {
  std::vector<double> result(elements);
  for (int64_t i = 0; i < elements; ++i)
    result[i] = get(i);
  return result;
}

bool Tensor::guardsIntact() const {
  auto intact = [](auto begin, auto end) {
    return std::all_of(begin, end, [](char byte) { return byte == guardByte; });
  };
  return intact(memory.begin(), memory.begin() + guardBytes) &&
         intact(memory.end() - guardBytes, memory.end());
}

/// Takes the bytes of a tensor from `room`, if it has them.
static bool takeBytes(const Argument &argument, const Sizes &shape,
                      int64_t &room) {
  int64_t bytes = bytesOf(argument.type);
  for (int64_t size : shape)
    if (size < 0 || __builtin_mul_overflow(bytes, size, &bytes) || bytes > room)
      return false;
  room -= bytes;
  return true;
}

std::unique_ptr<KernelTensors>
KernelTensors::create(const KernelDescription &kernel, const Sizes &scalars,
                      uint64_t seed, std::string &error) {
  assert(scalars.size() == kernel.scalarCount() && "one per i32 argument");
  std::unique_ptr<KernelTensors> result(new KernelTensors(kernel, scalars));
  Random random(seed);
  int64_t room = int64_t(1) << 38;
  for (const Argument &argument : kernel.arguments) {
    if (argument.kind == Argument::Kind::I32)
      continue;
    Sizes shape = argument.shapeFor(scalars);
    error = argument.check(shape);
    if (error.empty() && !takeBytes(argument, shape, room))
      error = "'" + argument.name +
              "' has a size below 0, or makes the tensors larger than 256 GiB; "
              "use smaller arguments";
    if (!error.empty())
      return nullptr;
    auto [entry, isNew] =
        result->tensors.try_emplace(argument.name, argument, shape);
    if (!isNew || argument.access == Access::Write)
      continue;
    Tensor &tensor = entry->second;
    for (int64_t i = 0; i < tensor.size(); ++i)
      tensor.set(i, static_cast<double>(random.below(2001) - 1000) / 1000);
  }
  const KernelReference *reference = findReference(kernel);
  if (reference && reference->checkSizes)
    if (error = reference->checkSizes(*result); !error.empty())
      return nullptr;
  if (reference && reference->prepare)
    reference->prepare(*result, random);
  return result;
}

Tensor &KernelTensors::tensor(const std::string &name) {
  auto found = tensors.find(name);
  assert(found != tensors.end() && "the kernel has no such operand");
  return found->second;
}

bool KernelTensors::guardsIntact() const {
  return std::all_of(tensors.begin(), tensors.end(), [](const auto &entry) {
    return entry.second.guardsIntact();
  });
}
