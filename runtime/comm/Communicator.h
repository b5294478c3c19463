//===----------------------------------------------------------------------===//
// This rank's connection to the others: what the training loop agrees on
// between calls of the program. The program's own collectives are a
// ProgramExchange's.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_COMM_COMMUNICATOR_H
#define FLM_RUNTIME_COMM_COMMUNICATOR_H

#include "runtime/comm/Exchange.h"
#include "runtime/comm/Mesh.h"
#include "runtime/comm/MessageThread.h"
#include "runtime/comm/Transport.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
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

  /// Connects to the other ranks. `mesh` must outlive it. Throws UserError if
  /// the number of ranks that were started is not the mesh's.
  Communicator(const Mesh &mesh, Settings settings,
               const TransportFactory &createTransport);
  Communicator(const Communicator &) = delete;
  Communicator &operator=(const Communicator &) = delete;

  const Mesh &mesh() const { return grid; }
  int64_t rank() const { return thisRank; }
  int64_t ranks() const { return grid.ranks(); }
  bool isRoot() const { return thisRank == 0; }

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

  //===-- For what carries out the program's collectives on the host
  //-------===//

  double timeoutSeconds() const { return settings.timeoutSeconds; }
  MessageThread &messages() { return thread; }
  /// For exchanges on that thread.
  ExchangeContext &exchangeContext() { return *context; }

private:
  void control(const char *what, Patience patience,
               const std::function<void(Exchange &)> &body);

  const Mesh &grid;
  const Settings settings;
  int64_t thisRank = 0;
  std::optional<ExchangeContext> context; ///< outlives what the thread does
  MessageThread thread;
};

} // namespace flmrt

#endif // FLM_RUNTIME_COMM_COMMUNICATOR_H
