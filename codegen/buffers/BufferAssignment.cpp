//===----------------------------------------------------------------------===//
// Chooses the bytes of every value of one program.
//===----------------------------------------------------------------------===//
#include "codegen/buffers/BufferAssignment.h"

#include "dialects/flm/ValueNames.h"

using namespace mlir;
using namespace flm;

static int64_t bytesOf(Value value) { return typeOf(value).bytes(); }

/// The result whose op writes the bytes of `result`: a wait only ends what
/// another op began.
static OpResult writtenBy(OpResult result) {
  if (auto wait = dyn_cast<WaitOp>(result.getOwner()))
    return cast<OpResult>(wait.getPending());
  return result;
}

//===----------------------------------------------------------------------===//
// Places
//===----------------------------------------------------------------------===//

BufferAssignment::Place BufferAssignment::newStorage(Value value, int64_t bytes,
                                                     int64_t from, int64_t to) {
  Storage storage;
  storage.bytes = std::max<int64_t>(bytes, 1);
  storage.from = from;
  storage.to = std::max(from, to);
  storage.name = value ? valueName(value).str() : "temporaries";
  storages.push_back(storage);
  Place place;
  place.storage = static_cast<int>(storages.size()) - 1;
  return place;
}

/// A slot of `stack` in a loop whose body is `depth` loops deep.
BufferAssignment::Place BufferAssignment::slotOf(const Place &stack,
                                                 unsigned depth,
                                                 int64_t sliceBytes) const {
  Place slot = stack;
  slot.strides.resize(depth + 1, 0);
  slot.strides[depth] = sliceBytes;
  return slot;
}

BufferAttr BufferAssignment::attributeFor(const Place &place,
                                          int64_t bytes) const {
  int64_t offset = place.offset;
  if (place.storage >= 0)
    offset += storages[place.storage].offset;
  SmallVector<int64_t> strides(place.strides);
  while (!strides.empty() && strides.back() == 0)
    strides.pop_back();
  return BufferAttr::get(context, place.arena, place.index, offset, bytes,
                         strides);
}

/// Whether `op` reads `value` as exactly one of its operands.
bool BufferAssignment::readsOnce(Operation *op, Value value) const {
  return llvm::count(op->getOperands(), value) == 1;
}

/// Whether the bytes of `value`, an operand of `op`, are free for a result.
bool BufferAssignment::mayOverwrite(Value value, Operation *op) const {
  if (value.getParentBlock() != op->getBlock() || !live.diesAt(value, op) ||
      !readsOnce(op, value))
    return false;
  // A loop that captures the value reads it in every iteration.
  if (llvm::any_of(value.getUsers(),
                   [&](Operation *user) { return op->isProperAncestor(user); }))
    return false;
  auto place = places.find(value);
  if (place == places.end())
    return false;
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    Operation *parent = argument.getOwner()->getParentOp();
    if (auto pipeline = dyn_cast<PipelineOp>(parent))
      // Carries and saved values are its own; slices are read again.
      return argument.getOwner() == pipeline.backwardBody() &&
             !llvm::is_contained(pipeline.backwardSlices(), argument);
    auto loop = dyn_cast<LoopOp>(parent);
    if (!loop)
      return false; // the caller's
    if (Value stack = loop.stackOf(argument))
      return mayOverwrite(stack, loop);
    return true; // a carry's bytes are the loop's own
  }
  // Scratch whose only tenant is this value, or state that is updated here.
  if (isa<ParamOp, StateOp>(value.getDefiningOp()))
    return isa<AdamWOp>(op);
  if (place->second.storage < 0)
    return false;
  return storages[place->second.storage].to <= live.end(op);
}

bool BufferAssignment::tryWanted(OpResult result) {
  auto want = wanted.find(result);
  if (want == wanted.end())
    return false;
  places[result] = want->second;
  return true;
}

bool BufferAssignment::tryInPlace(OpResult result, InPlacePair pair) {
  Operation *op = result.getOwner();
  Value operand = op->getOperand(pair.operand);
  if (bytesOf(operand) != bytesOf(result) || !mayOverwrite(operand, op))
    return false;
  Place place = places[operand];
  // Two results of one op must not meet in one operand.
  for (OpResult other : op->getResults()) {
    auto taken = places.find(other);
    if (other != result && taken != places.end() && place.storage >= 0 &&
        taken->second.storage == place.storage)
      return false;
  }
  // The bytes of a carry are only for what becomes its next value; a slice's
  // for what is stacked back. Both are `wanted` places, unless the kernel has
  // to work in place.
  if (isa<BlockArgument>(operand) && !pair.required)
    return false;
  places[result] = place;
  if (place.storage >= 0) {
    Storage &storage = storages[place.storage];
    storage.to = std::max(storage.to, live.lastUse(result));
  }
  return true;
}

//===----------------------------------------------------------------------===//
// Ops
//===----------------------------------------------------------------------===//

void BufferAssignment::assignOp(Operation *op, unsigned depth) {
  int64_t at = live.begin(op);
  if (isa<ParamOp, StateOp>(op)) {
    Place place;
    place.arena = Arena::State;
    place.offset = state.lookup(cast<StringAttr>(op->getAttr("name")));
    places[op->getResult(0)] = place;
    return;
  }
  if (auto wait = dyn_cast<WaitOp>(op)) {
    const Place &place = places[wait.getY()] = places.lookup(wait.getPending());
    if (place.storage >= 0)
      storages[place.storage].to =
          std::max(storages[place.storage].to, live.lastUse(wait.getY()));
    return;
  }
  SmallVector<InPlacePair> pairs = inPlacePairs(op);
  for (OpResult result : op->getResults()) {
    auto isMine = [&](InPlacePair pair) {
      return pair.result == result.getResultNumber();
    };
    bool required = llvm::any_of(
        pairs, [&](InPlacePair p) { return isMine(p) && p.required; });
    if (!required && tryWanted(result))
      continue;
    if (llvm::any_of(pairs, [&](InPlacePair p) {
          return isMine(p) && tryInPlace(result, p);
        }))
      continue;
    if (required && tryWanted(result))
      continue;
    places[result] =
        newStorage(result, bytesOf(result), at, live.lastUse(result));
  }
  if (int64_t bytes = temporaryBytes(op))
    temporaries[op] = newStorage({}, bytes, at, at);
}

void BufferAssignment::assignBlock(Block &block, unsigned depth) {
  for (Operation &op : block) {
    if (auto loop = dyn_cast<LoopOp>(op))
      assignLoop(loop, depth);
    else if (auto pipeline = dyn_cast<PipelineOp>(op))
      assignPipeline(pipeline, depth);
    else
      assignOp(&op, depth);
  }
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

/// A carry has the bytes of its init where those are free, else its own.
BufferAssignment::Place BufferAssignment::carryPlace(Operation *op, Value init,
                                                     Value final) {
  if (isa<OpResult>(init) && mayOverwrite(init, op)) {
    Place place = places[init];
    if (place.storage >= 0) {
      Storage &storage = storages[place.storage];
      storage.to = std::max({storage.to, live.end(op), live.lastUse(final)});
    }
    return place;
  }
  if (tryWanted(cast<OpResult>(final)))
    return places[final];
  return newStorage(final, bytesOf(final), live.begin(op),
                    std::max(live.end(op), live.lastUse(final)));
}

void BufferAssignment::assignCarries(LoopOp loop) {
  for (auto [init, argument, final] :
       llvm::zip(loop.getInits(), loop.carries(), loop.getFinals())) {
    Place place = carryPlace(loop, init, final);
    places[argument] = place;
    places[final] = place;
  }
}

/// The bytes of a sliced operand, if stack number `stack` can be made in them:
/// the operand dies in this loop and the body updates its slice in place.
std::optional<BufferAssignment::Place>
BufferAssignment::stackInPlace(LoopOp loop, unsigned stack) const {
  auto result = dyn_cast<OpResult>(loop.yield().getStacks()[stack]);
  if (!result || result.getOwner()->getBlock() != loop.body())
    return std::nullopt;
  for (InPlacePair pair : inPlacePairs(result.getOwner())) {
    if (pair.result != result.getResultNumber() || !pair.required)
      continue;
    auto slice =
        dyn_cast<BlockArgument>(result.getOwner()->getOperand(pair.operand));
    Value operand = slice ? loop.stackOf(slice) : Value();
    if (operand && operand.getType() == loop.getStacks()[stack].getType() &&
        live.diesAt(slice, result.getOwner()) && mayOverwrite(operand, loop))
      return places.lookup(operand);
  }
  return std::nullopt;
}

void BufferAssignment::assignStacks(LoopOp loop, unsigned depth) {
  for (auto [index, result] : llvm::enumerate(loop.getStacks())) {
    int64_t to = std::max(live.end(loop), live.lastUse(result));
    if (std::optional<Place> place = stackInPlace(loop, index)) {
      places[result] = *place;
      if (place->storage >= 0)
        storages[place->storage].to = std::max(storages[place->storage].to, to);
    } else if (!tryWanted(cast<OpResult>(result))) {
      places[result] =
          newStorage(result, bytesOf(result), live.begin(loop), to);
    }
  }
}

/// Asks for values of the body to be made where the terminator wants them.
void BufferAssignment::wantSlots(LoopOp loop, unsigned depth) {
  YieldOp yield = loop.yield();
  for (auto [value, result] : llvm::zip(yield.getStacks(), loop.getStacks()))
    if (isa<OpResult>(value) && value.getParentBlock() == loop.body())
      wanted.try_emplace(writtenBy(cast<OpResult>(value)),
                         slotOf(places[result], depth, bytesOf(value)));
  for (auto [carry, next] : llvm::zip(loop.carries(), yield.getCarries()))
    wantCarry(carry, next);
}

/// Asks for `next`, the next value of `carry`, to be made in its bytes.
void BufferAssignment::wantCarry(Value carry, Value next) {
  auto result = dyn_cast<OpResult>(next);
  if (!result || next.getParentBlock() != carry.getParentBlock())
    return;
  result = writtenBy(result);
  if (wanted.count(result) || isa<LoopOp>(result.getOwner()))
    return;
  // The carry's bytes are free from its last read on; an op that reads it
  // there must be able to work in place.
  Operation *producer = result.getOwner();
  int64_t lastRead = live.lastUse(carry);
  bool inPlace = llvm::any_of(inPlacePairs(producer), [&](InPlacePair pair) {
    return pair.result == result.getResultNumber() &&
           producer->getOperand(pair.operand) == carry &&
           readsOnce(producer, carry);
  });
  if (lastRead < live.begin(producer) ||
      (lastRead == live.begin(producer) && inPlace))
    wanted.try_emplace(result, places[carry]);
}

void BufferAssignment::assignLoop(LoopOp loop, unsigned depth) {
  assignCarries(loop);
  assignStacks(loop, depth);
  for (BlockArgument slice : loop.slices())
    places[slice] = slotOf(places[loop.stackOf(slice)], depth, bytesOf(slice));
  wantSlots(loop, depth);
  assignBlock(*loop.body(), depth + 1);
}

//===----------------------------------------------------------------------===//
// Programs
//===----------------------------------------------------------------------===//

/// Asks for what a collective gives to an update (the whole of a parameter
/// whose parts were updated) to be made in the state arena, if nobody reads the
/// old value any more.
void BufferAssignment::wantState() {
  llvm::StringMap<int64_t> lastReads;
  program.walk([&](Operation *op) {
    if (isa<ParamOp, StateOp>(op)) {
      int64_t &last = lastReads[cast<StringAttr>(op->getAttr("name"))];
      last = std::max(last, live.lastUse(op->getResult(0)));
    }
  });
  for (UpdateOp update : program.body()->getOps<UpdateOp>()) {
    auto result = dyn_cast<OpResult>(update.getValue());
    if (!result)
      continue;
    result = writtenBy(result);
    if (!isa<CollectiveOp>(result.getOwner()) ||
        lastReads.lookup(update.getName()) >= live.begin(result.getOwner()))
      continue;
    Place place;
    place.arena = Arena::State;
    place.offset = state.lookup(update.getName());
    wanted.try_emplace(result, place);
  }
}

LogicalResult BufferAssignment::run() {
  for (BlockArgument argument : program.body()->getArguments()) {
    Place place;
    place.arena = Arena::Argument;
    place.index = argument.getArgNumber();
    places[argument] = place;
  }
  // Returned values lie one behind the other in the caller's buffer.
  int64_t offset = 0;
  for (Value value : program.body()->getTerminator()->getOperands()) {
    Place place;
    place.arena = Arena::Result;
    place.offset = offset;
    offset += bytesOf(value);
    if (isa<OpResult>(value) && !isa<LoopOp, ParamOp>(value.getDefiningOp()))
      wanted.try_emplace(writtenBy(cast<OpResult>(value)), place);
  }
  wantState();
  assignBlock(*program.body(), 0);
  scratch = placeStorages(storages);
  return success();
}

void BufferAssignment::write() {
  Builder builder(context);
  int64_t returned = 0;
  program.walk([&](Operation *op) {
    SmallVector<Attribute> buffers;
    for (Value result : op->getResults())
      buffers.push_back(attributeFor(places[result], bytesOf(result)));
    if (auto slots = saved.find(op); slots != saved.end())
      for (const Place &place : slots->second)
        buffers.push_back(attributeFor(place, storages[place.storage].bytes));
    if (auto temporary = temporaries.find(op); temporary != temporaries.end())
      buffers.push_back(attributeFor(
          temporary->second, storages[temporary->second.storage].bytes));
    if (auto update = dyn_cast<UpdateOp>(op)) {
      Place place;
      place.arena = Arena::State;
      place.offset = state.lookup(update.getName());
      buffers.push_back(attributeFor(place, bytesOf(update.getValue())));
    }
    if (isa<ReturnOp>(op))
      for (Value value : op->getOperands()) {
        Place place;
        place.arena = Arena::Result;
        place.offset = returned;
        returned += bytesOf(value);
        buffers.push_back(attributeFor(place, bytesOf(value)));
      }
    if (!buffers.empty())
      op->setAttr("flm.buffers", builder.getArrayAttr(buffers));
  });
}
