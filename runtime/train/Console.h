//===----------------------------------------------------------------------===//
// What a run prints, in llm.c's shape: a table first, then a line per step.
// Results go to standard output, warnings to standard error.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_TRAIN_CONSOLE_H
#define FLM_RUNTIME_TRAIN_CONSOLE_H

#include "runtime/train/CommandLine.h"
#include "runtime/train/MetricsLog.h"
#include "runtime/train/ProgramManifest.h"

#include <cstdint>
#include <string>

namespace flmrt {

/// The table at the start. `dataTokens` is 0 if there is no training data,
/// `stagingBytes` what collectives take besides the program's own memory.
void printHeader(const ProgramManifest &manifest, const Options &options,
                 int64_t firstStep, int64_t dataTokens, int64_t stagingBytes);

/// `step    12/1000 | loss 5.545177 | norm 1.2345 | lr 1.50e-04 | 123.45 ms |
/// 12345 tok/s`
void printStep(const StepMetrics &metrics, int64_t steps);

/// One line of text, at once.
void printLine(const std::string &text);

/// `warning: …` on standard error.
void printWarning(const std::string &text);

} // namespace flmrt

#endif // FLM_RUNTIME_TRAIN_CONSOLE_H
