//===----------------------------------------------------------------------===//
// What a program gives: its results and its updates, by name.
//===----------------------------------------------------------------------===//
#include "codegen/reference/Outputs.h"

#include "dialects/flm/Flm.h"
#include "dialects/flm/ValueNames.h"

#include "llvm/ADT/TypeSwitch.h"

#include <cmath>

using namespace mlir;
using namespace flm;
using namespace flm::reference;

static std::string textOf(Type type) {
  std::string text;
  llvm::raw_string_ostream(text) << type;
  return text;
}

std::vector<Output> reference::outputsOf(Operation *program,
                                         ArrayRef<Tensor> results,
                                         const State &state) {
  std::vector<Output> outputs;
  Operation *end = program->getRegion(0).front().getTerminator();
  for (auto [index, value] : llvm::enumerate(end->getOperands())) {
    std::string name = "result " + std::to_string(index);
    if (StringRef written = valueName(value); !written.empty())
      name += (" (%" + written + ")").str();
    outputs.push_back({name, textOf(value.getType()), results[index]});
  }
  program->walk([&](UpdateOp update) {
    outputs.push_back({("update \"" + update.getName() + "\"").str(),
                       textOf(update.getValue().getType()),
                       state.lookup(update.getName())});
  });
  return outputs;
}

Distance reference::distance(const Tensor &a, const Tensor &b) {
  double largest = 0, difference = 0;
  int64_t element = 0;
  for (int64_t i = 0; i < a.size(); ++i) {
    double x = a.data[i], y = b.data[i];
    if (std::isnan(x) != std::isnan(y))
      return {INFINITY, i};
    if (std::isnan(x))
      continue;
    largest = std::max(largest, std::abs(x));
    if (x != y && std::abs(x - y) > difference) {
      difference = std::abs(x - y);
      element = i;
    }
  }
  return {difference == 0 ? 0 : difference / largest, element};
}

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
