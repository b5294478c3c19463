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

static std::string kindOf(const BundleRun &planned) {
  return planned.kernel->description.problem.value("kind", "");
}

bool flm::gpucheck::isPart(const BundleRun &planned) {
  return kindOf(planned) == "attention_backward" ||
         kindOf(planned) == "gemm_split";
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

/// The operation of which `last` is a part and the peer's counterpart; its time
/// is yet without the other parts.
static CombinedResult begin(const RunResult &last, const std::string &name) {
  CombinedResult sum;
  sum.name = name;
  sum.attribute = last.planned->kernel->attribute;
  sum.arch = last.planned->kernel->description.arch;
  sum.sizes = last.planned->run->sizes;
  sum.seconds = *last.seconds;
  sum.flops = workOf(*last.planned).flops;
  sum.peerSeconds = last.peerSeconds;
  return sum;
}

/// Of q or o, whose dims are batch, seq, heads, head dim.
static int64_t headDimOf(const RunResult &result) {
  const BundledKernel &kernel = *result.planned->kernel;
  for (const gpuref::Argument &argument : kernel.description.arguments)
    if (argument.name == "q" || argument.name == "o")
      return argument.shapeFor(result.planned->run->sizes).back();
  return 0;
}

/// With the run of its dQ, the backward pass of attention.
static void addBackward(const RunResult &queries,
                        const std::vector<RunResult> &results,
                        std::vector<CombinedResult> &combined) {
  if (problemOf(queries)["gradient"] != "queries")
    return;
  json keysProblem = problemOf(queries);
  keysProblem["gradient"] = "keys_values";
  CombinedResult sum = begin(
      queries, "attention backward " + std::to_string(headDimOf(queries)) +
                   (keysProblem["causal"] == true ? " causal" : ""));
  const RunResult *keys = find(results, [&](const RunResult &result) {
    return problemOf(result) == keysProblem &&
           result.planned->kernel->description.arch == sum.arch &&
           headDimOf(result) == headDimOf(queries) &&
           result.planned->run->sizes == sum.sizes;
  });
  // Its sizes are batch, seq, heads, without the key heads.
  const RunResult *rows = find(results, [&](const RunResult &result) {
    return kindOf(*result.planned) == "attention_row_terms" &&
           headDimOf(result) == headDimOf(queries) &&
           std::equal(sum.sizes.begin(), sum.sizes.begin() + 3,
                      result.planned->run->sizes.begin());
  });
  if (!keys || !rows)
    return;
  sum.seconds += *keys->seconds + *rows->seconds;
  // The kernels make 3 + 4 products of S x S x D; five are needed.
  sum.flops = sum.flops / 3 * 5;
  combined.push_back(std::move(sum));
}

/// With the run of its partial sums, a matrix multiplication whose inner dim is
/// split.
static void addSplit(const RunResult &parts,
                     const std::vector<RunResult> &results,
                     std::vector<CombinedResult> &combined) {
  // #flm_gpu.gemm<...> and #flm_gpu.gemm_fold<gemm = <...>>.
  const std::string &attribute = parts.planned->kernel->attribute;
  std::string fold =
      "#flm_gpu.gemm_fold<gemm = " + attribute.substr(attribute.find('<')) +
      ">";
  const RunResult *last = find(results, [&](const RunResult &result) {
    return result.planned->kernel->attribute == fold &&
           result.planned->run->sizes == parts.planned->run->sizes;
  });
  if (!last)
    return;
  combined.push_back(
      begin(parts, parts.planned->kernel->description.name + " and fold"));
  combined.back().seconds += *last->seconds;
}

std::vector<CombinedResult>
flm::gpucheck::combine(const std::vector<RunResult> &results) {
  std::vector<CombinedResult> combined;
  for (const RunResult &result : results) {
    if (!result.seconds)
      continue;
    if (kindOf(*result.planned) == "attention_backward")
      addBackward(result, results, combined);
    if (kindOf(*result.planned) == "gemm_split")
      addSplit(result, results, combined);
  }
  return combined;
}
