//===----------------------------------------------------------------------===//
// metrics.jsonl: one JSON object per line, appended as the run goes.
//
//   {"step":12,"loss":…,"grad_norm":…,"lr":…,"ms":…,"tokens_per_s":…}
//   {"step":100,"val_loss":…,"bits_per_byte":…}   after 100 steps, the latter
//                                           where it is known
//   {"step":100,"probes":{"embed":[…],…}}   after 100 steps
//   {"step":100,"bytes_sent_per_step":{"measured":[…],"predicted":[…]}}
//                                           of several ranks, at the end, by
//                                           rank
//
// Numbers carry all their digits: what is read back is what was measured.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_TRAIN_METRICSLOG_H
#define FLM_RUNTIME_TRAIN_METRICSLOG_H

#include "runtime/train/ProgramManifest.h"

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace flmrt {

/// What is known of one optimizer step.
struct StepMetrics {
  int64_t step = 0; ///< counting from 1
  float loss = 0;   ///< nats per token
  float gradientNorm = 0;
  double lr = 0;
  double milliseconds = 0;
  double tokensPerSecond = 0;
};

class MetricsLog {
public:
  /// Logs nothing.
  MetricsLog() = default;
  enum Mode {
    /// More steps come. What a run had logged beyond `step` is removed at once
    /// (all of it for step 0 of a new run): it will be logged again.
    Train,
    /// No step comes. Nothing is removed, and only what is missing is added:
    /// an interruption may have cut off the evaluation of the last step.
    Complete,
  };
  /// Continues `path` after `step` optimizer steps. Throws UserError.
  MetricsLog(const std::string &path, int64_t step, Mode mode = Train);
  ~MetricsLog();
  MetricsLog(MetricsLog &&other) noexcept;
  MetricsLog &operator=(MetricsLog &&other) noexcept;

  void logStep(const StepMetrics &metrics);
  void logEvaluation(int64_t step, double loss,
                     std::optional<double> bitsPerByte = std::nullopt);
  /// `values` are those of all `probes`, one after the other.
  void logProbes(int64_t step, const std::vector<Probe> &probes,
                 const std::vector<float> &values);
  /// Bytes that each rank sent in one step.
  void logBytesSent(int64_t step, const std::vector<int64_t> &measured,
                    const std::vector<int64_t> &predicted);

private:
  void open();
  /// `kind`: the key that tells such a record from others of its step.
  void append(const char *kind, const nlohmann::ordered_json &record);

  std::string path;
  int descriptor = -1;
  /// Of Complete: kinds of record that the last step has, and whether the file
  /// is opened when there is something to add.
  std::set<std::string> present;
  bool isPending = false;
};

} // namespace flmrt

#endif // FLM_RUNTIME_TRAIN_METRICSLOG_H
