//===----------------------------------------------------------------------===//
// Results from the definition: element by element, on the tensors of all ranks.
//===----------------------------------------------------------------------===//
#include "test/runtime/comm/CollectiveCheck.h"

#include "runtime/abi/Program.h"

#include <cmath>
#include <cstring>
#include <limits>

using namespace flmrt;
using flm::abi::CollectiveKind;

namespace {

struct Random {
  uint32_t state;
  int64_t below(int64_t n) {
    state = state * 1664525 + 1013904223;
    return static_cast<int64_t>(state >> 8) % n;
  }
};

/// Element `i` of the operand of a collective on `rank`. Of very different
/// sizes, so that sums in another order have other bits.
float valueOf(int64_t id, int64_t rank, int64_t i) {
  Random random{static_cast<uint32_t>(id * 7919 + rank * 104729 + i * 31 + 1)};
  random.below(2);
  float value = float(random.below(2000) - 1000) * 1e-3f;
  return std::ldexp(value, static_cast<int>(random.below(24)));
}

uint16_t toBF16(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, 4);
  return static_cast<uint16_t>((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}
float fromBF16(uint16_t bits) {
  uint32_t wide = uint32_t(bits) << 16;
  float value;
  std::memcpy(&value, &wide, 4);
  return value;
}

/// Operands and results of the check are kept as floats.
std::string toBytes(const std::vector<float> &values, ElementType type) {
  std::string bytes;
  for (float value : values) {
    uint16_t half = toBF16(value);
    auto whole = static_cast<int32_t>(value);
    switch (type) {
    case ElementType::F32:
      bytes.append(reinterpret_cast<const char *>(&value), 4);
      break;
    case ElementType::BF16:
      bytes.append(reinterpret_cast<const char *>(&half), 2);
      break;
    case ElementType::I32:
      bytes.append(reinterpret_cast<const char *>(&whole), 4);
      break;
    }
  }
  return bytes;
}

float rounded(float value, ElementType type) {
  if (type == ElementType::BF16)
    return fromBF16(toBF16(value));
  return type == ElementType::I32 ? std::trunc(value) : value;
}

float reduce(const Collective &collective, const std::vector<float> &terms) {
  if (collective.reduction == Reduction::Max) {
    float largest = terms[0];
    for (float term : terms)
      largest = std::max(largest, term);
    return largest;
  }
  if (collective.type == ElementType::I32) {
    int32_t sum = 0;
    for (float term : terms)
      sum += static_cast<int32_t>(term);
    return float(sum);
  }
  // The tree of up to eight terms, written out another way: neighbours in
  // pairs, an odd one left as it is.
  std::vector<float> level = terms;
  while (level.size() > 1) {
    std::vector<float> next;
    for (size_t i = 0; i + 1 < level.size(); i += 2)
      next.push_back(level[i] + level[i + 1]);
    if (level.size() % 2)
      next.push_back(level.back());
    level = next;
  }
  return level[0];
}

/// One collective on one rank, seen by somebody who has all operands.
class Expected {
public:
  Expected(const Mesh &mesh, const Collective &collective, int64_t rank)
      : collective(collective), group(mesh.group(rank, collective.axis)),
        index(mesh.coordinate(rank, collective.axis)),
        n(static_cast<int64_t>(group.size())), whole(collective.elements()) {}

  int64_t part() const { return collective.flat ? collective.flat : whole / n; }
  int64_t operandSize() const {
    switch (collective.kind) {
    case CollectiveKind::all_gather:
    case CollectiveKind::all_to_all:
      return part();
    case CollectiveKind::receive:
      return 0;
    default:
      return whole;
    }
  }

  std::vector<float> result() const {
    std::vector<float> out;
    switch (collective.kind) {
    case CollectiveKind::all_reduce:
      for (int64_t i = 0; i < whole; ++i)
        out.push_back(sumOf(i));
      break;
    case CollectiveKind::reduce_scatter:
      for (int64_t i = 0; i < part(); ++i)
        out.push_back(wholeIndex(collective.dim, index, i) < 0
                          ? 0
                          : sumOf(wholeIndex(collective.dim, index, i)));
      break;
    case CollectiveKind::slice:
      for (int64_t i = 0; i < part(); ++i) {
        int64_t at = wholeIndex(collective.dim, index, i);
        out.push_back(at < 0 ? 0 : operand(index, at));
      }
      break;
    case CollectiveKind::all_gather:
      out = gathered(collective.dim);
      break;
    case CollectiveKind::all_to_all: {
      std::vector<float> all = gathered(collective.dim);
      for (int64_t i = 0; i < part(); ++i)
        out.push_back(
            all[static_cast<size_t>(wholeIndex(collective.to, index, i))]);
      break;
    }
    case CollectiveKind::mask:
      for (int64_t i = 0; i < whole; ++i)
        out.push_back(index == collective.at ? operand(index, i) : 0);
      break;
    case CollectiveKind::receive:
      for (int64_t i = 0; i < whole; ++i)
        out.push_back(rounded(
            valueOf(
                collective.match,
                group[static_cast<size_t>((index - collective.offset + n) % n)],
                i),
            collective.type));
      break;
    case CollectiveKind::send:
      break;
    }
    return out;
  }

  float operand(int64_t of, int64_t i) const {
    return rounded(valueOf(collective.id, group[static_cast<size_t>(of)], i),
                   collective.type);
  }

private:
  float sumOf(int64_t i) const {
    std::vector<float> terms;
    for (int64_t of = 0; of < n; ++of)
      terms.push_back(operand(of, i));
    return reduce(collective, terms);
  }

  /// Where element `i` of part `p` along `dim` is in the whole tensor; -1 for
  /// padding.
  int64_t wholeIndex(int64_t dim, int64_t p, int64_t i) const {
    if (collective.flat) {
      int64_t at = p * collective.flat + i;
      return at < whole ? at : -1;
    }
    int64_t at = 0, stride = 1;
    for (size_t d = collective.shape.size(); d-- > 0;) {
      bool isSplit = static_cast<int64_t>(d) == dim;
      int64_t size = collective.shape[d] / (isSplit ? n : 1);
      at += (i % size + (isSplit ? p * size : 0)) * stride;
      i /= size;
      stride *= collective.shape[d];
    }
    return at;
  }

  std::vector<float> gathered(int64_t dim) const {
    std::vector<float> all(static_cast<size_t>(whole));
    for (int64_t p = 0; p < n; ++p)
      for (int64_t i = 0; i < part(); ++i)
        if (int64_t at = wholeIndex(dim, p, i); at >= 0)
          all[static_cast<size_t>(at)] = operand(p, i);
    return all;
  }

  const Collective &collective;
  std::vector<int64_t> group;
  int64_t index, n, whole;
};

} // namespace

std::vector<Collective>
flmtest::randomCollectives(const Mesh &mesh, int64_t count, uint32_t seed) {
  Random random{seed};
  std::vector<Collective> all;
  while (static_cast<int64_t>(all.size()) < count) {
    Collective c;
    c.id = static_cast<int64_t>(all.size());
    c.kind = static_cast<CollectiveKind>(random.below(7));
    c.axis = random.below(mesh.axes());
    const int64_t n = mesh.size(c.axis);
    c.type = static_cast<ElementType>(random.below(3));
    c.reduction = static_cast<Reduction>(random.below(2));
    c.name = "x";
    const int64_t rank = 1 + random.below(3);
    for (int64_t d = 0; d < rank; ++d)
      c.shape.push_back(1 + random.below(9));
    c.dim = random.below(rank);
    bool canBeFlat = c.kind == CollectiveKind::reduce_scatter ||
                     c.kind == CollectiveKind::all_gather ||
                     c.kind == CollectiveKind::slice;
    if (canBeFlat && random.below(2)) {
      // Parts that are whole, cut short, or nothing but padding.
      int64_t least = flm::abi::evenBlock(c.elements(), n);
      c.flat = least + random.below(least + 1);
    } else if (canBeFlat || c.kind == CollectiveKind::all_to_all) {
      c.shape[static_cast<size_t>(c.dim)] *= n;
    }
    if (c.kind == CollectiveKind::all_to_all) {
      c.shape.push_back(n * (1 + random.below(3)));
      c.to = rank;
    }
    c.at = random.below(n);
    c.offset = random.below(2) ? 1 : -1;
    if (c.kind == CollectiveKind::send) {
      c.match = c.id + 1;
      all.push_back(c);
      c.kind = CollectiveKind::receive;
      c.match = c.id;
      ++c.id;
    }
    all.push_back(c);
  }
  for (Collective &c : all)
    c.bytes = flm::abi::bytesSent(c.kind, mesh.size(c.axis), c.elements(),
                                  c.flat, elementBytes(c.type));
  return all;
}

std::string
flmtest::checkCollectives(ProgramExchange &exchange,
                          const std::vector<Collective> &collectives,
                          bool isOverlapped) {
  const Mesh &mesh = exchange.mesh();
  std::vector<std::string> operands, results;
  std::vector<int64_t> before = exchange.bytesSent();
  for (const Collective &collective : collectives) {
    Expected expected(mesh, collective, exchange.rank());
    std::vector<float> values;
    int64_t index = mesh.coordinate(exchange.rank(), collective.axis);
    for (int64_t i = 0; i < expected.operandSize(); ++i)
      values.push_back(expected.operand(index, i));
    operands.push_back(toBytes(values, collective.type));
    // All ones: what is not written shows.
    results.emplace_back(toBytes(expected.result(), collective.type).size(),
                         '\xFF');
  }
  for (const Collective &collective : collectives) {
    auto id = static_cast<size_t>(collective.id);
    if (isOverlapped)
      flm_communicate_start(collective.id, operands[id].data(),
                            results[id].data());
    else
      flm_communicate(collective.id, operands[id].data(), results[id].data());
    // A send has taken its copy.
    if (collective.kind == CollectiveKind::send)
      operands[id].assign(operands[id].size(), '\0');
  }
  for (const Collective &collective : collectives)
    if (isOverlapped)
      flm_communicate_wait(collective.id);
  std::vector<int64_t> after = exchange.bytesSent();
  for (const Collective &collective : collectives) {
    auto id = static_cast<size_t>(collective.id);
    std::vector<float> expected =
        Expected(mesh, collective, exchange.rank()).result();
    std::string where = "rank " + std::to_string(exchange.rank()) + ": " +
                        collective.describe(mesh);
    if (results[id] != toBytes(expected, collective.type))
      return where + ": another result than expected";
    if (after[id] - before[id] != collective.bytes)
      return where + ": sent " + std::to_string(after[id] - before[id]) +
             " bytes; expected " + std::to_string(collective.bytes);
  }
  return "";
}
