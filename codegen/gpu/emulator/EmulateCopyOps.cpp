//===----------------------------------------------------------------------===//
// Asynchronous copies: TMA and cp.async.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/emulator/DeviceOpTable.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;
using namespace flm::gpu;

/// What no kernel needs of copies that have it.
template <typename Op>
static LogicalResult refuseCacheHint(DeviceOpCalls &calls, Op op) {
  return calls.refuseIf(static_cast<bool>(op.getL2CacheHint()),
                        "the cache hint");
}

static LogicalResult
emulateLoad(DeviceOpCalls &calls,
            NVVM::CpAsyncBulkTensorGlobalToSharedClusterOp op) {
  if (failed(refuseCacheHint(calls, op)) ||
      failed(calls.refuseIf(op.getMode() != NVVM::TMALoadMode::TILE ||
                                !op.getIm2colOffsets().empty(),
                            "modes other than 'tile'")) ||
      failed(calls.refuseIf(op.getIsCTAOnly(), "the form for one block")) ||
      failed(calls.refuseIf(op.getGroup().has_value(), "the group")) ||
      failed(calls.refuseIf(static_cast<bool>(op.getPredicate()),
                            "the predicate")))
    return failure();
  Value mask = op.getMulticastMask();
  Value blocks = mask ? calls.host(mask) : calls.i32(0);
  return calls.callAndErase(
      "tensor_load",
      {calls.host(op.getDstMem()), calls.host(op.getTmaDescriptor()),
       calls.bufferOf(op.getCoordinates()),
       calls.i32(op.getCoordinates().size()), calls.host(op.getMbar()),
       calls.i32(mask != nullptr), blocks});
}

/// Both kinds of store.
template <typename Op>
static LogicalResult emulateStore(DeviceOpCalls &calls, Op op, bool add) {
  if (failed(refuseCacheHint(calls, op)) ||
      failed(calls.refuseIf(op.getMode() != NVVM::TMAStoreMode::TILE,
                            "modes other than 'tile'")))
    return failure();
  return calls.callAndErase(
      "tensor_store",
      {calls.host(op.getTmaDescriptor()), calls.host(op.getSrcMem()),
       calls.bufferOf(op.getCoordinates()),
       calls.i32(op.getCoordinates().size()), calls.i32(add)});
}

static LogicalResult emulateBytes(DeviceOpCalls &calls,
                                  NVVM::CpAsyncBulkGlobalToSharedClusterOp op) {
  if (failed(refuseCacheHint(calls, op)) ||
      failed(calls.refuseIf(static_cast<bool>(op.getMulticastMask()),
                            "the multicast")))
    return failure();
  return calls.callAndErase(
      "bulk_load", {calls.host(op.getDstMem()), calls.host(op.getSrcMem()),
                    op.getSize(), calls.host(op.getMbar())});
}

static void addBulkCopies(DeviceOpTable &table) {
  table.add<NVVM::CpAsyncBulkTensorGlobalToSharedClusterOp>(emulateLoad);
  table.add<NVVM::CpAsyncBulkTensorSharedCTAToGlobalOp>(
      [](DeviceOpCalls &calls,
         NVVM::CpAsyncBulkTensorSharedCTAToGlobalOp op) -> LogicalResult {
        if (failed(calls.refuseIf(static_cast<bool>(op.getPredicate()),
                                  "the predicate")))
          return failure();
        return emulateStore(calls, op, /*add=*/false);
      });
  table.add<NVVM::CpAsyncBulkTensorReduceOp>(
      [](DeviceOpCalls &calls,
         NVVM::CpAsyncBulkTensorReduceOp op) -> LogicalResult {
        if (failed(calls.refuseIf(op.getRedKind() != NVVM::TMAReduxKind::ADD,
                                  "reductions other than 'add'")))
          return failure();
        return emulateStore(calls, op, /*add=*/true);
      });
  table.add<NVVM::CpAsyncBulkGlobalToSharedClusterOp>(emulateBytes);
  table.add<NVVM::CpAsyncBulkCommitGroupOp>(
      [](DeviceOpCalls &calls, NVVM::CpAsyncBulkCommitGroupOp) {
        return calls.callAndErase("bulk_commit", {});
      });
  // What is read has been written, too, here: `read` changes nothing.
  table.add<NVVM::CpAsyncBulkWaitGroupOp>(
      [](DeviceOpCalls &calls, NVVM::CpAsyncBulkWaitGroupOp op) {
        return calls.callAndErase("bulk_wait", {calls.i32(op.getGroup())});
      });
}

void flm::gpu::addCopyOps(DeviceOpTable &table) {
  addBulkCopies(table);
  // Through which caches is all that the modifier says.
  table.add<NVVM::CpAsyncOp>([](DeviceOpCalls &calls, NVVM::CpAsyncOp op) {
    Value size = calls.i32(op.getSize());
    Value valid = op.getCpSize() ? op.getCpSize() : size;
    return calls.callAndErase(
        "async_copy",
        {calls.host(op.getDst()), calls.host(op.getSrc()), size, valid});
  });
  table.add<NVVM::CpAsyncCommitGroupOp>(
      [](DeviceOpCalls &calls, NVVM::CpAsyncCommitGroupOp) {
        return calls.callAndErase("async_commit", {});
      });
  table.add<NVVM::CpAsyncWaitGroupOp>(
      [](DeviceOpCalls &calls, NVVM::CpAsyncWaitGroupOp op) {
        return calls.callAndErase("async_wait", {calls.i32(op.getN())});
      });
}
