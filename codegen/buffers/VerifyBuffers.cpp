//===----------------------------------------------------------------------===//
// Proves that no value is overwritten while it is alive, by running the program
// on its buffers and remembering what lies where.
//===----------------------------------------------------------------------===//
#include "codegen/buffers/BufferExecution.h"
#include "codegen/buffers/Passes.h"
#include "dialects/flm/Limits.h"
#include "passes/contracts/StageInput.h"

#include "llvm/Support/CheckedArithmetic.h"

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
    if (failed(
            verifyInput(getOperation(), *this, Stage::buffers, Stage::buffers)))
      return signalPassFailure();
    const Target *target = Target::of(getOperation());
    if (!target)
      return signalPassFailure();
    for (ProgramOp program : getOperation().getOps<ProgramOp>())
      if (program.getSymName() != "init" &&
          (failed(checkArenas(program)) || failed(runStages(program, *target))))
        return signalPassFailure();
  }

  LogicalResult checkArenas(ProgramOp program);

  /// Stages differ in how far forward passes are ahead of backward ones.
  static LogicalResult runStages(ProgramOp program, const Target &target) {
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
      if (failed(BufferExecution(program, target, {stage, stages, 0, 1}).run()))
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

/// The first byte after `buffer`, with `last` as the indices around it; nothing
/// if that is more than 64 bits hold.
static std::optional<int64_t> endOf(BufferAttr buffer, ArrayRef<int64_t> last) {
  std::optional<int64_t> end =
      llvm::checkedAdd(buffer.getOffset(), buffer.getBytes());
  for (auto [stride, index] : llvm::zip(buffer.getStrides(), last))
    if (end)
      end = llvm::checkedMulAdd(stride, index, *end);
  return end;
}

/// Every buffer must end before its arena does, in the last iteration too.
LogicalResult VerifyBuffers::checkArenas(ProgramOp program) {
  auto check = [&](Operation *op, BufferAttr buffer) -> LogicalResult {
    SmallVector<int64_t> last = lastIndices(op);
    std::optional<int64_t> end = endOf(buffer, last);
    StringRef key = buffer.getArena() == Arena::State     ? kStateBytes
                    : buffer.getArena() == Arena::Scratch ? kScratchBytes
                                                          : "no size";
    // Buffers of the caller, and programs by hand, have no size written.
    int64_t size = kLargestBytes;
    if (auto written = getOperation()->getAttrOfType<IntegerAttr>(key))
      size = written.getInt();
    if (end && *end <= size)
      return success();
    auto diag = op->emitOpError() << "has the buffer " << buffer;
    if (size == kLargestBytes)
      return diag << ", which no arena can hold";
    return diag << ", but " << key << " is " << size;
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
