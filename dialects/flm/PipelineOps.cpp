//===----------------------------------------------------------------------===//
// The pipeline: names and verification.
//===----------------------------------------------------------------------===//
#include "dialects/flm/Bodies.h"
#include "dialects/flm/Limits.h"
#include "dialects/flm/Pipeline.h"
#include "dialects/flm/ValueNames.h"

using namespace mlir;
using namespace flm;

YieldOp PipelineOp::forwardYield() {
  return cast<YieldOp>(forwardBody()->getTerminator());
}

YieldOp PipelineOp::backwardYield() {
  return cast<YieldOp>(backwardBody()->getTerminator());
}

bool PipelineOp::isChunked(NamedTensorType whole, NamedTensorType part) {
  return whole.getRank() == part.getRank() + 1 &&
         whole.getDims().front().hasFactor(kStageChunkDim);
}

StringRef PipelineOp::getDefaultDialect() { return "flm"; }

void PipelineOp::getAsmBlockArgumentNames(Region &region,
                                          OpAsmSetValueNameFn setName) {
  nameArguments(region, setName);
}

void PipelineOp::getAsmResultNames(OpAsmSetValueNameFn setName) {
  nameResults(*this, "", setName);
}

LogicalResult PipelineOp::verify() {
  if (getInits().getTypes() != getFinals().getTypes())
    return emitOpError("needs one result per carried value, of its type");
  if (getSlots().empty() || llvm::any_of(getSlots(), [](int64_t slots) {
        return slots < 1 || slots > kLargestCount;
      }))
    return emitOpError("needs a positive number of slots for each chunk");
  if (getStages() < 1 || getStages() > kMostStages)
    return emitOpError() << "needs 1 to " << kMostStages << " stages, not "
                         << static_cast<int64_t>(getStages());
  if (!getOver().isStatic())
    return emitOpError("needs a number of micro-batches");
  // A later backward pass would find its saved values overwritten.
  SmallVector<int64_t> needed = scheduleOf(*this).slots();
  for (auto [chunk, pair] : llvm::enumerate(llvm::zip(needed, getSlots())))
    if (std::get<0>(pair) > std::get<1>(pair))
      return emitOpError() << "has " << std::get<0>(pair)
                           << " micro-batches of chunk " << chunk
                           << " under way but only " << std::get<1>(pair)
                           << " slots for what they save";
  return success();
}

/// A slice, or a carry, against its operand.
static LogicalResult verifySlice(PipelineOp op, NamedTensorType whole,
                                 NamedTensorType part, const Twine &what) {
  DimAttr dim = whole.getRank() ? whole.getDims().front() : DimAttr();
  bool ofMicro = dim && dim == op.getOver();
  bool ofChunk =
      dim && dim.hasFactor(kStageChunkDim) && dim.size() == op.chunks();
  NamedTensorType expected =
      dim ? NamedTensorType::get(whole.getDims().drop_front(),
                                 whole.getElementType(), whole.getStates())
          : whole;
  if ((ofMicro || ofChunk) && part == expected)
    return success();
  return op.emitOpError() << what << " is " << whole << ", so a pass sees "
                          << expected << ", not " << part
                          << "; its leading dim must be the micro-batches or "
                             "the chunks";
}

LogicalResult PipelineOp::verifyRegions() {
  if (failed(verifyArguments(*this)))
    return failure();
  for (Region *region : {&getForward(), &getBackward()})
    if (region->front().empty() || !isa<YieldOp>(region->front().back()))
      return emitOpError("must end both passes in yield");
  YieldOp saves = forwardYield(), next = backwardYield();
  if (!saves.getCarries().empty())
    return saves.emitOpError("of a forward pass saves values (stack) and "
                             "carries none");
  if (!next.getStacks().empty())
    return next.emitOpError(
        "of a backward pass carries values and stacks none");
  if (forwardBody()->getNumArguments() != getStacked().size())
    return emitOpError("needs one argument of the forward pass per slice");
  if (backwardBody()->getNumArguments() !=
      getInits().size() + getStacked().size() + saves.getStacks().size())
    return emitOpError("needs one argument of the backward pass per carried "
                       "value, slice and saved value");
  for (auto [index, stacked] : llvm::enumerate(getStacked()))
    for (Value slice : {forwardSlices()[index], backwardSlices()[index]})
      if (failed(verifySlice(*this, typeOf(stacked), typeOf(slice),
                             "slice #" + Twine(index))))
        return failure();
  for (auto [index, value] : llvm::enumerate(saves.getStacks()))
    if (value.getType() != saved()[index].getType())
      return emitOpError() << "saved value #" << index << " is "
                           << value.getType()
                           << " but the backward pass reads it as "
                           << saved()[index].getType();
  if (next.getCarries().size() != getInits().size())
    return next.emitOpError()
           << "yields " << next.getCarries().size()
           << " carried values, the pipeline has " << getInits().size();
  for (auto [index, init] : llvm::enumerate(getInits())) {
    NamedTensorType whole = typeOf(init), part = typeOf(carries()[index]);
    if (whole != part && failed(verifySlice(*this, whole, part,
                                            "carried value #" + Twine(index))))
      return failure();
    if (next.getCarries()[index].getType() != part)
      return emitOpError() << "carried value #" << index << " enters a pass as "
                           << part << " but leaves it as "
                           << next.getCarries()[index].getType();
  }
  return success();
}
