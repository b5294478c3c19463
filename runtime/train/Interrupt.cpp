//===----------------------------------------------------------------------===//
// The signal handlers: async-signal-safe calls only.
//===----------------------------------------------------------------------===//
#include "runtime/train/Interrupt.h"

#include <atomic>
#include <csignal>
#include <cstring>
#include <unistd.h>

static std::atomic<int> received{0};
static std::atomic<bool> isDeferred{false};
static_assert(std::atomic<int>::is_always_lock_free,
              "a signal handler may not take a lock");

static void handleSignal(int signal) {
  if (received.exchange(signal) == 0 && isDeferred)
    return;
  if (!isDeferred) {
    constexpr char message[] =
        "interrupted before the first step: nothing has changed\n";
    [[maybe_unused]] auto written =
        write(STDERR_FILENO, message, sizeof message - 1);
  }
  _exit(128 + signal);
}

void flmrt::installSignalHandlers() {
  struct sigaction action = {};
  action.sa_handler = handleSignal;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  for (int signal : {SIGINT, SIGTERM, SIGHUP, SIGUSR1}) {
    struct sigaction before;
    bool isIgnored = signal == SIGHUP &&
                     sigaction(signal, nullptr, &before) == 0 &&
                     before.sa_handler == SIG_IGN;
    if (!isIgnored)
      sigaction(signal, &action, nullptr);
  }
  std::signal(SIGXFSZ, SIG_IGN);
  std::signal(SIGPIPE, SIG_IGN);
}

void flmrt::deferSignals() { isDeferred = true; }

int flmrt::interruptSignal() { return received.load(); }

std::string flmrt::signalName(int signal) {
  const char *name = sigabbrev_np(signal);
  return name ? std::string("SIG") + name : "signal " + std::to_string(signal);
}
