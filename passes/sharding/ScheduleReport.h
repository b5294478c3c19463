//===----------------------------------------------------------------------===//
// The schedule of a pipeline, for people: as text and as a trace.
//===----------------------------------------------------------------------===//
#ifndef FLM_PASSES_SHARDING_SCHEDULEREPORT_H
#define FLM_PASSES_SHARDING_SCHEDULEREPORT_H

#include "dialects/flm/Pipeline.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/raw_ostream.h"

#include <vector>

namespace flm {

/// When a stage runs one pass, in units of a forward pass of a stage.
struct TimedPass {
  int64_t stage, chunk, micro;
  bool forward;
  double begin, end;
};

/// Each stage runs its passes in the order of `schedule`, each as soon as the
/// stage is free and the block before (behind, in a backward pass) has sent its
/// result. A backward pass takes two units, a pass of one of several chunks its
/// share; messages take no time.
std::vector<TimedPass> timeSchedule(const PipelineSchedule &schedule);

/// Prints the schedules of the pipelines of `module` (after stage `local`): one
/// line per stage, one column per unit, and the bubble.
void printSchedules(mlir::ModuleOp module, llvm::raw_ostream &os);

/// Writes the schedules as trace events (JSON, for Perfetto or
/// chrome://tracing): one track per stage; a unit is a millisecond.
void writeScheduleTrace(mlir::ModuleOp module, llvm::raw_ostream &os);

} // namespace flm

#endif // FLM_PASSES_SHARDING_SCHEDULEREPORT_H
