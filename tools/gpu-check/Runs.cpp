//===----------------------------------------------------------------------===//
// What to run, and how much work that is.
//===----------------------------------------------------------------------===//
#include "tools/gpu-check/Runs.h"

#include <set>

using namespace flm;
using namespace flm::gpucheck;
using gpuref::Argument;

std::string BundleRun::name() const {
  std::string arch = kernel->description.arch;
  return kernel->description.name + (arch.empty() ? "" : " (" + arch + ")") +
         " " + describe(run->sizes);
}

std::vector<BundleRun> flm::gpucheck::runsOf(const Bundle &bundle,
                                             const std::string &filter) {
  std::vector<BundleRun> runs;
  for (bool timed : {false, true})
    for (const BundledKernel &kernel : bundle.kernels)
      for (const Case &run : kernel.cases)
        if (run.timed == timed &&
            kernel.description.name.find(filter) != std::string::npos)
          runs.push_back({&kernel, &run});
  return runs;
}

static int64_t elements(const Sizes &shape) {
  int64_t result = 1;
  for (int64_t size : shape)
    result *= size;
  return result;
}

/// Of attention over [batch, seq, heads, head dim] tensors, whose query is `q`,
/// in the products of S x S x D that a kernel makes; zero for another kernel.
/// With a causal mask half of each counts.
static double attentionFlops(const nlohmann::json &problem, const Sizes &q) {
  double products = 0;
  if (problem["kind"] == "attention_forward")
    products = 2;
  else if (problem["kind"] == "attention_backward")
    products = problem["gradient"] == "queries" ? 3 : 4;
  else
    return 0;
  double pairs = static_cast<double>(q[1]) * static_cast<double>(q[1]) /
                 (problem["causal"] == true ? 2 : 1);
  return products * 2 * pairs * static_cast<double>(q[0] * q[2] * q[3]);
}

Work flm::gpucheck::workOf(const BundleRun &planned) {
  const gpuref::KernelDescription &kernel = planned.kernel->description;
  Work work;
  std::set<std::string> counted;
  for (const Argument &argument : kernel.arguments) {
    if (argument.kind == Argument::Kind::I32)
      continue;
    Sizes shape = argument.shapeFor(planned.run->sizes);
    if (counted.insert(argument.name).second)
      work.bytes +=
          static_cast<double>(elements(shape) * bytesOf(argument.type)) *
          (argument.access == gpuref::Access::Update ? 2 : 1);
    if (argument.name == "q")
      work.flops = attentionFlops(kernel.problem, shape);
  }
  std::string kind = kernel.problem.value("kind", "");
  if (kind == "gemm" || kind == "gemm_split") {
    const Sizes &mnk = planned.run->sizes;
    work.flops = 2.0 * static_cast<double>(mnk[0] * mnk[1] * mnk[2]);
  }
  return work;
}
