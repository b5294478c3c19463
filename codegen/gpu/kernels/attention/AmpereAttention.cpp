//===----------------------------------------------------------------------===//
// Copies, products and stores of the attention kernels for sm_80.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/kernels/attention/AmpereAttention.h"
#include "codegen/gpu/kernels/device/WarpMatrix.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

#include <limits>

using namespace mlir;
using namespace flm::gpu;

AmpereAttention::AmpereAttention(DeviceBuilder &d, int64_t headDim, bool causal,
                                 int64_t ownRows, int64_t stepRows)
    : d(d), headDim(headDim), causal(causal), ownRows(ownRows),
      stepRows(stepRows), warpRows(ownRows / warps),
      sizes{{d, Value()}, {d, Value()}, {d, Value()}, {d, Value()}},
      batchIndex(d, Value()), head(d, Value()), firstOwn(d, Value()),
      thread(d, Value()), lane(d, Value()), warpRow(d, Value()) {
  assert(warpRows % 16 == 0 && stepRows % 16 == 0 && "whole fragments");
}

void AmpereAttention::place(const AttentionCall &call,
                            AttentionCall::Heads headsOfRows, bool lastFirst) {
  sizes = call.sizes();
  I32 heads =
      headsOfRows == AttentionCall::Heads::Query ? sizes.heads : sizes.keyHeads;
  I32 headsOfBatch = heads * sizes.batch;
  I32 index = d.blockIndex() % headsOfBatch;
  I32 tile = d.blockIndex() / headsOfBatch;
  if (lastFirst)
    tile = (sizes.seq + (ownRows - 1)) / ownRows - 1 - tile;
  batchIndex = index / heads;
  head = index % heads;
  firstOwn = tile * ownRows;
  thread = d.threadIndex();
  lane = thread & 31;
  warpRow = d.warpUniform(thread >> 5) * warpRows;
}

GlobalMatrix AmpereAttention::headOf(Value tensor, I32 headCount, I32 head) {
  I32 pitch = headCount * headDim;
  Value first = d.globalElement(tensor, d.getBF16Type(), batchIndex * sizes.seq,
                                pitch, head * headDim);
  return {first, sizes.seq, d.constant(headDim), pitch};
}

void AmpereAttention::loadOwn(const GlobalMatrix &rows, int64_t offset,
                              I32 first) {
  TileCopy(d, thread, threads)
      .load(rowsTile(ownRows), d.constant(offset), rows, first, d.constant(0));
}

void AmpereAttention::loadStep(const GlobalMatrix &rows, I32 offset,
                               I32 first) {
  // Opaque: a pointer for each chunk, moved on from step to step, would take
  // more registers than computing it anew.
  TileCopy(d, d.opaque(thread), threads)
      .load(rowsTile(stepRows), offset, rows, d.opaque(first), d.constant(0));
}

I32 AmpereAttention::visibleKeys(I32 query) {
  // Its own position is the last that a query sees.
  return causal ? d.min(sizes.seq, query + 1) : sizes.seq;
}

SmallVector<Value>
AmpereAttention::keepWhere(ValueRange scores,
                           function_ref<Value(I32, I32)> visible) {
  Value hidden = d.f32(-std::numeric_limits<double>::infinity());
  I32 lane = d.opaque(this->lane);
  I32 firstColumn = (lane & 3) * 2, firstRow = warpRow + (lane >> 2);
  SmallVector<Value> result;
  for (int64_t group = 0; group < groups(); ++group)
    for (auto [i, score] : llvm::enumerate(groupOf(scores, group)))
      result.push_back(arith::SelectOp::create(
                           d,
                           visible(firstRow + (group * 16 + i / 2 % 2 * 8),
                                   firstColumn + (i / 4 * 8 + i % 2)),
                           score, hidden)
                           .getResult());
  return result;
}

SmallVector<Value> AmpereAttention::noSums() {
  return SmallVector<Value>(warpRows * headDim / 32, d.f32(0));
}

SmallVector<Value> AmpereAttention::multiplyRows(int64_t ownOffset,
                                                 I32 stepOffset) {
  SmallVector<Value> sums(warpRows * stepRows / 32, d.f32(0));
  // The addresses of all fragments would fill the registers.
  I32 own = d.opaque(d.constant(ownOffset)), lane = d.opaque(this->lane);
  for (int64_t depth = 0; depth < headDim; depth += 16) {
    SmallVector<Fragment> left;
    for (int64_t row = 0; row < warpRows; row += 16)
      left.push_back(loadFragment(d, rowsTile(ownRows), own, warpRow + row,
                                  depth, lane, FragmentOrder::RowsFirst));
    sums = multiplyStep(d, left, rowsTile(stepRows), stepOffset, d.constant(0),
                        stepRows, depth, lane, sums);
  }
  return sums;
}

SmallVector<Value> AmpereAttention::addWeighted(ValueRange weights,
                                                I32 stepOffset,
                                                ValueRange sums) {
  SmallVector<Value> next(sums);
  I32 lane = d.opaque(this->lane);
  for (int64_t depth = 0; depth < stepRows; depth += 16) {
    // The packed sums of 16 columns are a left operand of depth 16.
    SmallVector<Fragment> left(groups());
    for (int64_t group = 0; group < groups(); ++group)
      llvm::copy(groupOf(weights, group).slice(depth / 4, 4),
                 left[group].begin());
    next = multiplyStep(d, left, columnsTile(stepRows), stepOffset,
                        d.constant(0), headDim, depth, lane, next);
  }
  return next;
}

void AmpereAttention::storeRows(ValueRange sums, int64_t offset,
                                const GlobalMatrix &matrix, I32 first) {
  OperandTile tile = rowsTile(ownRows);
  for (int64_t group = 0; group < groups(); ++group) {
    ValueRange values = groupOf(sums, group);
    for (size_t i = 0; i < values.size(); i += 2) {
      // Eight columns are a chunk, two of them a lane's.
      int64_t column = i / 4 * 8;
      int64_t box = column / boxElements * (ownRows * boxRowBytes);
      Value address = swizzledAddress(
          d, d.constant(offset + box), groupRow(group) + i / 2 % 2 * 8,
          d.constant(column % boxElements / 8), (lane & 3) << 2);
      d.store(d.packBF16(values[i], values[i + 1]).value(), address, 4);
    }
  }
  {
    DeviceBuilder::Named name(d, "rows are written");
    NVVM::SyncWarpOp::create(d, d.constant(-1).value());
  }
  DeviceBuilder::Named name(d, "store rows");
  TileCopy(d, lane, 32)
      .store(tile, d.constant(offset), warpRow, warpRows, matrix,
             first + warpRow);
}
