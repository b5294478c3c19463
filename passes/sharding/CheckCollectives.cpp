//===----------------------------------------------------------------------===//
// Proves that the collectives of all ranks fit together.
//
// What a rank does depends on its index on an axis only through `flm.at` and
// through the schedule of a pipeline, which goes by the index on its axis. So
// ranks that have this index in common run the same ops in the same order, a
// collective over any other axis meets only such ranks, and it is enough to
// simulate one rank per index: two for 896 ranks in two stages.
//===----------------------------------------------------------------------===//
#include "passes/sharding/Passes.h"

#include "dialects/flm/Pipeline.h"
#include "dialects/flm/ValueNames.h"

#include "llvm/ADT/SetVector.h"

#include <deque>
#include <map>

using namespace mlir;
using namespace flm;

namespace flm {
#define GEN_PASS_DEF_CHECKCOLLECTIVES
#include "passes/sharding/Passes.h.inc"
} // namespace flm

namespace {

/// One program on the ranks of one axis.
class Simulation {
public:
  Simulation(ProgramOp program, StringAttr axis, int64_t ranks,
             int64_t worldStride)
      : program(program), axis(axis), ranks(ranks), worldStride(worldStride) {}

  LogicalResult run();

private:
  using Events = SmallVector<CollectiveOp>;

  bool isEvent(Operation *op) const;
  bool hasEvents(Operation *op);
  void collect(Block &block, StagePosition position, Events &events);
  void collect(PipelineOp pipeline, StagePosition position, Events &events);
  LogicalResult checkPairs();
  bool advance(int64_t rank, LogicalResult &result);
  LogicalResult meet();
  LogicalResult receive(int64_t rank, CollectiveOp op);

  CollectiveOp next(int64_t rank) const {
    return at[rank] < events[rank].size() ? events[rank][at[rank]]
                                          : CollectiveOp();
  }
  int64_t partner(int64_t rank, int64_t offset) const {
    return ((rank + offset) % ranks + ranks) % ranks;
  }
  /// "rank 4 (pp = 1)": one of the ranks with this index.
  std::string text(int64_t rank) const {
    return "rank " + std::to_string(rank * worldStride) + " (" +
           axis.getValue().str() + " = " + std::to_string(rank) + ")";
  }
  static std::string text(CollectiveOp op) {
    return (stringifyCollective(op.getKind()) + " " + Twine(op.getId())).str();
  }
  std::string doing(int64_t rank) const {
    CollectiveOp op = next(rank);
    return op ? "is at " + text(op) : "has done all it does";
  }

  ProgramOp program;
  StringAttr axis;
  int64_t ranks, worldStride;
  std::vector<Events> events; ///< by rank
  SmallVector<size_t> at;     ///< how many of them a rank has done
  /// What was sent and not received, by sender and receiver.
  std::map<std::pair<int64_t, int64_t>, std::deque<CollectiveOp>> channels;
  llvm::DenseMap<Operation *, bool> known;
};

bool Simulation::isEvent(Operation *op) const {
  auto collective = dyn_cast<CollectiveOp>(op);
  return collective && collective.getAxisAttr() == axis &&
         collective.getKind() != Collective::Mask &&
         collective.getKind() != Collective::Slice;
}

bool Simulation::hasEvents(Operation *op) {
  auto [it, fresh] = known.try_emplace(op, false);
  if (fresh) {
    bool found = op->walk([&](Operation *inner) {
                     return isEvent(inner) ? WalkResult::interrupt()
                                           : WalkResult::advance();
                   }).wasInterrupted();
    known[op] = found;
    return found;
  }
  return it->second;
}

void Simulation::collect(PipelineOp pipeline, StagePosition position,
                         Events &events) {
  PipelineSchedule schedule = scheduleOf(pipeline);
  position.chunks = schedule.chunks;
  int64_t warmup = schedule.warmup(position.stage);
  for (int64_t tick = 0; tick < schedule.ticks(position.stage); ++tick) {
    if (tick < schedule.passes()) {
      position.chunk = schedule.forward(tick).chunk;
      collect(*pipeline.forwardBody(), position, events);
    }
    if (tick >= warmup) {
      position.chunk = schedule.backward(tick - warmup).chunk;
      collect(*pipeline.backwardBody(), position, events);
    }
  }
}

/// What the rank at `position` does, in order.
void Simulation::collect(Block &block, StagePosition position, Events &events) {
  for (Operation &op : block) {
    AxisStateAttr where = atOf(&op);
    if (where && where.getAxis() == axis && !runsAt(&op, position))
      continue;
    if (isEvent(&op)) {
      events.push_back(cast<CollectiveOp>(op));
    } else if (auto pipeline = dyn_cast<PipelineOp>(op)) {
      if (pipeline.getAxisAttr() == axis)
        collect(pipeline, position, events);
    } else if (auto loop = dyn_cast<LoopOp>(op); loop && hasEvents(loop)) {
      StagePosition inner = position;
      bool overChunks = loop.getOver().hasFactor(kStageChunkDim);
      if (overChunks)
        inner.chunks = loop.trips();
      for (int64_t trip = 0; trip < loop.trips(); ++trip) {
        if (overChunks)
          inner.chunk = loop.getReverse() ? loop.trips() - 1 - trip : trip;
        collect(*loop.body(), inner, events);
      }
    }
  }
}

/// Every send names its receive and the other way round, and they agree.
LogicalResult Simulation::checkPairs() {
  llvm::DenseMap<int64_t, CollectiveOp> byId;
  WalkResult result = program.walk([&](CollectiveOp op) -> WalkResult {
    auto [it, fresh] = byId.try_emplace(static_cast<int64_t>(op.getId()), op);
    if (fresh)
      return WalkResult::advance();
    auto diag = op.emitOpError() << "has the id " << op.getId()
                                 << " of another; ids must differ, so that "
                                    "ranks can tell messages apart";
    diag.attachNote(it->second.getLoc()) << "the other";
    return diag;
  });
  if (result.wasInterrupted())
    return failure();
  result = program.walk([&](CollectiveOp op) -> WalkResult {
    bool isSend = op.getKind() == Collective::Send;
    if (op.getAxisAttr() != axis ||
        (!isSend && op.getKind() != Collective::Receive))
      return WalkResult::advance();
    StringRef wanted = isSend ? "receive" : "send";
    CollectiveOp other = op.getMatch()
                             ? byId.lookup(static_cast<int64_t>(*op.getMatch()))
                             : CollectiveOp();
    if (!other || other.getMatch() != op.getId() ||
        other.getKind() == op.getKind() || other.getAxisAttr() != axis)
      return op.emitOpError()
             << "has no " << wanted << " with the id "
             << (op.getMatch() ? *op.getMatch() : -1) << " that names it in "
             << "return; each send needs one receive";
    Value sent = isSend ? op.getX() : other.getX(),
          received = isSend ? other.getY() : op.getY();
    if (other.getOffset() != op.getOffset() || !sent || !received ||
        sent.getType() != received.getType()) {
      auto diag = op.emitOpError();
      if (other.getOffset() != op.getOffset())
        diag << "goes " << static_cast<int64_t>(*op.getOffset())
             << " ranks along '" << axis.getValue() << "' but its " << wanted
             << " " << static_cast<int64_t>(*other.getOffset())
             << "; they must go the same way";
      else
        diag << "moves " << (isSend ? sent : received).getType() << " but its "
             << wanted << " moves " << (isSend ? received : sent).getType()
             << "; both sides must have one type";
      diag.attachNote(other.getLoc()) << "the " << wanted;
      return diag;
    }
    return WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}

/// The next message to `rank` must be the one that it expects.
LogicalResult Simulation::receive(int64_t rank, CollectiveOp op) {
  int64_t from = partner(rank, -static_cast<int64_t>(*op.getOffset()));
  std::deque<CollectiveOp> &channel = channels[{from, rank}];
  CollectiveOp message = channel.front();
  channel.pop_front();
  if (message.getId() == *op.getMatch())
    return success();
  auto diag = op.emitOpError()
              << "of " << text(rank) << " expects send " << *op.getMatch()
              << " of " << text(from) << ", which sends " << message.getId()
              << " before; messages between two ranks must be received in the "
                 "order in which they are sent";
  diag.attachNote(message.getLoc()) << "sent here";
  return diag;
}

/// Lets `rank` go on if it can without waiting for others.
bool Simulation::advance(int64_t rank, LogicalResult &result) {
  CollectiveOp op = next(rank);
  if (!op)
    return false;
  if (op.getKind() == Collective::Send) {
    channels[{rank, partner(rank, static_cast<int64_t>(*op.getOffset()))}]
        .push_back(op);
  } else if (op.getKind() == Collective::Receive) {
    int64_t from = partner(rank, -static_cast<int64_t>(*op.getOffset()));
    if (channels[{from, rank}].empty())
      return false;
    result = receive(rank, op);
  } else {
    return false;
  }
  ++at[rank];
  return true;
}

/// Nobody can go on alone: all must have come to the same collective.
LogicalResult Simulation::meet() {
  int64_t waiting = 0; // a rank that has something left to do
  while (!next(waiting))
    ++waiting;
  CollectiveOp op = next(waiting);
  if (op.getKind() == Collective::Receive) {
    // Prefer a rank whose sender will not send at all.
    for (int64_t rank = 0; rank < ranks; ++rank)
      if (CollectiveOp other = next(rank);
          other && other.getKind() == Collective::Receive &&
          !next(partner(rank, -static_cast<int64_t>(*other.getOffset())))) {
        waiting = rank;
        op = other;
        break;
      }
    int64_t from = partner(waiting, -static_cast<int64_t>(*op.getOffset()));
    return op.emitOpError()
           << "of " << text(waiting) << " waits for send " << *op.getMatch()
           << " of " << text(from) << ", which " << doing(from)
           << ": nobody can go on; a receive needs a send that comes before "
              "what its sender waits for";
  }
  for (int64_t rank = 0; rank < ranks; ++rank) {
    if (next(rank) == op)
      continue;
    auto diag = op.emitOpError()
                << "of " << text(waiting) << " needs " << text(rank)
                << ", which " << doing(rank) << "; all ranks of '"
                << axis.getValue()
                << "' must take part, in one order: move it out of what only "
                   "some of them run";
    if (CollectiveOp other = next(rank))
      diag.attachNote(other.getLoc()) << "there";
    return diag;
  }
  for (size_t &index : at)
    ++index;
  return success();
}

LogicalResult Simulation::run() {
  if (failed(checkPairs()))
    return failure();
  events.resize(ranks);
  at.assign(ranks, 0);
  for (int64_t rank = 0; rank < ranks; ++rank)
    collect(*program.body(), {rank, ranks, 0, 1}, events[rank]);
  while (llvm::any_of(llvm::seq<int64_t>(0, ranks),
                      [&](int64_t rank) { return next(rank); })) {
    bool moved = false;
    LogicalResult result = success();
    for (int64_t rank = 0; rank < ranks; ++rank)
      while (advance(rank, result)) {
        if (failed(result))
          return failure();
        moved = true;
      }
    if (!moved && failed(meet()))
      return failure();
  }
  for (auto &[ends, channel] : channels)
    if (!channel.empty())
      return channel.front().emitOpError()
             << "of " << text(ends.first) << " is never received by "
             << text(ends.second)
             << "; a send needs a receive on the rank it goes to";
  return success();
}

struct CheckCollectives : flm::impl::CheckCollectivesBase<CheckCollectives> {
  void runOnOperation() override {
    WalkResult known = getOperation().walk([](Operation *op) -> WalkResult {
      AxisStateAttr where = atOf(op);
      if (!where ||
          llvm::is_contained({"first", "last", "not_first", "not_last"},
                             where.getArgument().getValue()))
        return WalkResult::advance();
      return op->emitOpError()
             << "says at(" << where.getArgument().getValue()
             << "); an op runs at first, last, not_first or not_last";
    });
    if (known.wasInterrupted())
      return signalPassFailure();
    for (ProgramOp program : getOperation().getOps<ProgramOp>())
      for (StringAttr axis : axesOf(program))
        if (failed(check(program, axis)))
          return signalPassFailure();
  }

  /// Axes on which ranks differ in what they run.
  static llvm::SetVector<StringAttr> axesOf(ProgramOp program) {
    llvm::SetVector<StringAttr> axes;
    program.walk([&](Operation *op) {
      if (AxisStateAttr where = atOf(op))
        axes.insert(where.getAxis());
      auto collective = dyn_cast<CollectiveOp>(op);
      if (collective && (collective.getKind() == Collective::Send ||
                         collective.getKind() == Collective::Receive))
        axes.insert(collective.getAxisAttr());
    });
    return axes;
  }

  LogicalResult check(ProgramOp program, StringAttr axis) {
    for (PlanOp plan : getOperation().getOps<PlanOp>()) {
      int64_t ranks = 0, stride = 1;
      for (auto [name, size] : llvm::zip(plan.getAxes(), plan.getSizes())) {
        int64_t count = cast<IntegerAttr>(size).getInt();
        if (ranks)
          stride *= count; // the last axis counts fastest
        if (name == axis)
          ranks = count;
      }
      if (ranks)
        return Simulation(program, axis, ranks, stride).run();
    }
    return program.emitError()
           << "runs ops on some ranks of '" << axis.getValue()
           << "' only, an axis that the plan does not have";
  }
};

} // namespace
