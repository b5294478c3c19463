//===----------------------------------------------------------------------===//
// This rank's connection to the others: the collectives of the compiled
// program, and what the training loop agrees on between its calls.
//
// A thread of its own does all communication, so that a collective that was
// started runs beside the computation. It takes collectives in the order of
// their starts; sends go out at once, from copies, so that they never hold up
// the program.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_COMM_COMMUNICATOR_H
#define FLM_RUNTIME_COMM_COMMUNICATOR_H

#include "runtime/comm/CollectiveEngine.h"
#include "runtime/comm/Exchange.h"
#include "runtime/comm/Mesh.h"
#include "runtime/comm/Transport.h"

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace flmrt {

class Communicator {
public:
  struct Settings {
    /// How long a collective may take before all ranks are ended.
    double timeoutSeconds = 600;
    /// The signal that asked the run to stop, or 0.
    std::function<int()> interruptSignal;
  };

  /// Connects to the other ranks. From now on flm_communicate runs here when
  /// the calling thread calls it; there is one communicator per thread, and in
  /// a training binary one in all. `mesh` and `collectives` must outlive it.
  /// Throws UserError if the number of ranks that were started is not the
  /// mesh's.
  Communicator(const Mesh &mesh, const std::vector<Collective> &collectives,
               Settings settings, const TransportFactory &createTransport);
  /// Without finish() before, other ranks may wait in vain: see abort().
  ~Communicator();
  Communicator(const Communicator &) = delete;
  Communicator &operator=(const Communicator &) = delete;

  const Mesh &mesh() const { return grid; }
  int64_t rank() const { return thisRank; }
  int64_t ranks() const { return grid.ranks(); }
  bool isRoot() const { return thisRank == 0; }

  /// Memory in which tensors are packed on their way, sends not counted.
  int64_t messageBytes() const { return engine->messageBytes(); }

  //===-- Of the compiled program: see runtime/abi/Program.h --------------===//

  void start(int64_t id, const void *in, void *out);
  void wait(int64_t id);

  /// Bytes that this rank has sent so far, per collective. Everything that has
  /// been started counts.
  std::vector<int64_t> bytesSent();

  //===-- Of all ranks together, between calls of the program -------------===//
  // `what` names it in messages: "the agreement after a step".

  /// The largest of all ranks' values, for each value.
  std::vector<int64_t> largest(const char *what, std::vector<int64_t> values,
                               Patience patience = Patience::Limited);
  /// The root's bytes.
  std::string fromRoot(const char *what, std::string bytes,
                       Patience patience = Patience::Limited);
  /// All ranks' values (equally many), in the order of the ranks; empty on
  /// other ranks than the root.
  std::vector<int64_t> toRoot(const char *what,
                              const std::vector<int64_t> &values);

  /// One message between two ranks, of a length that both know.
  void sendTo(int64_t peer, const char *what, const void *data, int64_t bytes,
              Patience patience = Patience::Limited);
  void receiveFrom(int64_t peer, const char *what, void *data, int64_t bytes,
                   Patience patience = Patience::Limited);

  /// All ranks: ends communication in an orderly way.
  void finish();

  /// This rank alone: ends the processes of all ranks.
  [[noreturn]] void abort(int status);

private:
  struct Job {
    int64_t id; ///< of a collective; -1: the work below
    const void *in;
    void *out;
    std::function<void()> work;
  };
  /// A copy on its way to another rank.
  struct Parcel {
    int64_t id;
    std::unique_ptr<char[]> data;
    std::vector<Transport::Request> requests;
  };
  struct Progress {
    int64_t started = 0;
    int64_t finished = 0;
    int64_t underWay = 0; ///< parcels of a send
    int64_t sent = 0;     ///< bytes
    std::vector<std::unique_ptr<char[]>> spare;
  };

  const Collective &collectiveAt(int64_t id) const;
  void startSend(const Collective &collective, const void *in);
  void postParcels();
  void releaseParcels();
  void connect(const TransportFactory &createTransport);
  void threadMain(const TransportFactory &createTransport);
  void serve();
  void carryOut(Job &job);
  void onThread(std::function<void()> work);
  void control(const char *what, Patience patience,
               const std::function<void(Exchange &)> &body);

  const Mesh &grid;
  const std::vector<Collective> &collectives;
  const Settings settings;
  int64_t thisRank = 0;

  std::mutex mutex;
  std::condition_variable wake;    ///< the thread: there is something to do
  std::condition_variable changed; ///< the program: something is done
  std::deque<Job> jobs;
  std::deque<Parcel> parcels; ///< not posted yet
  std::vector<Progress> progress;
  bool isReady = false;
  bool isStopping = false;
  std::exception_ptr startFailure;

  // Of the thread alone.
  std::unique_ptr<Transport> transport;
  std::optional<ExchangeContext> context;
  std::optional<CollectiveEngine> engine;
  std::deque<Parcel> posted;

  std::thread thread;
};

} // namespace flmrt

#endif // FLM_RUNTIME_COMM_COMMUNICATOR_H
