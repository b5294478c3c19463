//===----------------------------------------------------------------------===//
// The table, and what it was made on.
//===----------------------------------------------------------------------===//
#include "tools/gpu-check/Combined.h"
#include "tools/gpu-check/Report.h"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <memory>

using namespace flm;
using namespace flm::gpucheck;
using nlohmann::json;
using Verdict = RunResult::Verdict;

std::string flm::gpucheck::queryClocks() {
  // A pipe of the shell, so that a missing nvidia-smi is no error.
  std::unique_ptr<FILE, int (*)(FILE *)> pipe(
      popen("nvidia-smi --query-gpu=clocks.sm,clocks.mem,clocks.max.sm,"
            "power.draw,power.limit,temperature.gpu --format=csv,noheader "
            "2>/dev/null | head -n 1",
            "r"),
      pclose);
  char line[256] = "";
  if (!pipe || !std::fgets(line, sizeof line, pipe.get()))
    return {};
  std::string text = line;
  text.erase(text.find_last_not_of(" \n") + 1);
  return text;
}

std::string flm::gpucheck::currentDate() {
  std::time_t now = std::time(nullptr);
  char text[64];
  std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", std::gmtime(&now));
  return text;
}

static std::string number(double value, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

/// Seconds of the fastest peer, and its name.
static std::pair<std::string, double>
fastest(const std::map<std::string, double> &peers) {
  std::pair<std::string, double> best;
  for (auto &[name, seconds] : peers)
    if (best.first.empty() || seconds < best.second)
      best = {name, seconds};
  return best;
}

namespace {

/// Rows of text in columns as wide as they must be.
class Table {
public:
  void add(std::vector<std::string> row) { rows.push_back(std::move(row)); }

  void print(std::ostream &os) const {
    std::vector<size_t> widths(rows.front().size());
    for (const auto &row : rows)
      for (size_t i = 0; i < row.size(); ++i)
        widths[i] = std::max(widths[i], row[i].size());
    for (const auto &row : rows) {
      std::string line;
      for (size_t i = 0; i < row.size(); ++i)
        line += row[i] + std::string(widths[i] + 2 - row[i].size(), ' ');
      line.erase(line.find_last_not_of(' ') + 1);
      os << line << '\n';
    }
  }

private:
  std::vector<std::vector<std::string>> rows;
};

} // namespace

static std::string teraflops(double flopsPerSecond) {
  return number(flopsPerSecond * 1e-12, 1) + " TFLOP/s";
}

/// How fast we are next to the fastest peer, and which that is.
static void addPeer(std::vector<std::string> &row, double seconds,
                    const std::map<std::string, double> &peers) {
  auto [name, peerSeconds] = fastest(peers);
  row.push_back(name.empty() ? "" : number(peerSeconds / seconds, 2));
  row.push_back(name);
}

static std::vector<std::string> rowOf(const RunResult &result) {
  const BundleRun &planned = *result.planned;
  std::string sizes = describe(planned.run->sizes);
  if (!planned.run->label.empty())
    sizes += " " + planned.run->label;
  std::string verdict = result.verdict == Verdict::Wrong     ? "WRONG"
                        : result.verdict == Verdict::Skipped ? "not run"
                                                             : "ok";
  std::string error;
  if (result.verdict == Verdict::Right)
    error = number(result.error, 2);
  if (result.repeatable == false)
    error += " varies";
  std::vector<std::string> row = {planned.kernel->description.name,
                                  planned.kernel->description.arch, sizes,
                                  verdict, error};
  if (!result.seconds) {
    row.insert(row.end(), {"", "", "", ""});
    return row;
  }
  Work work = workOf(planned);
  row.push_back(number(*result.seconds * 1e6, 1));
  row.push_back(work.flops > 0
                    ? teraflops(work.flops / *result.seconds)
                    : number(work.bytes / *result.seconds * 1e-9, 1) + " GB/s");
  if (result.copyRate > 0)
    row.insert(
        row.end(),
        {number(work.bytes / *result.seconds / result.copyRate, 2), "copy"});
  else if (isPart(planned))
    row.insert(row.end(), {"", ""});
  else
    addPeer(row, *result.seconds, result.peerSeconds);
  return row;
}

static std::vector<std::string> rowOf(const CombinedResult &combined) {
  std::vector<std::string> row = {combined.name,
                                  combined.arch,
                                  describe(combined.sizes),
                                  "",
                                  "",
                                  number(combined.seconds * 1e6, 1),
                                  teraflops(combined.flops / combined.seconds)};
  addPeer(row, combined.seconds, combined.peerSeconds);
  return row;
}

int64_t flm::gpucheck::count(const std::vector<RunResult> &results,
                             Verdict verdict) {
  return std::count_if(
      results.begin(), results.end(),
      [&](const RunResult &result) { return result.verdict == verdict; });
}

void flm::gpucheck::printTable(std::ostream &os,
                               const Circumstances &circumstances,
                               const std::vector<RunResult> &results) {
  const json &device = circumstances.device;
  os << device["name"].get<std::string>() << ", driver CUDA "
     << device["driver_cuda"].get<std::string>() << ", " << circumstances.date
     << '\n';
  if (!circumstances.clocks.empty())
    os << "clocks: " << circumstances.clocks << '\n';
  os << "peer: " << circumstances.peer << '\n';
  if (circumstances.copyRate > 0)
    os << "copy: " << number(circumstances.copyRate * 1e-9, 1) << " GB/s\n";
  os << "kernels: " << circumstances.origin << "\n\n";

  Table table;
  table.add({"kernel", "arch", "sizes", "result", "error", "us", "speed", "of",
             "peer"});
  for (const RunResult &result : results)
    table.add(rowOf(result));
  for (const CombinedResult &combined : combine(results))
    table.add(rowOf(combined));
  table.print(os);

  os << '\n';
  for (Verdict verdict : {Verdict::Wrong, Verdict::Skipped})
    for (const RunResult &result : results)
      if (result.verdict == verdict)
        os << (verdict == Verdict::Wrong ? "WRONG " : "not run ")
           << result.planned->name() << ": " << result.why << '\n';
  os << count(results, Verdict::Right) << " right, "
     << count(results, Verdict::Wrong) << " wrong, "
     << count(results, Verdict::Skipped) << " not run\n";
}
