//===----------------------------------------------------------------------===//
// Comparison of a tensor with numbers computed by hand.
//===----------------------------------------------------------------------===//
#ifndef FLM_TEST_CODEGEN_REFERENCE_EXPECTTENSOR_H
#define FLM_TEST_CODEGEN_REFERENCE_EXPECTTENSOR_H

#include "codegen/reference/Reference.h"

#include <gtest/gtest.h>

namespace flm::numerics {

/// Up to the rounding of a handful of operations in double.
inline void expectTensor(const reference::Tensor &tensor,
                         llvm::ArrayRef<double> expected) {
  ASSERT_EQ(tensor.data.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i)
    EXPECT_NEAR(tensor.data[i], expected[i],
                4e-15 * std::max(1.0, std::abs(expected[i])))
        << "element " << i;
}

} // namespace flm::numerics

#endif // FLM_TEST_CODEGEN_REFERENCE_EXPECTTENSOR_H
