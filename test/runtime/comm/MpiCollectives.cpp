//===----------------------------------------------------------------------===//
// Every kind of collective over MPI: started with mpirun, as many ranks as the
// sizes on the command line multiply to. Prints what is wrong; exit status 1.
//===----------------------------------------------------------------------===//
#include "runtime/UserError.h"
#include "runtime/comm/HostExchange.h"
#include "test/runtime/comm/CollectiveCheck.h"

#include <cstdio>
#include <cstdlib>

using namespace flmrt;
using namespace flmtest;

int main(int argc, char **argv) {
  std::vector<std::string> names;
  std::vector<int64_t> sizes;
  for (int i = 1; i < argc; ++i) {
    names.push_back("axis" + std::to_string(i));
    sizes.push_back(std::atoi(argv[i]));
  }
  Mesh mesh(names, sizes);
  std::vector<Collective> collectives = randomCollectives(mesh, 60, 3);
  // One that is too large to be sent at once without a receiver.
  Collective large;
  large.id = static_cast<int64_t>(collectives.size());
  large.kind = flm::abi::CollectiveKind::all_reduce;
  large.shape = {1000, 301};
  large.name = "large";
  large.bytes = flm::abi::bytesSent(large.kind, mesh.size(0), 301000, 0, 4);
  collectives.push_back(large);
  try {
    Communicator communicator(mesh, {20, {}}, [] {
      return std::unique_ptr<Transport>(flmrt_createMpiTransport());
    });
    HostExchange exchange(communicator, collectives);
    for (bool isOverlapped : {false, true}) {
      std::string wrong = checkCollectives(exchange, collectives, isOverlapped);
      if (!wrong.empty()) {
        std::fprintf(stderr, "error: %s\n", wrong.c_str());
        communicator.abort(EXIT_FAILURE);
      }
    }
    exchange.finish();
    communicator.finish();
    if (communicator.isRoot())
      std::printf("%zu collectives over %s\n", collectives.size(),
                  mesh.describe().c_str());
  } catch (const UserError &error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}
