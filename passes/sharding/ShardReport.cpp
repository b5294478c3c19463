//===----------------------------------------------------------------------===//
// What a plan costs, for people.
//===----------------------------------------------------------------------===//
#include "passes/sharding/ShardReport.h"

#include "dialects/flm/ValueNames.h"
#include "passes/sharding/Mesh.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"

using namespace mlir;
using namespace flm;

static std::string bytesText(double bytes) {
  static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  unsigned unit = 0;
  while (bytes >= 1024 && unit + 1 < std::size(units)) {
    bytes /= 1024;
    ++unit;
  }
  std::string text;
  llvm::raw_string_ostream(text)
      << llvm::format(unit ? "%.2f %s" : "%.0f %s", bytes, units[unit]);
  return text;
}

namespace {

/// One line: the collectives of one kind and size on one axis in one place.
struct Line {
  int64_t count = 0;
  int64_t times = 1; ///< executions of each in a step, on one rank
  int64_t ranks = 1, bytes = 0;
  Collective kind = Collective::AllReduce;
  StringAttr axis;
  StringRef end; ///< "first" or "last": only that pipeline stage runs it
  SmallVector<StringRef> values;

  double stepBytes() const {
    return static_cast<double>(count) * static_cast<double>(times) *
           static_cast<double>(bytes);
  }
};

class Report {
public:
  Report(ModuleOp module, const Topology &topology, raw_ostream &os)
      : module(module), topology(topology), mesh(module), os(os) {}

  void print();

private:
  void collect(ProgramOp program);
  void add(Operation *op, Value value, Collective kind, StringAttr axis,
           int64_t bytes);
  void printCollectives();
  void printMemory(ProgramOp program);
  double secondsOf(const Line &line) const;

  /// The loops around `op`, outermost first, and how often a rank runs it.
  std::string placeOf(Operation *op, int64_t &times) const;

  ModuleOp module;
  const Topology &topology;
  Mesh mesh;
  raw_ostream &os;
  /// By place, axis, kind and bytes, in the order of the program.
  std::vector<std::pair<std::string, Line>> lines;
};

std::string Report::placeOf(Operation *op, int64_t &times) const {
  SmallVector<std::string> loops;
  times = 1;
  for (auto loop = op->getParentOfType<LoopOp>(); loop;
       loop = loop->getParentOfType<LoopOp>()) {
    int64_t trips = loop.trips();
    if (StringAttr axis = loop.getAxisAttr())
      trips /= mesh.ranks(axis);
    times *= trips;
    loops.push_back((loop.getOver().getNames().front().getValue() +
                     (loop.getReverse() ? " reversed" : "") + " x " +
                     Twine(trips))
                        .str());
  }
  std::reverse(loops.begin(), loops.end());
  return loops.empty() ? "step" : llvm::join(loops, ", ");
}

/// The end of the pipeline at which `type` lies, or empty.
static StringRef endOf(NamedTensorType type) {
  for (AxisStateAttr state : type.getStates())
    if (state.getKind() == AxisStateKind::At)
      return state.getArgument().getValue();
  return {};
}

void Report::add(Operation *op, Value value, Collective kind, StringAttr axis,
                 int64_t bytes) {
  int64_t times;
  std::string place = placeOf(op, times);
  StringRef end = kind == Collective::Send ? "" : endOf(typeOf(value));
  if (!end.empty())
    place += (", " + end + " stage").str();
  auto same = llvm::find_if(lines, [&](const auto &entry) {
    const Line &line = entry.second;
    return entry.first == place && line.axis == axis && line.kind == kind &&
           line.bytes == bytes;
  });
  if (same == lines.end()) {
    same = lines.insert(same, {place, Line()});
    Line &line = same->second;
    line.times = times;
    line.bytes = bytes;
    line.axis = axis;
    line.ranks = mesh.ranks(axis);
    line.kind = kind;
    line.end = end;
  }
  ++same->second.count;
  same->second.values.push_back(valueName(value));
}

void Report::collect(ProgramOp program) {
  program.walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (auto reshard = dyn_cast<ReshardOp>(op)) {
      if (reshard.getAxis() && reshard.getBytes().value_or(0))
        add(op, reshard.getX(), reshard.getCollective(), reshard.getAxis(),
            *reshard.getBytes());
    } else if (auto loop = dyn_cast<LoopOp>(op); loop && loop.getAxisAttr()) {
      // A stage hands the carries to the next one.
      for (Value carry : loop.carries())
        add(op, carry, Collective::Send, loop.getAxisAttr(),
            mesh.localBytes(typeOf(carry)));
    }
  });
}

double Report::secondsOf(const Line &line) const {
  int64_t stride = 1;
  for (const Mesh::Axis &axis : llvm::reverse(mesh.axes())) {
    if (axis.name == line.axis)
      break;
    stride *= axis.ranks;
  }
  return flm::secondsOf(line.kind, line.ranks, line.bytes,
                        topology.linkOf(line.ranks, stride)) *
         static_cast<double>(line.count * line.times);
}

void Report::printCollectives() {
  os << llvm::format("%-34s %-15s %-5s %6s %8s %12s %12s %11s  %s\n", "in",
                     "collective", "over", "count", "times", "bytes each",
                     "a step", "time", "of");
  struct Total {
    double bytes[2] = {0, 0}, seconds[2] = {0, 0}; ///< on the first, last stage
  };
  llvm::MapVector<StringAttr, Total> totals;
  for (const auto &[place, line] : lines) {
    double seconds = secondsOf(line);
    SmallVector<std::string> names;
    for (StringRef value : ArrayRef(line.values).take_front(4))
      names.push_back(("%" + value).str());
    if (line.values.size() > names.size())
      names.push_back("...");
    os << llvm::format(
        "%-34s %-15s %-5s %6lld %8lld %12s %12s %8.3f ms  %s\n", place.c_str(),
        stringifyCollective(line.kind).data(), line.axis.str().c_str(),
        static_cast<long long>(line.count), static_cast<long long>(line.times),
        bytesText(static_cast<double>(line.bytes)).c_str(),
        bytesText(line.stepBytes()).c_str(), seconds * 1e3,
        llvm::join(names, ", ").c_str());
    for (int stage : {0, 1}) {
      if (line.end == (stage ? "first" : "last"))
        continue;
      totals[line.axis].bytes[stage] += line.stepBytes();
      totals[line.axis].seconds[stage] += seconds;
    }
  }
  for (auto &[axis, total] : totals) {
    int most = total.bytes[1] > total.bytes[0];
    os << llvm::format("total over %-4s %s a step, %.3f ms if nothing "
                       "overlaps, on the rank that sends most\n",
                       axis.str().c_str(), bytesText(total.bytes[most]).c_str(),
                       total.seconds[most] * 1e3);
  }
}

/// What stays between steps and what gradients take. A value at one end of the
/// pipeline is there only.
void Report::printMemory(ProgramOp program) {
  struct Kind {
    const char *name;
    double everywhere = 0, first = 0, last = 0;
  };
  Kind parameters{"parameters"}, narrow{"narrowed parameters"},
      gradients{"gradients"}, moments{"optimizer state"};
  auto add = [&](Kind &kind, Value value) {
    auto bytes = static_cast<double>(mesh.localBytes(typeOf(value)));
    StringRef end = endOf(typeOf(value));
    (end.empty()      ? kind.everywhere
     : end == "first" ? kind.first
                      : kind.last) += bytes;
  };
  // The narrow copies that a step computes with, gathered if they have to be.
  auto addNarrow = [&](Value parameter) {
    for (Operation *user : parameter.getUsers())
      if (auto cast = dyn_cast<CastOp>(user)) {
        Value value = cast.getY();
        while (value.hasOneUse() && isa<ReshardOp>(*value.getUsers().begin()))
          value = (*value.getUsers().begin())->getResult(0);
        add(narrow, value);
      }
  };
  program.walk([&](Operation *op) {
    if (auto param = dyn_cast<ParamOp>(op)) {
      add(parameters, param.getValue());
      addNarrow(param.getValue());
    } else if (auto state = dyn_cast<StateOp>(op)) {
      add(moments, state.getValue());
    } else if (auto step = dyn_cast<AdamWOp>(op)) {
      // The accumulator, before it is reduced.
      Value gradient = step.getGrad();
      while (auto reshard = gradient.getDefiningOp<ReshardOp>())
        gradient = reshard.getX();
      add(gradients, gradient);
    }
  });
  double most[2] = {0, 0};
  os << llvm::format("%-22s %14s\n", "memory of a rank", "bytes");
  for (const Kind &kind : {parameters, narrow, gradients, moments}) {
    most[0] += kind.everywhere + kind.first;
    most[1] += kind.everywhere + kind.last;
    if (kind.everywhere + kind.first + kind.last == 0)
      continue;
    os << llvm::format("%-22s %14s", kind.name,
                       bytesText(kind.everywhere).c_str());
    if (kind.first + kind.last > 0)
      os << " + " << bytesText(kind.first) << " on the first stage, "
         << bytesText(kind.last) << " on the last";
    os << "\n";
  }
  double largest = std::max(most[0], most[1]);
  os << llvm::format("%-22s %14s (%.2f GB) on the most loaded rank, before "
                     "activations\n",
                     "all of these", bytesText(largest).c_str(), largest / 1e9);
}

void Report::print() {
  auto plans = module.getOps<PlanOp>();
  auto program = module.lookupSymbol<ProgramOp>("train_step");
  if (plans.empty() || !program)
    return;
  PlanOp plan = *plans.begin();
  os << "plan @" << plan.getSymName() << ": " << plan.ranks() << " ranks";
  for (const Mesh::Axis &axis : mesh.axes())
    os << ", " << axis.name.getValue() << " = " << axis.ranks;
  os << "; times on " << topology.name << " (" << topology.doc << ")\n";
  collect(program);
  os << "@train_step, what one rank sends:\n";
  printCollectives();
  printMemory(program);
}

} // namespace

void flm::printShardReport(ModuleOp module, const Topology &topology,
                           raw_ostream &os) {
  Report(module, topology, os).print();
}
