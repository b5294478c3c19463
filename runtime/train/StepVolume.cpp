//===----------------------------------------------------------------------===//
// Differences of the exchange's counters.
//===----------------------------------------------------------------------===//
#include "runtime/train/StepVolume.h"

#include <numeric>
#include <stdexcept>

using namespace flmrt;

void StepVolume::beginStep() { before = exchange.bytesSent(); }

void StepVolume::endStep() {
  std::vector<int64_t> after = exchange.bytesSent();
  measuredSum = 0;
  for (size_t id = 0; id < after.size(); ++id) {
    int64_t sent = after[id] - before[id];
    measuredSum += sent;
    if (sent != predicted[id])
      throw std::logic_error(
          distribution.collectives[id].describe(distribution.mesh) + " sent " +
          std::to_string(sent) + " bytes in a step; the compiler predicted " +
          std::to_string(predicted[id]));
  }
}

int64_t StepVolume::predictedBytes() const {
  return std::accumulate(predicted.begin(), predicted.end(), int64_t(0));
}
