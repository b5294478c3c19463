//===----------------------------------------------------------------------===//
// Collectives on the host's memory, beside the computation.
//
// The message thread takes collectives in the order of their starts; sends go
// out at once, from copies, so that they never hold up the program.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_COMM_HOSTEXCHANGE_H
#define FLM_RUNTIME_COMM_HOSTEXCHANGE_H

#include "runtime/comm/CollectiveEngine.h"
#include "runtime/comm/Communicator.h"
#include "runtime/comm/ProgramExchange.h"
#include "runtime/device/Arena.h"

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

namespace flmrt {

class HostExchange final : public ProgramExchange {
public:
  /// `communicator` and `collectives` must outlive it. Maps what the largest
  /// collective needs for rounds of `roundBytes` bytes.
  HostExchange(Communicator &communicator,
               const std::vector<Collective> &collectives,
               int64_t roundBytes = flm::abi::kRoundBytes);
  /// Without finish() before, the processes must end: what is under way has
  /// lost its memory.
  ~HostExchange() override;

  void start(int64_t id, const void *in, void *out) override;
  void wait(int64_t id) override;
  std::vector<int64_t> bytesSent() override;
  int64_t stagingBytes() const override { return staging.size(); }
  void finish() override;

private:
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
  void carryOut(int64_t id, const void *in, void *out);
  void startSend(const Collective &collective, const void *in);
  void postParcels();
  void releaseParcels();

  Communicator &communicator;
  const std::vector<Collective> &collectives;
  const CollectiveEngine engine;
  Arena staging;

  std::mutex mutex;
  std::condition_variable changed; ///< something is done
  std::deque<Parcel> parcels;      ///< not posted yet
  std::vector<Progress> progress;

  std::deque<Parcel> posted; ///< of the message thread alone
};

} // namespace flmrt

#endif // FLM_RUNTIME_COMM_HOSTEXCHANGE_H
