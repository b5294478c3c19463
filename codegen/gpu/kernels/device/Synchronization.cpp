//===----------------------------------------------------------------------===//
// Barriers, fences and the ring of stages.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/kernels/device/Synchronization.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;
using namespace flm::gpu;

void flm::gpu::blockBarrier(DeviceBuilder &d) { NVVM::BarrierOp::create(d); }

void flm::gpu::namedBarrier(DeviceBuilder &d, I32 id, int64_t threads) {
  NVVM::BarrierOp::create(d, TypeRange(), id.value(),
                          d.constant(threads).value(),
                          NVVM::BarrierReductionAttr(), Value());
}

void flm::gpu::clusterBarrier(DeviceBuilder &d) {
  NVVM::ClusterArriveOp::create(d, UnitAttr());
  NVVM::ClusterWaitOp::create(d, UnitAttr());
}

void flm::gpu::fenceForAsyncReads(DeviceBuilder &d) {
  NVVM::FenceProxyOp::create(
      d, NVVM::ProxyKind::async_shared,
      NVVM::SharedSpaceAttr::get(d.getContext(),
                                 NVVM::SharedSpace::shared_cta));
}

void StageRing::init(int64_t releases, bool publish) {
  for (int64_t stage = 0; stage < stages; ++stage) {
    I32 slot = d.constant(stage);
    DeviceBuilder::Named fullName(d, name + "full " + std::to_string(stage));
    NVVM::MBarrierInitOp::create(d, full(slot), d.constant(1).value(), Value());
  }
  for (int64_t stage = 0; stage < stages; ++stage) {
    I32 slot = d.constant(stage);
    DeviceBuilder::Named emptyName(d, name + "empty " + std::to_string(stage));
    NVVM::MBarrierInitOp::create(d, empty(slot), d.constant(releases).value(),
                                 Value());
  }
  if (!publish)
    return;
  // Copies and other blocks of the cluster see the barriers after it.
  DeviceBuilder::Named fenceName(d, "publish barriers");
  NVVM::FenceMbarrierInitOp::create(d);
}

RingPosition StageRing::next(RingPosition at) {
  I32 slot = at.slot + 1;
  Value wraps = slot == stages;
  return {d.select(wraps, d.constant(0), slot), at.parity ^ d.fromBool(wraps)};
}

void StageRing::wait(Value barrier, I32 parity) {
  d.spinUntil([&]() -> Value {
    return NVVM::MBarrierTryWaitOp::create(d, d.getI1Type(), barrier,
                                           parity.value(), Value());
  });
}

Value StageRing::acquire(RingPosition at, int64_t bytes) {
  {
    DeviceBuilder::Named waitName(d, name + "wait empty");
    // The round before: the consumers release what was filled then.
    wait(empty(at.slot), at.parity ^ 1);
  }
  DeviceBuilder::Named expectName(d, "expect bytes");
  Value barrier = full(at.slot);
  NVVM::MBarrierArriveExpectTxOp::create(
      d, Type(), barrier, d.constant(bytes).value(), NVVM::MemScopeKind::CTA,
      /*relaxed=*/false, Value());
  return barrier;
}

void StageRing::waitFull(RingPosition at) {
  DeviceBuilder::Named waitName(d, name + "wait full");
  wait(full(at.slot), at.parity);
}

void StageRing::release(RingPosition at) {
  DeviceBuilder::Named releaseName(d, "release");
  NVVM::MBarrierArriveOp::create(d, d.getI64Type(), empty(at.slot));
}

void StageRing::releaseTo(RingPosition at, I32 rank) {
  DeviceBuilder::Named releaseName(d, "release");
  auto clusterShared = LLVM::LLVMPointerType::get(d.getContext(), 7);
  Value remote =
      NVVM::MapaOp::create(d, clusterShared, empty(at.slot), rank.value());
  NVVM::MBarrierArriveOp::create(d, Type(), remote, Value(),
                                 NVVM::MemScopeKind::CLUSTER,
                                 /*relaxed=*/false);
}
