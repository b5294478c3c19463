//===----------------------------------------------------------------------===//
// The arguments of a kernel: tensors with contents, tensor maps, sizes.
//===----------------------------------------------------------------------===//
#ifndef FLM_TOOLS_FLM_EMULATE_TENSORS_H
#define FLM_TOOLS_FLM_EMULATE_TENSORS_H

#include "codegen/gpu/emulator/runtime/Emulator.h"
#include "tools/flm-emulate/HostKernel.h"

#include <deque>
#include <map>

namespace flm::gpu {

/// A row-major tensor between guard bytes.
class Tensor {
public:
  Tensor(OperandAttr operand, llvm::ArrayRef<int64_t> shape);

  char *data() { return memory.data() + guardBytes; }
  int64_t bytes() const { return elements * elementBytes; }
  llvm::ArrayRef<int64_t> shape() const { return sizes; }
  OperandAttr description() const { return operand; }

  double get(int64_t element) const;
  void set(int64_t element, double value);
  int64_t size() const { return elements; }

  /// Every byte that is not the tensor's, as it was.
  bool guardsIntact() const;

private:
  static constexpr int64_t guardBytes = 4096;

  OperandAttr operand;
  llvm::SmallVector<int64_t> sizes;
  int64_t elementBytes, elements;
  std::vector<char> memory;
};

/// Everything that one launch of a kernel is given.
class KernelArguments {
public:
  /// Allocates the tensors for these values of the i32 arguments, inputs and
  /// updated tensors with numbers in [-1, 1) that depend on `seed`, outputs
  /// with NaNs. The error says which size does not suit the kernel.
  static llvm::Expected<std::unique_ptr<KernelArguments>>
  create(const KernelInterface &kernel, llvm::ArrayRef<int64_t> scalars,
         uint64_t seed);

  /// The launch on a GPU that holds `residentBlocks` blocks at once. It refers
  /// to this object.
  emu::Launch launch(HostKernel::Entry entry, int64_t residentBlocks);

  Tensor &tensor(llvm::StringRef name);
  bool guardsIntact() const;

private:
  KernelArguments(const KernelInterface &kernel,
                  llvm::ArrayRef<int64_t> scalars);

  const KernelInterface &kernel;
  llvm::SmallVector<int64_t> scalars;
  std::map<std::string, Tensor> tensors;
  std::deque<emu::TensorMap> maps;
  std::deque<char *> pointers;
  std::deque<int32_t> integers;
};

} // namespace flm::gpu

#endif // FLM_TOOLS_FLM_EMULATE_TENSORS_H
