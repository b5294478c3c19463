//===----------------------------------------------------------------------===//
// What warps and warpgroups do together. (EmulateWgmma.cpp replaces
// flm_gpu.wgmma itself.)
//===----------------------------------------------------------------------===//
#include "codegen/gpu/emulator/DeviceOpTable.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;
using namespace flm::gpu;

static LogicalResult emulateShuffle(DeviceOpCalls &calls, NVVM::ShflOp op) {
  if (failed(calls.refuseIf(op.getReturnValueAndIsValid().value_or(false),
                            "the flag that the lane is valid")))
    return failure();
  bool isF32 = op.getVal().getType().isF32();
  return calls.callAndReplace(isF32 ? "shuffle_f32" : "shuffle_i32",
                              {calls.i32(static_cast<int>(op.getKind())),
                               op.getThreadMask(), op.getVal(), op.getOffset(),
                               op.getMaskAndClamp()});
}

template <typename Op>
static LogicalResult refuseOtherMatrices(DeviceOpCalls &calls, Op op) {
  bool known = op.getShape().getM() == 8 && op.getShape().getN() == 8 &&
               op.getEltType() == NVVM::LdStMatrixEltType::B16;
  return calls.refuseIf(!known, "shapes and types other than 8 x 8 of b16");
}

static LogicalResult emulateLoadMatrix(DeviceOpCalls &calls,
                                       NVVM::LdMatrixOp op) {
  if (failed(refuseOtherMatrices(calls, op)))
    return failure();
  Type i32 = calls.getI32Type();
  int64_t count = op.getNum();
  Value result = calls.buffer(i32, count);
  bool transposed = op.getLayout() == NVVM::MMALayout::col;
  calls.call("load_matrix", Type(),
             {calls.host(op.getPtr()), calls.i32(count), calls.i32(transposed),
              result});
  return calls.replace(LLVM::LoadOp::create(calls, op.getType(), result));
}

static LogicalResult emulateStoreMatrix(DeviceOpCalls &calls,
                                        NVVM::StMatrixOp op) {
  if (failed(refuseOtherMatrices(calls, op)))
    return failure();
  bool transposed = op.getLayout() == NVVM::MMALayout::col;
  return calls.callAndErase("store_matrix", {calls.host(op.getPtr()),
                                             calls.i32(op.getSources().size()),
                                             calls.i32(transposed),
                                             calls.bufferOf(op.getSources())});
}

static LogicalResult emulateMultiply(DeviceOpCalls &calls, NVVM::MmaOp op) {
  NVVM::MMAShapeAttr shape = op.getShape();
  bool known = shape.getM() == 16 && shape.getN() == 8 && shape.getK() == 16 &&
               op.getMultiplicandAPtxType() == NVVM::MMATypes::bf16 &&
               op.getMultiplicandBPtxType() == NVVM::MMATypes::bf16 &&
               op.accumPtxType() == NVVM::MMATypes::f32 &&
               op.getLayoutA() == NVVM::MMALayout::row &&
               op.getLayoutB() == NVVM::MMALayout::col;
  if (failed(calls.refuseIf(!known, "shapes, types and layouts other than "
                                    "m16n8k16 of bf16 to f32, row by col")))
    return failure();
  SmallVector<Value> operands;
  for (Value operand : op->getOperands())
    operands.push_back(
        LLVM::BitcastOp::create(calls, calls.getI32Type(), operand));
  Value result = calls.buffer(calls.getF32Type(), 4);
  calls.call("mma", Type(), {calls.bufferOf(operands), result});
  return calls.replace(LLVM::LoadOp::create(calls, op.getType(), result));
}

void flm::gpu::addWarpOps(DeviceOpTable &table) {
  table.add<NVVM::SyncWarpOp>([](DeviceOpCalls &calls, NVVM::SyncWarpOp op) {
    return calls.callAndErase("warp_barrier", {op.getMask()});
  });
  table.add<NVVM::ElectSyncOp>([](DeviceOpCalls &calls, NVVM::ElectSyncOp op) {
    return calls.callAndReplaceByFlag("elect",
                                      {calls.optional(op.getMembermask(), -1)});
  });
  table.add<NVVM::ShflOp>(emulateShuffle);
  table.add<NVVM::LdMatrixOp>(emulateLoadMatrix);
  table.add<NVVM::StMatrixOp>(emulateStoreMatrix);
  table.add<NVVM::MmaOp>(emulateMultiply);
  table.add<NVVM::WgmmaFenceAlignedOp>(
      [](DeviceOpCalls &calls, NVVM::WgmmaFenceAlignedOp) {
        return calls.callAndErase("wgmma_fence", {});
      });
  table.add<NVVM::WgmmaGroupSyncAlignedOp>(
      [](DeviceOpCalls &calls, NVVM::WgmmaGroupSyncAlignedOp) {
        return calls.callAndErase("wgmma_commit", {});
      });
  table.add<NVVM::WgmmaWaitGroupSyncOp>(
      [](DeviceOpCalls &calls, NVVM::WgmmaWaitGroupSyncOp op) {
        return calls.callAndErase("wgmma_wait", {calls.i32(op.getGroup())});
      });
}
