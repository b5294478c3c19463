//===----------------------------------------------------------------------===//
// What a collective costs and in which order it adds: one definition for the
// compiler, which predicts, and for the runtime, which does and counts.
//
// Ranks of a group exchange their messages directly, each with each, so that
// the bytes and the order of every sum follow from the numbers below and from
// nothing else.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_ABI_COLLECTIVES_H
#define FLM_RUNTIME_ABI_COLLECTIVES_H

#include <optional>
#include <stdint.h>
#include <string_view>

namespace flm::abi {

enum class CollectiveKind {
#define FLM_COLLECTIVE(kind, doc) kind,
#include "runtime/abi/Collectives.def"
};

/// "all_reduce" and so on, as the manifest has it; nothing for other names.
inline std::optional<CollectiveKind> collectiveKind(std::string_view name) {
#define FLM_COLLECTIVE(kind, doc)                                              \
  if (name == #kind)                                                           \
    return CollectiveKind::kind;
#include "runtime/abi/Collectives.def"
  return std::nullopt;
}

inline const char *name(CollectiveKind kind) {
  switch (kind) {
#define FLM_COLLECTIVE(kind, doc)                                              \
  case CollectiveKind::kind:                                                   \
    return #kind;
#include "runtime/abi/Collectives.def"
  }
  return "";
}

/// Sums over ranks, and over the slots of one rank, are one tree:
/// f(n) = f(h) + f(n - h) over the first h and the last n - h terms, with this
/// h, the largest power of two below n (n > 1).
constexpr int64_t foldHead(int64_t n) {
  int64_t head = 1;
  while (head * 2 < n)
    head *= 2;
  return head;
}

/// Elements of one of the `ranks` parts of `count` elements, the last ones
/// padded where they do not divide.
constexpr int64_t evenBlock(int64_t count, int64_t ranks) {
  return (count + ranks - 1) / ranks;
}

/// Bytes that one rank sends in one execution.
///   ranks         on the axis
///   count         elements of the manifest's `shape`: this rank's tensor where
///                 it is whole over the axis
///   flat          the manifest's `flat`, elements of a padded part, or 0
///   elementBytes  of the dtype
constexpr int64_t bytesSent(CollectiveKind kind, int64_t ranks, int64_t count,
                            int64_t flat, int64_t elementBytes) {
  switch (kind) {
  case CollectiveKind::all_gather:
  case CollectiveKind::reduce_scatter:
    return (ranks - 1) * (flat ? flat : count / ranks) * elementBytes;
  case CollectiveKind::all_reduce: // scatters the sums, then gathers them
    return 2 * (ranks - 1) * evenBlock(count, ranks) * elementBytes;
  case CollectiveKind::all_to_all: // 1/n of the part that this rank has
    return (ranks - 1) * (count / ranks / ranks) * elementBytes;
  case CollectiveKind::send:
    return count * elementBytes;
  case CollectiveKind::slice:
  case CollectiveKind::mask:
  case CollectiveKind::receive:
    return 0;
  }
  return 0;
}

/// What all parts of a collective take together in one round, at most (but an
/// element of each part at least): 128 MiB.
constexpr int64_t kRoundBytes = int64_t(1) << 27;

/// Where a piece of staging memory may begin.
constexpr int64_t kStagingAlignment = 64;

/// How a collective is worked off: `slice` elements of each part at a time, by
/// way of `slots` pieces of staging memory that are `pitch` bytes apart. The
/// first `ranks` slots are for what comes in, then there is one of padding if
/// there is any, or one for each part that is packed.
struct Rounds {
  int64_t slice = 1;
  int64_t pitch = 0;
  int64_t slots = 0;

  constexpr int64_t stagingBytes() const { return slots * pitch; }
};

/// The rounds of a collective, and thereby the memory that it takes besides its
/// operand and result: at most about twice `roundBytes`.
///   kind, ranks, count, flat, elementBytes  as for bytesSent
///   isPacked    of an all_gather or reduce_scatter: a part is not one piece of
///               the whole tensor, the dims before the split one have more than
///               one index
constexpr Rounds roundsOf(CollectiveKind kind, int64_t ranks, int64_t count,
                          int64_t flat, bool isPacked, int64_t elementBytes,
                          int64_t roundBytes = kRoundBytes) {
  Rounds rounds;
  int64_t part = 0; // elements that pass through a slot
  switch (kind) {
  case CollectiveKind::all_gather:
    if (flat) { // only the padding: it is received and left behind
      const int64_t padding = flat * ranks - count;
      part = padding < flat ? padding : flat;
      rounds.slots = ranks + 1;
    } else if (isPacked) {
      part = count / ranks;
      rounds.slots = ranks;
    }
    break;
  case CollectiveKind::reduce_scatter:
    part = flat ? flat : count / ranks;
    rounds.slots = isPacked ? 2 * ranks : ranks + (part * ranks > count);
    break;
  case CollectiveKind::all_reduce:
    part = evenBlock(count, ranks);
    rounds.slots = ranks + (part * ranks > count);
    break;
  case CollectiveKind::all_to_all:
    part = count / ranks / ranks;
    rounds.slots = 2 * ranks;
    break;
  case CollectiveKind::slice:
  case CollectiveKind::mask:
  case CollectiveKind::send:
  case CollectiveKind::receive:
    break;
  }
  int64_t most = roundBytes / ranks / elementBytes;
  const int64_t aligned = kStagingAlignment / elementBytes;
  if (most > aligned)
    most -= most % aligned;
  if (most > part)
    most = part;
  rounds.slice = most > 1 ? most : 1;
  rounds.pitch = part == 0
                     ? 0
                     : (rounds.slice * elementBytes + kStagingAlignment - 1) /
                           kStagingAlignment * kStagingAlignment;
  return rounds;
}

} // namespace flm::abi

#endif // FLM_RUNTIME_ABI_COLLECTIVES_H
