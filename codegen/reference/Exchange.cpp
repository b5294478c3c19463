//===----------------------------------------------------------------------===//
// How the ranks of a run wait for each other.
//===----------------------------------------------------------------------===//
#include "codegen/reference/Exchange.h"

#include "llvm/ADT/Sequence.h"

#include <thread>

using namespace mlir;
using namespace flm;
using namespace flm::reference;

Exchange::Exchange(const RankGrid &grid) : grid(grid), places(grid.ranks()) {}

LogicalResult Exchange::run(Operation *op,
                            llvm::function_ref<LogicalResult(int64_t)> body) {
  program = op;
  std::vector<std::thread> threads;
  for (int64_t rank : llvm::seq(grid.ranks()))
    threads.emplace_back([&, rank] {
      Place &place = places[rank];
      place.lock = std::unique_lock<std::mutex>(mutex);
      awaitTurn(rank);
      bool failedHere = !broken && failed(body(rank)) && !broken;
      if (failedHere) {
        broken = true;
        program->emitError("fails on ") << grid.text(rank);
      }
      place.state = Place::Ended;
      passTurn(rank);
      place.lock.unlock();
    });
  for (std::thread &thread : threads)
    thread.join();
  if (broken)
    return failure();
  for (auto &[box, messages] : mail)
    if (!messages.empty())
      return messages.front().op.emitOpError()
             << "of " << grid.text(box.from) << " is never received by "
             << grid.text(box.to);
  return success();
}

SmallVector<int64_t> Exchange::groupOf(int64_t rank, CollectiveOp op) const {
  SmallVector<int64_t> group;
  for (int64_t index : llvm::seq(grid.ranksOn(op.getAxis())))
    group.push_back(grid.withIndex(rank, op.getAxis(), index));
  return group;
}

static bool isReceive(CollectiveOp op) {
  return op.getKind() == Collective::Receive;
}

/// "all_gather 7".
static std::string textOf(CollectiveOp op) {
  return (stringifyCollective(op.getKind()) + " " + Twine(op.getId())).str();
}

FailureOr<std::vector<Tensor>> Exchange::meet(int64_t rank, CollectiveOp op,
                                              Tensor operand) {
  Place &place = places[rank];
  place.state = Place::Waiting;
  place.op = op;
  place.operand = std::move(operand);
  SmallVector<int64_t> group = groupOf(rank, op);
  auto isHere = [&](int64_t other) {
    return places[other].state == Place::Waiting && places[other].op == op;
  };
  for (int64_t other : group) {
    // It waits for this rank with another collective of this group.
    CollectiveOp there = places[other].op;
    if (places[other].state == Place::Waiting && !isHere(other) &&
        !isReceive(there) && there.getAxis() == op.getAxis()) {
      giveUp("meets " + textOf(there) + " of " + grid.text(other));
      return failure();
    }
  }
  if (llvm::all_of(group, isHere)) {
    std::vector<Tensor> operands;
    for (int64_t other : group)
      operands.push_back(std::move(places[other].operand));
    for (int64_t other : group) {
      places[other].met = operands;
      places[other].state = Place::Going;
    }
  } else if (failed(wait(rank))) {
    return failure();
  }
  return std::move(place.met);
}

Exchange::Mailbox Exchange::incoming(int64_t rank, CollectiveOp op) const {
  int64_t ranks = grid.ranksOn(op.getAxis());
  int64_t from = grid.indexOn(rank, op.getAxis()) -
                 static_cast<int64_t>(op.getOffset().value_or(0));
  return {grid.withIndex(rank, op.getAxis(), ((from % ranks) + ranks) % ranks),
          rank, static_cast<int64_t>(op.getMatch().value_or(0))};
}

void Exchange::send(int64_t rank, CollectiveOp op, Tensor message) {
  int64_t ranks = grid.ranksOn(op.getAxis());
  int64_t index = grid.indexOn(rank, op.getAxis()) +
                  static_cast<int64_t>(op.getOffset().value_or(0));
  int64_t to =
      grid.withIndex(rank, op.getAxis(), ((index % ranks) + ranks) % ranks);
  Mailbox box{rank, to, static_cast<int64_t>(op.getId())};
  mail[box].push_back({op, std::move(message)});
  Place &receiver = places[to];
  if (receiver.state != Place::Waiting || !isReceive(receiver.op))
    return;
  Mailbox wanted = incoming(to, receiver.op);
  if (!(wanted < box) && !(box < wanted))
    receiver.state = Place::Going;
}

FailureOr<Tensor> Exchange::receive(int64_t rank, CollectiveOp op) {
  std::deque<Message> &messages = mail[incoming(rank, op)];
  if (messages.empty()) {
    places[rank].state = Place::Waiting;
    places[rank].op = op;
    if (failed(wait(rank)))
      return failure();
  }
  Tensor content = std::move(messages.front().content);
  messages.pop_front();
  return content;
}

LogicalResult Exchange::wait(int64_t rank) {
  passTurn(rank);
  awaitTurn(rank);
  return failure(broken);
}

void Exchange::awaitTurn(int64_t rank) {
  Place &place = places[rank];
  place.turnCame.wait(place.lock, [&] { return turn == rank || broken; });
}

void Exchange::passTurn(int64_t rank) {
  int64_t ranks = grid.ranks(), next = 1;
  while (next <= ranks && places[(rank + next) % ranks].state != Place::Going)
    ++next;
  if (!broken && next <= ranks) {
    turn = (rank + next) % ranks;
    places[turn].turnCame.notify_one();
    return;
  }
  bool someWait = llvm::any_of(
      places, [](const Place &place) { return place.state == Place::Waiting; });
  if (!broken && someWait)
    giveUp("waits for ever");
  for (Place &place : places)
    place.turnCame.notify_one();
}

void Exchange::giveUp(const llvm::Twine &why) {
  broken = true;
  int64_t waiting = 0;
  while (places[waiting].state != Place::Waiting)
    ++waiting;
  auto diag = places[waiting].op.emitOpError()
              << "of " << grid.text(waiting) << ' ' << why << "; all ranks of '"
              << places[waiting].op.getAxis()
              << "' must come to the same collectives, in one order";
  for (auto [rank, place] : llvm::enumerate(places)) {
    std::string who = grid.text(static_cast<int64_t>(rank));
    if (place.state == Place::Waiting)
      diag.attachNote(place.op.getLoc())
          << who << " is at " << textOf(place.op);
    else
      diag.attachNote(program->getLoc())
          << who << (place.state == Place::Ended ? " has ended" : " goes on");
  }
}
