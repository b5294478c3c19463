//===----------------------------------------------------------------------===//
// Gives every value of every program its bytes.
//===----------------------------------------------------------------------===//
#include "codegen/buffers/BufferAssignment.h"
#include "codegen/buffers/CollectiveStaging.h"
#include "codegen/buffers/Passes.h"
#include "codegen/buffers/StateTables.h"
#include "passes/contracts/StageInput.h"

#include "dialects/flm/Pipeline.h"
#include "dialects/flm/ValueNames.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/MathExtras.h"

#include <tuple>
#include <utility>

using namespace mlir;
using namespace flm;

namespace flm {
#define GEN_PASS_DEF_ASSIGNBUFFERS
#include "codegen/buffers/Passes.h.inc"
} // namespace flm

namespace {

struct AssignBuffers : flm::impl::AssignBuffersBase<AssignBuffers> {
  using AssignBuffersBase::AssignBuffersBase;

  void runOnOperation() override {
    if (failed(
            verifyInput(getOperation(), *this, Stage::fuse, Stage::buffers)) ||
        failed(assign()))
      signalPassFailure();
  }

private:
  LogicalResult assign();
  LogicalResult checkLimit(int64_t stateBytes, int64_t scratchBytes,
                           ArrayRef<Storage> pieces);
};

LogicalResult AssignBuffers::assign() {
  ModuleOp module = getOperation();
  auto train = module.lookupSymbol<ProgramOp>("train_step");
  if (!train)
    return module.emitError("has no @train_step; run the train stage first");

  const Target *target = Target::of(module);
  if (!target)
    return failure();
  const int64_t alignment = target->bufferAlignment();

  // Each parameter is followed by its moments: AdamW streams through all three.
  StateOffsets state;
  int64_t stateBytes = 0;
  auto place = [&](StringRef end) {
    train.walk([&](UpdateOp update) {
      AxisStateAttr at = atOf(update);
      if ((at ? at.getArgument().getValue() : "") != end)
        return;
      state[update.getName()] = stateBytes;
      stateBytes += llvm::alignTo(typeOf(update.getValue()).bytes(), alignment);
    });
  };
  place("");
  // No rank has what lies at the first stage and what lies at the last one.
  int64_t shared = stateBytes;
  place("first");
  int64_t end = std::exchange(stateBytes, shared);
  place("last");
  stateBytes = std::max(stateBytes, end);
  placeStateTables(module, alignment, stateBytes);

  int64_t scratchBytes = 0;
  SmallVector<Storage> largest;
  for (ProgramOp program : module.getOps<ProgramOp>()) {
    if (program.getSymName() == "init")
      continue; // carried out by the runtime
    WalkResult known = program.walk([&](Operation *op) -> WalkResult {
      if (isa<ParamOp, StateOp>(op) &&
          !state.contains(cast<StringAttr>(op->getAttr("name")).getValue()))
        return op->emitError("reads state that @train_step does not update");
      return WalkResult::advance();
    });
    if (known.wasInterrupted())
      return failure();
    BufferAssignment assignment(program, *target, state);
    if (failed(assignment.run()))
      return failure();
    assignment.write();
    if (assignment.scratchBytes() > scratchBytes) {
      scratchBytes = assignment.scratchBytes();
      largest.assign(assignment.pieces().begin(), assignment.pieces().end());
    }
  }
  Builder builder(&getContext());
  module->setAttr(kStateBytes, builder.getI64IntegerAttr(stateBytes));
  module->setAttr(kScratchBytes, builder.getI64IntegerAttr(scratchBytes));
  return checkLimit(stateBytes, scratchBytes, largest);
}

static std::string mebibytes(int64_t bytes) {
  std::string text;
  llvm::raw_string_ostream(text)
      << llvm::format("%.1f MiB", static_cast<double>(bytes) / (1 << 20));
  return text;
}

LogicalResult AssignBuffers::checkLimit(int64_t stateBytes,
                                        int64_t scratchBytes,
                                        ArrayRef<Storage> pieces) {
  const int64_t messages = stagingBytes(getOperation());
  const int64_t all = stateBytes + scratchBytes + messages;
  if (memoryLimit <= 0 || all <= memoryLimit)
    return success();
  auto diag = getOperation().emitError()
              << "the program needs " << mebibytes(all) << " (state "
              << mebibytes(stateBytes) << ", scratch "
              << mebibytes(scratchBytes);
  if (messages)
    diag << ", messages between ranks " << mebibytes(messages);
  diag << "), the limit is " << mebibytes(memoryLimit);
  SmallVector<Storage> sorted(pieces);
  llvm::sort(sorted, [](const Storage &a, const Storage &b) {
    return std::tie(b.bytes, a.from) < std::tie(a.bytes, b.from);
  });
  for (const Storage &piece :
       ArrayRef(sorted).take_front(std::min<size_t>(10, sorted.size())))
    diag.attachNote() << "scratch: " << mebibytes(piece.bytes) << " %"
                      << piece.name;
  return diag;
}

} // namespace
