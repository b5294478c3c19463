//===----------------------------------------------------------------------===//
// Turns communication into calls of the runtime.
//===----------------------------------------------------------------------===//
#include "codegen/host/BufferAddress.h"
#include "codegen/host/Passes.h"
#include "codegen/host/RuntimeCall.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;
using namespace flm;

namespace flm {
#define GEN_PASS_DEF_LOWERCOMMUNICATION
#include "codegen/host/Passes.h.inc"
} // namespace flm

/// The call that does what `communicate` says.
static void lower(CommunicateOp communicate) {
  OpBuilder builder(communicate);
  Location loc = communicate.getLoc();
  SmallVector<Value> arguments = {LLVM::ConstantOp::create(
      builder, loc, builder.getI64Type(), communicate.getIdAttr())};
  StringRef callee = "flm_communicate_wait";
  if (communicate.getPhase() != CommunicationPhase::Wait) {
    callee = communicate.getPhase() == CommunicationPhase::Start
                 ? "flm_communicate_start"
                 : "flm_communicate";
    // A send has no result, a receive no operand.
    auto pointer = LLVM::LLVMPointerType::get(builder.getContext());
    for (std::optional<BufferAttr> buffer :
         {communicate.getSource(), communicate.getTarget()})
      arguments.push_back(
          buffer
              ? addressOf(builder, communicate, *buffer, communicate.getSlots())
              : LLVM::ZeroOp::create(builder, loc, pointer).getResult());
  }
  callRuntime(builder, communicate, callee, arguments);
  communicate.erase();
}

namespace {

struct LowerCommunication
    : flm::impl::LowerCommunicationBase<LowerCommunication> {
  void runOnOperation() override {
    SmallVector<CommunicateOp> communication;
    WalkResult known =
        getOperation().walk([&](CommunicateOp communicate) -> WalkResult {
          communication.push_back(communicate);
          SmallVector<BufferAttr> buffers;
          for (auto buffer : {communicate.getSource(), communicate.getTarget()})
            if (buffer)
              buffers.push_back(*buffer);
          return checkAddresses(communicate, buffers, communicate.getSlots());
        });
    if (known.wasInterrupted())
      return signalPassFailure();
    llvm::for_each(communication, lower);
  }
};

} // namespace
