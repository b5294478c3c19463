//===----------------------------------------------------------------------===//
// What collectives are made of, on the memory of one kind of device: messages,
// copies and sums. The algorithms that use it stand once, in CollectiveEngine.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_COMM_PARTMOVER_H
#define FLM_RUNTIME_COMM_PARTMOVER_H

#include "runtime/comm/Fold.h"

#include <cstdint>

namespace flmrt {

/// Addresses are those of the device. Everything happens in the order of the
/// calls, as far as the device can tell: a device whose work is enqueued
/// returns at once, the host when it is done.
class PartMover {
public:
  virtual ~PartMover() = default;

  /// A message to rank `peer` or from it, under way together with all others
  /// up to the next flush(): until then `data` may not be written, or, of a
  /// receive, not be read. Messages of two ranks are received in the order in
  /// which they were sent.
  virtual void send(int64_t peer, const void *data, int64_t bytes) = 0;
  virtual void receive(int64_t peer, void *data, int64_t bytes) = 0;
  /// What follows finds all messages so far sent and received.
  virtual void flush() = 0;

  /// `rows` rows of `rowBytes` bytes, `pitch` bytes from one to the next on
  /// either side. The two do not overlap.
  virtual void copy2d(void *to, int64_t toPitch, const void *from,
                      int64_t fromPitch, int64_t rowBytes, int64_t rows) = 0;
  virtual void zero(void *to, int64_t bytes) = 0;
  /// flmrt::fold (runtime/comm/Fold.h): the order of the sums is part of the
  /// contract. The addresses in `parts` are read at once, what is at them in
  /// its turn.
  virtual void fold(const void *const *parts, int64_t count, void *out,
                    int64_t elements, ElementType type,
                    Reduction reduction) = 0;
};

} // namespace flmrt

#endif // FLM_RUNTIME_COMM_PARTMOVER_H
