//===----------------------------------------------------------------------===//
// Appending whole lines, and cutting back to a checkpoint's step.
//===----------------------------------------------------------------------===//
#include "runtime/train/MetricsLog.h"

#include "runtime/UserError.h"
#include "runtime/checkpoint/File.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <unistd.h>
#include <utility>

using namespace flmrt;
using nlohmann::ordered_json;

/// Whether a run that continues after `step` steps keeps this line. Evaluations
/// and probes at `step` itself come before the next optimizer step and are made
/// again. A line cut off by a crash is dropped.
static bool isKept(const std::string &line, int64_t step) {
  ordered_json record = ordered_json::parse(line, nullptr, false);
  if (!record.is_object())
    return false;
  auto number = record.find("step");
  if (number == record.end() || !number->is_number_integer())
    return false;
  int64_t at = number->get<int64_t>();
  return record.contains("loss") ? at <= step : at < step;
}

static void cutBack(const std::string &path, int64_t step) {
  std::ifstream old(path);
  if (!old)
    return;
  std::string temporary = path + ".tmp";
  FileWriter kept(temporary);
  for (std::string line; std::getline(old, line);)
    if (isKept(line, step)) {
      line += '\n';
      kept.write(line.data(), line.size());
    }
  kept.finish();
  renamePath(temporary, path);
}

MetricsLog::MetricsLog(const std::string &path, int64_t step) : path(path) {
  cutBack(path, step);
  descriptor =
      open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
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
