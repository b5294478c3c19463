//===----------------------------------------------------------------------===//
// The bytes that a rank sends in a step: counted, and compared with what the
// compiler predicted.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_TRAIN_STEPVOLUME_H
#define FLM_RUNTIME_TRAIN_STEPVOLUME_H

#include "runtime/comm/ProgramExchange.h"
#include "runtime/train/DistributionManifest.h"

#include <cstdint>
#include <vector>

namespace flmrt {

class StepVolume {
public:
  StepVolume(const Distribution &distribution, ProgramExchange &exchange)
      : distribution(distribution), exchange(exchange),
        predicted(distribution.predictedBytes(exchange.rank())) {}

  void beginStep();
  /// Throws std::logic_error if a collective has sent another number of bytes
  /// than predicted: the compiler or the runtime is wrong.
  void endStep();

  /// Of the last step, all collectives together.
  int64_t measuredBytes() const { return measuredSum; }
  int64_t predictedBytes() const;

private:
  const Distribution &distribution;
  ProgramExchange &exchange;
  std::vector<int64_t> predicted; ///< per collective and step
  std::vector<int64_t> before;
  int64_t measuredSum = 0;
};

} // namespace flmrt

#endif // FLM_RUNTIME_TRAIN_STEPVOLUME_H
