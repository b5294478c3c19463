//===----------------------------------------------------------------------===//
// Which kernels state and optimizer need.
//===----------------------------------------------------------------------===//
#include "codegen/buffers/BufferMap.h"
#include "codegen/cpu/Optimizer.h"
#include "codegen/cpu/Pointwise.h"
#include "codegen/host/KernelLibrary.h"
#include "codegen/host/KernelShapes.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace flm;
using namespace flm::cpu;

LogicalResult KernelLibrary::launchTrainOp(Operation *op, Site site,
                                           bool &handled) {
  Location loc = op->getLoc();
  auto buffer = [](Value value) { return bufferOf(value); };
  return TypeSwitch<Operation *, LogicalResult>(op)
      .Case<ParamOp, StateOp>([](auto) { return success(); })
      .Case([&](UpdateOp update) {
        return copy(loc, buffer(update.getValue()), bufferAt(op, 0), site);
      })
      .Case([&](ReturnOp result) -> LogicalResult {
        for (auto [index, value] : llvm::enumerate(result.getValues()))
          if (failed(copy(loc, buffer(value), bufferAt(op, index), site)))
            return failure();
        return success();
      })
      .Case([&](FillOp fill) {
        int64_t count = typeOf(fill.getY()).numElements();
        double value = fill.getValue().convertToDouble();
        return launch(
            loc, "fill_" + Twine(count) + "_with" + constant(value),
            [&](OpBuilder &b, Location l, StringRef s) {
              return buildFill(b, l, s, value, {count, f32}, target);
            },
            {buffer(fill.getY())}, site);
      })
      .Case([&](ClipOp clip) {
        return launch(
            loc, "clip",
            [&](OpBuilder &b, Location l, StringRef s) {
              return buildClip(b, l, s);
            },
            {buffer(clip.getSumsq()), buffer(clip.getHyper()),
             buffer(clip.getNorm()), buffer(clip.getCoef())},
            site);
      })
      .Case([&](AdamWOp step) -> LogicalResult {
        // The kernel updates in place what the results are.
        for (auto [from, to] : {std::pair(step.getParam(), step.getParamNext()),
                                std::pair(step.getM(), step.getMNext()),
                                std::pair(step.getV(), step.getVNext())})
          if (failed(copy(loc, buffer(from), buffer(to), site)))
            return failure();
        AdamWProblem problem{typeOf(step.getParam()).numElements(),
                             step.getLr().convertToDouble(),
                             step.getWd().convertToDouble(),
                             step.getEps().convertToDouble()};
        return launch(
            loc,
            "adamw_" + Twine(problem.count) + "_lr" +
                constant(problem.lrMultiplier) + "_wd" +
                constant(problem.weightDecayMultiplier) + "_eps" +
                constant(problem.epsMultiplier),
            [&](OpBuilder &b, Location l, StringRef s) {
              return buildAdamW(b, l, s, problem, target);
            },
            {buffer(step.getParamNext()), buffer(step.getMNext()),
             buffer(step.getVNext()), buffer(step.getGrad()),
             buffer(step.getCoef()), buffer(step.getHyper())},
            site);
      })
      .Default([&](Operation *) {
        handled = false;
        return success();
      });
}
