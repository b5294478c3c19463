//===----------------------------------------------------------------------===//
// Which ops of a program a pipeline stage runs, and when.
//===----------------------------------------------------------------------===//
#include "dialects/flm/Pipeline.h"

#include "llvm/ADT/StringSwitch.h"

using namespace mlir;
using namespace flm;

//===----------------------------------------------------------------------===//
// flm.at
//===----------------------------------------------------------------------===//

AxisStateAttr flm::atOf(Operation *op) {
  return op->getAttrOfType<AxisStateAttr>(kAt);
}

void flm::setAt(Operation *op, StringAttr axis, StringRef where) {
  MLIRContext *context = op->getContext();
  op->setAttr(kAt, AxisStateAttr::get(context, axis, AxisStateKind::At,
                                      StringAttr::get(context, where)));
}

bool flm::runsAt(Operation *op, const StagePosition &position) {
  AxisStateAttr at = atOf(op);
  if (!at)
    return true;
  return llvm::StringSwitch<bool>(at.getArgument().getValue())
      .Case("first", position.isFirst())
      .Case("last", position.isLast())
      .Case("not_first", !position.isFirst())
      .Case("not_last", !position.isLast())
      .Default(true);
}

//===----------------------------------------------------------------------===//
// PipelineSchedule
//===----------------------------------------------------------------------===//

int64_t PipelineSchedule::warmup(int64_t stage) const {
  int64_t behind = stages - 1 - stage;
  int64_t forwards = chunks == 1 ? behind : 2 * behind + (chunks - 1) * stages;
  return std::min(forwards, passes());
}

PipelineSchedule::Pass PipelineSchedule::forward(int64_t index) const {
  if (chunks == 1)
    return {0, index};
  int64_t group = index / (stages * chunks), within = index % (stages * chunks);
  return {within / stages, group * stages + within % stages};
}

PipelineSchedule::Pass PipelineSchedule::backward(int64_t index) const {
  Pass pass = forward(index);
  return {chunks - 1 - pass.chunk, pass.micro};
}

SmallVector<int64_t> PipelineSchedule::slots() const {
  // Once all are warm, every round is like the one before.
  PipelineSchedule few = *this;
  few.microBatches = std::min(microBatches, 3 * stages);
  if (few.microBatches < microBatches)
    return few.slots();
  SmallVector<int64_t> most(chunks, 0);
  // Stage 0 is the furthest ahead, so it has the most under way.
  SmallVector<int64_t> underWay(chunks, 0);
  for (int64_t tick = 0, w = warmup(0); tick < ticks(0); ++tick) {
    if (tick < passes()) {
      int64_t chunk = forward(tick).chunk;
      most[chunk] = std::max(most[chunk], ++underWay[chunk]);
    }
    if (tick >= w)
      --underWay[backward(tick - w).chunk];
  }
  return most;
}

double PipelineSchedule::bubbleFraction() const {
  double bubble = static_cast<double>(stages - 1) / chunks;
  return bubble / (static_cast<double>(microBatches) + bubble);
}

PipelineSchedule flm::scheduleOf(PipelineOp pipeline) {
  return {static_cast<int64_t>(pipeline.getStages()), pipeline.chunks(),
          pipeline.microBatches()};
}
