//===----------------------------------------------------------------------===//
// Sums of all elements of a tensor.
//===----------------------------------------------------------------------===//
#include "codegen/cpu/rules/Reductions.h"

#include "codegen/cpu/rules/KernelShapes.h"

using namespace mlir;
using namespace flm;
using namespace flm::cpu;

LogicalResult flm::cpu::launchReduction(StringRef name, Value x, Value y,
                                        Summand summand, double factor,
                                        Launcher &to) {
  int64_t count = typeOf(x).numElements();
  ReductionProblem problem{count, summand, to.f32()};
  if (failed(to.launch(name + Twine(count), {x, to.temporaries()},
                       buildChunkSums, problem)))
    return failure();
  return launchChunkFold(to.temporaries(), y, reductionChunks(count), factor,
                         to);
}

LogicalResult flm::cpu::launchChunkFold(Bytes x, Value y, int64_t chunks,
                                        double factor, Launcher &to) {
  return to.launch("fold_" + Twine(chunks) + "_by" + constant(factor), {x, y},
                   buildFoldChunkSums, chunks, factor);
}

int64_t flm::cpu::reductionTemporaries(Value x) {
  return reductionChunks(typeOf(x).numElements()) * kFloatBytes;
}
