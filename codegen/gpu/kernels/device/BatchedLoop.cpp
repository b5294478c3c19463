//===----------------------------------------------------------------------===//
// A loop over batches, and one over what they leave.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/kernels/device/BatchedLoop.h"

using namespace mlir;
using namespace flm::gpu;

SmallVector<Value> BatchedLoop::run(DeviceBuilder &d, I32 wholeTo,
                                    ValueRange initial, Body body) const {
  // Carries the position as well: where the rest begins.
  SmallVector<Value> carried{from.value()};
  llvm::append_range(carried, initial);
  // The last position of the batch that begins at i is i + reach.
  I32 reach = step * (batch - 1), batchStep = step * batch;
  carried = d.loop(from, wholeTo - reach, batchStep, carried,
                   [&](I32 first, ValueRange before) {
                     SmallVector<I32> positions{first};
                     for (int64_t i = 1; i < batch; ++i)
                       positions.push_back(first + step * i);
                     SmallVector<Value> after =
                         body(positions, before.drop_front());
                     after.insert(after.begin(), (first + batchStep).value());
                     return after;
                   });
  return d.loop(
      d.i32(carried[0]), to, step, ValueRange(carried).drop_front(),
      [&](I32 position, ValueRange before) { return body(position, before); });
}
