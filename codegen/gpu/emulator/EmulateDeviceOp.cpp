//===----------------------------------------------------------------------===//
// One call per device op.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/emulator/RuntimeCalls.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace flm::gpu;

namespace {

/// Replaces one op; each overload is one kind of op.
class DeviceOpEmulation {
public:
  DeviceOpEmulation(ModuleOp module, Operation *op)
      : calls(module, op), op(op), i32(calls.getI32Type()) {}

  LogicalResult run();

private:
  void replace(Value value) {
    op->getResult(0).replaceAllUsesWith(value);
    op->erase();
  }
  void callAndErase(StringRef name, ArrayRef<Value> operands) {
    calls.call(name, Type(), operands);
    op->erase();
  }
  void callAndReplace(StringRef name, ArrayRef<Value> operands) {
    replace(calls.call(name, op->getResult(0).getType(), operands));
  }
  Value optional(Value value, int64_t otherwise) {
    return value ? value : calls.i32(otherwise);
  }
  /// An i32 that the runtime returned, as the i1 that the op gives.
  void replaceByFlag(Value flag) {
    replace(LLVM::ICmpOp::create(calls, LLVM::ICmpPredicate::ne, flag,
                                 calls.i32(0)));
  }
  void replaceByPointer(Value pointer) {
    replace(LLVM::AddrSpaceCastOp::create(calls, op->getResult(0).getType(),
                                          pointer));
  }

  bool emulatePlace();
  void emulate(NVVM::MBarrierInitOp init);
  void emulate(NVVM::MBarrierArriveOp arrive);
  void emulate(NVVM::MBarrierArriveExpectTxOp arrive);
  void emulate(NVVM::MBarrierTryWaitOp wait);
  void emulate(NVVM::CpAsyncBulkTensorGlobalToSharedClusterOp load);
  void emulate(NVVM::ShflOp shuffle);
  void emulate(NVVM::LdMatrixOp load);
  void emulate(NVVM::MmaOp mma);
  LogicalResult emulate(LLVM::CallIntrinsicOp intrinsic);
  void emulateStore(Value tensorMap, Value shared, ValueRange coordinates,
                    bool add);

  RuntimeCalls calls;
  Operation *op;
  Type i32;
};

} // namespace

/// Registers that say where the thread is.
bool DeviceOpEmulation::emulatePlace() {
  auto answer = [&](StringRef name, std::optional<int> dimension = {}) {
    SmallVector<Value> operands;
    if (dimension)
      operands.push_back(calls.i32(*dimension));
    callAndReplace(name, operands);
    return true;
  };
  return llvm::TypeSwitch<Operation *, bool>(op)
      .Case([&](NVVM::ThreadIdXOp) { return answer("thread_index"); })
      .Case([&](NVVM::BlockDimXOp) { return answer("block_threads"); })
      .Case([&](NVVM::BlockIdXOp) { return answer("block_index", 0); })
      .Case([&](NVVM::BlockIdYOp) { return answer("block_index", 1); })
      .Case([&](NVVM::GridDimXOp) { return answer("grid_blocks", 0); })
      .Case([&](NVVM::GridDimYOp) { return answer("grid_blocks", 1); })
      .Case([&](NVVM::LaneIdOp) { return answer("lane"); })
      .Case([&](NVVM::ClusterId) { return answer("cluster_rank"); })
      .Case([&](NVVM::ClusterDim) { return answer("cluster_blocks"); })
      .Default(false);
}

void DeviceOpEmulation::emulate(NVVM::MBarrierInitOp init) {
  callAndErase("mbarrier_init", {calls.host(init.getAddr()), init.getCount()});
}

void DeviceOpEmulation::emulate(NVVM::MBarrierArriveOp arrive) {
  calls.call("mbarrier_arrive", Type(), {calls.host(arrive.getAddr())});
  // Kernels wait by parity; the token that an arrival returns has no use.
  if (arrive.getRes())
    arrive.getRes().replaceAllUsesWith(calls.i64(0));
  op->erase();
}

void DeviceOpEmulation::emulate(NVVM::MBarrierArriveExpectTxOp arrive) {
  callAndErase("mbarrier_arrive_expect_tx",
               {calls.host(arrive.getAddr()), arrive.getTxcount()});
}

void DeviceOpEmulation::emulate(NVVM::MBarrierTryWaitOp wait) {
  replaceByFlag(
      calls.call("mbarrier_try_wait", i32,
                 {calls.host(wait.getAddr()), wait.getStateOrPhase()}));
}

void DeviceOpEmulation::emulate(
    NVVM::CpAsyncBulkTensorGlobalToSharedClusterOp load) {
  Value blocks = load.getMulticastMask() ? calls.host(load.getMulticastMask())
                                         : calls.i32(0);
  callAndErase("tensor_load", {calls.host(load.getDstMem()),
                               calls.host(load.getTmaDescriptor()),
                               calls.bufferOf(load.getCoordinates()),
                               calls.i32(load.getCoordinates().size()),
                               calls.host(load.getMbar()), blocks});
}

void DeviceOpEmulation::emulateStore(Value tensorMap, Value shared,
                                     ValueRange coordinates, bool add) {
  callAndErase("tensor_store", {calls.host(tensorMap), calls.host(shared),
                                calls.bufferOf(coordinates),
                                calls.i32(coordinates.size()), calls.i32(add)});
}

void DeviceOpEmulation::emulate(NVVM::ShflOp shuffle) {
  StringRef name =
      shuffle.getVal().getType().isF32() ? "shuffle_f32" : "shuffle_i32";
  callAndReplace(name, {calls.i32(static_cast<int>(shuffle.getKind())),
                        shuffle.getThreadMask(), shuffle.getVal(),
                        shuffle.getOffset(), shuffle.getMaskAndClamp()});
}

void DeviceOpEmulation::emulate(NVVM::LdMatrixOp load) {
  int64_t count = load.getNum();
  Value result = calls.buffer(i32, count);
  calls.call("load_matrix", Type(),
             {calls.host(load.getPtr()), calls.i32(count),
              calls.i32(load.getLayout() == NVVM::MMALayout::col), result});
  replace(LLVM::LoadOp::create(calls, load.getType(), result));
}

void DeviceOpEmulation::emulate(NVVM::MmaOp mma) {
  SmallVector<Value> operands;
  for (Value operand : mma->getOperands())
    operands.push_back(LLVM::BitcastOp::create(calls, i32, operand));
  Value result = calls.buffer(calls.getF32Type(), 4);
  calls.call("mma", Type(), {calls.bufferOf(operands), result});
  replace(LLVM::LoadOp::create(calls, mma.getType(), result));
}

LogicalResult DeviceOpEmulation::emulate(LLVM::CallIntrinsicOp intrinsic) {
  StringRef name = llvm::StringSwitch<StringRef>(intrinsic.getIntrin())
                       .Case("llvm.nvvm.ex2.approx.ftz.f", "exp2")
                       .Case("llvm.nvvm.lg2.approx.ftz.f", "log2")
                       .Case("llvm.nvvm.rcp.approx.ftz.f", "reciprocal")
                       .Case("llvm.nvvm.rsqrt.approx.ftz.f", "rsqrt")
                       .Default("");
  if (name.empty())
    return intrinsic.emitError() << "the emulator does not know the intrinsic '"
                                 << intrinsic.getIntrin() << "'";
  replace(calls.callPlain(name, calls.getF32Type(),
                          SmallVector<Value>(intrinsic.getArgs())));
  return success();
}

LogicalResult DeviceOpEmulation::run() {
  if (emulatePlace())
    return success();
  return llvm::TypeSwitch<Operation *, LogicalResult>(op)
      .Case<NVVM::MBarrierInitOp, NVVM::MBarrierArriveOp,
            NVVM::MBarrierArriveExpectTxOp, NVVM::MBarrierTryWaitOp,
            NVVM::CpAsyncBulkTensorGlobalToSharedClusterOp, NVVM::ShflOp,
            NVVM::LdMatrixOp, NVVM::MmaOp>([&](auto op) {
        emulate(op);
        return success();
      })
      .Case([&](LLVM::CallIntrinsicOp op) { return emulate(op); })
      .Case([&](NVVM::CpAsyncBulkTensorSharedCTAToGlobalOp op) {
        emulateStore(op.getTmaDescriptor(), op.getSrcMem(), op.getCoordinates(),
                     /*add=*/false);
        return success();
      })
      .Case([&](NVVM::CpAsyncBulkTensorReduceOp op) -> LogicalResult {
        if (op.getRedKind() != NVVM::TMAReduxKind::ADD)
          return op.emitError("the emulator reduces by add only");
        emulateStore(op.getTmaDescriptor(), op.getSrcMem(), op.getCoordinates(),
                     /*add=*/true);
        return success();
      })
      .Case([&](NVVM::CpAsyncBulkGlobalToSharedClusterOp op) -> LogicalResult {
        if (op.getMulticastMask())
          return op.emitError("the emulator copies bytes to one block only");
        callAndErase("bulk_load",
                     {calls.host(op.getDstMem()), calls.host(op.getSrcMem()),
                      op.getSize(), calls.host(op.getMbar())});
        return success();
      })
      .Case([&](NVVM::CpAsyncBulkCommitGroupOp) {
        callAndErase("bulk_commit", {});
        return success();
      })
      .Case([&](NVVM::CpAsyncBulkWaitGroupOp op) {
        callAndErase("bulk_wait", {calls.i32(op.getGroup())});
        return success();
      })
      .Case([&](NVVM::CpAsyncOp op) {
        Value size = calls.i32(op.getSize());
        Value valid = op.getCpSize() ? op.getCpSize() : size;
        callAndErase("async_copy", {calls.host(op.getDst()),
                                    calls.host(op.getSrc()), size, valid});
        return success();
      })
      .Case([&](NVVM::CpAsyncCommitGroupOp) {
        callAndErase("async_commit", {});
        return success();
      })
      .Case([&](NVVM::CpAsyncWaitGroupOp op) {
        callAndErase("async_wait", {calls.i32(op.getN())});
        return success();
      })
      .Case([&](NVVM::BarrierOp op) {
        callAndErase("barrier", {optional(op.getBarrierId(), 0),
                                 optional(op.getNumberOfThreads(), 0)});
        return success();
      })
      .Case([&](NVVM::Barrier0Op) {
        callAndErase("barrier", {calls.i32(0), calls.i32(0)});
        return success();
      })
      .Case([&](NVVM::BarrierArriveOp op) {
        callAndErase("barrier_arrive",
                     {optional(op.getBarrierId(), 0), op.getNumberOfThreads()});
        return success();
      })
      .Case([&](NVVM::ClusterArriveOp) {
        callAndErase("cluster_arrive", {});
        return success();
      })
      .Case([&](NVVM::ClusterWaitOp) {
        callAndErase("cluster_wait", {});
        return success();
      })
      .Case([&](NVVM::SyncWarpOp op) {
        callAndErase("warp_barrier", {op.getMask()});
        return success();
      })
      .Case([&](NVVM::FenceMbarrierInitOp) {
        callAndErase("fence_mbarrier_init", {});
        return success();
      })
      .Case([&](NVVM::FenceProxyOp) {
        callAndErase("fence_proxy_async", {});
        return success();
      })
      .Case([&](NVVM::MapaOp op) {
        replaceByPointer(calls.call("mapa", calls.pointerType(),
                                    {calls.host(op.getA()), op.getB()}));
        return success();
      })
      .Case([&](NVVM::ElectSyncOp) {
        replaceByFlag(calls.call("elect", i32, {}));
        return success();
      })
      .Case([&](NVVM::StMatrixOp op) {
        callAndErase("store_matrix",
                     {calls.host(op.getPtr()),
                      calls.i32(op.getSources().size()),
                      calls.i32(op.getLayout() == NVVM::MMALayout::col),
                      calls.bufferOf(op.getSources())});
        return success();
      })
      .Case([&](NVVM::WgmmaFenceAlignedOp) {
        callAndErase("wgmma_fence", {});
        return success();
      })
      .Case([&](NVVM::WgmmaGroupSyncAlignedOp) {
        callAndErase("wgmma_commit", {});
        return success();
      })
      .Case([&](NVVM::WgmmaWaitGroupSyncOp op) {
        callAndErase("wgmma_wait", {calls.i32(op.getGroup())});
        return success();
      })
      .Case([&](OpaqueOp op) {
        replace(op.getValue());
        return success();
      })
      .Case([&](NVVM::SetMaxRegisterOp) {
        // Registers are ptxas's affair.
        op->erase();
        return success();
      })
      .Default([](Operation *op) {
        return op->emitError("the emulator does not know this op; add it to "
                             "EmulateDeviceOp.cpp and to the runtime");
      });
}

LogicalResult flm::gpu::emulateDeviceOp(ModuleOp module, Operation *op) {
  return DeviceOpEmulation(module, op).run();
}
