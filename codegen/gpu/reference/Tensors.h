//===----------------------------------------------------------------------===//
// The tensors of one call of a kernel, in host memory.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_REFERENCE_TENSORS_H
#define FLM_CODEGEN_GPU_REFERENCE_TENSORS_H

#include "codegen/gpu/reference/KernelDescription.h"

#include <map>
#include <memory>

namespace flm::gpuref {

/// A row-major tensor between guard bytes.
class Tensor {
public:
  Tensor(const Argument &argument, Sizes shape);

  char *data() { return memory.data() + guardBytes; }
  int64_t bytes() const { return elements * bytesOf(argument->type); }
  const Sizes &shape() const { return sizes; }
  /// Its description.
  const Argument &description() const { return *argument; }
  int64_t size() const { return elements; }

  double get(int64_t element) const;
  /// Rounds to the tensor's type.
  void set(int64_t element, double value);
  /// All elements.
  std::vector<double> values() const;

  /// The tensor with its guards, for whoever copies it elsewhere and back.
  std::vector<char> &guarded() { return memory; }
  const std::vector<char> &guarded() const { return memory; }
  /// Every byte that is not the tensor's, as it was.
  bool guardsIntact() const;

  static constexpr int64_t guardBytes = 4096;

private:
  const Argument *argument;
  Sizes sizes;
  int64_t elements;
  std::vector<char> memory;
};

/// A tensor for each pointer and tensor map of a kernel, by name.
class KernelTensors {
public:
  /// Allocates the tensors for these values of the i32 arguments: inputs and
  /// updated tensors with numbers that depend on `seed` (in [-1, 1), or what
  /// the kernel's reference makes of them), outputs with NaNs (integers: -1).
  /// Null, and in `error` which size does not suit the kernel, if one does not.
  /// Refers to `kernel`.
  static std::unique_ptr<KernelTensors> create(const KernelDescription &kernel,
                                               const Sizes &scalars,
                                               uint64_t seed,
                                               std::string &error);

  const KernelDescription &kernel() const { return description; }
  const Sizes &scalars() const { return sizes; }
  bool has(const std::string &name) const { return tensors.count(name); }
  Tensor &tensor(const std::string &name);
  std::map<std::string, Tensor> &all() { return tensors; }
  bool guardsIntact() const;

private:
  KernelTensors(const KernelDescription &kernel, const Sizes &scalars)
      : description(kernel), sizes(scalars) {}

  const KernelDescription &description;
  Sizes sizes;
  std::map<std::string, Tensor> tensors;
};

} // namespace flm::gpuref

#endif // FLM_CODEGEN_GPU_REFERENCE_TENSORS_H
