//===----------------------------------------------------------------------===//
// The transport of a run with one rank.
//===----------------------------------------------------------------------===//
#include "runtime/comm/Transport.h"

#include <cstdlib>
#include <stdexcept>

using namespace flmrt;

namespace {
class SelfTransport final : public Transport {
public:
  int64_t rank() const override { return 0; }
  int64_t ranks() const override { return 1; }
  Request send(int64_t, Channel, int64_t, const void *, int64_t) override {
    throw std::logic_error("a message with one rank");
  }
  Request receive(int64_t, Channel, int64_t, void *, int64_t) override {
    throw std::logic_error("a message with one rank");
  }
  bool isDone(Request) override { return true; }
  bool hasEnded(int64_t) override { return false; }
  [[noreturn]] void abort(int status) override { std::_Exit(status); }
  void finish() override {}
};
} // namespace

std::unique_ptr<Transport> flmrt::createSelfTransport() {
  return std::make_unique<SelfTransport>();
}
