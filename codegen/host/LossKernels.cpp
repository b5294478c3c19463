//===----------------------------------------------------------------------===//
// Which kernels losses and reductions need.
//===----------------------------------------------------------------------===//
#include "codegen/buffers/BufferMap.h"
#include "codegen/buffers/StateTables.h"
#include "codegen/cpu/CrossEntropy.h"
#include "codegen/cpu/Reduction.h"
#include "codegen/host/KernelLibrary.h"
#include "codegen/host/KernelShapes.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace flm;
using namespace flm::cpu;

LogicalResult KernelLibrary::launchReduction(Operation *op, Value x,
                                             double factor, Site site) {
  Summand summand = isa<SumSquaresOp>(op) ? Summand::Square
                    : isa<MeanAbsOp>(op)  ? Summand::Magnitude
                                          : Summand::Element;
  StringRef kind = op->getName().stripDialect();
  int64_t count = typeOf(x).numElements();
  BufferAttr partials = bufferAt(op, 1);
  if (failed(launch(
          op->getLoc(), kind + "_" + Twine(count),
          [&](OpBuilder &b, Location l, StringRef s) {
            return buildChunkSums(b, l, s, {count, summand, f32}, target);
          },
          {bufferOf(x), partials}, site)))
    return failure();
  int64_t chunks = reductionChunks(count);
  return launch(
      op->getLoc(), "fold_" + Twine(chunks) + "_by" + constant(factor),
      [&](OpBuilder &b, Location l, StringRef s) {
        return buildFoldChunkSums(b, l, s, chunks, factor, target);
      },
      {partials, bufferOf(op->getResult(0))}, site);
}

LogicalResult KernelLibrary::launchLossOp(Operation *op, Site site,
                                          bool &handled) {
  Location loc = op->getLoc();
  auto buffer = [](Value value) { return bufferOf(value); };
  auto problemOf = [&](Value logits, DimAttr valid) {
    Matrix shape(logits);
    return CrossEntropyProblem{shape.rows, valid ? valid.size() : shape.columns,
                               shape.columns, f32};
  };
  auto describe = [](const CrossEntropyProblem &problem) {
    return sizes({problem.rows, problem.vocab, problem.paddedVocab});
  };
  return TypeSwitch<Operation *, LogicalResult>(op)
      .Case([&](MaskPaddingOp mask) -> LogicalResult {
        BufferAttr rank = coordinateOf(op, mask.getAxis());
        if (!rank)
          return mask.emitOpError()
                 << "needs this rank's index on " << mask.getAxisAttr()
                 << ", which the mesh does not have";
        // The kernel works in place.
        if (failed(copy(loc, buffer(mask.getX()), buffer(mask.getY()), site)))
          return failure();
        Matrix shape(mask.getX());
        CrossEntropyProblem problem{shape.rows,
                                    static_cast<int64_t>(mask.getValid()),
                                    shape.columns, f32};
        return launch(
            loc, "mask_padding_" + describe(problem),
            [&](OpBuilder &b, Location l, StringRef s) {
              return buildMaskPadding(b, l, s, problem, target);
            },
            {rank, buffer(mask.getY())}, site);
      })
      .Case([&](ReduceMaxOp reduce) {
        auto problem = problemOf(reduce.getLogits(), reduce.getValidAttr());
        return launch(
            loc, "reduce_max_" + describe(problem),
            [&](OpBuilder &b, Location l, StringRef s) {
              return buildReduceMax(b, l, s, problem, target);
            },
            {buffer(reduce.getLogits()), buffer(reduce.getY())}, site);
      })
      .Case([&](SumExpOp sum) {
        auto problem = problemOf(sum.getLogits(), sum.getValidAttr());
        return launch(
            loc, "sum_exp_" + describe(problem),
            [&](OpBuilder &b, Location l, StringRef s) {
              return buildSumExp(b, l, s, problem, target);
            },
            {buffer(sum.getLogits()), buffer(sum.getMax()), buffer(sum.getY())},
            site);
      })
      .Case([&](PickOp pick) {
        auto problem = problemOf(pick.getLogits(), {});
        return launch(
            loc, "pick_" + describe(problem),
            [&](OpBuilder &b, Location l, StringRef s) {
              return buildPick(b, l, s, problem, target);
            },
            {buffer(pick.getLogits()), buffer(pick.getTargets()),
             buffer(pick.getY())},
            site);
      })
      .Case([&](NllOp nll) {
        int64_t rows = typeOf(nll.getY()).numElements();
        return launch(
            loc, "nll_" + Twine(rows),
            [&](OpBuilder &b, Location l, StringRef s) {
              return buildNll(b, l, s, rows, target);
            },
            {buffer(nll.getSumExp()), buffer(nll.getMax()),
             buffer(nll.getPicked()), buffer(nll.getY())},
            site);
      })
      .Case([&](CrossEntropyGradOp grad) {
        auto problem = problemOf(grad.getLogits(), grad.getValidAttr());
        return launch(
            loc, "cross_entropy_grad_" + describe(problem),
            [&](OpBuilder &b, Location l, StringRef s) {
              return buildCrossEntropyGrad(b, l, s, problem, target);
            },
            {buffer(grad.getLogits()), buffer(grad.getMax()),
             buffer(grad.getSumExp()), buffer(grad.getTargets()),
             buffer(grad.getSeed()), buffer(grad.getDlogits())},
            site);
      })
      .Case<SumOp, SumSquaresOp>([&](auto reduction) {
        return launchReduction(op, reduction.getX(), 1.0, site);
      })
      .Case([&](ChunkSumsOp sums) {
        int64_t length = sums.getLength();
        int64_t chunks = typeOf(sums.getY()).numElements();
        return launch(
            loc, "chunk_squares_" + sizes({chunks, length}),
            [&](OpBuilder &b, Location l, StringRef s) {
              return buildChunkSquares(b, l, s, chunks, length, f32, target);
            },
            {buffer(sums.getX()), buffer(sums.getY())}, site);
      })
      .Case([&](ChunkTotalOp total) {
        int64_t chunks = typeOf(total.getX()).numElements();
        return launch(
            loc, "fold_" + Twine(chunks) + "_by" + constant(1.0),
            [&](OpBuilder &b, Location l, StringRef s) {
              return buildFoldChunkSums(b, l, s, chunks, 1.0, target);
            },
            {buffer(total.getX()), buffer(total.getY())}, site);
      })
      .Case([&](FoldOp fold) {
        int64_t count = typeOf(fold.getY()).numElements();
        int64_t slots = typeOf(fold.getX()).numElements() / count;
        return launch(
            loc, "fold_slots_" + sizes({slots, count}),
            [&](OpBuilder &b, Location l, StringRef s) {
              return buildFoldSlots(b, l, s, slots, count, f32, target);
            },
            {buffer(fold.getX()), buffer(fold.getY())}, site);
      })
      .Case([&](MeanAbsOp mean) {
        auto count = static_cast<double>(typeOf(mean.getX()).numElements());
        return launchReduction(op, mean.getX(), 1.0 / count, site);
      })
      .Default([&](Operation *) {
        handled = false;
        return success();
      });
}
