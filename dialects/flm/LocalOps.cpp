//===----------------------------------------------------------------------===//
// Collectives of one rank's program.
//===----------------------------------------------------------------------===//
#include "dialects/flm/Flm.h"
#include "dialects/flm/ValueNames.h"

using namespace mlir;
using namespace flm;

LogicalResult CollectiveOp::verify() {
  // What a receive names besides is what those have who receive nothing.
  bool gives = getKind() != Collective::Send;
  bool takes = getX() || getKind() == Collective::Receive;
  if (gives != static_cast<bool>(getY()) || !takes)
    return emitOpError() << stringifyCollective(getKind())
                         << (takes ? " gives " : " takes an operand and gives ")
                         << (gives ? "a" : "no") << " result";
  if (getKind() == Collective::Receive && getX() &&
      getX().getType() != getY().getType())
    return emitOpError(
        "gives its operand where nobody sends, so both must have "
        "one type");
  if (!getStarted())
    return success();
  if (!gives)
    return emitOpError("a send never waits: nothing is gained by `start`");
  if (!getY().hasOneUse() || !isa<WaitOp>(*getY().user_begin()))
    return emitOpError("is started: expected one `wait` for %")
           << valueName(getY()) << " and no other use";
  return success();
}

CollectiveOp WaitOp::started() {
  return getPending().getDefiningOp<CollectiveOp>();
}

LogicalResult WaitOp::verify() {
  CollectiveOp collective = started();
  if (!collective || !collective.getStarted())
    return emitOpError("waits for what `collective start` gave, but %")
           << valueName(getPending()) << " is something else";
  if (collective->getBlock() != (*this)->getBlock())
    return emitOpError("must stand in the block of its `collective start`");
  if (collective.getId() != getId())
    return emitOpError() << "waits for id " << getId() << ", but %"
                         << valueName(getPending()) << " has id "
                         << collective.getId();
  // What is reduced in place has no operand left to protect.
  Value source = collective.getKind() == Collective::AllReduce
                     ? Value()
                     : collective.getX();
  if (getSource() != source)
    return source
               ? emitOpError("must name what the collective still reads: "
                             "`reading %")
                     << valueName(source) << "`"
               : emitOpError("reads nothing: this collective works in place");
  return success();
}
