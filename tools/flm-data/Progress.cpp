//===----------------------------------------------------------------------===//
// The progress bar.
//===----------------------------------------------------------------------===//
#include "tools/flm-data/Progress.h"

#include <algorithm>
#include <cstdio>
#include <unistd.h>

namespace flmrt {

using std::chrono::milliseconds;
constexpr milliseconds firstBar(300), barEvery(100), lineEvery(5000);
constexpr int barWidth = 30;

Progress::Progress(std::string label, int64_t total)
    : label(std::move(label)), total(std::max<int64_t>(total, 1)),
      terminal(::isatty(STDERR_FILENO)), start(Clock::now()),
      next(start + (terminal ? firstBar : lineEvery)) {}

Progress::~Progress() {
  if (terminal && shown)
    std::fprintf(stderr, "\r\033[K");
}

void Progress::advance(int64_t bytes) {
  done += bytes;
  const Clock::time_point now = Clock::now();
  if (now < next)
    return;
  next = now + (terminal ? barEvery : lineEvery);
  show();
}

void Progress::show() {
  shown = true;
  const double part = std::min(1.0, static_cast<double>(done) / total);
  const double seconds =
      std::chrono::duration<double>(Clock::now() - start).count();
  const double rate = done / 1e6 / std::max(seconds, 1e-3);
  if (!terminal) {
    std::fprintf(stderr, "%s: %.0f%% of %.1f MB, %.1f MB/s\n", label.c_str(),
                 part * 100, total / 1e6, rate);
    return;
  }
  const int filled = static_cast<int>(part * barWidth);
  std::fprintf(stderr, "\r\033[K%s [%s%s] %3.0f%%  %.1f MB/s", label.c_str(),
               std::string(filled, '=').c_str(),
               std::string(barWidth - filled, ' ').c_str(), part * 100, rate);
  std::fflush(stderr);
}

std::string grouped(int64_t value) {
  std::string digits = std::to_string(value);
  for (int i = static_cast<int>(digits.size()) - 3; i > (value < 0 ? 1 : 0);
       i -= 3)
    digits.insert(i, ",");
  return digits;
}

} // namespace flmrt
