//===----------------------------------------------------------------------===//
// Which results may, or must, be made in the bytes of an operand.
//===----------------------------------------------------------------------===//
#include "codegen/buffers/InPlace.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace flm;

using Pairs = SmallVector<InPlacePair>;

static Pairs pairsOf(CollectiveOp collective) {
  switch (collective.getKind()) {
  case Collective::AllReduce:
    return {{0, 0, collective.getStarted()}};
  case Collective::Mask:
    return {{0, 0}};
  case Collective::Receive: // what stays where nothing is received
    return collective.getX() ? Pairs{{0, 0, true}} : Pairs{};
  default:
    return {};
  }
}

/// What holds for all targets: updates, accumulations, and what the runtime
/// carries out.
static Pairs pairsOf(Operation *op) {
  return TypeSwitch<Operation *, Pairs>(op)
      .Case([](AdamWOp) {
        return Pairs{{0, 0, true}, {1, 1, true}, {2, 2, true}};
      })
      .Case<LinearGradWOp, EmbeddingGradOp>([](auto gradient) {
        return gradient.getInto() ? Pairs{{0, 2, true}} : Pairs{};
      })
      .Case([](MaskPaddingOp) { return Pairs{{0, 0, true}}; })
      .Case([](CollectiveOp collective) { return pairsOf(collective); })
      .Case([](WaitOp) { return Pairs{{0, 0, true}}; })
      .Default([](Operation *) { return Pairs{}; });
}

SmallVector<InPlacePair> flm::inPlacePairs(Operation *op,
                                           const Target &target) {
  Pairs pairs = pairsOf(op);
  llvm::append_range(pairs, target.inPlacePairs(op));
  return pairs;
}
