//===----------------------------------------------------------------------===//
// The cheapest ways from one distribution of a value to others.
//===----------------------------------------------------------------------===//
#include "passes/sharding/Conversions.h"

#include "dialects/flm/ValueNames.h"

#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace flm;

ConversionCost flm::costOf(const Mesh &mesh, NamedTensorType from,
                           NamedTensorType to) {
  std::optional<Reshard> change = reshardBetween(from, to);
  assert(change && "one collective turns one into the other");
  NamedTensorType whole = withState(from, change->axis, {});
  double n = mesh.ranks(change->axis);
  double moved = (n - 1) / n * mesh.localBytes(whole);
  switch (change->collective) {
  case Collective::AllReduce:
    return {2 * moved, 1, 1};
  case Collective::ReduceScatter:
  case Collective::AllGather:
    return {moved, 1, 1};
  case Collective::AllToAll:
    return {moved / n, 1, 1};
  case Collective::Slice:
  case Collective::Mask:
    return {0, 0, 1};
  case Collective::Send:
  case Collective::Receive:
    break;
  }
  llvm_unreachable("no change of distribution");
}

unsigned ConversionTree::indexOf(NamedTensorType type) const {
  const auto *at = llvm::find_if(
      versions, [&](const Version &version) { return version.type == type; });
  assert(at != versions.end() && "the tree reaches all of its targets");
  return at - versions.begin();
}

/// Adds the cheapest path from any version of `tree` to `target`. It may pass
/// through replicated and through the states that the ends have.
static void reach(const Mesh &mesh, ConversionTree &tree,
                  NamedTensorType target) {
  using Version = ConversionTree::Version;
  SmallVector<SmallVector<AxisStateAttr>> states;
  for (const Mesh::Axis &axis : mesh.axes()) {
    SmallVector<AxisStateAttr> &mine = states.emplace_back();
    mine.push_back({});
    auto add = [&](AxisStateAttr state) {
      if (!llvm::is_contained(mine, state))
        mine.push_back(state);
    };
    for (NamedTensorType end : {tree.versions.front().type, target}) {
      AxisStateAttr state = stateOn(end, axis.name);
      add(state);
      // What is at one end of the axis gets elsewhere as a sum with zeros.
      if (state && state.getKind() == AxisStateKind::At)
        add(AxisStateAttr::get(state.getContext(), axis.name,
                               AxisStateKind::Partial,
                               StringAttr::get(state.getContext(), "sum")));
    }
  }

  // Dijkstra over types; the few that there are need no heap.
  struct Reached {
    ConversionCost cost;
    NamedTensorType from;
    bool done = false;
  };
  llvm::MapVector<NamedTensorType, Reached> reached;
  for (const Version &version : tree.versions)
    reached[version.type] = {};
  while (true) {
    NamedTensorType next;
    for (auto &[type, entry] : reached)
      if (!entry.done && (!next || entry.cost < reached[next].cost))
        next = type;
    assert(next && "everything can be reached through replicated");
    reached[next].done = true;
    if (next == target)
      break;
    for (auto [axis, choices] : llvm::zip(mesh.axes(), states))
      for (AxisStateAttr choice : choices) {
        NamedTensorType to = withState(next, axis.name, choice);
        if (!reshardBetween(next, to))
          continue;
        ConversionCost cost = reached[next].cost + costOf(mesh, next, to);
        auto [it, fresh] = reached.insert({to, {cost, next}});
        if (!fresh && cost < it->second.cost)
          it->second = {cost, next};
      }
  }

  tree.cost = tree.cost + reached[target].cost;
  SmallVector<NamedTensorType> path;
  for (NamedTensorType at = target; reached[at].from; at = reached[at].from)
    path.push_back(at);
  for (NamedTensorType type : llvm::reverse(path))
    tree.versions.push_back({type, tree.indexOf(reached[type].from)});
}

ConversionTree flm::cheapestConversions(const Mesh &mesh,
                                        NamedTensorType produced,
                                        ArrayRef<NamedTensorType> targets) {
  SmallVector<unsigned> order;
  llvm::SmallDenseSet<NamedTensorType> seen{produced};
  for (auto [index, target] : llvm::enumerate(targets))
    if (seen.insert(target).second)
      order.push_back(index);

  std::optional<ConversionTree> best;
  constexpr size_t kMostPermuted = 4;
  do {
    ConversionTree tree;
    tree.versions.push_back({produced});
    for (unsigned index : order)
      if (llvm::none_of(tree.versions, [&](const auto &version) {
            return version.type == targets[index];
          }))
        reach(mesh, tree, targets[index]);
    if (!best || tree.cost < best->cost)
      best = std::move(tree);
  } while (order.size() <= kMostPermuted &&
           std::next_permutation(order.begin(), order.end()));
  return *best;
}

static StringRef nameSuffix(Collective collective) {
  switch (collective) {
  case Collective::AllReduce:
    return "_reduced";
  case Collective::ReduceScatter:
    return "_scattered";
  case Collective::AllGather:
    return "_gathered";
  case Collective::AllToAll:
    return "_turned";
  case Collective::Slice:
    return "_part";
  case Collective::Mask:
    return "_masked";
  case Collective::Send:
  case Collective::Receive:
    break;
  }
  llvm_unreachable("no change of distribution");
}

Value flm::createReshard(OpBuilder &builder, Value value,
                         NamedTensorType type) {
  std::optional<Reshard> change = reshardBetween(typeOf(value), type);
  assert(change && "conversions are made of single steps");
  StringRef suffix = nameSuffix(change->collective);
  if (valueName(value).ends_with(suffix)) // the same over another axis
    suffix = "";
  return ReshardOp::create(builder, derivedFrom(value, "", suffix), type, value,
                           /*id=*/IntegerAttr(), /*bytes=*/IntegerAttr());
}
