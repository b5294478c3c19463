//===----------------------------------------------------------------------===//
// A transport that is a table of queues.
//===----------------------------------------------------------------------===//
#include "test/runtime/comm/InProcessRanks.h"

#include <cstring>
#include <map>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <tuple>

using namespace flmrt;

namespace {

/// Messages that were sent and not received yet.
class Mailboxes {
public:
  using Key = std::tuple<int64_t, int64_t, Channel, int64_t>;

  void put(const Key &key, std::string message) {
    std::lock_guard<std::mutex> lock(mutex);
    boxes[key].push_back(std::move(message));
  }
  bool take(const Key &key, void *out, int64_t bytes) {
    std::lock_guard<std::mutex> lock(mutex);
    std::deque<std::string> &box = boxes[key];
    if (box.empty())
      return false;
    if (static_cast<int64_t>(box.front().size()) != bytes)
      throw std::logic_error("a message has another length than expected");
    std::memcpy(out, box.front().data(), box.front().size());
    box.pop_front();
    return true;
  }

private:
  std::mutex mutex;
  std::map<Key, std::deque<std::string>> boxes;
};

class InProcessTransport final : public Transport {
public:
  InProcessTransport(Mailboxes &mailboxes, int64_t rank, int64_t ranks)
      : mailboxes(mailboxes), thisRank(rank), rankCount(ranks) {}

  int64_t rank() const override { return thisRank; }
  int64_t ranks() const override { return rankCount; }
  Request send(int64_t peer, Channel channel, int64_t tag, const void *data,
               int64_t bytes) override {
    mailboxes.put(
        {thisRank, peer, channel, tag},
        {static_cast<const char *>(data), static_cast<size_t>(bytes)});
    return 0;
  }
  Request receive(int64_t peer, Channel channel, int64_t tag, void *data,
                  int64_t bytes) override {
    Request request = ++lastRequest;
    expected[request] = {{peer, thisRank, channel, tag}, data, bytes};
    return request;
  }
  bool isDone(Request request) override {
    auto found = expected.find(request);
    if (found == expected.end())
      return true; // a send
    // Messages of one kind are for the receives in the order of those.
    for (auto &[earlier, other] : expected)
      if (earlier < request && other.key == found->second.key)
        return false;
    if (!mailboxes.take(found->second.key, found->second.data,
                        found->second.bytes))
      return false;
    expected.erase(found);
    return true;
  }
  bool hasEnded(int64_t) override { return false; }
  [[noreturn]] void abort(int status) override { std::_Exit(status); }
  void finish() override {}

private:
  struct Receive {
    Mailboxes::Key key;
    void *data;
    int64_t bytes;
  };
  Mailboxes &mailboxes;
  int64_t thisRank, rankCount;
  Request lastRequest = 0;
  std::map<Request, Receive> expected;
};

} // namespace

void flmtest::runRanks(const Mesh &mesh,
                       const std::vector<Collective> &collectives,
                       const RankBody &body, int64_t roundBytes) {
  Mailboxes mailboxes;
  std::vector<std::thread> threads;
  for (int64_t rank = 0; rank < mesh.ranks(); ++rank)
    threads.emplace_back([&, rank] {
      Communicator communicator(mesh, {30, {}}, [&] {
        return std::make_unique<InProcessTransport>(mailboxes, rank,
                                                    mesh.ranks());
      });
      HostExchange exchange(communicator, collectives, roundBytes);
      body(communicator, exchange);
      exchange.finish();
      communicator.finish();
    });
  for (std::thread &thread : threads)
    thread.join();
}
