//===----------------------------------------------------------------------===//
// What the compiled program communicates: the other side of flm_communicate.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_COMM_PROGRAMEXCHANGE_H
#define FLM_RUNTIME_COMM_PROGRAMEXCHANGE_H

#include "runtime/comm/Mesh.h"

#include <cstdint>
#include <vector>

namespace flmrt {

/// Carries out the collectives of one rank, on the memory of its device. While
/// it lives, flm_communicate and flm_coordinate of the thread that made it are
/// answered by it; there is one per thread, and in a training binary one in
/// all.
class ProgramExchange {
public:
  /// `mesh` must outlive it.
  ProgramExchange(const Mesh &mesh, int64_t rank);
  virtual ~ProgramExchange();
  ProgramExchange(const ProgramExchange &) = delete;
  ProgramExchange &operator=(const ProgramExchange &) = delete;

  // See runtime/abi/Program.h.
  virtual void start(int64_t id, const void *in, void *out) = 0;
  virtual void wait(int64_t id) = 0;

  /// Bytes that this rank has sent so far, per collective. Everything that has
  /// been started counts.
  virtual std::vector<int64_t> bytesSent() = 0;

  /// Memory that collectives take besides the program's own; sends, which
  /// allocate as they go, are not counted.
  virtual int64_t stagingBytes() const = 0;

  /// All ranks, after the last call of the program: returns when what was sent
  /// has arrived.
  virtual void finish() = 0;

  const Mesh &mesh() const { return grid; }
  int64_t rank() const { return thisRank; }

private:
  const Mesh &grid;
  const int64_t thisRank;
};

} // namespace flmrt

#endif // FLM_RUNTIME_COMM_PROGRAMEXCHANGE_H
