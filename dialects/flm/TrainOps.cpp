//===----------------------------------------------------------------------===//
// Programs, and sums in a fixed order.
//===----------------------------------------------------------------------===//
#include "dialects/flm/Bodies.h"
#include "dialects/flm/DimNames.h"
#include "dialects/flm/Flm.h"
#include "dialects/flm/ParameterNames.h"
#include "dialects/flm/TypeSyntax.h"
#include "dialects/flm/ValueNames.h"

using namespace mlir;
using namespace flm;

//===----------------------------------------------------------------------===//
// ProgramOp
//===----------------------------------------------------------------------===//

StringRef ProgramOp::getDefaultDialect() { return "flm"; }

void ProgramOp::getAsmBlockArgumentNames(Region &region,
                                         OpAsmSetValueNameFn setName) {
  nameArguments(region, setName);
}

ParseResult ProgramOp::parse(OpAsmParser &parser, OperationState &state) {
  StringAttr name;
  FlatSymbolRefAttr config;
  SmallVector<OpAsmParser::Argument> arguments;
  if (parser.parseSymbolName(name, getSymNameAttrName(state.name),
                             state.attributes) ||
      parser.parseKeyword("of") ||
      parser.parseAttribute(config, getConfigAttrName(state.name),
                            state.attributes) ||
      parseArguments(parser, arguments) ||
      parser.parseOptionalAttrDictWithKeyword(state.attributes))
    return failure();
  Region *body = state.addRegion();
  if (parser.parseRegion(*body, arguments))
    return failure();
  adoptParsedNames(*body);
  return success();
}

void ProgramOp::print(OpAsmPrinter &printer) {
  printer << ' ';
  printer.printSymbolName(getSymName());
  printer << " of " << getConfigAttr();
  printArguments(printer, getBody());
  printer.printOptionalAttrDictWithKeyword(
      (*this)->getDiscardableAttrDictionary().getValue());
  printer << ' ';
  printer.printRegion(getBody(), /*printEntryBlockArgs=*/false);
}

/// The runtime hands over and takes back whole values.
static LogicalResult verifyReturned(Operation *terminator) {
  for (OpOperand &operand : terminator->getOpOperands())
    for (AxisStateAttr state : typeOf(operand.get()).getStates()) {
      StringRef name = valueName(operand.get());
      return terminator->emitOpError()
             << "operand #" << operand.getOperandNumber()
             << (name.empty() ? "" : (" (%" + name + ")").str()) << " is "
             << stateText(state) << " over '" << state.getAxis().getValue()
             << "', but callers read whole values; make it replicated with a "
                "reshard";
    }
  return success();
}

/// What lives between steps is a value, not a term of one.
static LogicalResult verifyAtRest(Operation *op, Type type) {
  for (AxisStateAttr state : cast<NamedTensorType>(type).getStates())
    if (state.getKind() == AxisStateKind::Partial)
      return op->emitOpError()
             << op->getAttr("name") << " lives between steps, so it can not be "
             << stateText(state) << " over '" << state.getAxis().getValue()
             << "'; reduce it first";
  return success();
}

LogicalResult ProgramOp::verifyRegions() {
  if (body()->empty() || !isa<ReturnOp>(body()->back()))
    return emitOpError("must end in return");
  if (failed(verifyArguments(*this)) || failed(verifyOwnOps(*this)))
    return failure();
  if (failed(verifyReturned(body()->getTerminator())))
    return failure();
  llvm::DenseMap<Attribute, Operation *> updates;
  llvm::DenseMap<Attribute, Operation *> reads;
  WalkResult result = getBody().walk([&](Operation *op) -> WalkResult {
    if (isa<ParamOp, StateOp, UpdateOp>(op) &&
        failed(verifyCheckpointName(
            op, op->getAttrOfType<StringAttr>("name").getValue())))
      return WalkResult::interrupt();
    if (isa<ParamOp, StateOp>(op)) {
      if (failed(verifyAtRest(op, op->getResult(0).getType())))
        return WalkResult::interrupt();
      Attribute name = op->getAttr("name");
      auto [it, fresh] = reads.insert({name, op});
      if (!fresh && it->second->getResultTypes() != op->getResultTypes()) {
        auto diag = op->emitError() << name << " is read as two types";
        diag.attachNote(it->second->getLoc()) << "first here";
        return diag;
      }
    }
    if (auto update = dyn_cast<UpdateOp>(op)) {
      if (failed(verifyAtRest(op, update.getValue().getType())))
        return WalkResult::interrupt();
      if (op->getParentOp() != *this)
        return op->emitError("an update must stand at the top of a program");
      auto [it, fresh] = updates.insert({update.getNameAttr(), op});
      if (!fresh) {
        auto diag = op->emitError()
                    << update.getNameAttr() << " is updated twice";
        diag.attachNote(it->second->getLoc()) << "first here";
        return diag;
      }
    }
    return WalkResult::advance();
  });
  if (result.wasInterrupted())
    return failure();
  for (auto [name, op] : updates)
    if (Operation *read = reads.lookup(name);
        read && read->getResult(0).getType() != op->getOperand(0).getType()) {
      auto diag = op->emitError()
                  << name << " is " << read->getResult(0).getType()
                  << " but is updated with " << op->getOperand(0).getType();
      diag.attachNote(read->getLoc()) << "read here";
      return diag;
    }
  return success();
}

//===----------------------------------------------------------------------===//
// Sums in a fixed order
//===----------------------------------------------------------------------===//

LogicalResult ChunkSumsOp::verify() {
  NamedTensorType x = typeOf(getX()), y = typeOf(getY());
  int64_t length = getLength();
  if (length < 1 || y.numElements() * length != x.numElements())
    return emitOpError("cuts ")
           << x.numElements() << " elements into " << y.numElements()
           << " chunks of " << length << "; chunks must cover them exactly";
  return success();
}

/// As many chunks as before, of what the rank has.
void ChunkSumsOp::becomeLocal(
    function_ref<int64_t(NamedTensorType)> localElements) {
  int64_t elements = localElements(typeOf(getX()));
  int64_t chunks = localElements(typeOf(getY()));
  setLengthAttr(Builder(getContext()).getI64IntegerAttr(elements / chunks));
}

LogicalResult ChunkTotalOp::verify() {
  if (typeOf(getY()).getRank())
    return emitOpError("gives a scalar, got ") << typeOf(getY()).dimsText();
  return success();
}

LogicalResult FoldOp::verify() {
  NamedTensorType x = typeOf(getX()), y = typeOf(getY());
  if (x.getRank() != y.getRank() + 1 ||
      x.getDims().drop_front() != y.getDims() ||
      x.getElementType() != y.getElementType())
    return emitOpError("sums over the leading dim: expected ")
           << x.dimsText() << " without its first dim, got " << y.dimsText();
  return success();
}

//===----------------------------------------------------------------------===//
// AdamWOp
//===----------------------------------------------------------------------===//

OpOperand &AdamWOp::parameter() { return getParamMutable(); }
OpOperand &AdamWOp::gradient() { return getGradMutable(); }
