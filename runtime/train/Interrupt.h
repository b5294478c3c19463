//===----------------------------------------------------------------------===//
// Ctrl-C and kill, turned into a request that the training loop honours
// between two steps.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_TRAIN_INTERRUPT_H
#define FLM_RUNTIME_TRAIN_INTERRUPT_H

namespace flmrt {

/// From now on the first SIGINT or SIGTERM is remembered and the second one
/// ends the process at once; a write beyond the file size limit, or to a
/// launcher that has gone, is an error of that write instead of a signal.
void installSignalHandlers();

/// The signal that asked the run to stop, or 0.
int interruptSignal();

} // namespace flmrt

#endif // FLM_RUNTIME_TRAIN_INTERRUPT_H
