//===----------------------------------------------------------------------===//
// What a program gives: its results and its updates, by name.
//===----------------------------------------------------------------------===//
#include "codegen/reference/Outputs.h"

#include "dialects/flm/Flm.h"
#include "dialects/flm/ValueNames.h"

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
