//===----------------------------------------------------------------------===//
// Whether the buffers of one op fit its kernel.
//===----------------------------------------------------------------------===//
#include "codegen/buffers/KernelBuffers.h"

#include "codegen/buffers/BufferMap.h"
#include "codegen/buffers/InPlace.h"
#include "dialects/flm/ValueNames.h"

using namespace mlir;
using namespace flm;

static bool overlap(BufferAttr a, BufferAttr b, AddressOf address) {
  return a.getArena() == b.getArena() && a.getIndex() == b.getIndex() &&
         address(a) < address(b) + b.getBytes() &&
         address(b) < address(a) + a.getBytes();
}

static std::string described(OpResult result) {
  return ("result #" + Twine(result.getResultNumber()) + " (%" +
          valueName(result) + ")")
      .str();
}

static std::string described(OpOperand &operand) {
  return ("operand #" + Twine(operand.getOperandNumber()) + " (%" +
          valueName(operand.get()) + ")")
      .str();
}

LogicalResult flm::checkSize(Operation *op, OpResult value) {
  BufferAttr buffer = bufferOf(value);
  if (!buffer)
    return op->emitOpError("has no buffers");
  int64_t bytes = typeOf(value).bytes();
  if (buffer.getBytes() < bytes)
    return op->emitOpError() << described(value) << " takes " << bytes
                             << " bytes, its buffer has " << buffer.getBytes();
  return success();
}

LogicalResult flm::checkCopy(Operation *op, BufferAttr from, BufferAttr to,
                             AddressOf address) {
  if (!overlap(from, to, address) || address(from) == address(to))
    return success();
  return op->emitOpError() << "copies " << from << " to " << to
                           << ", which it overlaps";
}

/// Whether the result may be made in the very bytes of the operand.
static bool mayShare(OpResult result, OpOperand &operand, AddressOf address) {
  return address(bufferOf(result)) == address(bufferOf(operand.get())) &&
         llvm::any_of(inPlacePairs(result.getOwner()), [&](InPlacePair pair) {
           return pair.result == result.getResultNumber() &&
                  pair.operand == operand.getOperandNumber();
         });
}

LogicalResult flm::checkKernelBuffers(Operation *op, AddressOf address) {
  for (OpResult result : op->getResults()) {
    if (failed(checkSize(op, result)))
      return failure();
    for (OpOperand &operand : op->getOpOperands())
      if (overlap(bufferOf(result), bufferOf(operand.get()), address) &&
          !mayShare(result, operand, address))
        return op->emitOpError() << "writes " << described(result) << " over "
                                 << described(operand) << " while it reads it";
  }
  if (auto wait = dyn_cast<WaitOp>(op))
    if (address(bufferOf(wait.getY())) != address(bufferOf(wait.getPending())))
      return wait.emitOpError("must have its result where the collective that "
                              "was started writes it");
  int64_t bytes = temporaryBytes(op);
  if (!bytes)
    return success();
  BufferAttr temporary = bufferAt(op, op->getNumResults());
  if (!temporary || temporary.getBytes() < bytes)
    return op->emitOpError()
           << "takes " << bytes << " bytes for temporaries, its buffer has "
           << (temporary ? temporary.getBytes() : 0);
  for (OpOperand &operand : op->getOpOperands())
    if (overlap(temporary, bufferOf(operand.get()), address))
      return op->emitOpError() << "writes its temporaries over "
                               << described(operand) << " while it reads it";
  for (OpResult result : op->getResults())
    if (overlap(temporary, bufferOf(result), address))
      return op->emitOpError()
             << "has temporaries in the bytes of " << described(result);
  return success();
}
