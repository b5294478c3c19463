//===----------------------------------------------------------------------===//
// The references of all families, and comparison with them.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/reference/References.h"

#include <cassert>
#include <cmath>

using namespace flm::gpuref;

static const std::vector<KernelReference> &allReferences() {
  static const std::vector<KernelReference> references = [] {
    std::vector<KernelReference> all;
    for (auto family : {attentionReferences, lossReferences,
                        embeddingReferences, linearReferences, trainReferences,
                        elementwiseReferences, normReferences})
      for (KernelReference &reference : family())
        all.push_back(std::move(reference));
    return all;
  }();
  return references;
}

const KernelReference *
flm::gpuref::findReference(const KernelDescription &kernel) {
  if (!kernel.problem.is_object())
    return nullptr;
  for (const KernelReference &reference : allReferences())
    if (kernel.problem.value("kind", "") == reference.kind)
      return &reference;
  return nullptr;
}

double Expected::errorOf(int64_t element, double got) const {
  // Also both infinite, and exact where the bound is zero, e.g. a copy.
  if (got == values[element])
    return 0;
  double error = std::abs(got - values[element]) / bounds[element];
  return std::isnan(error) ? INFINITY : error;
}

WorstElement flm::gpuref::worstElement(const Expected &expected,
                                       const Tensor &tensor) {
  assert(static_cast<int64_t>(expected.values.size()) == tensor.size() &&
         expected.bounds.size() == expected.values.size() &&
         "a value and a bound for every element");
  WorstElement worst;
  for (int64_t i = 0; i < tensor.size(); ++i) {
    double error = expected.errorOf(i, tensor.get(i));
    if (error > worst.error)
      worst = {i, error};
  }
  return worst;
}

double flm::gpuref::roundingOf(ElementType type) {
  return type == ElementType::BF16 ? std::ldexp(1, -8) : std::ldexp(1, -24);
}
