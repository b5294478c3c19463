//===----------------------------------------------------------------------===//
// Rings of tiles: copies into them, operands from them.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/kernels/attention/HeadTile.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;
using namespace flm::gpu;

TileRing::TileRing(DeviceBuilder &d, StringRef name, HeadTile tile,
                   int64_t tiles, int64_t stages, SharedPlan &plan)
    : tile(tile), d(d), name(name), tiles(tiles), stages(stages),
      offset(plan.place(stages * stageBytes(), boxAlignment)) {}

void TileRing::placeBarriers(SharedPlan &plan) {
  barriers.emplace(d, stages, plan.place(StageRing::bytes(stages), 8),
                   name + " ");
}

SmallVector<Value> TileRing::forEach(
    RingPosition &at, I32 from, I32 to, int64_t step, ValueRange initial,
    function_ref<SmallVector<Value>(I32, RingPosition, ValueRange)> body) {
  SmallVector<Value> carried(initial);
  carried.append({at.slot.value(), at.parity.value()});
  SmallVector<Value> result = d.loop(
      from, to, d.constant(step), carried, [&](I32 i, ValueRange values) {
        RingPosition here{d.i32(values.drop_back().back()),
                          d.i32(values.back())};
        SmallVector<Value> after = body(i, here, values.drop_back(2));
        RingPosition ahead = next(here);
        after.append({ahead.slot.value(), ahead.parity.value()});
        return after;
      });
  at = {d.i32(result[result.size() - 2]), d.i32(result.back())};
  result.truncate(initial.size());
  return result;
}

Value TileRing::load(RingPosition at, I32 firstRow, ArrayRef<Source> sources,
                     int64_t moreBytes) {
  assert(static_cast<int64_t>(sources.size()) == tiles && "one per tile");
  Value barrier = barriers->acquire(at, stageBytes() + moreBytes);
  for (auto [index, source] : llvm::enumerate(sources)) {
    DeviceBuilder::Named named(d, source.name);
    tile.overColumns().load(d, source.matrix,
                            at.slot * stageBytes() + offsetOf(index), firstRow,
                            d.constant(0), barrier, d.constant(0), 1, Value());
  }
  return barrier;
}

SharedOperand TileRing::operand(const OperandTile &operandTile, int64_t index,
                                I32 bytes) const {
  return {operandTile,
          operandTile.descriptor(d, d.constant(offsetOf(index))) + bytes};
}

SharedOperand TileRing::overColumns(RingPosition at, int64_t index) const {
  return operand(tile.overColumns(), index, d.opaque(at.slot) * stageBytes());
}

SharedOperand TileRing::overRows(RingPosition at, int64_t index) const {
  return operand(tile.overRows(), index, d.opaque(at.slot) * stageBytes());
}

SharedOperand TileRing::rows64(I32 group, int64_t index) const {
  OperandTile rows = tile.overColumns();
  return operand(rows, index, d.opaque(group) * rows.outerStep());
}

void flm::gpu::loadBytes(DeviceBuilder &d, Value source, I32 offset,
                         int64_t bytes, Value barrier) {
  auto clusterShared = LLVM::LLVMPointerType::get(d.getContext(), 7);
  NVVM::CpAsyncBulkGlobalToSharedClusterOp::create(
      d, LLVM::AddrSpaceCastOp::create(d, clusterShared, d.shared(offset)),
      source, barrier, d.constant(bytes).value(), Value(), Value());
}
