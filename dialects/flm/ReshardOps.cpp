//===----------------------------------------------------------------------===//
// Verification of changes of distribution.
//===----------------------------------------------------------------------===//
#include "dialects/flm/Distribution.h"
#include "dialects/flm/Flm.h"

#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace flm;

/// The axes on which the two types differ.
static SmallVector<StringAttr> changedAxes(NamedTensorType from,
                                           NamedTensorType to) {
  llvm::SmallSetVector<StringAttr, 4> axes;
  for (NamedTensorType type : {from, to})
    for (AxisStateAttr state : type.getStates())
      if (stateOn(from, state.getAxis()) != stateOn(to, state.getAxis()))
        axes.insert(state.getAxis());
  return axes.takeVector();
}

/// The collective that turns one state into another, if there is one.
static std::optional<Collective> collectiveBetween(AxisStateAttr from,
                                                   AxisStateAttr to) {
  bool partial = from && from.getKind() == AxisStateKind::Partial;
  bool split = from && from.getKind() == AxisStateKind::Split;
  bool toSplit = to && to.getKind() == AxisStateKind::Split;
  bool toPartial = to && to.getKind() == AxisStateKind::Partial;
  if (partial && !to)
    return Collective::AllReduce;
  if (partial && toSplit && from.getArgument() == "sum")
    return Collective::ReduceScatter;
  if (split && !to)
    return Collective::AllGather;
  if (split && toSplit && from.getArgument() != "*" && to.getArgument() != "*")
    return Collective::AllToAll;
  if (!from && toSplit)
    return Collective::Slice;
  bool at = from && from.getKind() == AxisStateKind::At;
  if ((!from || at) && toPartial && to.getArgument() == "sum")
    return Collective::Mask;
  return std::nullopt;
}

static bool isSplit(AxisStateAttr state) {
  return state && state.getKind() == AxisStateKind::Split;
}

/// An axis over which `type` is flat while the split over `axis` changes, if
/// there is one: a flat split is a split of the *local* tensor of the other
/// axes, so their splits must not change under it.
static StringAttr flatUnder(NamedTensorType type, StringAttr axis,
                            AxisStateAttr before, AxisStateAttr after) {
  if (isSplit(before) || isSplit(after))
    for (AxisStateAttr other : type.getStates())
      if (other.getAxis() != axis && isSplit(other) &&
          other.getArgument() == "*")
        return other.getAxis();
  return {};
}

std::optional<Reshard> flm::reshardBetween(NamedTensorType from,
                                           NamedTensorType to) {
  SmallVector<StringAttr> axes = changedAxes(from, to);
  if (axes.size() != 1)
    return std::nullopt;
  AxisStateAttr before = stateOn(from, axes[0]), after = stateOn(to, axes[0]);
  std::optional<Collective> collective = collectiveBetween(before, after);
  if (!collective || flatUnder(from, axes[0], before, after))
    return std::nullopt;
  return Reshard{axes[0], *collective};
}

StringAttr ReshardOp::getAxis() {
  SmallVector<StringAttr> axes = changedAxes(typeOf(getX()), typeOf(getY()));
  return axes.empty() ? StringAttr() : axes.front();
}

Collective ReshardOp::getCollective() {
  return reshardBetween(typeOf(getX()), typeOf(getY()))->collective;
}

LogicalResult ReshardOp::verify() {
  NamedTensorType from = typeOf(getX()), to = typeOf(getY());
  if (!from.sameDims(to) || from.getElementType() != to.getElementType())
    return emitOpError("changes only the distribution, got ")
           << from << " and " << to;
  SmallVector<StringAttr> axes = changedAxes(from, to);
  if (axes.empty())
    return success(); // folds away
  if (axes.size() > 1)
    return emitOpError("changes the states of two axes, '")
           << axes[0].getValue() << "' and '" << axes[1].getValue()
           << "'; use one reshard for each";
  AxisStateAttr before = stateOn(from, axes[0]), after = stateOn(to, axes[0]);
  if (!collectiveBetween(before, after))
    return emitOpError("no collective turns ")
           << stateText(before) << " into " << stateText(after) << " over '"
           << axes[0].getValue() << "'; go through "
           << (before && before.getKind() == AxisStateKind::At ? "partial(sum)"
                                                               : "replicated");
  if (StringAttr flat = flatUnder(from, axes[0], before, after))
    return emitOpError("changes the split over '")
           << axes[0].getValue() << "' of a value that is flat over '"
           << flat.getValue() << "': gather the flat split first";
  return success();
}

OpFoldResult ReshardOp::fold(FoldAdaptor) {
  return getX().getType() == getType() ? getX() : Value();
}
