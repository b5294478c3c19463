//===----------------------------------------------------------------------===//
// The beginning and the end of a rank's connection.
//===----------------------------------------------------------------------===//
#include "runtime/comm/Communicator.h"

#include "runtime/UserError.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>

using namespace flmrt;

static std::unique_ptr<Transport> connect(const Mesh &mesh,
                                          const TransportFactory &create) {
  std::unique_ptr<Transport> transport = create();
  if (transport->ranks() != mesh.ranks())
    throw UserError("this binary was compiled for " +
                    std::to_string(mesh.ranks()) + " ranks (" +
                    mesh.describe() + "), but " +
                    std::to_string(transport->ranks()) +
                    " were started; start it with mpirun -np " +
                    std::to_string(mesh.ranks()));
  return transport;
}

Communicator::Communicator(const Mesh &mesh, Settings settings,
                           const TransportFactory &createTransport)
    : grid(mesh), settings(std::move(settings)),
      thread([&] { return connect(mesh, createTransport); },
             /*isAlone=*/mesh.ranks() == 1) {
  thread.run([&] {
    thisRank = thread.transport().rank();
    context.emplace(ExchangeContext{thread.transport(),
                                    this->settings.timeoutSeconds,
                                    this->settings.interruptSignal,
                                    [this] { thread.advanceBackground(); }});
  });
}

void Communicator::finish() {
  thread.run([&] { thread.transport().finish(); });
}

void Communicator::abort(int status) {
  std::fflush(stdout);
  thread.postFirst([&] { thread.transport().abort(status); });
  // The thread may be waiting for a rank that does not answer.
  std::this_thread::sleep_for(std::chrono::seconds(2));
  std::_Exit(status);
}
