//===----------------------------------------------------------------------===//
// Ctrl-C, kill, a hang-up and Slurm's warning, turned into a request that the
// training loop honours between two steps.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_TRAIN_INTERRUPT_H
#define FLM_RUNTIME_TRAIN_INTERRUPT_H

#include <string>

namespace flmrt {

/// The first thing that a process does. SIGINT, SIGTERM, SIGHUP (unless it is
/// ignored, as under nohup) and SIGUSR1 end it at once, with the status
/// 128 + signal: there is nothing to save yet. A write beyond the file size
/// limit, or to a launcher that has gone, is an error of that write instead of
/// a signal.
void installSignalHandlers();

/// From now on the first of these signals is remembered, and the second one
/// ends the process at once.
void deferSignals();

/// The signal that asked the run to stop, or 0.
int interruptSignal();

/// "SIGTERM"
std::string signalName(int signal);

} // namespace flmrt

#endif // FLM_RUNTIME_TRAIN_INTERRUPT_H
