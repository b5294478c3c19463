//===----------------------------------------------------------------------===//
// The watching thread. Its name tells the other ranks that this one is there.
//===----------------------------------------------------------------------===//
#include "runtime/comm/MpiWatch.h"

#include "runtime/comm/LocalRanks.h"

#include <cstdio>
#include <cstdlib>
#include <pthread.h>
#include <unistd.h>

using namespace flmrt;

MpiWatch::MpiWatch(const Launch &launch, Settings settings)
    : launch(launch), settings(std::move(settings)),
      threadName("flm-mpi-" + this->settings.what),
      thread([this] { watch(); }) {}

MpiWatch::~MpiWatch() {
  {
    std::lock_guard<std::mutex> lock(mutex);
    isOver = true;
  }
  changed.notify_one();
  thread.join();
}

void MpiWatch::fail(const std::string &what, int status) const {
  std::fprintf(stderr, "error: rank %lld: the %s of MPI %s\n",
               static_cast<long long>(launch.rank), settings.what.c_str(),
               what.c_str());
  // MPI_Abort is not there yet, or not any more.
  _exit(status);
}

void MpiWatch::watch() {
  pthread_setname_np(pthread_self(), threadName.c_str());
  constexpr auto checkEvery = std::chrono::milliseconds(50);
  // The launcher kills soon after its SIGTERM; before, an ended rank may still
  // be about to disappear.
  constexpr auto interruptGrace = std::chrono::milliseconds(300);
  Clock::time_point interrupted{};
  std::unique_lock<std::mutex> lock(mutex);
  while (!changed.wait_for(lock, checkEvery, [&] { return isOver; })) {
    auto now = Clock::now();
    if (now > settings.deadline) {
      char seconds[32];
      std::snprintf(seconds, sizeof seconds, "%g", settings.timeoutSeconds);
      fail(std::string("did not finish within ") + seconds +
               " s: " + findMissingRanks(launch, threadName).describe(),
           EXIT_FAILURE);
    }
    const int signal = settings.interruptSignal();
    if (!signal)
      continue;
    MissingRanks missing = findMissingRanks(launch, threadName);
    if (!missing.ended.empty()) {
      missing.stopped.clear();
      missing.late.clear();
      fail("cannot finish: " + missing.describe(), EXIT_FAILURE);
    }
    if (interrupted == Clock::time_point{})
      interrupted = now;
    if (now - interrupted > interruptGrace)
      fail("was interrupted by signal " + std::to_string(signal), 128 + signal);
  }
}
