//===----------------------------------------------------------------------===//
// Proves that no value is overwritten while it is alive, by running the program
// on its buffers and remembering what lies where.
//===----------------------------------------------------------------------===//
#include "codegen/buffers/BufferExecution.h"
#include "codegen/buffers/Passes.h"

#include <numeric>

using namespace mlir;
using namespace flm;

namespace flm {
#define GEN_PASS_DEF_VERIFYBUFFERS
#include "codegen/buffers/Passes.h.inc"
} // namespace flm

namespace {

struct VerifyBuffers : flm::impl::VerifyBuffersBase<VerifyBuffers> {
  void runOnOperation() override {
    for (ProgramOp program : getOperation().getOps<ProgramOp>())
      if (program.getSymName() != "init" &&
          (failed(checkArenas(program)) || failed(runStages(program))))
        return signalPassFailure();
  }

  LogicalResult checkArenas(ProgramOp program);

  /// Stages differ in how far forward passes are ahead of backward ones.
  static LogicalResult runStages(ProgramOp program) {
    int64_t stages = 1;
    auto module = program->getParentOfType<ModuleOp>();
    program.walk([&](Operation *op) {
      if (auto pipeline = dyn_cast<PipelineOp>(op))
        stages = std::max(stages, static_cast<int64_t>(pipeline.getStages()));
      if (AxisStateAttr at = atOf(op))
        for (PlanOp plan : module.getOps<PlanOp>())
          stages = std::max(stages, plan.axisSize(at.getAxis()));
    });
    for (int64_t stage = 0; stage < stages; ++stage)
      if (failed(BufferExecution(program, {stage, stages, 0, 1}).run()))
        return failure();
    return success();
  }
};

/// The largest indices around `op`, outermost first.
static SmallVector<int64_t> lastIndices(Operation *op) {
  SmallVector<int64_t> indices;
  for (Operation *parent = op->getParentOp(); isa<LoopOp, PipelineOp>(parent);
       parent = parent->getParentOp()) {
    if (auto loop = dyn_cast<LoopOp>(parent)) {
      indices.insert(indices.begin(), loop.trips() - 1);
      continue;
    }
    auto pipeline = cast<PipelineOp>(parent);
    int64_t slots = std::accumulate(pipeline.getSlots().begin(),
                                    pipeline.getSlots().end(), int64_t(0));
    int64_t own[] = {pipeline.microBatches() - 1, pipeline.chunks() - 1,
                     slots - 1};
    indices.insert(indices.begin(), std::begin(own), std::end(own));
  }
  return indices;
}

/// Every buffer must end before its arena does, in the last iteration too.
LogicalResult VerifyBuffers::checkArenas(ProgramOp program) {
  auto check = [&](Operation *op, BufferAttr buffer) -> LogicalResult {
    StringRef key = buffer.getArena() == Arena::State     ? "flm.state_bytes"
                    : buffer.getArena() == Arena::Scratch ? "flm.scratch_bytes"
                                                          : "";
    auto size = getOperation()->getAttrOfType<IntegerAttr>(key);
    if (!size)
      return success();
    int64_t end = buffer.getOffset() + buffer.getBytes();
    for (auto [stride, last] : llvm::zip(buffer.getStrides(), lastIndices(op)))
      end += stride * last;
    if (buffer.getOffset() >= 0 && end <= size.getInt())
      return success();
    return op->emitOpError() << "has the buffer " << buffer << ", but " << key
                             << " is " << size.getInt();
  };
  WalkResult result = program.walk([&](Operation *op) -> WalkResult {
    auto buffers = op->getAttrOfType<ArrayAttr>(kBuffers);
    if (!buffers)
      return WalkResult::advance();
    for (auto buffer : buffers.getAsRange<BufferAttr>())
      if (failed(check(op, buffer)))
        return WalkResult::interrupt();
    return WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}

} // namespace
