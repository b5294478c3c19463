//===----------------------------------------------------------------------===//
// Which tile, block and task sizes a GEMM gets. The numbers come from sweeps on
// shapes of language models (hidden 768 to 4096, 256 to 2048 tokens), where the
// result is level with OpenBLAS and oneDNN.
//===----------------------------------------------------------------------===//
#include "codegen/cpu/Gemm.h"

#include "mlir/IR/Diagnostics.h"
#include "llvm/Support/MathExtras.h"

#include <numeric>

using namespace mlir;
using namespace flm::cpu;

llvm::StringRef flm::cpu::name(GemmLayout layout) {
  switch (layout) {
  case GemmLayout::NT:
    return "nt";
  case GemmLayout::NN:
    return "nn";
  case GemmLayout::TN:
    return "tn";
  }
  llvm_unreachable("a layout without a name");
}

static int64_t roundUp(int64_t value, int64_t multiple) {
  return llvm::divideCeil(value, multiple) * multiple;
}

/// The register tile: as many accumulators as leave room for one row of B and
/// a broadcast of A.
static void selectTile(GemmSchedule &schedule, const GemmProblem &problem,
                       const CpuTarget &target) {
  schedule.lanes = target.lanes(problem.outputType.getIntOrFloatBitWidth() / 8);
  schedule.tileVectors = 2;
  schedule.tileRows = target.vectorRegisters >= 32 ? 8
                      : target.vectorBytes >= 32   ? 6
                                                   : 4;
  // A small C wastes no lanes and rows on nothing.
  schedule.tileRows = std::min(schedule.tileRows, problem.m);
  if (problem.n <= schedule.lanes)
    schedule.tileVectors = 1;
}

/// Rows that packing A (TN) writes at once must not straddle a row block.
static int64_t rowGranule(const GemmSchedule &schedule) {
  return std::lcm(schedule.tileRows, schedule.lanes);
}

/// Keeps the packed block of B and the block of A in a good half of L2.
static void fitSecondLevelCache(GemmSchedule &schedule, int64_t elementBytes,
                                const CpuTarget &target) {
  int64_t budget = target.l2Bytes * 6 / 10;
  auto bytes = [&] {
    return (schedule.rowBlock + schedule.taskColumns) * schedule.kBlock *
           elementBytes;
  };
  while (bytes() > budget) {
    int64_t columns = roundUp(schedule.taskColumns / 2, schedule.tileColumns());
    int64_t rows = roundUp(schedule.rowBlock / 2, rowGranule(schedule));
    if (schedule.taskColumns >= schedule.rowBlock &&
        columns < schedule.taskColumns)
      schedule.taskColumns = columns;
    else if (rows < schedule.rowBlock)
      schedule.rowBlock = rows;
    else
      return; // one tile each: as small as it gets
  }
}

GemmSchedule flm::cpu::selectGemmSchedule(const GemmProblem &problem,
                                          const CpuTarget &target) {
  GemmSchedule schedule;
  selectTile(schedule, problem, target);

  // Tasks split the columns first: with few rows (one micro-batch of tokens),
  // each element of B is then packed once, by the task that uses it.
  if (problem.layout == GemmLayout::TN) {
    schedule.kBlock = 256;
    schedule.rowBlock = 128;
    schedule.taskColumns = 384;
    schedule.taskRows = problem.m <= 512    ? problem.m
                        : problem.m <= 1024 ? 384
                                            : 1024;
  } else {
    schedule.kBlock = 384;
    schedule.rowBlock = 128;
    schedule.taskColumns = problem.n <= 1024 ? 96 : 192;
    schedule.taskRows = std::min<int64_t>(problem.m, 2048);
    // Gradient of the vocabulary head: few columns and a very long sum. A does
    // not fit any cache, so the panel of B leaves it room in the first one.
    if (problem.layout == GemmLayout::NN && problem.k > 16 * problem.n) {
      schedule.kBlock = 256;
      schedule.taskRows = std::min<int64_t>(problem.m, 512);
    }
  }

  // Blocks of equal size rather than a short last one.
  int64_t kBlocks = llvm::divideCeil(problem.k, schedule.kBlock);
  schedule.kBlock =
      roundUp(llvm::divideCeil(problem.k, kBlocks), schedule.lanes);

  schedule.taskRows =
      roundUp(std::min(schedule.taskRows, problem.m), rowGranule(schedule));
  schedule.rowBlock = roundUp(std::min(schedule.rowBlock, schedule.taskRows),
                              rowGranule(schedule));
  schedule.taskColumns = roundUp(std::min(schedule.taskColumns, problem.n),
                                 schedule.tileColumns());
  fitSecondLevelCache(schedule, problem.outputType.getIntOrFloatBitWidth() / 8,
                      target);
  return schedule;
}

LogicalResult flm::cpu::verifyGemm(Location loc, const GemmProblem &problem,
                                   const GemmSchedule &schedule,
                                   const CpuTarget &target) {
  if (problem.m < 1 || problem.n < 1 || problem.k < 1)
    return emitError(loc) << "a GEMM of " << problem.m << " x " << problem.n
                          << " x " << problem.k
                          << " has no elements; expected sizes of at least 1";
  if (!problem.inputType || problem.inputType != problem.outputType ||
      !(problem.inputType.isF32() || problem.inputType.isF64()))
    return emitError(loc) << "no CPU GEMM from " << problem.inputType << " to "
                          << problem.outputType
                          << "; expected f32 or f64 for both";

  int64_t bytes = problem.outputType.getIntOrFloatBitWidth() / 8;
  if (schedule.lanes != target.lanes(bytes))
    return emitError(loc) << "schedule of " << schedule.lanes
                          << " lanes on a CPU with " << target.lanes(bytes);
  for (int64_t size :
       {schedule.tileRows, schedule.tileVectors, schedule.kBlock,
        schedule.rowBlock, schedule.taskRows, schedule.taskColumns})
    if (size < 1)
      return emitError(loc)
             << "a size of the schedule is " << size << "; expected at least 1";

  // Accumulators, one row of B, one broadcast of A.
  int64_t registers = (schedule.tileRows + 1) * schedule.tileVectors + 1;
  if (registers > target.vectorRegisters)
    return emitError(loc) << "a tile of " << schedule.tileRows << " x "
                          << schedule.tileVectors << " vectors needs "
                          << registers << " registers; " << target.cpu
                          << " has " << target.vectorRegisters;
  if (schedule.kBlock % schedule.lanes)
    return emitError(loc) << "kBlock " << schedule.kBlock
                          << " is not a multiple of " << schedule.lanes
                          << " lanes";
  if (schedule.taskColumns % schedule.tileColumns())
    return emitError(loc) << "a task of " << schedule.taskColumns
                          << " columns is not a whole number of tiles of "
                          << schedule.tileColumns();
  if (schedule.rowBlock % rowGranule(schedule) ||
      schedule.taskRows % rowGranule(schedule))
    return emitError(loc) << "row block of " << schedule.rowBlock
                          << " and task of " << schedule.taskRows
                          << " rows; expected multiples of "
                          << rowGranule(schedule)
                          << " (whole tiles and whole vectors)";
  return success();
}
