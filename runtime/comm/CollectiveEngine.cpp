//===----------------------------------------------------------------------===//
// The collectives. A rank's own part never travels.
//===----------------------------------------------------------------------===//
#include "runtime/comm/CollectiveEngine.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

using namespace flmrt;
using flm::abi::CollectiveKind;
using flm::abi::evenBlock;

struct CollectiveEngine::Group {
  std::vector<int64_t> ranks;
  int64_t index;
  int64_t size() const { return static_cast<int64_t>(ranks.size()); }
  int64_t operator[](int64_t i) const { return ranks[static_cast<size_t>(i)]; }
};

/// Elements of one part of a collective, padding included.
static int64_t partElements(const Collective &collective, int64_t ranks) {
  return collective.flat ? collective.flat
                         : evenBlock(collective.elements(), ranks);
}

CollectiveEngine::CollectiveEngine(const Mesh &mesh,
                                   const std::vector<Collective> &collectives,
                                   ExchangeContext &context)
    : mesh(mesh), context(context) {
  int64_t part = 0, all = 0;
  for (const Collective &collective : collectives) {
    switch (collective.kind) {
    case CollectiveKind::slice:
    case CollectiveKind::mask:
    case CollectiveKind::send:
    case CollectiveKind::receive:
      continue;
    default:
      break;
    }
    const int64_t ranks = mesh.size(collective.axis);
    int64_t bytes = collective.bytesOf(partElements(collective, ranks));
    part = std::max(part, bytes);
    all = std::max(all, bytes * ranks);
  }
  outgoing = Arena(all, "messages to other ranks");
  incoming = Arena(all, "messages from other ranks");
  own = Arena(part, "sums over ranks");
}

static char *bytesOf(const Arena &arena) {
  return reinterpret_cast<char *>(arena.data());
}

static void copy(char *to, const char *from, int64_t bytes) {
  if (to != from)
    std::memmove(to, from, static_cast<size_t>(bytes));
}

int64_t CollectiveEngine::peerOf(const Collective &collective) const {
  const int64_t size = mesh.size(collective.axis);
  const int64_t rank = context.transport.rank();
  const int64_t direction = collective.kind == CollectiveKind::send
                                ? collective.offset
                                : -collective.offset;
  const int64_t index = mesh.coordinate(rank, collective.axis) + direction;
  return mesh.withCoordinate(rank, collective.axis,
                             (index % size + size) % size);
}

int64_t CollectiveEngine::run(const Collective &collective, const void *input,
                              void *output) {
  const auto *in = static_cast<const char *>(input);
  auto *out = static_cast<char *>(output);
  const int64_t rank = context.transport.rank();
  const Group group{mesh.group(rank, collective.axis),
                    mesh.coordinate(rank, collective.axis)};
  const bool isReceive = collective.kind == CollectiveKind::receive;
  Exchange exchange(context, Channel::Program,
                    isReceive ? collective.match : collective.id,
                    [&] { return collective.describe(mesh); });
  const int64_t bytes = collective.bytesOf(collective.elements());
  switch (collective.kind) {
  case CollectiveKind::all_reduce:
    allReduce(collective, group, exchange, in, out);
    break;
  case CollectiveKind::reduce_scatter:
    reduceScatter(collective, group, exchange, in, out);
    break;
  case CollectiveKind::all_gather:
    allGather(collective, group, exchange, in, out);
    break;
  case CollectiveKind::all_to_all:
    allToAll(collective, group, exchange, in, out);
    break;
  case CollectiveKind::slice:
    slice(collective, group, in, out);
    break;
  case CollectiveKind::mask:
    if (group.index == collective.at)
      copy(out, in, bytes);
    else
      std::memset(out, 0, static_cast<size_t>(bytes));
    break;
  case CollectiveKind::receive:
    exchange.receive(peerOf(collective), out, bytes);
    exchange.finish();
    break;
  case CollectiveKind::send:
    throw std::logic_error("a send is not carried out like other collectives");
  }
  return exchange.sent();
}

//===-- Gathering ---------------------------------------------------------===//

void CollectiveEngine::allGather(const Collective &collective,
                                 const Group &group, Exchange &exchange,
                                 const char *in, char *out) {
  if (collective.flat)
    return gatherFlat(collective, group, collective.flat, exchange, in, out);
  Blocks blocks(collective.shape, collective.dim, group.size());
  const int64_t bytes = collective.bytesOf(blocks.elements());
  char *parts = blocks.areContiguous() ? out : bytesOf(incoming);
  for (int64_t q = 0; q < group.size(); ++q)
    if (q != group.index) {
      exchange.receive(group[q], parts + q * bytes, bytes);
      exchange.send(group[q], in, bytes);
    }
  exchange.finish();
  if (blocks.areContiguous())
    return copy(out + group.index * bytes, in, bytes);
  for (int64_t q = 0; q < group.size(); ++q)
    blocks.insert(q == group.index ? in : parts + q * bytes, q, out,
                  elementBytes(collective.type));
}

/// The elements of the flattened tensor that part `index` has without padding.
static int64_t flatCount(const Collective &collective, int64_t block,
                         int64_t index) {
  return std::clamp<int64_t>(collective.elements() - index * block, 0, block);
}

void CollectiveEngine::gatherFlat(const Collective &collective,
                                  const Group &group, int64_t block,
                                  Exchange &exchange, const char *in,
                                  char *out) {
  const int64_t bytes = collective.bytesOf(block);
  char *staged = bytesOf(incoming);
  auto isWhole = [&](int64_t q) {
    return flatCount(collective, block, q) == block;
  };
  for (int64_t q = 0; q < group.size(); ++q)
    if (q != group.index) {
      exchange.receive(group[q], (isWhole(q) ? out : staged) + q * bytes,
                       bytes);
      exchange.send(group[q], in, bytes);
    }
  exchange.finish();
  for (int64_t q = 0; q < group.size(); ++q)
    if (q == group.index || !isWhole(q))
      // Nothing is left of a part that is all padding.
      if (int64_t count = flatCount(collective, block, q))
        copy(out + q * bytes, q == group.index ? in : staged + q * bytes,
             collective.bytesOf(count));
}

//===-- Reducing ----------------------------------------------------------===//

/// Sends `parts[q]` to the rank of index q, receives this rank's part from all,
/// and folds what came in.
void CollectiveEngine::foldParts(const Collective &collective,
                                 const Group &group,
                                 std::vector<const void *> parts,
                                 int64_t elements, Exchange &exchange,
                                 char *out) {
  const int64_t bytes = collective.bytesOf(elements);
  char *staged = bytesOf(incoming);
  for (int64_t q = 0; q < group.size(); ++q)
    if (q != group.index) {
      exchange.receive(group[q], staged + q * bytes, bytes);
      exchange.send(group[q], parts[static_cast<size_t>(q)], bytes);
    }
  exchange.finish();
  for (int64_t q = 0; q < group.size(); ++q)
    if (q != group.index)
      parts[static_cast<size_t>(q)] = staged + q * bytes;
  fold(parts.data(), group.size(), out, elements, collective.type,
       collective.reduction);
}

void CollectiveEngine::reduceScatter(const Collective &collective,
                                     const Group &group, Exchange &exchange,
                                     const char *in, char *out) {
  if (collective.flat)
    return scatterFlat(collective, group, collective.flat, exchange, in, out);
  Blocks blocks(collective.shape, collective.dim, group.size());
  const int64_t bytes = collective.bytesOf(blocks.elements());
  std::vector<const void *> parts;
  for (int64_t q = 0; q < group.size(); ++q) {
    if (blocks.areContiguous()) {
      parts.push_back(in + q * bytes);
      continue;
    }
    parts.push_back(bytesOf(outgoing) + q * bytes);
    blocks.extract(in, q, bytesOf(outgoing) + q * bytes,
                   elementBytes(collective.type));
  }
  foldParts(collective, group, std::move(parts), blocks.elements(), exchange,
            out);
}

void CollectiveEngine::scatterFlat(const Collective &collective,
                                   const Group &group, int64_t block,
                                   Exchange &exchange, const char *in,
                                   char *out) {
  const int64_t bytes = collective.bytesOf(block);
  std::vector<const void *> parts;
  for (int64_t q = 0; q < group.size(); ++q) {
    int64_t count = flatCount(collective, block, q);
    if (count == block) {
      parts.push_back(in + q * bytes);
      continue;
    }
    char *padded = bytesOf(outgoing) + q * bytes;
    const int64_t real = collective.bytesOf(count);
    if (real)
      std::memcpy(padded, in + q * bytes, static_cast<size_t>(real));
    std::memset(padded + real, 0, static_cast<size_t>(bytes - real));
    parts.push_back(padded);
  }
  foldParts(collective, group, std::move(parts), block, exchange, out);
}

void CollectiveEngine::allReduce(const Collective &collective,
                                 const Group &group, Exchange &exchange,
                                 const char *in, char *out) {
  const int64_t block = evenBlock(collective.elements(), group.size());
  scatterFlat(collective, group, block, exchange, in, bytesOf(own));
  gatherFlat(collective, group, block, exchange, bytesOf(own), out);
}

//===-- The others --------------------------------------------------------===//

void CollectiveEngine::allToAll(const Collective &collective,
                                const Group &group, Exchange &exchange,
                                const char *in, char *out) {
  const int64_t ranks = group.size();
  std::vector<int64_t> before = collective.shape, after = collective.shape;
  before[static_cast<size_t>(collective.dim)] /= ranks;
  after[static_cast<size_t>(collective.to)] /= ranks;
  Blocks leaving(before, collective.to, ranks);
  Blocks arriving(after, collective.dim, ranks);
  const int64_t bytes = collective.bytesOf(leaving.elements());
  const int64_t width = elementBytes(collective.type);
  for (int64_t q = 0; q < ranks; ++q) {
    char *part = bytesOf(outgoing) + q * bytes;
    leaving.extract(in, q, part, width);
    if (q != group.index) {
      exchange.receive(group[q], bytesOf(incoming) + q * bytes, bytes);
      exchange.send(group[q], part, bytes);
    }
  }
  exchange.finish();
  for (int64_t q = 0; q < ranks; ++q)
    arriving.insert((q == group.index ? bytesOf(outgoing) : bytesOf(incoming)) +
                        q * bytes,
                    q, out, width);
}

void CollectiveEngine::slice(const Collective &collective, const Group &group,
                             const char *in, char *out) {
  if (!collective.flat) {
    Blocks(collective.shape, collective.dim, group.size())
        .extract(in, group.index, out, elementBytes(collective.type));
    return;
  }
  const int64_t bytes = collective.bytesOf(collective.flat);
  const int64_t real =
      collective.bytesOf(flatCount(collective, collective.flat, group.index));
  if (real)
    std::memcpy(out, in + group.index * bytes, static_cast<size_t>(real));
  std::memset(out + real, 0, static_cast<size_t>(bytes - real));
}
