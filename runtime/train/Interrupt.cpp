//===----------------------------------------------------------------------===//
// The signal handlers: async-signal-safe calls only.
//===----------------------------------------------------------------------===//
#include "runtime/train/Interrupt.h"

#include <atomic>
#include <csignal>
#include <unistd.h>

static std::atomic<int> received{0};
static_assert(std::atomic<int>::is_always_lock_free,
              "a signal handler may not take a lock");

static void handleSignal(int signal) {
  if (received.exchange(signal) != 0)
    _exit(128 + signal);
}

void flmrt::installSignalHandlers() {
  struct sigaction action = {};
  action.sa_handler = handleSignal;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  std::signal(SIGXFSZ, SIG_IGN);
  std::signal(SIGPIPE, SIG_IGN);
}

int flmrt::interruptSignal() { return received.load(); }
