//===----------------------------------------------------------------------===//
// Rings of tiles: copies into them, operands from them.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/kernels/HeadTile.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;
using namespace flm::gpu;

TileRing::TileRing(DeviceBuilder &d, StringRef name, HeadTile tile,
                   int64_t stages, SharedPlan &plan)
    : tile(tile), offset(plan.place(stages * tile.bytes(), boxAlignment)), d(d),
      name(name), stages(stages) {}

void TileRing::placeBarriers(SharedPlan &plan) {
  barriers.emplace(d, stages, plan.place(StageRing::bytes(stages), 8));
}

void TileRing::init(int64_t releases) { barriers->init(releases, name + " "); }

void TileRing::release(RingPosition at) { barriers->release(at); }

Value TileRing::load(RingPosition at, const TensorMatrix &matrix, I32 firstRow,
                     int64_t moreBytes) {
  Value barrier = barriers->acquire(at, tile.bytes() + moreBytes);
  DeviceBuilder::Named named(d, "load " + name);
  tile.overColumns().load(d, matrix, at.slot * tile.bytes() + offset, firstRow,
                          d.constant(0), barrier, d.constant(0), 1, Value());
  return barrier;
}

SharedOperand TileRing::operand(const OperandTile &operandTile,
                                I32 bytes) const {
  return {operandTile, operandTile.descriptor(d, d.constant(offset)) + bytes};
}

SharedOperand TileRing::overColumns(RingPosition at) const {
  return operand(tile.overColumns(), d.opaque(at.slot) * tile.bytes());
}

SharedOperand TileRing::overRows(RingPosition at) const {
  return operand(tile.overRows(), d.opaque(at.slot) * tile.bytes());
}

SharedOperand TileRing::rows64(I32 index) const {
  OperandTile rows = tile.overColumns();
  return operand(rows, d.opaque(index) * rows.outerStep());
}

void flm::gpu::loadBytes(DeviceBuilder &d, Value source, I32 offset,
                         int64_t bytes, Value barrier) {
  auto clusterShared = LLVM::LLVMPointerType::get(d.getContext(), 7);
  NVVM::CpAsyncBulkGlobalToSharedClusterOp::create(
      d, LLVM::AddrSpaceCastOp::create(d, clusterShared, d.shared(offset)),
      source, barrier, d.constant(bytes).value(), Value(), Value());
}
