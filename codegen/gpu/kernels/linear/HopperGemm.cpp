//===----------------------------------------------------------------------===//
// The Hopper GEMM: warp specialisation, producer and main loop.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/kernels/linear/HopperGemm.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;
using namespace flm::gpu;

/// Threads of a warpgroup.
static constexpr int64_t groupThreads = 128;
/// Rows of one wgmma.
static constexpr int64_t wgmmaRows = 64;

HopperGemm::HopperGemm(DeviceBuilder &d, GemmAttr gemm,
                       const GemmEpilogueHook &hook)
    : GemmKernel(d, gemm, hook),
      stagesOffset(plan.place(schedule.getStages() * schedule.stageBytes(),
                              boxAlignment)),
      outputOffset(
          plan.place(schedule.consumers() * GemmScheduleAttr::outputBoxes *
                         OutputBox::bytes,
                     boxAlignment)),
      ring(d, schedule.getStages(),
           plan.place(StageRing::bytes(schedule.getStages()), 8)),
      rank(d, Value()) {
  assert(plan.bytes() == schedule.sharedBytes() &&
         "the verifier counts other bytes than the kernel uses");
}

//===----------------------------------------------------------------------===//
// The kernel
//===----------------------------------------------------------------------===//

LLVM::LLVMFuncOp HopperGemm::emit() {
  declareOperands(/*tensorMaps=*/true);
  LLVM::LLVMFuncOp function = begin(described, launchByTile());
  bool clustered = schedule.getCluster() > 1;
  rank = clustered ? d.rankInCluster() : d.constant(0);

  initialize();
  I32 warpgroup = d.warpUniform(d.threadIndex() >> 7);
  d.ifThenElse(warpgroup == 0, [&] { produce(); }, [&] { consume(); });
  // A block that has left can neither take a slice of B nor be told that a
  // stage is free.
  if (clustered) {
    DeviceBuilder::Named name(d, "leave together");
    clusterBarrier(d);
  }
  return function;
}

void HopperGemm::initialize() {
  d.ifThen(d.threadIndex() == 0,
           [&] { ring.init(schedule.consumers() * schedule.getCluster()); });
  DeviceBuilder::Named name(d, "begin together");
  if (schedule.getCluster() > 1)
    clusterBarrier(d);
  else
    blockBarrier(d);
}

void HopperGemm::forEachTile(
    function_ref<RingPosition(GemmWork, RingPosition)> body) {
  int64_t cluster = schedule.getCluster();
  // Counted in tiles of a cluster: `cluster` tile rows by one tile column.
  I32 rows =
      (m + (cluster * schedule.getM() - 1)) / (cluster * schedule.getM());
  I32 columns = (n + (schedule.getN() - 1)) / schedule.getN();
  RingPosition start = ring.start();
  d.loop(d.blockIndex() / cluster, rows * columns * schedule.getSplits(),
         d.gridBlocks() / cluster, {start.slot.value(), start.parity.value()},
         [&](I32 index, ValueRange carried) -> SmallVector<Value> {
           GemmWork next = work(index, rows, columns);
           next.tile.row = next.tile.row * cluster + rank;
           RingPosition after =
               body(next, {d.i32(carried[0]), d.i32(carried[1])});
           return {after.slot.value(), after.parity.value()};
         });
}

SmallVector<Value> HopperGemm::forEachStep(
    GemmWork work, RingPosition &at, ValueRange initial,
    function_ref<SmallVector<Value>(I32, RingPosition, ValueRange)> body) {
  SmallVector<Value> carried(initial);
  carried.append({at.slot.value(), at.parity.value()});
  SmallVector<Value> result =
      d.loop(work.firstStep, work.steps, d.constant(1), carried,
             [&](I32 step, ValueRange values) {
               RingPosition here{d.i32(values.drop_back().back()),
                                 d.i32(values.back())};
               SmallVector<Value> next = body(step, here, values.drop_back(2));
               RingPosition after = ring.next(here);
               next.append({after.slot.value(), after.parity.value()});
               return next;
             });
  at = {d.i32(result[result.size() - 2]), d.i32(result.back())};
  result.truncate(result.size() - 2);
  return result;
}

//===----------------------------------------------------------------------===//
// Producer
//===----------------------------------------------------------------------===//

void HopperGemm::produce() {
  NVVM::SetMaxRegisterOp::create(d, schedule.producerRegisters(),
                                 NVVM::SetMaxRegisterAction::decrease);
  d.ifThen(d.threadIndex() == 0, [&] {
    forEachTile([&](GemmWork work, RingPosition at) {
      forEachStep(work, at, ValueRange(),
                  [&](I32 step, RingPosition here, ValueRange) {
                    loadStage(work.tile, step, here);
                    return SmallVector<Value>();
                  });
      return at;
    });
  });
}

void HopperGemm::loadStage(TilePosition tile, I32 step, RingPosition at) {
  int64_t cluster = schedule.getCluster();
  Value barrier = ring.acquire(at, schedule.stageBytes());
  I32 offsetA = at.slot * schedule.stageBytes() + stagesOffset;
  I32 offsetB = offsetA + tileA.bytes();
  I32 depth = step * schedule.getK();
  {
    DeviceBuilder::Named name(d, "load a");
    tileA.load(d, TensorMatrix::whole(a), offsetA, tile.row * schedule.getM(),
               depth, barrier, d.constant(0), 1, Value());
  }
  DeviceBuilder::Named name(d, "load b");
  // All blocks of the cluster.
  Value everyone;
  if (cluster > 1)
    everyone = LLVM::ConstantOp::create(
        d, d.getI16Type(), d.getI16IntegerAttr((1 << cluster) - 1));
  tileB.load(d, TensorMatrix::whole(b), offsetB, tile.column * schedule.getN(),
             depth, barrier, rank, cluster, everyone);
}

//===----------------------------------------------------------------------===//
// Consumers
//===----------------------------------------------------------------------===//

void HopperGemm::consume() {
  NVVM::SetMaxRegisterOp::create(d, schedule.consumerRegisters(),
                                 NVVM::SetMaxRegisterAction::increase);
  I32 consumer = d.warpUniform(d.threadIndex() >> 7) - 1;
  I32 thread = d.threadIndex() & (groupThreads - 1);
  int64_t sumsPerThread = schedule.consumerRows() * schedule.getN() / 128;
  forEachTile([&](GemmWork work, RingPosition at) {
    SmallVector<Value> zeros(sumsPerThread, d.f32(0));
    SmallVector<Value> sums = forEachStep(
        work, at, zeros, [&](I32, RingPosition here, ValueRange carried) {
          ring.waitFull(here);
          SmallVector<Value> next = multiplyStage(here, consumer, carried);
          releaseStage(here, thread);
          return next;
        });
    storeTile(work, consumer, thread, sums);
    return at;
  });
  // Shared memory must outlive the stores that read it.
  DeviceBuilder::Named name(d, "wait for last stores");
  d.ifThen(thread == 0, [&] { waitForStores(d, 0); });
}

SmallVector<Value> HopperGemm::multiplyStage(RingPosition at, I32 consumer,
                                             ValueRange sums) {
  // From the slot on, addresses are computed in the loop: see flm_gpu.opaque.
  I32 stage = d.opaque(at.slot) * schedule.stageBytes();
  I32 base = d.constant(stagesOffset);
  int64_t slabs = schedule.consumerRows() / wgmmaRows;
  I32 offsetA = base + consumer * (slabs * tileA.outerStep());
  MatrixDescriptor rowsOfA = tileA.descriptor(d, offsetA) + stage;
  MatrixDescriptor wholeB = tileB.descriptor(d, base + tileA.bytes()) + stage;
  {
    DeviceBuilder::Named name(d, "fence sums");
    NVVM::WgmmaFenceAlignedOp::create(d);
  }
  // The sums of 64 rows after those of the 64 rows before.
  SmallVector<Value> next(sums);
  size_t perSlab = sums.size() / slabs;
  for (int64_t depth = 0; depth < schedule.getK(); depth += wgmmaDepth) {
    Value right = (wholeB + tileB.depthOffset(depth)).value();
    for (int64_t slab = 0; slab < slabs; ++slab) {
      Value left =
          (rowsOfA + (tileA.depthOffset(depth) + slab * tileA.outerStep()))
              .value();
      MutableArrayRef<Value> slabSums =
          MutableArrayRef<Value>(next).slice(slab * perSlab, perSlab);
      auto product =
          WgmmaOp::create(d, left, right, ValueRange(slabSums), schedule.getN(),
                          tileA.transposed, tileB.transposed);
      llvm::copy(product.getResults(), slabSums.begin());
    }
  }
  NVVM::WgmmaGroupSyncAlignedOp::create(d);
  DeviceBuilder::Named name(d, "wait for products");
  NVVM::WgmmaWaitGroupSyncOp::create(d, 0);
  return next;
}

void HopperGemm::releaseStage(RingPosition at, I32 thread) {
  // Every block of the cluster writes a slice of B to this stage, so all of
  // them must know that it is free.
  int64_t cluster = schedule.getCluster();
  d.ifThen(thread < cluster, [&] {
    if (cluster > 1)
      ring.releaseTo(at, thread);
    else
      ring.release(at);
  });
}
