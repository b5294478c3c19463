//===----------------------------------------------------------------------===//
// The schedule of a pipeline, for people.
//===----------------------------------------------------------------------===//
#include "passes/sharding/ScheduleReport.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/JSON.h"

#include <map>

using namespace mlir;
using namespace flm;
namespace json = llvm::json;

//===----------------------------------------------------------------------===//
// Time
//===----------------------------------------------------------------------===//

namespace {

/// Runs the stages of one schedule against each other.
class Timeline {
public:
  explicit Timeline(const PipelineSchedule &schedule)
      : schedule(schedule), free(schedule.stages), next(schedule.stages),
        orders(schedule.stages) {
    for (int64_t stage = 0; stage < schedule.stages; ++stage)
      for (int64_t tick = 0, w = schedule.warmup(stage);
           tick < schedule.ticks(stage); ++tick) {
        if (tick < schedule.passes())
          add(stage, schedule.forward(tick), /*forward=*/true);
        if (tick >= w)
          add(stage, schedule.backward(tick - w), /*forward=*/false);
      }
  }

  std::vector<TimedPass> run() {
    std::vector<TimedPass> passes;
    for (bool moved = true; moved;) {
      moved = false;
      for (int64_t stage = 0; stage < schedule.stages; ++stage)
        while (next[stage] < orders[stage].size() &&
               start(orders[stage][next[stage]])) {
          passes.push_back(orders[stage][next[stage]++]);
          moved = true;
        }
    }
    return passes;
  }

private:
  using Key = std::tuple<bool, int64_t, int64_t>; // forward, block, micro

  void add(int64_t stage, PipelineSchedule::Pass pass, bool forward) {
    orders[stage].push_back({stage, pass.chunk, pass.micro, forward, 0, 0});
  }

  /// When what the pass needs is there; nothing if that is not known yet.
  std::optional<double> ready(const TimedPass &pass) const {
    int64_t block = pass.chunk * schedule.stages + pass.stage;
    int64_t last = schedule.stages * schedule.chunks - 1;
    Key needed{true, block - 1, pass.micro};
    if (pass.forward && block == 0)
      return 0;
    if (!pass.forward)
      needed = block == last ? Key{true, block, pass.micro}
                             : Key{false, block + 1, pass.micro};
    auto end = ends.find(needed);
    return end == ends.end() ? std::nullopt : std::optional(end->second);
  }

  bool start(TimedPass &pass) {
    std::optional<double> from = ready(pass);
    if (!from)
      return false;
    double length =
        (pass.forward ? 1.0 : 2.0) / static_cast<double>(schedule.chunks);
    pass.begin = std::max(*from, free[pass.stage]);
    pass.end = free[pass.stage] = pass.begin + length;
    ends[{pass.forward, pass.chunk * schedule.stages + pass.stage,
          pass.micro}] = pass.end;
    return true;
  }

  const PipelineSchedule &schedule;
  std::map<Key, double> ends;
  std::vector<double> free;
  std::vector<size_t> next;
  std::vector<std::vector<TimedPass>> orders;
};

/// What of the time of all stages is spent waiting.
double waiting(const std::vector<TimedPass> &passes, int64_t stages) {
  double end = 0, busy = 0;
  for (const TimedPass &pass : passes) {
    end = std::max(end, pass.end);
    busy += pass.end - pass.begin;
  }
  return end > 0 ? 1 - busy / (end * static_cast<double>(stages)) : 0;
}

/// "F3", and with several chunks "F3.1".
std::string labelOf(const TimedPass &pass, const PipelineSchedule &schedule) {
  std::string label = (pass.forward ? "F" : "B") + std::to_string(pass.micro);
  return schedule.chunks > 1 ? label + "." + std::to_string(pass.chunk) : label;
}

} // namespace

std::vector<TimedPass> flm::timeSchedule(const PipelineSchedule &schedule) {
  return Timeline(schedule).run();
}

//===----------------------------------------------------------------------===//
// Text
//===----------------------------------------------------------------------===//

/// A line per stage; what does not fit is left out.
static void draw(const PipelineSchedule &schedule,
                 const std::vector<TimedPass> &passes, llvm::raw_ostream &os) {
  constexpr size_t longest = 160;
  size_t width = 0; // of the time of a forward pass of one chunk
  for (const TimedPass &pass : passes)
    width = std::max(width, labelOf(pass, schedule).size() + 1);
  for (int64_t stage = 0; stage < schedule.stages; ++stage) {
    std::string line;
    for (const TimedPass &pass : passes) {
      if (pass.stage != stage)
        continue;
      auto column = static_cast<size_t>(
          pass.begin * static_cast<double>(schedule.chunks * width) + 0.5);
      line.resize(std::max(line.size(), column), '.');
      std::string cell = labelOf(pass, schedule);
      cell.resize(width * (pass.forward ? 1 : 2) - 1, pass.forward ? ' ' : '-');
      line += cell + " ";
    }
    if (line.size() > longest)
      line = line.substr(0, longest) + "...";
    os << "  stage " << stage << "  " << StringRef(line).rtrim() << "\n";
  }
}

void flm::printSchedules(ModuleOp module, llvm::raw_ostream &os) {
  bool any = false;
  module.walk([&](PipelineOp pipeline) {
    any = true;
    PipelineSchedule schedule = scheduleOf(pipeline);
    std::vector<TimedPass> passes = timeSchedule(schedule);
    os << "pipeline over " << pipeline.getAxis() << ": " << schedule.stages
       << " stages, " << schedule.microBatches << " micro-batches";
    if (schedule.chunks > 1)
      os << ", " << schedule.chunks << " chunks (interleaved 1F1B)";
    else
      os << " (1F1B)";
    os << "\n";
    draw(schedule, passes, os);
    os << llvm::format(
        "  stages wait %.1f %% of a step (bubble %.1f %% of the "
        "work); at most",
        100 * waiting(passes, schedule.stages),
        100 * static_cast<double>(schedule.stages - 1) /
            static_cast<double>(schedule.chunks * schedule.microBatches));
    int64_t kept = 0;
    for (int64_t slots : pipeline.getSlots())
      kept += slots;
    os << " " << kept << " passes' activations are kept\n";
  });
  if (!any)
    os << "no pipeline: the plan spreads no layers over an axis, or there is "
          "one micro-batch\n";
}

//===----------------------------------------------------------------------===//
// Trace
//===----------------------------------------------------------------------===//

void flm::writeScheduleTrace(ModuleOp module, llvm::raw_ostream &os) {
  json::Array events;
  module.walk([&](PipelineOp pipeline) {
    PipelineSchedule schedule = scheduleOf(pipeline);
    for (int64_t stage = 0; stage < schedule.stages; ++stage)
      events.push_back(json::Object{
          {"ph", "M"},
          {"name", "thread_name"},
          {"pid", 0},
          {"tid", stage},
          {"args",
           json::Object{
               {"name",
                (pipeline.getAxis() + " stage " + Twine(stage)).str()}}}});
    for (const TimedPass &pass : timeSchedule(schedule))
      events.push_back(
          json::Object{{"ph", "X"},
                       {"name", labelOf(pass, schedule)},
                       {"cat", pass.forward ? "forward" : "backward"},
                       {"pid", 0},
                       {"tid", pass.stage},
                       {"ts", 1000 * pass.begin},
                       {"dur", 1000 * (pass.end - pass.begin)},
                       {"args", json::Object{{"micro_batch", pass.micro},
                                             {"chunk", pass.chunk}}}});
  });
  os << json::Value(json::Object{{"traceEvents", std::move(events)}}) << "\n";
}
