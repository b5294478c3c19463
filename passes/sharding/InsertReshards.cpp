//===----------------------------------------------------------------------===//
// Shares and places the conversions of every value.
//===----------------------------------------------------------------------===//
#include "passes/contracts/StageInput.h"
#include "passes/sharding/Conversions.h"
#include "passes/sharding/Passes.h"

#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace flm;

namespace flm {
#define GEN_PASS_DEF_INSERTRESHARDS
#include "passes/sharding/Passes.h.inc"
} // namespace flm

namespace {

/// A use of a value behind all reshards, in the distribution that it wants.
struct Use {
  OpOperand *operand;
  NamedTensorType type;
};

/// A value that a forward loop stacks for loops behind it: the operand of the
/// yield, and what those loops see.
struct Saved {
  OpOperand *stacked;
  SmallVector<BlockArgument> slices;
};

/// The uses of one value and what becomes of it in later loops.
struct Demand {
  SmallVector<Use> uses;
  SmallVector<Saved> saved;
  SmallVector<ReshardOp> reshards; ///< all between, producers first

  SmallVector<NamedTensorType> types() const {
    return llvm::map_to_vector(uses, [](const Use &use) { return use.type; });
  }
};

/// The slices of the stack that `operand` of a yield makes, if all its readers
/// are slices: then the stack may lie on the mesh as is cheapest.
std::optional<Saved> savedBy(OpOperand &operand) {
  auto yield = dyn_cast<YieldOp>(operand.getOwner());
  if (!yield || operand.getOperandNumber() < yield.getCarries().size())
    return std::nullopt;
  auto loop = cast<LoopOp>(yield->getParentOp());
  Value stack = loop.getResult(operand.getOperandNumber());
  if (stack.use_empty())
    return std::nullopt;
  Saved saved{&operand, {}};
  for (OpOperand &use : stack.getUses()) {
    auto reader = dyn_cast<LoopOp>(use.getOwner());
    if (!reader || use.getOperandNumber() < reader.getInits().size())
      return std::nullopt;
    saved.slices.push_back(reader.body()->getArgument(use.getOperandNumber()));
  }
  return saved;
}

/// Finds the uses of `value` through reshards. What is stacked for slices that
/// may be chosen freely is in `saved` if `choosesStacks`, else a use like
/// others.
void collect(Value value, Demand &demand, bool choosesStacks) {
  for (OpOperand &use : value.getUses()) {
    std::optional<Saved> saved;
    if (auto reshard = dyn_cast<ReshardOp>(use.getOwner())) {
      demand.reshards.push_back(reshard);
      collect(reshard.getY(), demand, choosesStacks);
    } else if (choosesStacks && (saved = savedBy(use))) {
      demand.saved.push_back(std::move(*saved));
    } else {
      demand.uses.push_back({&use, typeOf(value)});
    }
  }
}

struct InsertReshards : flm::impl::InsertReshardsBase<InsertReshards> {
  using InsertReshardsBase::InsertReshardsBase;

  void runOnOperation() override {
    if (failed(verifyInput(getOperation(), *this, Stage::train, Stage::shard)))
      return signalPassFailure();
    Mesh module(getOperation());
    mesh = &module;
    for (ProgramOp program : getOperation().getOps<ProgramOp>()) {
      settled.clear();
      // Values in program order, so that what a loop saves is decided before
      // the loops that read it.
      SmallVector<Value> values;
      auto add = [&](auto range) { llvm::append_range(values, range); };
      add(program.body()->getArguments());
      program.body()->walk<WalkOrder::PreOrder>([&](Operation *op) {
        if (isa<ReshardOp>(op))
          return;
        add(op->getResults());
        if (auto loop = dyn_cast<LoopOp>(op))
          add(loop.body()->getArguments());
      });
      for (Value value : values)
        if (!settled.contains(value))
          settle(value);
    }
  }

private:
  void settle(Value value);
  SmallVector<Value> build(Value value, const ConversionTree &tree,
                           ArrayRef<Use> uses);
  NamedTensorType cheapestSaved(const ConversionTree &home,
                                ArrayRef<Demand> later) const;

  const Mesh *mesh = nullptr;
  llvm::DenseSet<Value> settled;
};

/// Sinks a conversion to its first reader where that shortens the life of large
/// values: one that makes a value larger, or any of what is there all along.
void sink(ArrayRef<ReshardOp> reshards, const Mesh &mesh) {
  for (ReshardOp reshard : llvm::reverse(reshards)) {
    if (!isa_and_present<ParamOp, StateOp>(reshard.getX().getDefiningOp()) &&
        mesh.localElements(typeOf(reshard.getX())) >=
            mesh.localElements(typeOf(reshard.getY())))
      continue;
    Operation *first = nullptr;
    for (Operation *user : reshard->getUsers()) {
      Operation *at = reshard->getBlock()->findAncestorOpInBlock(*user);
      if (!first || at->isBeforeInBlock(first))
        first = at;
    }
    if (first)
      reshard->moveBefore(first);
  }
}

/// Makes the versions of `tree` from `value`, where it is defined, and gives
/// each use its own. Returns the versions.
SmallVector<Value> InsertReshards::build(Value value,
                                         const ConversionTree &tree,
                                         ArrayRef<Use> uses) {
  OpBuilder builder(&getContext());
  builder.setInsertionPointAfterValue(value);
  // Behind those of earlier results of the same op.
  Block::iterator at = builder.getInsertionPoint();
  while (isa<ReshardOp>(*at))
    ++at;
  builder.setInsertionPoint(value.getParentBlock(), at);
  SmallVector<Value> versions{value};
  for (const auto &version : ArrayRef(tree.versions).drop_front())
    versions.push_back(
        createReshard(builder, versions[version.from], version.type));
  for (const Use &use : uses)
    use.operand->set(versions[tree.indexOf(use.type)]);
  return versions;
}

/// The version that a forward loop saves: of those that exist at its end, the
/// one for which the bytes sent in later loops and the price of the bytes saved
/// are least.
NamedTensorType InsertReshards::cheapestSaved(const ConversionTree &home,
                                              ArrayRef<Demand> later) const {
  NamedTensorType best;
  double least = 0;
  for (const auto &version : home.versions) {
    double price =
        regatherPrice * static_cast<double>(mesh->localBytes(version.type));
    for (const Demand &demand : later)
      price +=
          cheapestConversions(*mesh, version.type, demand.types()).cost.bytes;
    if (!best || price < least) {
      best = version.type;
      least = price;
    }
  }
  return best;
}

void InsertReshards::settle(Value value) {
  Demand demand;
  collect(value, demand, /*choosesStacks=*/true);
  if (demand.reshards.empty() && demand.saved.empty())
    return;
  NamedTensorType produced = typeOf(value);
  ConversionTree home = cheapestConversions(*mesh, produced, demand.types());

  // What later loops want of what is saved, and what is best for all of them.
  struct Later {
    Saved saved;
    std::vector<Demand> demands;
    NamedTensorType type;
  };
  std::vector<Later> later;
  for (Saved &saved : demand.saved) {
    Later &entry = later.emplace_back(Later{saved, {}, {}});
    for (BlockArgument slice : saved.slices)
      collect(slice, entry.demands.emplace_back(), /*choosesStacks=*/false);
    entry.type = cheapestSaved(home, entry.demands);
    demand.uses.push_back({saved.stacked, entry.type});
  }

  for (const Use &use : demand.uses)
    use.operand->set(value);
  SmallVector<ReshardOp> reshards;
  auto record = [&](ArrayRef<Value> versions) {
    for (Value version : versions.drop_front())
      reshards.push_back(version.getDefiningOp<ReshardOp>());
  };
  record(build(value, home, demand.uses));
  for (Later &entry : later) {
    auto loop = cast<LoopOp>(entry.saved.stacked->getOwner()->getParentOp());
    loop.getResult(entry.saved.stacked->getOperandNumber())
        .setType(loop.stackType(entry.type));
    for (auto [slice, wanted] : llvm::zip(entry.saved.slices, entry.demands)) {
      settled.insert(slice);
      for (const Use &use : wanted.uses)
        use.operand->set(slice);
      slice.setType(entry.type);
      record(build(slice,
                   cheapestConversions(*mesh, entry.type, wanted.types()),
                   wanted.uses));
      llvm::append_range(demand.reshards, wanted.reshards);
    }
  }
  for (ReshardOp reshard : llvm::reverse(demand.reshards))
    reshard.erase();
  sink(reshards, *mesh);
}

} // namespace
