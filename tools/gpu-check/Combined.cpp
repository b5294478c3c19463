//===----------------------------------------------------------------------===//
// Adding up the backward pass of attention.
//===----------------------------------------------------------------------===//
#include "tools/gpu-check/Combined.h"

#include <algorithm>

using namespace flm;
using namespace flm::gpucheck;
using nlohmann::json;

static const json &problemOf(const RunResult &result) {
  return result.planned->kernel->description.problem;
}

/// Of q or o, whose dims are batch, seq, heads, head dim.
static int64_t headDimOf(const RunResult &result) {
  const BundledKernel &kernel = *result.planned->kernel;
  for (const gpuref::Argument &argument : kernel.description.arguments)
    if (argument.name == "q" || argument.name == "o")
      return argument.shapeFor(result.planned->run->sizes).back();
  return 0;
}

static bool isBackward(const json &problem, const char *gradient) {
  return problem["kind"] == "attention_backward" &&
         problem["gradient"] == gradient;
}

bool flm::gpucheck::isPart(const PlannedRun &planned) {
  return planned.kernel->description.problem["kind"] == "attention_backward";
}

/// The first of `results` that was timed and for which `matches`.
template <typename Matches>
static const RunResult *find(const std::vector<RunResult> &results,
                             Matches matches) {
  auto found = std::find_if(results.begin(), results.end(),
                            [&](const RunResult &result) {
                              return result.seconds && matches(result);
                            });
  return found == results.end() ? nullptr : &*found;
}

std::vector<CombinedResult>
flm::gpucheck::combine(const std::vector<RunResult> &results) {
  std::vector<CombinedResult> combined;
  for (const RunResult &queries : results) {
    if (!queries.seconds || !isBackward(problemOf(queries), "queries"))
      continue;
    const PlannedRun &planned = *queries.planned;
    const Sizes &sizes = planned.run->sizes; // batch, seq, heads, key heads
    const std::string &arch = planned.kernel->description.arch;
    json keysProblem = problemOf(queries);
    keysProblem["gradient"] = "keys_values";
    const RunResult *keys = find(results, [&](const RunResult &result) {
      return problemOf(result) == keysProblem &&
             result.planned->kernel->description.arch == arch &&
             headDimOf(result) == headDimOf(queries) &&
             result.planned->run->sizes == sizes;
    });
    const RunResult *rows = find(results, [&](const RunResult &result) {
      return problemOf(result)["kind"] == "attention_row_terms" &&
             headDimOf(result) == headDimOf(queries) &&
             std::equal(sizes.begin(), sizes.begin() + 3,
                        result.planned->run->sizes.begin());
    });
    if (!keys || !rows)
      continue;
    CombinedResult sum;
    sum.name = "attention backward " + std::to_string(headDimOf(queries)) +
               (keysProblem["causal"] == true ? " causal" : "");
    sum.arch = arch;
    sum.sizes = sizes;
    sum.seconds = *queries.seconds + *keys->seconds + *rows->seconds;
    // The kernels make 3 + 4 products of S x S x D; five are needed.
    sum.flops = workOf(planned).flops / 3 * 5;
    sum.peerSeconds = queries.peerSeconds;
    combined.push_back(std::move(sum));
  }
  return combined;
}
