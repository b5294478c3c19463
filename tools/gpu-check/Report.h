//===----------------------------------------------------------------------===//
// What a session has found, for people and for programs.
//===----------------------------------------------------------------------===//
#ifndef FLM_TOOLS_GPU_CHECK_REPORT_H
#define FLM_TOOLS_GPU_CHECK_REPORT_H

#include "tools/gpu-check/Session.h"

#include <ostream>

namespace flm::gpucheck {

/// Where and when the results were made.
struct Circumstances {
  nlohmann::json device; ///< as the worker describes it
  std::string date;      ///< UTC
  std::string clocks;    ///< what nvidia-smi says; empty without it
  std::string origin;    ///< of the bundle
  std::string peer;
  double copyRate = 0; ///< bytes per second
};

/// What nvidia-smi says of clocks, power and temperature; empty without it.
std::string queryClocks();
/// Now, UTC, e.g. "2026-03-01 12:00:00 UTC".
std::string currentDate();

/// How many results have the verdict.
int64_t count(const std::vector<RunResult> &results,
              RunResult::Verdict verdict);

/// One line per run, then what is wrong.
void printTable(std::ostream &os, const Circumstances &circumstances,
                const std::vector<RunResult> &results);

/// The same and more.
nlohmann::json toJson(const Circumstances &circumstances,
                      const std::vector<RunResult> &results);

/// Of the timed matrix multiplications with a schedule of their own, all right
/// ones, with both kernels of those whose inner dim is split: [{"kernel":
/// attribute, "scalars": [m, n, k], "tflops": 612.3}, ...]. What picks
/// schedules reads this.
nlohmann::json toSchedules(const std::vector<RunResult> &results);

} // namespace flm::gpucheck

#endif // FLM_TOOLS_GPU_CHECK_REPORT_H
