//===----------------------------------------------------------------------===//
// What a thread does alone: where it is, its registers, approximate functions.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/emulator/DeviceOpTable.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;
using namespace flm::gpu;

void flm::gpu::addThreadOps(DeviceOpTable &table) {
  table.add<NVVM::ThreadIdXOp>([](DeviceOpCalls &calls, NVVM::ThreadIdXOp) {
    return calls.callAndReplace("thread_index", {});
  });
  table.add<NVVM::BlockDimXOp>([](DeviceOpCalls &calls, NVVM::BlockDimXOp) {
    return calls.callAndReplace("block_threads", {});
  });
  table.add<NVVM::BlockIdXOp>([](DeviceOpCalls &calls, NVVM::BlockIdXOp) {
    return calls.callAndReplace("block_index", {calls.i32(0)});
  });
  table.add<NVVM::BlockIdYOp>([](DeviceOpCalls &calls, NVVM::BlockIdYOp) {
    return calls.callAndReplace("block_index", {calls.i32(1)});
  });
  table.add<NVVM::GridDimXOp>([](DeviceOpCalls &calls, NVVM::GridDimXOp) {
    return calls.callAndReplace("grid_blocks", {calls.i32(0)});
  });
  table.add<NVVM::GridDimYOp>([](DeviceOpCalls &calls, NVVM::GridDimYOp) {
    return calls.callAndReplace("grid_blocks", {calls.i32(1)});
  });
  table.add<NVVM::LaneIdOp>([](DeviceOpCalls &calls, NVVM::LaneIdOp) {
    return calls.callAndReplace("lane", {});
  });
  table.add<NVVM::ClusterId>([](DeviceOpCalls &calls, NVVM::ClusterId) {
    return calls.callAndReplace("cluster_rank", {});
  });
  table.add<NVVM::ClusterDim>([](DeviceOpCalls &calls, NVVM::ClusterDim) {
    return calls.callAndReplace("cluster_blocks", {});
  });

  table.add<OpaqueOp>([](DeviceOpCalls &calls, OpaqueOp op) {
    return calls.replace(op.getValue());
  });
  table.add<NVVM::SetMaxRegisterOp>(
      [](DeviceOpCalls &calls, NVVM::SetMaxRegisterOp op) {
        bool increase = op.getAction() == NVVM::SetMaxRegisterAction::increase;
        return calls.callAndErase("set_registers", {calls.i32(op.getRegCount()),
                                                    calls.i32(increase)});
      });

  table.addIntrinsic("llvm.nvvm.ex2.approx.ftz.f", "exp2");
  table.addIntrinsic("llvm.nvvm.lg2.approx.ftz.f", "log2");
  table.addIntrinsic("llvm.nvvm.rcp.approx.ftz.f", "reciprocal");
  table.addIntrinsic("llvm.nvvm.rsqrt.approx.ftz.f", "rsqrt");
}
