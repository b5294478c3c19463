//===----------------------------------------------------------------------===//
// Breaks a kernel in a way that people break kernels, to see it noticed.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/emulator/Passes.h"
#include "dialects/flm_gpu/FlmGpu.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

#include <functional>

namespace flm::gpu {
#define GEN_PASS_DEF_INJECTFAULT
#include "codegen/gpu/emulator/Passes.h.inc"
} // namespace flm::gpu

using namespace mlir;
using namespace flm::gpu;

namespace {

/// One way to break an op. Whether it did: the op may be of another kind.
struct Fault {
  StringRef name;
  std::function<bool(Operation *)> inject;
};

} // namespace

static Value constant(OpBuilder &builder, Location loc, int64_t value) {
  return arith::ConstantIntOp::create(builder, loc, value, 32);
}

/// operand + addend in its place.
static void add(OpOperand &operand, int64_t addend) {
  OpBuilder builder(operand.getOwner());
  Location loc = operand.getOwner()->getLoc();
  operand.set(arith::AddIOp::create(builder, loc, operand.get(),
                                    constant(builder, loc, addend)));
}

/// Erases an op without results that somebody uses.
template <typename... Ops> static bool drop(Operation *op) {
  if (!isa<Ops...>(op) || !op->use_empty())
    return false;
  op->erase();
  return true;
}

/// A wait that does not wait.
static bool dropWait(Operation *op) {
  auto wait = dyn_cast<NVVM::MBarrierTryWaitOp>(op);
  if (!wait)
    return false;
  OpBuilder builder(op);
  wait.getRes().replaceAllUsesWith(
      arith::ConstantIntOp::create(builder, op->getLoc(), 1, 1));
  op->erase();
  return true;
}

/// A wait that takes the first answer: the hardware may give up before the
/// phase completes.
static bool dropRetry(Operation *op) {
  auto loop = dyn_cast<scf::WhileOp>(op->getParentOp());
  if (!isa<NVVM::MBarrierTryWaitOp>(op) || !loop)
    return false;
  scf::ConditionOp condition = loop.getConditionOp();
  OpBuilder builder(condition);
  condition.getConditionMutable().assign(
      arith::ConstantIntOp::create(builder, op->getLoc(), 0, 1));
  return true;
}

/// Meets at the barrier that another group of warps uses.
static bool shareBarrier(Operation *op) {
  auto barrier = dyn_cast<NVVM::BarrierOp>(op);
  if (!barrier || !barrier.getBarrierId())
    return false;
  OpBuilder builder(op);
  barrier.getBarrierIdMutable().assign(constant(builder, op->getLoc(), 1));
  return true;
}

static bool flipParity(Operation *op) {
  auto wait = dyn_cast<NVVM::MBarrierTryWaitOp>(op);
  if (!wait)
    return false;
  add(wait.getStateOrPhaseMutable(), 1);
  return true;
}

static bool changeBytes(Operation *op, int64_t addend) {
  auto expect = dyn_cast<NVVM::MBarrierArriveExpectTxOp>(op);
  if (!expect)
    return false;
  add(expect.getTxcountMutable(), addend);
  return true;
}

/// Arrives at the barrier of this block only, once for each block.
static bool arriveAtOwnBlock(Operation *op) {
  auto map = dyn_cast<NVVM::MapaOp>(op);
  if (!map)
    return false;
  OpBuilder builder(op);
  map.getBMutable().assign(
      NVVM::ClusterId::create(builder, op->getLoc(), builder.getI32Type()));
  return true;
}

static bool loadForOwnBlockOnly(Operation *op) {
  auto load = dyn_cast<NVVM::CpAsyncBulkTensorGlobalToSharedClusterOp>(op);
  if (!load || !load.getMulticastMask())
    return false;
  load.getMulticastMaskMutable().clear();
  return true;
}

/// The next element instead of the first one.
static bool shiftBox(Operation *op) {
  if (auto load =
          dyn_cast<NVVM::CpAsyncBulkTensorGlobalToSharedClusterOp>(op)) {
    add(load.getCoordinatesMutable()[0], 1);
    return true;
  }
  if (auto store = dyn_cast<NVVM::CpAsyncBulkTensorSharedCTAToGlobalOp>(op)) {
    add(store.getCoordinatesMutable()[1], 1);
    return true;
  }
  return false;
}

/// Copies the 16 bytes after those that it should.
static bool shiftBytes(Operation *op) {
  OpOperand *source = nullptr;
  if (auto load = dyn_cast<NVVM::CpAsyncBulkGlobalToSharedClusterOp>(op))
    source = &load.getSrcMemMutable();
  else if (auto load = dyn_cast<NVVM::CpAsyncOp>(op))
    source = &load.getSrcMutable();
  if (!source)
    return false;
  OpBuilder builder(op);
  source->set(LLVM::GEPOp::create(builder, op->getLoc(),
                                  source->get().getType(), builder.getI8Type(),
                                  source->get(), ArrayRef<LLVM::GEPArg>{16}));
  return true;
}

/// Lets one group of multiplications run on; the accumulators are then read
/// before they are complete.
static bool waitForOneLess(Operation *op) {
  auto wait = dyn_cast<NVVM::WgmmaWaitGroupSyncOp>(op);
  if (!wait)
    return false;
  wait.setGroup(wait.getGroup() + 1);
  return true;
}

/// Waits for stores as if one more could still read.
static bool waitForOneStoreLess(Operation *op) {
  auto wait = dyn_cast<NVVM::CpAsyncBulkWaitGroupOp>(op);
  if (!wait)
    return false;
  wait.setGroup(wait.getGroup() + 1);
  return true;
}

static bool swapTranspose(Operation *op) {
  if (auto wgmma = dyn_cast<WgmmaOp>(op)) {
    wgmma.setTransposeB(!wgmma.getTransposeB());
    return true;
  }
  if (auto load = dyn_cast<NVVM::LdMatrixOp>(op)) {
    load.setLayout(load.getLayout() == NVVM::MMALayout::row
                       ? NVVM::MMALayout::col
                       : NVVM::MMALayout::row);
    return true;
  }
  return false;
}

/// One step of wgmma reads the operands of the step before.
static bool repeatStep(Operation *op) {
  auto wgmma = dyn_cast<WgmmaOp>(op);
  auto before = wgmma && !wgmma.getAcc().empty()
                    ? wgmma.getAcc()[0].getDefiningOp<WgmmaOp>()
                    : WgmmaOp();
  if (!before)
    return false;
  wgmma.getBMutable().assign(before.getB());
  return true;
}

static bool changeArrivals(Operation *op, int64_t addend) {
  auto init = dyn_cast<NVVM::MBarrierInitOp>(op);
  if (!init)
    return false;
  add(init.getCountMutable(), addend);
  return true;
}

/// Writes shared memory at another place.
static bool moveWrite(Operation *op, int64_t bytes) {
  auto store = dyn_cast<NVVM::StMatrixOp>(op);
  if (!store)
    return false;
  OpBuilder builder(op);
  Value moved = LLVM::GEPOp::create(
      builder, op->getLoc(), store.getPtr().getType(), builder.getI8Type(),
      store.getPtr(), ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(bytes)});
  store.getPtrMutable().assign(moved);
  return true;
}

/// Moves a release before the multiplications that read the stage have ended.
static bool releaseEarly(Operation *op) {
  auto wait = dyn_cast<NVVM::WgmmaWaitGroupSyncOp>(op);
  if (!wait)
    return false;
  auto release = dyn_cast_or_null<scf::IfOp>(wait->getNextNode());
  for (Operation *next = wait->getNextNode(); next && !release;
       next = next->getNextNode())
    release = dyn_cast<scf::IfOp>(next);
  if (!release)
    return false;
  // With what it computes in between.
  SmallVector<Operation *> between;
  for (Operation *next = wait->getNextNode(); next != release;
       next = next->getNextNode())
    between.push_back(next);
  for (Operation *next : between)
    next->moveBefore(wait);
  release->moveBefore(wait);
  return true;
}

static bool changeSwizzle(Operation *op) {
  auto function = dyn_cast<FunctionOpInterface>(op);
  if (!function)
    return false;
  for (unsigned i : llvm::seq(function.getNumArguments()))
    if (auto map =
            function.getArgAttrOfType<TensorMapAttr>(i, tensorMapAttrName)) {
      // Narrower rows would need narrower boxes: none spans any row.
      function.setArgAttr(
          i, tensorMapAttrName,
          TensorMapAttr::get(map.getContext(), map.getBox(), 0));
      return true;
    }
  return false;
}

static ArrayRef<Fault> allFaults() {
  using namespace std::placeholders;
  static const Fault faults[] = {
      {"drop-wait", dropWait},
      {"drop-retry", dropRetry},
      {"flip-parity", flipParity},
      {"expect-more-bytes", std::bind(changeBytes, _1, 16)},
      {"expect-fewer-bytes", std::bind(changeBytes, _1, -16)},
      {"drop-fence", drop<NVVM::FenceProxyOp, NVVM::FenceMbarrierInitOp,
                          NVVM::WgmmaFenceAlignedOp>},
      {"drop-barrier", drop<NVVM::BarrierOp, NVVM::SyncWarpOp>},
      {"share-barrier", shareBarrier},
      {"drop-arrive", drop<NVVM::MBarrierArriveOp>},
      {"drop-cluster-barrier",
       [](Operation *op) {
         Operation *wait = op->getNextNode();
         return isa_and_nonnull<NVVM::ClusterWaitOp>(wait) &&
                drop<NVVM::ClusterWaitOp>(wait) &&
                drop<NVVM::ClusterArriveOp>(op);
       }},
      {"drop-copy-wait", drop<NVVM::CpAsyncWaitGroupOp>},
      {"drop-store-wait", drop<NVVM::CpAsyncBulkWaitGroupOp>},
      {"wait-for-one-store-less", waitForOneStoreLess},
      {"own-block-arrive", arriveAtOwnBlock},
      {"own-block-load", loadForOwnBlockOnly},
      {"shift-box", shiftBox},
      {"shift-bytes", shiftBytes},
      {"change-swizzle", changeSwizzle},
      {"early-accumulator-read", waitForOneLess},
      {"early-release", releaseEarly},
      {"swap-transpose", swapTranspose},
      {"repeat-step", repeatStep},
      {"count-one-arrival-less", std::bind(changeArrivals, _1, -1)},
      {"count-one-arrival-more", std::bind(changeArrivals, _1, 1)},
      {"misalign", std::bind(moveWrite, _1, 2)},
      {"out-of-bounds", std::bind(moveWrite, _1, 1 << 20)},
  };
  return faults;
}

static std::string nameOf(Operation *op) {
  auto name = op->getLoc()->findInstanceOf<NameLoc>();
  return name ? name.getName().str() : "";
}

namespace {

struct InjectFault : flm::gpu::impl::InjectFaultBase<InjectFault> {
  using InjectFaultBase::InjectFaultBase;

  void runOnOperation() override {
    const Fault *chosen = llvm::find_if(
        allFaults(), [&](const Fault &known) { return known.name == fault; });
    if (chosen == allFaults().end()) {
      InFlightDiagnostic error = getOperation()->emitError()
                                 << "unknown fault '" << fault
                                 << "'; expected one of ";
      llvm::interleaveComma(allFaults(), error,
                            [&](const Fault &known) { error << known.name; });
      return signalPassFailure();
    }
    // In the order of the text; the op may be gone afterwards.
    WalkResult result =
        getOperation()->walk<WalkOrder::PreOrder>([&](Operation *op) {
          if (!at.empty() && nameOf(op) != at)
            return WalkResult::advance();
          return chosen->inject(op) ? WalkResult::interrupt()
                                    : WalkResult::advance();
        });
    if (result.wasInterrupted())
      return;
    getOperation()->emitError()
        << "no op" << (at.empty() ? "" : " named '" + at + "'")
        << " can be broken by '" << fault << "'";
    signalPassFailure();
  }
};

} // namespace
