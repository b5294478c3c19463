//===----------------------------------------------------------------------===//
// The collectives. A rank's own part never travels.
//===----------------------------------------------------------------------===//
#include "runtime/comm/CollectiveEngine.h"

#include <algorithm>
#include <stdexcept>

using namespace flmrt;
using flm::abi::CollectiveKind;
using flm::abi::evenBlock;

//===-- What does not depend on the data ----------------------------------===//

flm::abi::Rounds
CollectiveEngine::roundsOf(const Collective &collective) const {
  const int64_t ranks = mesh.size(collective.axis);
  bool isPacked = false;
  switch (collective.kind) {
  case CollectiveKind::all_gather:
  case CollectiveKind::reduce_scatter:
    isPacked = !collective.flat &&
               !Blocks(collective.shape, collective.dim, ranks).areContiguous();
    break;
  default:
    break;
  }
  return flm::abi::roundsOf(collective.kind, ranks, collective.elements(),
                            collective.flat, isPacked,
                            elementBytes(collective.type), roundBytes);
}

int64_t CollectiveEngine::stagingBytes(
    const std::vector<Collective> &collectives) const {
  int64_t most = 0;
  for (const Collective &collective : collectives)
    most = std::max(most, roundsOf(collective).stagingBytes());
  return most;
}

int64_t CollectiveEngine::peerOf(const Collective &collective) const {
  const int64_t size = mesh.size(collective.axis);
  const int64_t direction = collective.kind == CollectiveKind::send
                                ? collective.offset
                                : -collective.offset;
  const int64_t index = mesh.coordinate(rank, collective.axis) + direction;
  return mesh.withCoordinate(rank, collective.axis,
                             (index % size + size) % size);
}

//===-- One execution -----------------------------------------------------===//

namespace {
class Execution {
public:
  Execution(const Collective &collective, const Mesh &mesh, int64_t rank,
            const flm::abi::Rounds &rounds, PartMover &mover, char *staging,
            const char *in, char *out)
      : collective(collective), group(mesh.group(rank, collective.axis)),
        index(mesh.coordinate(rank, collective.axis)),
        n(static_cast<int64_t>(group.size())),
        width(elementBytes(collective.type)), rounds(rounds), mover(mover),
        staging(staging), in(in), out(out) {}

  void allGather();
  void reduceScatter();
  void allReduce();
  void allToAll();
  void slice();
  void mask();
  void receiveFrom(int64_t peer);
  int64_t bytesSent() const { return sent; }

private:
  void gatherFlat(int64_t block, const char *own);
  void scatterFlat(int64_t block, char *to);

  // Lengths and positions are in elements. Nothing is done for nothing.
  void send(int64_t q, const char *data, int64_t count);
  void receive(int64_t q, char *data, int64_t count);
  void copy(char *to, const char *from, int64_t count);
  void zero(char *to, int64_t count);
  void fold(const std::vector<const void *> &parts, char *to, int64_t count);

  /// Between elements `begin` … of part `part` of a tensor and a contiguous
  /// piece.
  void pack(const Blocks &blocks, int64_t part, int64_t begin, int64_t count,
            const char *whole, char *packed);
  void unpack(const Blocks &blocks, int64_t part, int64_t begin, int64_t count,
              const char *packed, char *whole);

  /// Of elements `begin` … of the padded part `q`, those that are no padding.
  int64_t realCount(int64_t block, int64_t q, int64_t begin,
                    int64_t count) const {
    return std::clamp<int64_t>(collective.elements() - q * block - begin, 0,
                               count);
  }
  int64_t padding(int64_t block, int64_t q) const {
    return block - realCount(block, q, 0, block);
  }

  /// Calls `round(begin, count)` for the pieces of a part that move together.
  template <typename Round> void inRounds(int64_t part, Round round) {
    for (int64_t begin = 0; begin < part; begin += rounds.slice)
      round(begin, std::min(rounds.slice, part - begin));
  }
  /// Calls `use(q)` for the other ranks of the group.
  template <typename Use> void forOthers(Use use) {
    for (int64_t q = 0; q < n; ++q)
      if (q != index)
        use(q);
  }

  char *incoming(int64_t q) { return staging + q * rounds.pitch; }
  char *outgoing(int64_t q) { return staging + (n + q) * rounds.pitch; }
  /// A slice of padding.
  char *zeros() { return outgoing(0); }

  const Collective &collective;
  const std::vector<int64_t> group;
  const int64_t index, n, width;
  const flm::abi::Rounds rounds;
  PartMover &mover;
  char *const staging;
  const char *const in;
  char *const out;
  int64_t sent = 0;
};
} // namespace

void Execution::send(int64_t q, const char *data, int64_t count) {
  if (count == 0)
    return;
  mover.send(group[static_cast<size_t>(q)], data, count * width);
  sent += count * width;
}

void Execution::receive(int64_t q, char *data, int64_t count) {
  if (count)
    mover.receive(group[static_cast<size_t>(q)], data, count * width);
}

void Execution::copy(char *to, const char *from, int64_t count) {
  if (count && to != from)
    mover.copy2d(to, 0, from, 0, count * width, 1);
}

void Execution::zero(char *to, int64_t count) {
  if (count)
    mover.zero(to, count * width);
}

void Execution::fold(const std::vector<const void *> &parts, char *to,
                     int64_t count) {
  if (count)
    mover.fold(parts.data(), n, to, count, collective.type,
               collective.reduction);
}

void Execution::pack(const Blocks &blocks, int64_t part, int64_t begin,
                     int64_t count, const char *whole, char *packed) {
  blocks.forEachPiece(
      part, begin, count,
      [&](int64_t done, int64_t at, int64_t row, int64_t rows) {
        mover.copy2d(packed + done * width, row * width, whole + at * width,
                     blocks.parts * blocks.inner * width, row * width, rows);
      });
}

void Execution::unpack(const Blocks &blocks, int64_t part, int64_t begin,
                       int64_t count, const char *packed, char *whole) {
  blocks.forEachPiece(
      part, begin, count,
      [&](int64_t done, int64_t at, int64_t row, int64_t rows) {
        mover.copy2d(whole + at * width, blocks.parts * blocks.inner * width,
                     packed + done * width, row * width, row * width, rows);
      });
}

//===-- Gathering ---------------------------------------------------------===//

void Execution::allGather() {
  if (collective.flat)
    return gatherFlat(collective.flat, in);
  const Blocks blocks(collective.shape, collective.dim, n);
  const int64_t part = blocks.elements();
  if (blocks.areContiguous()) { // straight to where it belongs
    forOthers([&](int64_t q) {
      receive(q, out + q * part * width, part);
      send(q, in, part);
    });
    mover.flush();
    return copy(out + index * part * width, in, part);
  }
  inRounds(part, [&](int64_t begin, int64_t count) {
    forOthers([&](int64_t q) {
      receive(q, incoming(q), count);
      send(q, in + begin * width, count);
    });
    mover.flush();
    forOthers(
        [&](int64_t q) { unpack(blocks, q, begin, count, incoming(q), out); });
  });
  unpack(blocks, index, 0, part, in, out);
}

/// `own` is this rank's part without its padding. What is no padding goes
/// straight to where it belongs.
void Execution::gatherFlat(int64_t block, const char *own) {
  const int64_t real = realCount(block, index, 0, block);
  forOthers([&](int64_t q) {
    receive(q, out + q * block * width, realCount(block, q, 0, block));
    send(q, own, real);
  });
  int64_t most = 0;
  for (int64_t q = 0; q < n; ++q)
    most = std::max(most, padding(block, q));
  zero(zeros(), std::min(rounds.slice, most));
  inRounds(most, [&](int64_t begin, int64_t count) {
    auto paddingOf = [&](int64_t q) {
      return std::clamp<int64_t>(padding(block, q) - begin, 0, count);
    };
    forOthers([&](int64_t q) {
      receive(q, incoming(q), paddingOf(q));
      send(q, zeros(), paddingOf(index));
    });
    mover.flush();
  });
  mover.flush();
  copy(out + index * block * width, own, real);
}

//===-- Reducing ----------------------------------------------------------===//

void Execution::reduceScatter() {
  if (collective.flat) {
    scatterFlat(collective.flat, out);
    const int64_t padded = padding(collective.flat, index);
    return zero(out + (collective.flat - padded) * width, padded);
  }
  const Blocks blocks(collective.shape, collective.dim, n);
  const int64_t part = blocks.elements();
  std::vector<const void *> parts(static_cast<size_t>(n));
  inRounds(part, [&](int64_t begin, int64_t count) {
    for (int64_t q = 0; q < n; ++q) {
      const char *leaving = in + (q * part + begin) * width;
      if (!blocks.areContiguous()) {
        pack(blocks, q, begin, count, in, outgoing(q));
        leaving = outgoing(q);
      }
      parts[static_cast<size_t>(q)] = q == index ? leaving : incoming(q);
      if (q != index) {
        receive(q, incoming(q), count);
        send(q, leaving, count);
      }
    }
    mover.flush();
    fold(parts, out + begin * width, count);
  });
}

/// The sums of this rank's part to `to`, without its padding. `to` may be that
/// part of the operand.
void Execution::scatterFlat(int64_t block, char *to) {
  if (padding(block, n - 1))
    zero(zeros(), std::min(rounds.slice, block));
  std::vector<const void *> parts(static_cast<size_t>(n));
  inRounds(block, [&](int64_t begin, int64_t count) {
    const int64_t real = realCount(block, index, begin, count);
    forOthers([&](int64_t q) {
      receive(q, incoming(q), real);
      receive(q, incoming(q) + real * width, count - real);
      const int64_t leaving = realCount(block, q, begin, count);
      send(q, in + (q * block + begin) * width, leaving);
      send(q, zeros(), count - leaving);
    });
    mover.flush();
    for (int64_t q = 0; q < n; ++q)
      parts[static_cast<size_t>(q)] =
          q == index ? in + (q * block + begin) * width : incoming(q);
    fold(parts, to + begin * width, real);
  });
}

/// Scatters the sums to where they belong, then gathers them.
void Execution::allReduce() {
  const int64_t block = evenBlock(collective.elements(), n);
  char *own = out + index * block * width;
  scatterFlat(block, own);
  gatherFlat(block, own);
}

//===-- The others --------------------------------------------------------===//

void Execution::allToAll() {
  std::vector<int64_t> before = collective.shape, after = collective.shape;
  before[static_cast<size_t>(collective.dim)] /= n;
  after[static_cast<size_t>(collective.to)] /= n;
  // A part that leaves here is one that arrives there, element by element.
  const Blocks leaving(before, collective.to, n);
  const Blocks arriving(after, collective.dim, n);
  inRounds(leaving.elements(), [&](int64_t begin, int64_t count) {
    for (int64_t q = 0; q < n; ++q) {
      pack(leaving, q, begin, count, in, outgoing(q));
      if (q != index) {
        receive(q, incoming(q), count);
        send(q, outgoing(q), count);
      }
    }
    mover.flush();
    for (int64_t q = 0; q < n; ++q)
      unpack(arriving, q, begin, count, q == index ? outgoing(q) : incoming(q),
             out);
  });
}

void Execution::slice() {
  const int64_t block = collective.flat;
  if (!block) {
    const Blocks blocks(collective.shape, collective.dim, n);
    return pack(blocks, index, 0, blocks.elements(), in, out);
  }
  const int64_t padded = padding(block, index);
  copy(out, in + index * block * width, block - padded);
  zero(out + (block - padded) * width, padded);
}

void Execution::mask() {
  if (index == collective.at)
    copy(out, in, collective.elements());
  else
    zero(out, collective.elements());
}

void Execution::receiveFrom(int64_t peer) {
  mover.receive(peer, out, collective.bytesOf(collective.elements()));
  mover.flush();
}

int64_t CollectiveEngine::run(const Collective &collective, PartMover &mover,
                              void *staging, const void *in, void *out) const {
  Execution execution(collective, mesh, rank, roundsOf(collective), mover,
                      static_cast<char *>(staging),
                      static_cast<const char *>(in), static_cast<char *>(out));
  switch (collective.kind) {
  case CollectiveKind::all_reduce:
    execution.allReduce();
    break;
  case CollectiveKind::reduce_scatter:
    execution.reduceScatter();
    break;
  case CollectiveKind::all_gather:
    execution.allGather();
    break;
  case CollectiveKind::all_to_all:
    execution.allToAll();
    break;
  case CollectiveKind::slice:
    execution.slice();
    break;
  case CollectiveKind::mask:
    execution.mask();
    break;
  case CollectiveKind::receive:
    execution.receiveFrom(peerOf(collective));
    break;
  case CollectiveKind::send:
    throw std::logic_error("a send is not carried out like other collectives");
  }
  return execution.bytesSent();
}
