//===----------------------------------------------------------------------===//
// What kernels should compute, in plain loops over doubles: one reference per
// kind of problem, used wherever a kernel runs (emulator or GPU).
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_REFERENCE_REFERENCES_H
#define FLM_CODEGEN_GPU_REFERENCE_REFERENCES_H

#include "codegen/gpu/reference/Random.h"
#include "codegen/gpu/reference/Tensors.h"

#include <functional>

namespace flm::gpuref {

/// The expected contents of one output, and how far each element may be off:
/// the rounding of the result and of a sum in any order.
struct Expected {
  std::string tensor;
  std::vector<double> values;
  std::vector<double> bounds;

  void add(double value, double bound) {
    values.push_back(value);
    bounds.push_back(bound);
  }

  /// How far `got` is off at `element`, as a multiple of its bound; infinite
  /// for a NaN.
  double errorOf(int64_t element, double got) const;
};

/// The element of a tensor that is furthest off.
struct WorstElement {
  int64_t element = 0;
  double error = 0; ///< as a multiple of its bound; infinite for a NaN
};
WorstElement worstElement(const Expected &expected, const Tensor &tensor);

struct KernelReference {
  /// What `problem` calls it.
  std::string kind;
  /// The outputs for these inputs, before the kernel has run: one entry for
  /// each tensor that it writes or updates. What the kernel computes in a
  /// narrower type on the way is in the bounds. Tensors are left as they were.
  std::function<std::vector<Expected>(KernelTensors &)> compute;
  /// Makes inputs that belong together from random ones, e.g. tokens that are
  /// in the vocabulary. May be null.
  std::function<void(KernelTensors &, Random &)> prepare = nullptr;
  /// What is wrong with the sizes of these tensors, beyond what each of them
  /// needs, and what to do; empty if nothing is. May be null.
  std::function<std::string(KernelTensors &)> checkSizes = nullptr;
};

/// Null for a kernel that does not say what it computes, or of no known kind.
const KernelReference *findReference(const KernelDescription &kernel);

/// The unit roundoff: bf16 has 8 significant bits, f32 24.
double roundingOf(ElementType type);
/// Of a few f32 operations one after the other.
inline constexpr double f32Rounding = 1.0 / (1 << 20);
/// Results below the smallest normal number may be flushed to zero.
inline constexpr double flushed = 0x1p-126;

// The families, each in its file.
std::vector<KernelReference> attentionReferences();
std::vector<KernelReference> lossReferences();
std::vector<KernelReference> embeddingReferences();
std::vector<KernelReference> linearReferences();
std::vector<KernelReference> trainReferences();
std::vector<KernelReference> elementwiseReferences();
std::vector<KernelReference> normReferences();

} // namespace flm::gpuref

#endif // FLM_CODEGEN_GPU_REFERENCE_REFERENCES_H
