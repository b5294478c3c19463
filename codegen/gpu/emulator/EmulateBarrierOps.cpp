//===----------------------------------------------------------------------===//
// Barriers of threads, mbarriers and fences.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/emulator/DeviceOpTable.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;
using namespace flm::gpu;

static LogicalResult emulateBarrier(DeviceOpCalls &calls, NVVM::BarrierOp op) {
  if (failed(calls.refuseIf(op.getReductionOp().has_value(), "the reduction")))
    return failure();
  return calls.callAndErase("barrier",
                            {calls.optional(op.getBarrierId(), 0),
                             calls.optional(op.getNumberOfThreads(), 0)});
}

/// The proxies that the emulator tells apart: ordinary accesses to shared
/// memory, and those of TMA and wgmma.
static LogicalResult emulateFenceProxy(DeviceOpCalls &calls,
                                       NVVM::FenceProxyOp op) {
  bool known = op.getKind() == NVVM::ProxyKind::async ||
               op.getKind() == NVVM::ProxyKind::async_shared;
  if (failed(calls.refuseIf(!known, "this kind")))
    return failure();
  return calls.callAndErase("fence_proxy_async", {});
}

void flm::gpu::addBarrierOps(DeviceOpTable &table) {
  table.add<NVVM::BarrierOp>(emulateBarrier);
  table.add<NVVM::Barrier0Op>([](DeviceOpCalls &calls, NVVM::Barrier0Op) {
    return calls.callAndErase("barrier", {calls.i32(0), calls.i32(0)});
  });
  table.add<NVVM::BarrierArriveOp>(
      [](DeviceOpCalls &calls, NVVM::BarrierArriveOp op) {
        return calls.callAndErase(
            "barrier_arrive",
            {calls.optional(op.getBarrierId(), 0), op.getNumberOfThreads()});
      });
  table.add<NVVM::ClusterArriveOp>([](DeviceOpCalls &calls,
                                      NVVM::ClusterArriveOp op) {
    if (failed(calls.refuseIf(op.getAligned().has_value(), "the aligned form")))
      return failure();
    return calls.callAndErase("cluster_arrive", {});
  });
  table.add<NVVM::ClusterWaitOp>([](DeviceOpCalls &calls,
                                    NVVM::ClusterWaitOp op) {
    if (failed(calls.refuseIf(op.getAligned().has_value(), "the aligned form")))
      return failure();
    return calls.callAndErase("cluster_wait", {});
  });
  table.add<NVVM::FenceMbarrierInitOp>(
      [](DeviceOpCalls &calls, NVVM::FenceMbarrierInitOp) {
        return calls.callAndErase("fence_mbarrier_init", {});
      });
  table.add<NVVM::FenceProxyOp>(emulateFenceProxy);
}

//===----------------------------------------------------------------------===//
// mbarriers
//===----------------------------------------------------------------------===//

/// Kernels wait by parity.
template <typename Op>
static LogicalResult refuseState(DeviceOpCalls &calls, Op op) {
  bool used = op.getRes() && !op.getRes().use_empty();
  return calls.refuseIf(used, "the state that an arrival returns");
}

static LogicalResult emulateInit(DeviceOpCalls &calls,
                                 NVVM::MBarrierInitOp op) {
  if (failed(calls.refuseIf(static_cast<bool>(op.getPredicate()),
                            "the predicate")))
    return failure();
  return calls.callAndErase("mbarrier_init",
                            {calls.host(op.getAddr()), op.getCount()});
}

static LogicalResult emulateArrive(DeviceOpCalls &calls,
                                   NVVM::MBarrierArriveOp op) {
  if (failed(refuseState(calls, op)) ||
      failed(calls.refuseIf(op.getRelaxed(), "the relaxed form")))
    return failure();
  return calls.callAndErase(
      "mbarrier_arrive",
      {calls.host(op.getAddr()), calls.optional(op.getCount(), 1)});
}

static LogicalResult emulateExpect(DeviceOpCalls &calls,
                                   NVVM::MBarrierArriveExpectTxOp op) {
  if (failed(refuseState(calls, op)) ||
      failed(calls.refuseIf(op.getRelaxed(), "the relaxed form")) ||
      failed(calls.refuseIf(static_cast<bool>(op.getPredicate()),
                            "the predicate")))
    return failure();
  return calls.callAndErase("mbarrier_arrive_expect_tx",
                            {calls.host(op.getAddr()), op.getTxcount()});
}

/// A time limit (`ticks`) changes nothing: any wait may come to its limit.
static LogicalResult emulateTryWait(DeviceOpCalls &calls,
                                    NVVM::MBarrierTryWaitOp op) {
  if (failed(calls.refuseIf(!op.getStateOrPhase().getType().isInteger(32),
                            "the state that an arrival returns")) ||
      failed(calls.refuseIf(op.getRelaxed(), "the relaxed form")))
    return failure();
  return calls.callAndReplaceByFlag(
      "mbarrier_try_wait", {calls.host(op.getAddr()), op.getStateOrPhase()});
}

void flm::gpu::addMBarrierOps(DeviceOpTable &table) {
  table.add<NVVM::MBarrierInitOp>(emulateInit);
  table.add<NVVM::MBarrierArriveOp>(emulateArrive);
  table.add<NVVM::MBarrierArriveExpectTxOp>(emulateExpect);
  table.add<NVVM::MBarrierTryWaitOp>(emulateTryWait);
  table.add<NVVM::MapaOp>([](DeviceOpCalls &calls, NVVM::MapaOp op) {
    return calls.callAndReplace("mapa", {calls.host(op.getA()), op.getB()});
  });
}
