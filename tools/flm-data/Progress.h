//===----------------------------------------------------------------------===//
// How far along: a bar on a terminal, a line now and then elsewhere.
//===----------------------------------------------------------------------===//
#ifndef FLM_TOOLS_FLMDATA_PROGRESS_H
#define FLM_TOOLS_FLMDATA_PROGRESS_H

#include <chrono>
#include <cstdint>
#include <string>

namespace flmrt {

/// Writes to stderr. Quick work shows nothing.
class Progress {
public:
  /// `total` bytes of work.
  Progress(std::string label, int64_t total);
  ~Progress();
  Progress(const Progress &) = delete;
  Progress &operator=(const Progress &) = delete;

  void advance(int64_t bytes);

private:
  using Clock = std::chrono::steady_clock;
  void show();

  std::string label;
  int64_t total, done = 0;
  bool terminal, shown = false;
  Clock::time_point start, next;
};

/// 1234567 as "1,234,567".
std::string grouped(int64_t value);

} // namespace flmrt

#endif // FLM_TOOLS_FLMDATA_PROGRESS_H
