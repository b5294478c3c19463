//===----------------------------------------------------------------------===//
// Multiply-adds of a program, op by op.
//===----------------------------------------------------------------------===//
#include "codegen/reference/MultiplyAdds.h"

#include "dialects/flm/Flm.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace flm;

static double elements(Value value) {
  return static_cast<double>(typeOf(value).numElements());
}

/// The multiply-adds of one run of `op`; of attention, the half that a causal
/// mask leaves, in five products (scores again, and dv, dp, dq, dk) backward.
static double multiplyAddsOf(Operation *op) {
  auto rows = [](Value x) {
    return elements(x) / static_cast<double>(typeOf(x).shape().back());
  };
  return llvm::TypeSwitch<Operation *, double>(op)
      .Case([&](FlopsOpInterface forward) {
        return forward.flopsPerToken() / 2 * rows(op->getOperand(0));
      })
      .Case([&](LinearGradXOp linear) {
        return rows(linear.getDy()) * elements(linear.getW());
      })
      .Case([&](LinearGradWOp linear) {
        return rows(linear.getDy()) * elements(linear.getDw());
      })
      .Case([&](AttentionGradOp attention) {
        SmallVector<int64_t> shape = typeOf(attention.getQ()).shape();
        return 2.5 * elements(attention.getQ()) *
               static_cast<double>(shape[shape.size() - 2]);
      })
      .Default(0.0);
}

double reference::multiplyAdds(Operation *program) {
  double sum = 0;
  program->walk([&](Operation *op) {
    double count = multiplyAddsOf(op);
    if (count == 0)
      return;
    for (auto loop = op->getParentOfType<LoopOp>(); loop;
         loop = loop->getParentOfType<LoopOp>())
      count *= static_cast<double>(loop.trips());
    sum += count;
  });
  return sum;
}
