//===----------------------------------------------------------------------===//
// Loops, memory and sums of kernels with a team of warps per row.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/kernels/device/RowVectors.h"
#include "codegen/gpu/kernels/device/BatchedLoop.h"
#include "codegen/gpu/kernels/device/LaneReduction.h"
#include "codegen/gpu/kernels/device/Synchronization.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

using namespace mlir;
using namespace flm::gpu;

int64_t RowSchedule::sharedBytes() const {
  return team == 1 ? 0 : warps * RowVectors::mostSums * 4;
}

RowVectors::RowVectors(DeviceBuilder &d, Type type, I32 columns,
                       RowSchedule schedule)
    : d(d), columns(columns), schedule(schedule),
      vectorWidth(WideVectors::bytes * 8 / type.getIntOrFloatBitWidth()),
      warpIndex(d.warpUniform(d.threadIndex() >> 5)),
      teamIndex(d.blockIndex() * schedule.teams() + warpIndex / schedule.team),
      memberIndex(d.threadIndex() % (32 * schedule.team)) {}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

SmallVector<Value> RowVectors::forEach(ValueRange initial, Body body) {
  return forEach(columns, initial, body);
}

SmallVector<Value> RowVectors::forEach(I32 valid, ValueRange initial,
                                       Body body) {
  bool masked = valid.value() != columns.value();
  int64_t span = 32 * schedule.team * vectorWidth;
  I32 first = memberIndex * vectorWidth;
  if (schedule.columns) {
    assert(!masked && "rows in registers are whole");
    SmallVector<RowVector> share;
    for (int64_t i = 0; i * span < schedule.columns; ++i) {
      I32 column = first + i * span;
      bool certain = (i + 1) * span <= schedule.columns;
      share.push_back({column, i, certain ? Value() : column < columns});
    }
    return body(share, initial);
  }

  // A vector is whole if its last element is below `valid`.
  BatchedLoop loop{first, columns, d.constant(span), schedule.batch};
  return loop.run(d, valid - (vectorWidth - 1), initial,
                  [&](ArrayRef<I32> positions, ValueRange before) {
                    bool partial = masked && positions.size() == 1;
                    return body(llvm::map_to_vector(positions,
                                                    [&](I32 column) {
                                                      return RowVector{
                                                          column, -1, Value(),
                                                          partial};
                                                    }),
                                before);
                  });
}

void RowVectors::forEach(function_ref<void(const RowVector &)> body) {
  forEach(ValueRange(), [&](ArrayRef<RowVector> vectors, ValueRange) {
    for (const RowVector &at : vectors)
      body(at);
    return SmallVector<Value>();
  });
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

Value RowVectors::address(RowTensor tensor, const I32 *row, I32 column) {
  I32 start = row ? *row : d.constant(0);
  return d.globalElement(tensor.pointer, tensor.type, start, columns, column);
}

Value RowVectors::hidden(Value stored) {
  auto type = cast<VectorType>(stored.getType());
  if (type.getElementType().isF32())
    return stored;
  int64_t words = type.getNumElements() * type.getElementTypeBitWidth() / 32;
  auto wordsType = VectorType::get({words}, d.getI32Type());
  Value packed = LLVM::BitcastOp::create(d, wordsType, stored);
  for (int64_t i = 0; i < words; ++i) {
    I32 word = d.opaque(d.i32(d.element(packed, i)));
    packed = LLVM::InsertElementOp::create(d, packed, word.value(),
                                           d.constant(i).value());
  }
  return LLVM::BitcastOp::create(d, type, packed);
}

Value RowVectors::readAt(RowTensor tensor, const I32 *row,
                         const RowVector &at) {
  Kept key(tensor.pointer.getAsOpaquePointer(),
           row ? row->value().getAsOpaquePointer() : nullptr, at.index);
  // What was read in a branch or in a loop is there only.
  auto found = kept.find(key);
  if (at.index >= 0 && found != kept.end() &&
      found->second.getParentRegion()->isAncestor(
          d.getInsertionBlock()->getParent()))
    return hidden(found->second);

  WideVectors vectors = wide(tensor.type);
  Value result;
  if (at.inRange) {
    // From some column of the row in any case: a branch would split the loads.
    I32 column = d.select(at.inRange, at.column, d.constant(0));
    Value zeros =
        arith::ConstantOp::create(d, d.getZeroAttr(vectors.storedType()));
    result = arith::SelectOp::create(
        d, at.inRange, vectors.read(address(tensor, row, column)), zeros);
  } else {
    result = vectors.read(address(tensor, row, at.column));
  }
  if (at.index >= 0)
    kept[key] = result;
  return result;
}

Value RowVectors::load(RowTensor tensor, I32 row, const RowVector &at) {
  return wide(tensor.type).widen(readAt(tensor, &row, at));
}
Value RowVectors::load(RowTensor tensor, const RowVector &at) {
  return wide(tensor.type).widen(readAt(tensor, nullptr, at));
}

void RowVectors::write(Value vector, RowTensor tensor, I32 row,
                       const RowVector &at) {
  auto store = [&] {
    wide(tensor.type).store(vector, address(tensor, &row, at.column));
  };
  if (at.inRange)
    d.ifThen(at.inRange, store);
  else
    store();
  if (at.index >= 0)
    kept[{tensor.pointer.getAsOpaquePointer(), row.value().getAsOpaquePointer(),
          at.index}] = vector;
}

Value RowVectors::store(Value vector, RowTensor tensor, I32 row,
                        const RowVector &at) {
  Value rounded = wide(tensor.type).round(vector);
  write(rounded, tensor, row, at);
  return wide(tensor.type).widen(rounded);
}

Value RowVectors::mask(Value vector, const RowVector &at, I32 valid,
                       double fill) {
  if (!at.partial)
    return vector;
  for (int64_t i = 0; i < vectorWidth; ++i) {
    Value element = arith::SelectOp::create(d, at.column + i < valid,
                                            d.element(vector, i), d.f32(fill));
    vector = LLVM::InsertElementOp::create(d, vector, element,
                                           d.constant(i).value());
  }
  return vector;
}

Value RowVectors::loadScalar(RowTensor tensor, I32 row) {
  Value pointer = d.globalElement(tensor.pointer, tensor.type, d.constant(0),
                                  d.constant(0), row);
  return d.load(tensor.type, pointer, tensor.type.getIntOrFloatBitWidth() / 8);
}

void RowVectors::storeScalar(Value value, RowTensor tensor, I32 row) {
  d.ifThen(memberIndex == 0, [&] {
    d.store(value,
            d.globalElement(tensor.pointer, tensor.type, d.constant(0),
                            d.constant(0), row),
            tensor.type.getIntOrFloatBitWidth() / 8);
  });
}

//===----------------------------------------------------------------------===//
// Over the team
//===----------------------------------------------------------------------===//

void RowVectors::teamBarrier() {
  if (schedule.teams() == 1)
    return blockBarrier(d);
  namedBarrier(d, warpIndex / schedule.team + 1, 32 * schedule.team);
}

SmallVector<Value> RowVectors::reduce(ArrayRef<Value> values, Combine combine) {
  assert(static_cast<int64_t>(values.size()) <= mostSums && "too many at once");
  SmallVector<Value> results = llvm::map_to_vector(
      values, [&](Value value) { return reduceLanes(d, value, 32, combine); });
  if (schedule.team == 1)
    return results;
  // A row of shared memory per value, an element per warp.
  auto slot = [&](size_t row, I32 warp) {
    return d.shared(warp * 4 + static_cast<int64_t>(row) * schedule.warps * 4);
  };
  I32 lane = d.threadIndex() & 31;
  {
    DeviceBuilder::Named name(d, "write sums of warps");
    d.ifThen(lane == 0, [&] {
      for (auto [i, value] : llvm::enumerate(results))
        d.store(value, slot(i, warpIndex), 4);
    });
  }
  {
    DeviceBuilder::Named name(d, "sums of warps are written");
    teamBarrier();
  }
  I32 firstWarp = warpIndex - warpIndex % schedule.team;
  for (auto [i, value] : llvm::enumerate(results)) {
    Value partial =
        d.load(value.getType(), slot(i, firstWarp + lane % schedule.team), 4);
    value = reduceLanes(d, partial, schedule.team, combine);
  }
  DeviceBuilder::Named name(d, "sums of warps are read");
  teamBarrier();
  return results;
}

SmallVector<Value> RowVectors::sum(ArrayRef<Value> values) {
  return reduce(values, [&](Value a, Value b) -> Value {
    if (a.getType().isInteger())
      return arith::AddIOp::create(d, a, b);
    return arith::AddFOp::create(d, a, b);
  });
}

Value RowVectors::max(Value value) {
  return reduce(value, [&](Value a, Value b) -> Value {
    return arith::MaxNumFOp::create(d, a, b);
  })[0];
}
