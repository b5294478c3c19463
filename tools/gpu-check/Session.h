//===----------------------------------------------------------------------===//
// One pass through the runs of a bundle: correctness of each run, then speed,
// next to a peer on the same card.
//===----------------------------------------------------------------------===//
#ifndef FLM_TOOLS_GPU_CHECK_SESSION_H
#define FLM_TOOLS_GPU_CHECK_SESSION_H

#include "tools/gpu-check/ChildProcess.h"
#include "tools/gpu-check/Phases.h"
#include "tools/gpu-check/Runs.h"

#include <chrono>
#include <map>
#include <memory>
#include <optional>

namespace flm::gpucheck {

struct RunResult {
  enum class Verdict { Right, Wrong, Skipped };

  const BundleRun *planned = nullptr;
  Verdict verdict = Verdict::Right;
  std::string why;                ///< it is wrong or was skipped
  double error = 0;               ///< the worst, as a multiple of its bound
  std::optional<bool> repeatable; ///< the same bits twice

  // Medians over rounds, of runs that are timed and right.
  std::optional<double> seconds;
  std::map<std::string, double> peerSeconds; ///< by what the peer calls it
  double copyRate = 0; ///< bytes per second, measured in turn with the kernel
};

struct SessionOptions {
  std::vector<std::string> worker; ///< command; the first run is appended
  std::vector<std::string> peer;   ///< command; none: no peer
  int rounds = 7;
  double kernelSeconds = 20; ///< a kernel that takes longer hangs
  double minutes = 7;        ///< when this has passed, nothing more is timed
};

class Session {
public:
  Session(const std::vector<BundleRun> &runs, SessionOptions options);

  /// Throws UserError if no kernel can run at all. Says on stderr what it does.
  std::vector<RunResult> run();

  const nlohmann::json &device() const { return deviceInfo; }
  /// What the peer says it is, or why there is none.
  const std::string &peerText() const { return peerName; }
  double copyRate() const; ///< median of all rounds, bytes per second

private:
  void startWorker(size_t first);
  void startPeer();
  /// How long the phase that a worker names may take.
  Phase phaseNamed(const std::string &name) const;
  nlohmann::json ask(const nlohmann::json &request);
  nlohmann::json askPeer(const nlohmann::json &request);
  RunResult runOne(size_t index);
  void measure(RunResult &result);
  double measureCopy();
  bool timeIsUp() const;

  const std::vector<BundleRun> &runs;
  SessionOptions options;
  std::chrono::steady_clock::time_point begin;
  std::unique_ptr<ChildProcess> worker, peer;
  nlohmann::json deviceInfo;
  std::string peerName;
  std::string lost; ///< why no worker can be started any more
  std::vector<double> copyRates;
};

/// Of at least one value.
double median(std::vector<double> values);

} // namespace flm::gpucheck

#endif // FLM_TOOLS_GPU_CHECK_SESSION_H
