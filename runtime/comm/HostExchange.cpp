//===----------------------------------------------------------------------===//
// Collectives in turn, parcels in between.
//===----------------------------------------------------------------------===//
#include "runtime/comm/HostExchange.h"

#include "runtime/comm/HostMover.h"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

using namespace flmrt;
using flm::abi::CollectiveKind;

/// Copies of one send that may be under way. A pipeline has a few; more mean
/// that the receiver does not keep up, and memory is not endless.
static constexpr int64_t mostParcels = 64;

HostExchange::HostExchange(Communicator &communicator,
                           const std::vector<Collective> &collectives,
                           int64_t roundBytes)
    : ProgramExchange(communicator.mesh(), communicator.rank()),
      communicator(communicator), collectives(collectives),
      engine(communicator.mesh(), communicator.rank(), roundBytes),
      staging(engine.stagingBytes(collectives), "messages between ranks"),
      progress(collectives.size()) {
  communicator.messages().setBackground([this] {
    postParcels();
    releaseParcels();
    return !posted.empty();
  });
}

HostExchange::~HostExchange() { communicator.messages().setBackground({}); }

const Collective &HostExchange::collectiveAt(int64_t id) const {
  assert(id >= 0 && id < static_cast<int64_t>(collectives.size()));
  return collectives[static_cast<size_t>(id)];
}

//===-- Collectives -------------------------------------------------------===//

void HostExchange::start(int64_t id, const void *in, void *out) {
  const Collective &collective = collectiveAt(id);
  if (collective.kind == CollectiveKind::send)
    return startSend(collective, in);
  {
    std::lock_guard<std::mutex> lock(mutex);
    ++progress[static_cast<size_t>(id)].started;
  }
  communicator.messages().post([=] { carryOut(id, in, out); });
}

void HostExchange::carryOut(int64_t id, const void *in, void *out) {
  const Collective &collective = collectiveAt(id);
  try {
    const bool isReceive = collective.kind == CollectiveKind::receive;
    Exchange exchange(communicator.exchangeContext(), Channel::Program,
                      isReceive ? collective.match : collective.id,
                      [&] { return collective.describe(mesh()); });
    HostMover mover(exchange);
    int64_t sent = engine.run(collective, mover, staging.data(), in, out);
    std::lock_guard<std::mutex> lock(mutex);
    Progress &state = progress[static_cast<size_t>(id)];
    state.sent += sent;
    ++state.finished;
  } catch (const std::exception &error) {
    // Nobody above could tell the other ranks.
    std::fprintf(stderr, "error: rank %lld: %s: %s\n",
                 static_cast<long long>(rank()),
                 collective.describe(mesh()).c_str(), error.what());
    communicator.messages().transport().abort(EXIT_FAILURE);
  }
  changed.notify_all();
}

void HostExchange::wait(int64_t id) {
  if (collectiveAt(id).kind == CollectiveKind::send)
    return;
  const Progress &state = progress[static_cast<size_t>(id)];
  std::unique_lock<std::mutex> lock(mutex);
  changed.wait(lock, [&] { return state.finished == state.started; });
}

//===-- Sends -------------------------------------------------------------===//

void HostExchange::startSend(const Collective &collective, const void *in) {
  Progress &state = progress[static_cast<size_t>(collective.id)];
  const auto bytes =
      static_cast<size_t>(collective.bytesOf(collective.elements()));
  const double timeout = communicator.timeoutSeconds();
  std::unique_ptr<char[]> data;
  {
    std::unique_lock<std::mutex> lock(mutex);
    auto hasRoom = [&] { return state.underWay < mostParcels; };
    if (!changed.wait_for(lock, std::chrono::duration<double>(timeout),
                          hasRoom)) {
      std::fprintf(stderr,
                   "error: rank %lld: %s: %lld tensors are under way and none "
                   "was received within %g s by rank %lld\n",
                   static_cast<long long>(rank()),
                   collective.describe(mesh()).c_str(),
                   static_cast<long long>(mostParcels), timeout,
                   static_cast<long long>(engine.peerOf(collective)));
      lock.unlock();
      communicator.abort(EXIT_FAILURE);
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
  communicator.messages().wake();
}

/// Sends what the program has handed over.
void HostExchange::postParcels() {
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
      parcel.requests.push_back(communicator.messages().transport().send(
          engine.peerOf(collective), Channel::Program, collective.id,
          parcel.data.get() + begin, std::min(largest, bytes - begin)));
    posted.push_back(std::move(parcel));
    std::lock_guard<std::mutex> lock(mutex);
    progress[static_cast<size_t>(collective.id)].sent += bytes;
  }
}

/// Keeps the memory of what has arrived for the next send of the same id.
void HostExchange::releaseParcels() {
  Transport &transport = communicator.messages().transport();
  for (auto parcel = posted.begin(); parcel != posted.end();) {
    while (!parcel->requests.empty() &&
           transport.isDone(parcel->requests.back()))
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

//===-- Counts, the end ---------------------------------------------------===//

std::vector<int64_t> HostExchange::bytesSent() {
  std::vector<int64_t> sent;
  // Behind everything that was started.
  communicator.messages().run([&] {
    postParcels();
    std::lock_guard<std::mutex> lock(mutex);
    for (const Progress &state : progress)
      sent.push_back(state.sent);
  });
  return sent;
}

void HostExchange::finish() {
  communicator.largest("the end of the run", {0});
  communicator.messages().run([&] {
    // All programs are over: what they have not received, nobody will. The word
    // of what they have may still be on its way.
    constexpr auto longest = std::chrono::seconds(5);
    const auto begin = std::chrono::steady_clock::now();
    for (Backoff backoff; !posted.empty(); backoff.pause()) {
      releaseParcels();
      if (std::chrono::steady_clock::now() - begin > longest)
        throw std::logic_error(
            collectiveAt(posted.front().id).describe(mesh()) +
            " was never received");
    }
  });
}
