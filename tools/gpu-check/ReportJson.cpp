//===----------------------------------------------------------------------===//
// The results as JSON.
//===----------------------------------------------------------------------===//
#include "tools/gpu-check/Combined.h"
#include "tools/gpu-check/Report.h"

using namespace flm;
using namespace flm::gpucheck;
using nlohmann::json;
using Verdict = RunResult::Verdict;

static json toJson(const RunResult &result) {
  const BundleRun &planned = *result.planned;
  const gpuref::KernelDescription &kernel = planned.kernel->description;
  json run = {{"kernel", kernel.name},
              {"arch", kernel.arch},
              {"attribute", planned.kernel->attribute},
              {"problem", kernel.problem},
              {"sizes", planned.run->sizes},
              {"reference_sizes", planned.run->reference},
              {"label", planned.run->label},
              {"result", result.verdict == Verdict::Right   ? "right"
                         : result.verdict == Verdict::Wrong ? "wrong"
                                                            : "not run"},
              {"error_of_bound", result.error}};
  if (!result.why.empty())
    run["why"] = result.why;
  if (result.repeatable)
    run["repeatable"] = *result.repeatable;
  if (result.seconds) {
    Work work = workOf(planned);
    run["seconds"] = *result.seconds;
    if (work.flops > 0)
      run["tflops"] = work.flops / *result.seconds * 1e-12;
    run["gbytes_per_second"] = work.bytes / *result.seconds * 1e-9;
    run["peer_seconds"] = result.peerSeconds;
    if (result.copyRate > 0)
      run["copy_gbytes_per_second"] = result.copyRate * 1e-9;
  }
  return run;
}

json flm::gpucheck::toJson(const Circumstances &circumstances,
                           const std::vector<RunResult> &results) {
  json runs = json::array(), combined = json::array();
  for (const RunResult &result : results)
    runs.push_back(::toJson(result));
  for (const CombinedResult &result : combine(results))
    combined.push_back({{"name", result.name},
                        {"arch", result.arch},
                        {"sizes", result.sizes},
                        {"seconds", result.seconds},
                        {"tflops", result.flops / result.seconds * 1e-12},
                        {"peer_seconds", result.peerSeconds}});
  return {{"device", circumstances.device},
          {"date", circumstances.date},
          {"clocks", circumstances.clocks},
          {"kernels", circumstances.origin},
          {"peer", circumstances.peer},
          {"copy_gbytes_per_second", circumstances.copyRate * 1e-9},
          {"wrong", count(results, Verdict::Wrong)},
          {"runs", std::move(runs)},
          {"combined", std::move(combined)}};
}

json flm::gpucheck::toSchedules(const std::vector<RunResult> &results) {
  json schedules = json::array();
  auto add = [&](const std::string &attribute, const Sizes &sizes, double flops,
                 double seconds) {
    if (attribute.find("schedule = <") != std::string::npos && flops > 0)
      schedules.push_back({{"kernel", attribute},
                           {"scalars", sizes},
                           {"tflops", flops / seconds * 1e-12}});
  };
  for (const RunResult &result : results)
    if (result.seconds && !isPart(*result.planned))
      add(result.planned->kernel->attribute, result.planned->run->sizes,
          workOf(*result.planned).flops, *result.seconds);
  for (const CombinedResult &result : combine(results))
    add(result.attribute, result.sizes, result.flops, result.seconds);
  return schedules;
}
