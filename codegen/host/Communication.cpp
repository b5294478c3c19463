//===----------------------------------------------------------------------===//
// What a host function does for a collective.
//===----------------------------------------------------------------------===//
#include "codegen/host/Communication.h"

#include "codegen/buffers/BufferMap.h"

using namespace mlir;
using namespace flm;

LogicalResult flm::writeCollective(CollectiveOp collective,
                                   KernelLibrary &kernels,
                                   KernelLibrary::Site site) {
  BufferAttr from, to;
  if (collective.getX())
    from = bufferOf(collective.getX());
  if (collective.getY())
    to = bufferOf(collective.getY());
  // What those have who receive nothing is there already.
  if (collective.getKind() == Collective::Receive && from) {
    if (failed(kernels.copy(collective.getLoc(), from, to, site)))
      return failure();
    from = {};
  }
  CommunicationPhase phase = CommunicationPhase::Whole;
  if (collective.getStarted()) {
    phase = CommunicationPhase::Start;
    // A sum that is under way belongs to nobody else; its operand may be read,
    // or written over, before the wait.
    if (collective.getKind() == Collective::AllReduce) {
      if (failed(kernels.copy(collective.getLoc(), from, to, site)))
        return failure();
      from = to;
    }
  }
  CommunicateOp::create(site.host, collective.getLoc(), phase,
                        collective.getId(), from, to, site.slots);
  return success();
}

void flm::writeWait(WaitOp wait, KernelLibrary::Site site) {
  CommunicateOp::create(site.host, wait.getLoc(), CommunicationPhase::Wait,
                        wait.getId(), BufferAttr(), BufferAttr(), ValueRange());
}
