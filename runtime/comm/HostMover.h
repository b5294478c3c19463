//===----------------------------------------------------------------------===//
// Parts in the host's memory, moved by the messages of one exchange.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_COMM_HOSTMOVER_H
#define FLM_RUNTIME_COMM_HOSTMOVER_H

#include "runtime/comm/Exchange.h"
#include "runtime/comm/PartMover.h"

#include <cstring>

namespace flmrt {

class HostMover final : public PartMover {
public:
  explicit HostMover(Exchange &exchange) : exchange(exchange) {}

  void send(int64_t peer, const void *data, int64_t bytes) override {
    exchange.send(peer, data, bytes);
  }
  void receive(int64_t peer, void *data, int64_t bytes) override {
    exchange.receive(peer, data, bytes);
  }
  void flush() override { exchange.finish(); }

  void copy2d(void *to, int64_t toPitch, const void *from, int64_t fromPitch,
              int64_t rowBytes, int64_t rows) override {
    for (int64_t row = 0; row < rows; ++row)
      std::memcpy(static_cast<char *>(to) + row * toPitch,
                  static_cast<const char *>(from) + row * fromPitch,
                  static_cast<size_t>(rowBytes));
  }
  void zero(void *to, int64_t bytes) override {
    std::memset(to, 0, static_cast<size_t>(bytes));
  }
  void fold(const void *const *parts, int64_t count, void *out,
            int64_t elements, ElementType type, Reduction reduction) override {
    flmrt::fold(parts, count, out, elements, type, reduction);
  }

private:
  Exchange &exchange;
};

} // namespace flmrt

#endif // FLM_RUNTIME_COMM_HOSTMOVER_H
