//===----------------------------------------------------------------------===//
// What a gradient of 256 MiB takes besides itself, measured: two ranks over MPI
// reduce-scatter it, padded and not, and the process may grow by no more than
// 2.5 rounds. Prints by how much it grew; exit status 1 if that was too much.
//===----------------------------------------------------------------------===//
#include "runtime/UserError.h"
#include "runtime/comm/HostExchange.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

using namespace flmrt;

/// A number of /proc/self/status, in KiB there, in bytes here.
static int64_t statusBytes(const char *key) {
  FILE *file = std::fopen("/proc/self/status", "r");
  char line[256];
  long long value = 0;
  while (file && std::fgets(line, sizeof line, file))
    if (std::strncmp(line, key, std::strlen(key)) == 0)
      value = std::atoll(line + std::strlen(key) + 1);
  if (file)
    std::fclose(file);
  return value * 1024;
}

static Collective reduceScatter(int64_t id, std::vector<int64_t> shape,
                                int64_t dim, int64_t flat) {
  Collective collective;
  collective.id = id;
  collective.kind = flm::abi::CollectiveKind::reduce_scatter;
  collective.shape = std::move(shape);
  collective.dim = dim;
  collective.flat = flat;
  collective.name = "gradient";
  return collective;
}

int main() {
  constexpr int64_t side = 8192, count = side * side, ranks = 2;
  constexpr int64_t block = count / ranks + 1024;
  Mesh mesh({"dp"}, {ranks});
  const std::vector<Collective> collectives = {
      reduceScatter(0, {side, side}, 1, 0), // every row is cut: packed
      reduceScatter(1, {side, side}, 0, block)};
  try {
    Communicator communicator(mesh, {60, {}}, [] {
      return std::unique_ptr<Transport>(flmrt_createMpiTransport());
    });
    std::vector<float> in(count, float(1 + communicator.rank())), out(block);
    const int64_t before = statusBytes("VmRSS");
    HostExchange exchange(communicator, collectives);
    for (const Collective &collective : collectives) {
      exchange.start(collective.id, in.data(), out.data());
      exchange.wait(collective.id);
      if (out[0] != 3 || out[count / ranks - 1025] != 3)
        communicator.abort(EXIT_FAILURE);
    }
    const int64_t grown = statusBytes("VmHWM") - before;
    const int64_t most = communicator.largest("", {grown})[0];
    exchange.finish();
    communicator.finish();
    if (communicator.isRoot())
      std::printf("grown by %.2f rounds\n",
                  double(most) / double(flm::abi::kRoundBytes));
    return most < flm::abi::kRoundBytes * 5 / 2 ? EXIT_SUCCESS : EXIT_FAILURE;
  } catch (const UserError &error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return EXIT_FAILURE;
  }
}
