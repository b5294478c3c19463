//===----------------------------------------------------------------------===//
// The thread, its queue, and the collectives of the compiled program.
//===----------------------------------------------------------------------===//
#include "runtime/comm/Communicator.h"

#include "runtime/UserError.h"
#include "runtime/abi/Program.h"

#include <algorithm>
#include <cassert>
#include <cstdio>
#include <cstdlib>
#include <cstring>

using namespace flmrt;
using flm::abi::CollectiveKind;

namespace {
/// The communicator behind flm_communicate.
thread_local Communicator *current = nullptr;

/// Copies of one send that may be under way. A pipeline has a few; more mean
/// that the receiver does not keep up, and memory is not endless.
constexpr int64_t mostParcels = 64;

constexpr auto pollEvery = std::chrono::microseconds(200);
} // namespace

extern "C" void flm_communicate_start(int64_t id, const void *in, void *out) {
  assert(current && "flm_communicate needs a communicator");
  current->start(id, in, out);
}

extern "C" void flm_communicate_wait(int64_t id) { current->wait(id); }

extern "C" void flm_communicate(int64_t id, const void *in, void *out) {
  flm_communicate_start(id, in, out);
  flm_communicate_wait(id);
}

//===-- Beginning and end -------------------------------------------------===//

Communicator::Communicator(const Mesh &mesh,
                           const std::vector<Collective> &collectives,
                           Settings settings,
                           const TransportFactory &createTransport)
    : grid(mesh), collectives(collectives), settings(std::move(settings)),
      progress(collectives.size()) {
  assert(!current && "one communicator at a time");
  // One rank has nobody to wait for.
  if (ranks() == 1) {
    connect(createTransport);
  } else {
    thread =
        std::thread([this, createTransport] { threadMain(createTransport); });
    std::unique_lock<std::mutex> lock(mutex);
    changed.wait(lock, [&] { return isReady; });
  }
  if (startFailure) {
    thread.join();
    std::rethrow_exception(startFailure);
  }
  current = this;
}

Communicator::~Communicator() {
  {
    std::lock_guard<std::mutex> lock(mutex);
    isStopping = true;
  }
  wake.notify_one();
  if (thread.joinable())
    thread.join();
  current = nullptr;
}

void Communicator::connect(const TransportFactory &createTransport) {
  transport = createTransport();
  if (transport->ranks() != grid.ranks())
    throw UserError("this binary was compiled for " +
                    std::to_string(grid.ranks()) + " ranks (" +
                    grid.describe() + "), but " +
                    std::to_string(transport->ranks()) +
                    " were started; start it with mpirun -np " +
                    std::to_string(grid.ranks()));
  thisRank = transport->rank();
  context.emplace(ExchangeContext{*transport, settings.timeoutSeconds,
                                  settings.interruptSignal, [this] {
                                    postParcels();
                                    releaseParcels();
                                  }});
  engine.emplace(grid, collectives, *context);
}

void Communicator::threadMain(const TransportFactory &createTransport) {
  try {
    connect(createTransport);
  } catch (...) {
    startFailure = std::current_exception();
  }
  {
    std::lock_guard<std::mutex> lock(mutex);
    isReady = true;
  }
  changed.notify_all();
  if (!startFailure)
    serve();
}

void Communicator::serve() {
  std::unique_lock<std::mutex> lock(mutex);
  for (;;) {
    auto hasWork = [&] {
      return !jobs.empty() || !parcels.empty() || isStopping;
    };
    // Messages under way need somebody who looks after them.
    if (posted.empty())
      wake.wait(lock, hasWork);
    else
      wake.wait_for(lock, pollEvery, hasWork);
    if (jobs.empty()) {
      if (isStopping)
        return;
      lock.unlock();
      postParcels();
      releaseParcels();
      lock.lock();
      continue;
    }
    Job job = std::move(jobs.front());
    jobs.pop_front();
    lock.unlock();
    postParcels();
    carryOut(job);
    lock.lock();
  }
}

void Communicator::carryOut(Job &job) {
  if (job.id < 0)
    return job.work();
  try {
    int64_t sent = engine->run(collectiveAt(job.id), job.in, job.out);
    std::lock_guard<std::mutex> lock(mutex);
    Progress &state = progress[static_cast<size_t>(job.id)];
    state.sent += sent;
    ++state.finished;
  } catch (const std::exception &error) {
    // Nobody above could tell the other ranks.
    std::fprintf(stderr, "error: rank %lld: %s: %s\n",
                 static_cast<long long>(thisRank),
                 collectiveAt(job.id).describe(grid).c_str(), error.what());
    transport->abort(EXIT_FAILURE);
  }
  changed.notify_all();
}

//===-- The compiled program's side ---------------------------------------===//

const Collective &Communicator::collectiveAt(int64_t id) const {
  assert(id >= 0 && id < static_cast<int64_t>(collectives.size()));
  return collectives[static_cast<size_t>(id)];
}

void Communicator::start(int64_t id, const void *in, void *out) {
  const Collective &collective = collectiveAt(id);
  if (collective.kind == CollectiveKind::send)
    return startSend(collective, in);
  {
    std::lock_guard<std::mutex> lock(mutex);
    ++progress[static_cast<size_t>(id)].started;
    jobs.push_back({id, in, out, {}});
  }
  if (thread.joinable())
    return wake.notify_one();
  Job job = std::move(jobs.front());
  jobs.pop_front();
  carryOut(job);
}

void Communicator::wait(int64_t id) {
  if (collectiveAt(id).kind == CollectiveKind::send)
    return;
  const Progress &state = progress[static_cast<size_t>(id)];
  std::unique_lock<std::mutex> lock(mutex);
  changed.wait(lock, [&] { return state.finished == state.started; });
}

void Communicator::startSend(const Collective &collective, const void *in) {
  Progress &state = progress[static_cast<size_t>(collective.id)];
  const auto bytes =
      static_cast<size_t>(collective.bytesOf(collective.elements()));
  std::unique_ptr<char[]> data;
  {
    std::unique_lock<std::mutex> lock(mutex);
    auto hasRoom = [&] { return state.underWay < mostParcels; };
    if (!changed.wait_for(
            lock, std::chrono::duration<double>(settings.timeoutSeconds),
            hasRoom)) {
      std::fprintf(stderr,
                   "error: rank %lld: %s: %lld tensors are under way and none "
                   "was received within %g s by rank %lld\n",
                   static_cast<long long>(thisRank),
                   collective.describe(grid).c_str(),
                   static_cast<long long>(mostParcels), settings.timeoutSeconds,
                   static_cast<long long>(engine->peerOf(collective)));
      lock.unlock();
      abort(EXIT_FAILURE);
    }
    ++state.underWay;
    if (!state.spare.empty()) {
      data = std::move(state.spare.back());
      state.spare.pop_back();
    }
  }
  if (!data)
    data.reset(new char[bytes]);
  std::memcpy(data.get(), in, bytes);
  {
    std::lock_guard<std::mutex> lock(mutex);
    parcels.push_back({collective.id, std::move(data), {}});
  }
  wake.notify_one();
}

/// Sends what the program has handed over.
void Communicator::postParcels() {
  for (;;) {
    Parcel parcel;
    {
      std::lock_guard<std::mutex> lock(mutex);
      if (parcels.empty())
        return;
      parcel = std::move(parcels.front());
      parcels.pop_front();
    }
    const Collective &collective = collectiveAt(parcel.id);
    const int64_t bytes = collective.bytesOf(collective.elements());
    constexpr int64_t largest = int64_t(1) << 30; // MPI counts in int
    for (int64_t begin = 0; begin < bytes; begin += largest)
      parcel.requests.push_back(transport->send(
          engine->peerOf(collective), Channel::Program, collective.id,
          parcel.data.get() + begin, std::min(largest, bytes - begin)));
    posted.push_back(std::move(parcel));
    std::lock_guard<std::mutex> lock(mutex);
    progress[static_cast<size_t>(collective.id)].sent += bytes;
  }
}

/// Keeps the memory of what has arrived for the next send of the same id.
void Communicator::releaseParcels() {
  for (auto parcel = posted.begin(); parcel != posted.end();) {
    while (!parcel->requests.empty() &&
           transport->isDone(parcel->requests.back()))
      parcel->requests.pop_back();
    if (!parcel->requests.empty()) {
      ++parcel;
      continue;
    }
    {
      std::lock_guard<std::mutex> lock(mutex);
      Progress &state = progress[static_cast<size_t>(parcel->id)];
      --state.underWay;
      state.spare.push_back(std::move(parcel->data));
    }
    changed.notify_all();
    parcel = posted.erase(parcel);
  }
}

std::vector<int64_t> Communicator::bytesSent() {
  std::vector<int64_t> sent;
  // Behind everything that was started.
  onThread([&] {
    postParcels();
    std::lock_guard<std::mutex> lock(mutex);
    for (const Progress &state : progress)
      sent.push_back(state.sent);
  });
  return sent;
}

/// Runs `work` on the thread and returns when it is done.
void Communicator::onThread(std::function<void()> work) {
  if (!thread.joinable())
    return work();
  bool isDone = false;
  std::exception_ptr failure;
  std::unique_lock<std::mutex> lock(mutex);
  jobs.push_back({-1, nullptr, nullptr, [&] {
                    try {
                      work();
                    } catch (...) {
                      failure = std::current_exception();
                    }
                    std::lock_guard<std::mutex> lock(mutex);
                    isDone = true;
                    changed.notify_all();
                  }});
  wake.notify_one();
  changed.wait(lock, [&] { return isDone; });
  if (failure)
    std::rethrow_exception(failure);
}

void Communicator::finish() {
  largest("the end of the run", {0});
  onThread([&] {
    // All programs are over: what they have not received, nobody will. The word
    // of what they have may still be on its way.
    constexpr auto longest = std::chrono::seconds(5);
    const auto begin = std::chrono::steady_clock::now();
    for (Backoff backoff; !posted.empty(); backoff.pause()) {
      releaseParcels();
      if (std::chrono::steady_clock::now() - begin > longest)
        throw std::logic_error(collectiveAt(posted.front().id).describe(grid) +
                               " was never received");
    }
    transport->finish();
  });
}

void Communicator::abort(int status) {
  std::fflush(stdout);
  {
    std::lock_guard<std::mutex> lock(mutex);
    jobs.push_front({-1, nullptr, nullptr, [&] { transport->abort(status); }});
  }
  wake.notify_one();
  // The thread may be waiting for a rank that does not answer.
  std::this_thread::sleep_for(std::chrono::seconds(2));
  std::_Exit(status);
}
