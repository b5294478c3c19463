//===----------------------------------------------------------------------===//
// The transport over MPI. The only file that knows MPI, in an archive of its
// own: binaries of one rank need no MPI library.
//===----------------------------------------------------------------------===//
#include "runtime/comm/Transport.h"

#include "runtime/UserError.h"
#include "runtime/comm/LocalRanks.h"

#include <cassert>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string>
#include <unistd.h>
#include <vector>

#define OMPI_SKIP_MPICXX 1
#include <mpi.h>

using namespace flmrt;

namespace {

class MpiTransport final : public Transport {
public:
  MpiTransport();

  int64_t rank() const override { return worldRank; }
  int64_t ranks() const override { return worldSize; }
  Request send(int64_t peer, Channel channel, int64_t tag, const void *data,
               int64_t bytes) override;
  Request receive(int64_t peer, Channel channel, int64_t tag, void *data,
                  int64_t bytes) override;
  bool isDone(Request request) override;
  bool hasEnded(int64_t peer) override;
  bool isStopped(int64_t peer) override;
  [[noreturn]] void abort(int status) override;
  void finish() override;

private:
  /// A process on this machine that the others of this rank may look at.
  struct Process {
    uint64_t machine; ///< hash of its name; 0: cannot be looked at
    int64_t id;
  };
  void introduceProcesses();

  MPI_Comm communicators[2]; ///< by channel
  int worldRank = 0;
  int worldSize = 1;
  std::vector<Process> processes; ///< by rank
};

/// MPI_Request is a pointer in some implementations and an int in others.
Transport::Request pack(MPI_Request request) {
  static_assert(sizeof(MPI_Request) <= sizeof(Transport::Request));
  Transport::Request bits = 0;
  std::memcpy(&bits, static_cast<void *>(&request), sizeof(MPI_Request));
  return bits;
}

MPI_Request unpack(Transport::Request bits) {
  MPI_Request request;
  std::memcpy(static_cast<void *>(&request), &bits, sizeof(MPI_Request));
  return request;
}

MpiTransport::MpiTransport() {
  int provided;
  // One thread uses MPI: the one that is here now.
  if (MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided) !=
          MPI_SUCCESS ||
      provided < MPI_THREAD_FUNNELED)
    throw UserError("MPI cannot be started with threads");
  MPI_Comm_rank(MPI_COMM_WORLD, &worldRank);
  MPI_Comm_size(MPI_COMM_WORLD, &worldSize);
  for (MPI_Comm &communicator : communicators)
    MPI_Comm_dup(MPI_COMM_WORLD, &communicator);
  introduceProcesses();
}

void MpiTransport::introduceProcesses() {
  char name[MPI_MAX_PROCESSOR_NAME] = "";
  int length = 0;
  MPI_Get_processor_name(name, &length);
  Process own{0xCBF29CE484222325, getpid()};
  for (int i = 0; i < length; ++i) // FNV-1a
    own.machine =
        (own.machine ^ static_cast<unsigned char>(name[i])) * 0x100000001B3;
  processes.resize(static_cast<size_t>(worldSize));
  MPI_Allgather(&own, sizeof own, MPI_BYTE, processes.data(), sizeof own,
                MPI_BYTE, MPI_COMM_WORLD);
  // Of one that is out of sight now (another machine, or a container of the
  // same name), nothing can be learned later.
  for (Process &process : processes)
    if (process.machine != own.machine ||
        kill(static_cast<pid_t>(process.id), 0) != 0)
      process.machine = 0;
  // Nobody leaves before all have looked.
  MPI_Barrier(MPI_COMM_WORLD);
}

Transport::Request MpiTransport::send(int64_t peer, Channel channel,
                                      int64_t tag, const void *data,
                                      int64_t bytes) {
  assert(bytes <= INT_MAX && tag <= 32767);
  MPI_Request request;
  MPI_Isend(data, static_cast<int>(bytes), MPI_BYTE, static_cast<int>(peer),
            static_cast<int>(tag), communicators[static_cast<int>(channel)],
            &request);
  return pack(request);
}

Transport::Request MpiTransport::receive(int64_t peer, Channel channel,
                                         int64_t tag, void *data,
                                         int64_t bytes) {
  assert(bytes <= INT_MAX && tag <= 32767);
  MPI_Request request;
  MPI_Irecv(data, static_cast<int>(bytes), MPI_BYTE, static_cast<int>(peer),
            static_cast<int>(tag), communicators[static_cast<int>(channel)],
            &request);
  return pack(request);
}

bool MpiTransport::isDone(Request bits) {
  MPI_Request request = unpack(bits);
  int done = 0;
  MPI_Test(&request, &done, MPI_STATUS_IGNORE);
  return done != 0;
}

bool MpiTransport::hasEnded(int64_t peer) {
  const Process &process = processes[static_cast<size_t>(peer)];
  return process.machine != 0 && kill(static_cast<pid_t>(process.id), 0) != 0 &&
         errno == ESRCH;
}

bool MpiTransport::isStopped(int64_t peer) {
  const Process &process = processes[static_cast<size_t>(peer)];
  return process.machine != 0 && isProcessStopped(process.id);
}

void MpiTransport::abort(int status) {
  MPI_Abort(MPI_COMM_WORLD, status);
  std::_Exit(status);
}

void MpiTransport::finish() { MPI_Finalize(); }

} // namespace

extern "C" Transport *flmrt_createMpiTransport() { return new MpiTransport; }
