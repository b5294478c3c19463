//===----------------------------------------------------------------------===//
// Which results may, or must, be made in the bytes of an operand.
//===----------------------------------------------------------------------===//
#include "codegen/buffers/InPlace.h"

#include "codegen/cpu/Norm.h"
#include "codegen/cpu/Reduction.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace flm;

/// `result` may take the bytes of any of `operands`.
static SmallVector<InPlacePair> anyOf(unsigned result,
                                      ArrayRef<unsigned> operands) {
  return llvm::map_to_vector(
      operands, [&](unsigned operand) { return InPlacePair{result, operand}; });
}

SmallVector<InPlacePair> flm::inPlacePairs(Operation *op) {
  using Pairs = SmallVector<InPlacePair>;
  return TypeSwitch<Operation *, Pairs>(op)
      .Case([](AddOp add) {
        Pairs pairs;
        for (unsigned i = 0, n = add.getValues().size(); i < n; ++i)
          pairs.push_back({0, i});
        return pairs;
      })
      .Case<ScaleOp, RopeOp, RmsNormOp, RmsNormGradXOp, CrossEntropyGradOp>(
          [](auto) { return anyOf(0, {0}); })
      .Case([](SiluMulOp) { return anyOf(0, {0, 1}); })
      .Case([](SiluMulGradOp) {
        return Pairs{{0, 0}, {1, 0}, {0, 1}, {1, 1}, {0, 2}, {1, 2}};
      })
      .Case([](AdamWOp) {
        return Pairs{{0, 0, true}, {1, 1, true}, {2, 2, true}};
      })
      .Case<LinearGradWOp, EmbeddingGradOp>([](auto gradient) {
        return gradient.getInto() ? Pairs{{0, 2, true}} : Pairs{};
      })
      .Case([](MaskPaddingOp) { return Pairs{{0, 0, true}}; })
      .Case([](CollectiveOp collective) {
        switch (collective.getKind()) {
        case Collective::AllReduce:
          return Pairs{{0, 0, collective.getStarted()}};
        case Collective::Mask:
          return Pairs{{0, 0}};
        case Collective::Receive: // what stays where nothing is received
          return collective.getX() ? Pairs{{0, 0, true}} : Pairs{};
        default:
          return Pairs{};
        }
      })
      .Case([](WaitOp) { return Pairs{{0, 0, true}}; })
      .Default([](Operation *) { return Pairs{}; });
}

int64_t flm::temporaryBytes(Operation *op) {
  constexpr int64_t floatBytes = 4;
  return TypeSwitch<Operation *, int64_t>(op)
      .Case([&](RmsNormGradGOp grad) {
        NamedTensorType x = typeOf(grad.getX());
        int64_t n = x.getDims().back().size();
        return cpu::rmsNormChunks(x.numElements() / n) * n * floatBytes;
      })
      .Case<SumOp, SumSquaresOp, MeanAbsOp>([&](auto reduction) {
        return cpu::reductionChunks(typeOf(reduction.getX()).numElements()) *
               floatBytes;
      })
      // The kernel writes the log-sum-exp also where nobody reads it.
      .Case([&](AttentionOp attention) {
        NamedTensorType lse = AttentionOp::lseType(typeOf(attention.getQ()));
        return attention.getLse() ? int64_t(0) : lse.bytes();
      })
      .Default([](Operation *) { return int64_t(0); });
}
