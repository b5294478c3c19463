//===----------------------------------------------------------------------===//
// Choosing a schedule by an estimate of its cost.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/kernels/linear/GemmSchedules.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace flm::gpu;
using llvm::divideCeil;

namespace {

/// What matters of a GPU here; from NVIDIA's data sheets of the H100 SXM and
/// the A100 SXM (bf16, dense).
struct Machine {
  int64_t multiprocessors;
  double multiplyAdds; ///< per second, of one multiprocessor
  double bytes;        ///< of memory, per second
};

} // namespace

static Machine machineOf(Arch arch) {
  if (arch == Arch::SM80)
    return {108, 312e12 / 2 / 108, 2.0e12};
  return {132, 989e12 / 2 / 132, 3.35e12};
}

int64_t flm::gpu::multiprocessorsOf(Arch arch) {
  return machineOf(arch).multiprocessors;
}

/// Steps of the inner dim that pass while a tile's stages fill and its result
/// is stored.
static constexpr double overheadSteps = 6;
/// Seconds until a kernel that follows another has begun.
static constexpr double launchSeconds = 3e-6;

static int64_t tilesOf(GemmScheduleAttr schedule, GemmSizes sizes) {
  auto [m, n, k] = sizes;
  int64_t cluster = schedule.getCluster();
  return divideCeil(m, schedule.getM() * cluster) * cluster *
         divideCeil(n, schedule.getN());
}

double flm::gpu::estimateCost(const GemmScheduleTable::Tile &tile,
                              GemmSizes sizes, int64_t multiprocessors) {
  GemmScheduleAttr schedule = tile.schedule;
  auto [m, n, k] = sizes;
  int64_t splits = schedule.getSplits(), cluster = schedule.getCluster();
  double steps =
      static_cast<double>(divideCeil(divideCeil(k, schedule.getK()), splits));
  // Clusters are placed as a whole.
  int64_t blocks = std::max<int64_t>(multiprocessors / cluster, 1) * cluster;
  double waves = static_cast<double>(
      divideCeil(tilesOf(schedule, sizes) * splits, blocks));
  double perStep =
      static_cast<double>(schedule.getM() * schedule.getN() * schedule.getK());
  double cost = waves * (steps + overheadSteps) * perStep / tile.efficiency;
  if (splits > 1) {
    Machine machine = machineOf(schedule.getArch());
    double bytes = static_cast<double>(m * n) *
                   (2.0 * static_cast<double>(splits) + 1) * 4;
    cost += (bytes / machine.bytes + launchSeconds) * machine.multiplyAdds;
  }
  return cost;
}

/// `schedule` with other parameters; null where they are not legal for `gemm`.
static GemmScheduleAttr vary(GemmAttr gemm, GemmScheduleAttr schedule,
                             int64_t cluster, int64_t group, int64_t splits) {
  MLIRContext *context = schedule.getContext();
  ScopedDiagnosticHandler quiet(context,
                                [](Diagnostic &) { return success(); });
  auto silent = [&] { return mlir::emitError(UnknownLoc::get(context)); };
  auto varied = GemmScheduleAttr::getChecked(
      silent, context, schedule.getArch(), schedule.getM(), schedule.getN(),
      schedule.getK(), schedule.getStages(), cluster, group, splits);
  if (!varied ||
      !GemmAttr::getChecked(silent, context, gemm.getLayout(), gemm.getInput(),
                            gemm.getOutput(), gemm.getAccumulate(),
                            gemm.getEpilogue(), DenseI64ArrayAttr(), varied))
    return {};
  return varied;
}

/// Into how many parts the inner dim may be cut.
static constexpr int64_t splitChoices[] = {1, 2, 3, 4, 6, 8, 12, 16};
/// Steps that a part has at least: fewer do not pay for their overhead.
static constexpr int64_t leastSteps = 4;

static bool isWorthSplitting(GemmScheduleAttr schedule, int64_t splits,
                             GemmSizes sizes, int64_t multiprocessors) {
  int64_t steps = divideCeil(sizes[2], schedule.getK());
  return splits == 1 ||
         (steps / splits >= leastSteps &&
          tilesOf(schedule, sizes) * splits <= 2 * multiprocessors);
}

GemmScheduleAttr flm::gpu::chooseGemmSchedule(const GemmScheduleTable &table,
                                              GemmAttr gemm, Arch arch,
                                              GemmSizes sizes,
                                              int64_t multiprocessors,
                                              int64_t maxSplits) {
  auto isLegal = [&](GemmScheduleAttr schedule) {
    return schedule.getArch() == arch && schedule.getSplits() <= maxSplits &&
           vary(gemm, schedule, schedule.getCluster(), schedule.getGroup(),
                schedule.getSplits());
  };
  const GemmScheduleTable::Shape *measured = nullptr;
  for (const GemmScheduleTable::Shape &shape : table.shapes)
    if (shape.layout == gemm.getLayout() && shape.sizes == sizes &&
        isLegal(shape.schedule) &&
        (!measured || shape.teraflops > measured->teraflops))
      measured = &shape;
  if (measured)
    return measured->schedule;

  GemmScheduleAttr best;
  double bestCost = 0;
  for (const GemmScheduleTable::Tile &tile : table.tiles)
    for (int64_t splits : splitChoices) {
      if (!isLegal(tile.schedule) || splits > maxSplits ||
          !isWorthSplitting(tile.schedule, splits, sizes, multiprocessors))
        continue;
      GemmScheduleAttr schedule =
          vary(gemm, tile.schedule, tile.schedule.getCluster(),
               tile.schedule.getGroup(), splits);
      if (!schedule)
        continue;
      double cost =
          estimateCost({tile.efficiency, schedule}, sizes, multiprocessors);
      if (!best || cost < bestCost) {
        best = schedule;
        bestCost = cost;
      }
    }
  return best;
}

SmallVector<GemmScheduleAttr>
flm::gpu::candidateGemmSchedules(const GemmScheduleTable &table, GemmAttr gemm,
                                 Arch arch, GemmSizes sizes,
                                 int64_t multiprocessors) {
  SmallVector<GemmScheduleAttr> result;
  for (const GemmScheduleTable::Tile &tile : table.tiles) {
    if (tile.schedule.getArch() != arch)
      continue;
    int64_t tileRows = divideCeil(sizes[0], tile.schedule.getM());
    for (int64_t cluster : {1, 2, 4})
      for (int64_t group : {4, 8, 16})
        for (int64_t splits : splitChoices) {
          // The lowest group walks all rows already.
          bool repeats = group != 4 && group / 2 * cluster >= tileRows;
          if (repeats || cluster > tileRows ||
              !isWorthSplitting(tile.schedule, splits, sizes, multiprocessors))
            continue;
          GemmScheduleAttr schedule =
              vary(gemm, tile.schedule, cluster, group, splits);
          if (schedule && !llvm::is_contained(result, schedule))
            result.push_back(schedule);
        }
  }
  return result;
}
