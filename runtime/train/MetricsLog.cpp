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

/// The record on a line with its step, or null: of what is no record, nothing
/// is known.
static ordered_json parseRecord(const std::string &line) {
  ordered_json record = ordered_json::parse(line, nullptr, false);
  if (!record.is_object() || !record.contains("step") ||
      !record["step"].is_number_integer())
    return nullptr;
  return record;
}

/// Whether a run that continues after `step` steps will log this line (again).
/// Evaluations and probes at `step` itself come before the next optimizer step.
static bool isBeyond(const std::string &line, int64_t step) {
  ordered_json record = parseRecord(line);
  if (record.is_null())
    return false;
  int64_t at = record["step"].get<int64_t>();
  return record.contains("loss") ? at > step : at >= step;
}

/// Calls `use(line)` for the whole lines of a file, until it says no; a line
/// that a crash cut off is none. Returns the bytes of those it said yes to.
template <typename Use>
static uintmax_t forEachLine(const std::string &path, Use use) {
  std::error_code error;
  if (!std::filesystem::exists(path, error))
    return 0;
  if (!std::filesystem::is_regular_file(path, error))
    throw UserError(path + " is not a regular file; move it out of the way");
  std::ifstream file(path, std::ios::binary);
  uintmax_t bytes = 0;
  for (std::string line; std::getline(file, line) && !file.eof();
       bytes += line.size() + 1)
    if (!use(line))
      break;
  return bytes;
}

static void cutBack(const std::string &path, uintmax_t bytes) {
  std::error_code error;
  if (!std::filesystem::exists(path, error) ||
      std::filesystem::file_size(path, error) == bytes)
    return;
  std::filesystem::resize_file(path, bytes, error);
  if (error)
    throw UserError("cannot cut " + path + " back to byte " +
                    std::to_string(bytes) + ": " + error.message());
}

MetricsLog::MetricsLog(const std::string &path, int64_t step, Mode mode)
    : path(path) {
  if (mode == Train) {
    // Lines are in the order of the run, so what goes is the end of the file.
    cutBack(path, forEachLine(path, [&](const std::string &line) {
              return !isBeyond(line, step);
            }));
    open();
    return;
  }
  isPending = true;
  forEachLine(path, [&](const std::string &line) {
    ordered_json record = parseRecord(line);
    if (!record.is_null() && record["step"].get<int64_t>() == step)
      for (const auto &[key, value] : record.items())
        present.insert(key);
    return true;
  });
}

void MetricsLog::open() {
  isPending = false;
  descriptor =
      ::open(path.c_str(),
             O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0666);
  if (descriptor < 0)
    throw UserError("cannot open " + path + ": " + std::strerror(errno));
}

MetricsLog::~MetricsLog() {
  if (descriptor >= 0)
    close(descriptor);
}

MetricsLog::MetricsLog(MetricsLog &&other) noexcept
    : path(std::move(other.path)),
      descriptor(std::exchange(other.descriptor, -1)),
      present(std::move(other.present)), isPending(other.isPending) {}

MetricsLog &MetricsLog::operator=(MetricsLog &&other) noexcept {
  std::swap(path, other.path);
  std::swap(descriptor, other.descriptor);
  std::swap(present, other.present);
  std::swap(isPending, other.isPending);
  return *this;
}

void MetricsLog::append(const char *kind, const ordered_json &record) {
  if (isPending && !present.count(kind)) {
    cutBack(path, forEachLine(path, [](const std::string &) { return true; }));
    open();
  }
  if (descriptor < 0 || present.count(kind))
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
  append("loss", {{"step", metrics.step},
                  {"loss", metrics.loss},
                  {"grad_norm", metrics.gradientNorm},
                  {"lr", metrics.lr},
                  {"ms", metrics.milliseconds},
                  {"tokens_per_s", metrics.tokensPerSecond}});
}

void MetricsLog::logEvaluation(int64_t step, double loss,
                               std::optional<double> bitsPerByte) {
  ordered_json record = {{"step", step}, {"val_loss", loss}};
  if (bitsPerByte)
    record["bits_per_byte"] = *bitsPerByte;
  append("val_loss", record);
}

void MetricsLog::logProbes(int64_t step, const std::vector<Probe> &probes,
                           const std::vector<float> &values) {
  ordered_json named = ordered_json::object();
  auto value = values.begin();
  for (const Probe &probe : probes) {
    named[probe.name] = std::vector<float>(value, value + probe.count);
    value += probe.count;
  }
  append("probes", {{"step", step}, {"probes", named}});
}

void MetricsLog::logBytesSent(int64_t step,
                              const std::vector<int64_t> &measured,
                              const std::vector<int64_t> &predicted) {
  append("bytes_sent_per_step",
         {{"step", step},
          {"bytes_sent_per_step",
           {{"measured", measured}, {"predicted", predicted}}}});
}
