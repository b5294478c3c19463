//===----------------------------------------------------------------------===//
// Appending whole lines, and cutting back to a checkpoint's step.
//===----------------------------------------------------------------------===//
#include "runtime/train/MetricsLog.h"

#include "runtime/UserError.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <unistd.h>
#include <utility>

using namespace flmrt;
using nlohmann::ordered_json;

/// Whether a run that continues after `step` steps will log this line (again).
/// Evaluations and probes at `step` itself come before the next optimizer step.
static bool isBeyond(const std::string &line, int64_t step) {
  ordered_json record = ordered_json::parse(line, nullptr, false);
  if (!record.is_object() || !record.contains("step") ||
      !record["step"].is_number_integer())
    return false;
  int64_t at = record["step"].get<int64_t>();
  return record.contains("loss") ? at > step : at >= step;
}

/// Lines are in the order of the run, so what goes is the end of the file: from
/// the first line that is beyond `step`, or that a crash cut off.
static void cutBack(const std::string &path, int64_t step) {
  std::error_code error;
  if (!std::filesystem::exists(path, error))
    return;
  if (!std::filesystem::is_regular_file(path, error))
    throw UserError(path + " is not a regular file; move it out of the way");
  std::ifstream file(path, std::ios::binary);
  uintmax_t kept = 0;
  for (std::string line; std::getline(file, line) && !file.eof();
       kept += line.size() + 1)
    if (isBeyond(line, step))
      break;
  file.close();
  std::filesystem::resize_file(path, kept, error);
  if (error)
    throw UserError("cannot cut " + path + " back to step " +
                    std::to_string(step) + ": " + error.message());
}

MetricsLog::MetricsLog(const std::string &path, int64_t step) : path(path) {
  cutBack(path, step);
  descriptor =
      open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK,
           0666);
  if (descriptor < 0)
    throw UserError("cannot open " + path + ": " + std::strerror(errno));
}

MetricsLog::~MetricsLog() {
  if (descriptor >= 0)
    close(descriptor);
}

MetricsLog::MetricsLog(MetricsLog &&other) noexcept
    : path(std::move(other.path)),
      descriptor(std::exchange(other.descriptor, -1)) {}

MetricsLog &MetricsLog::operator=(MetricsLog &&other) noexcept {
  std::swap(path, other.path);
  std::swap(descriptor, other.descriptor);
  return *this;
}

void MetricsLog::append(const ordered_json &record) {
  if (descriptor < 0)
    return;
  // One write per line: a reader that follows the file sees whole lines.
  std::string line = record.dump() + "\n";
  ssize_t written;
  do
    written = write(descriptor, line.data(), line.size());
  while (written < 0 && errno == EINTR);
  if (written != static_cast<ssize_t>(line.size()))
    throw UserError("cannot append to " + path + ": " +
                    std::strerror(written < 0 ? errno : ENOSPC));
}

void MetricsLog::logStep(const StepMetrics &metrics) {
  append({{"step", metrics.step},
          {"loss", metrics.loss},
          {"grad_norm", metrics.gradientNorm},
          {"lr", metrics.lr},
          {"ms", metrics.milliseconds},
          {"tokens_per_s", metrics.tokensPerSecond}});
}

void MetricsLog::logEvaluation(int64_t step, double loss) {
  append({{"step", step}, {"val_loss", loss}});
}

void MetricsLog::logProbes(int64_t step, const std::vector<Probe> &probes,
                           const std::vector<float> &values) {
  ordered_json named = ordered_json::object();
  auto value = values.begin();
  for (const Probe &probe : probes) {
    named[probe.name] = std::vector<float>(value, value + probe.count);
    value += probe.count;
  }
  append({{"step", step}, {"probes", named}});
}

void MetricsLog::logBytesSent(int64_t step,
                              const std::vector<int64_t> &measured,
                              const std::vector<int64_t> &predicted) {
  append({{"step", step},
          {"bytes_sent_per_step",
           {{"measured", measured}, {"predicted", predicted}}}});
}
