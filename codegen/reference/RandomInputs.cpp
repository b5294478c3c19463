//===----------------------------------------------------------------------===//
// Random numbers to run a program on.
//===----------------------------------------------------------------------===//
#include "codegen/reference/RandomInputs.h"

#include "dialects/flm/Flm.h"

#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/xxhash.h"

#include <limits>
#include <random>

using namespace mlir;
using namespace flm;
using namespace flm::reference;

Tensor reference::randomNormal(ArrayRef<int64_t> shape, unsigned seed) {
  std::mt19937_64 bits(seed);
  std::normal_distribution<double> normal;
  Tensor tensor(shape);
  for (double &x : tensor.data)
    x = normal(bits);
  return tensor;
}

Tensor reference::randomIndices(ArrayRef<int64_t> shape, int64_t count,
                                unsigned seed) {
  std::mt19937_64 bits(seed);
  std::uniform_int_distribution<int64_t> index(0, count - 1);
  Tensor tensor(shape);
  for (double &x : tensor.data)
    x = static_cast<double>(index(bits));
  return tensor;
}

/// The classes of `loss`, an op on logits.
template <typename Op> static int64_t classesOf(Op loss) {
  DimAttr valid = loss.getValidAttr();
  return valid ? valid.size()
               : typeOf(loss.getLogits()).getDims().back().size();
}

/// How many token numbers everything in `program` knows.
static int64_t vocabularyOf(Operation *program) {
  int64_t count = std::numeric_limits<int32_t>::max();
  program->walk([&](Operation *op) {
    llvm::TypeSwitch<Operation *>(op)
        .Case([&](EmbeddingOp embedding) {
          NamedTensorType table = typeOf(embedding.getTable());
          count = std::min(count, table.getDims().front().size());
        })
        .Case<CrossEntropyOp, ReduceMaxOp, SumExpOp, CrossEntropyGradOp>(
            [&](auto loss) { count = std::min(count, classesOf(loss)); });
  });
  return count;
}

/// Whether `argument` is the scalars of a step.
static bool isHyper(Value argument) {
  return llvm::any_of(argument.getUsers(), [&](Operation *user) {
    if (auto step = dyn_cast<AdamWOp>(user))
      return step.getHyper() == argument;
    auto clip = dyn_cast<ClipOp>(user);
    return clip && clip.getHyper() == argument;
  });
}

/// In the order of Hyper.def, as at the first step.
static Tensor ordinaryHyper() {
  constexpr double lr = 1e-3, beta1 = 0.9, beta2 = 0.95, eps = 1e-8,
                   weight_decay = 0.1, clip = 1.0, bias1 = 1 - beta1,
                   bias2 = 1 - beta2;
  std::vector<double> values = {
#define FLM_HYPER(name, doc) name,
#include "runtime/abi/Hyper.def"
  };
  return Tensor({static_cast<int64_t>(values.size())}, values);
}

SmallVector<Tensor> reference::randomArguments(Operation *program,
                                               unsigned seed) {
  SmallVector<Tensor> arguments;
  for (BlockArgument argument : program->getRegion(0).getArguments()) {
    NamedTensorType type = typeOf(argument);
    unsigned own = seed + argument.getArgNumber();
    if (type.getElementType().isInteger())
      arguments.push_back(
          randomIndices(type.shape(), vocabularyOf(program), own));
    else if (isHyper(argument))
      arguments.push_back(ordinaryHyper());
    else
      arguments.push_back(randomNormal(type.shape(), own));
  }
  return arguments;
}

State reference::randomState(Operation *program, unsigned seed) {
  State state;
  program->walk([&](Operation *op) {
    if (auto param = dyn_cast<ParamOp>(op)) {
      Tensor value = randomNormal(typeOf(param.getValue()).shape(),
                                  seed + llvm::xxh3_64bits(param.getName()));
      for (double &x : value.data)
        x *= 0.1;
      state[param.getName()] = std::move(value);
    } else if (auto moment = dyn_cast<StateOp>(op)) {
      state[moment.getName()] = Tensor(typeOf(moment.getValue()).shape());
    }
  });
  return state;
}

std::function<double(StringRef, int64_t, double)>
reference::randomTruncatedNormal(unsigned seed) {
  return [seed](StringRef key, int64_t index, double std) {
    std::mt19937_64 bits(seed + llvm::xxh3_64bits(key) + index);
    std::normal_distribution<double> normal;
    double x = normal(bits);
    while (std::abs(x) > 2)
      x = normal(bits);
    return std * x;
  };
}
