//===----------------------------------------------------------------------===//
// The tree, over pieces small enough to stay in the first-level cache.
//===----------------------------------------------------------------------===//
#include "runtime/comm/Fold.h"

#include "runtime/abi/Bf16.h"
#include "runtime/abi/Collectives.h"

#include <algorithm>
#include <cassert>

using namespace flmrt;

int64_t flmrt::elementBytes(ElementType type) {
  return type == ElementType::BF16 ? 2 : 4;
}

namespace {
constexpr int64_t pieceElements = 512;

// How each type is kept in memory and computed with.
struct F32 {
  using Stored = float;
  using Value = float;
  static Value load(Stored value) { return value; }
  static Stored store(Value value) { return value; }
};
struct I32 {
  using Stored = int32_t;
  using Value = int32_t;
  static Value load(Stored value) { return value; }
  static Stored store(Value value) { return value; }
};
struct BF16 {
  using Stored = uint16_t;
  using Value = float;
  static Value load(Stored bits) { return flm::abi::widenBf16(bits); }
  static Stored store(Value value) { return flm::abi::roundToBf16(value); }
};

struct Sum {
  template <typename T> static T apply(T a, T b) { return a + b; }
};
struct Max {
  template <typename T> static T apply(T a, T b) {
    return a != a || a > b ? a : b; // a NaN on either side stays
  }
};

template <typename Type, typename Op>
void foldPiece(const void *const *sources, int64_t count, int64_t begin,
               int64_t elements, typename Type::Value *out) {
  if (count == 1) {
    auto *source = static_cast<const typename Type::Stored *>(sources[0]);
    for (int64_t i = 0; i < elements; ++i)
      out[i] = Type::load(source[begin + i]);
    return;
  }
  if (count == 2) { // most of the work: half of all additions
    auto *first = static_cast<const typename Type::Stored *>(sources[0]);
    auto *second = static_cast<const typename Type::Stored *>(sources[1]);
    for (int64_t i = 0; i < elements; ++i)
      out[i] = Op::apply(Type::load(first[begin + i]),
                         Type::load(second[begin + i]));
    return;
  }
  const int64_t head = flm::abi::foldHead(count);
  typename Type::Value tail[pieceElements];
  foldPiece<Type, Op>(sources, head, begin, elements, out);
  foldPiece<Type, Op>(sources + head, count - head, begin, elements, tail);
  for (int64_t i = 0; i < elements; ++i)
    out[i] = Op::apply(out[i], tail[i]);
}

template <typename Type, typename Op>
void foldAll(const void *const *sources, int64_t count, void *out,
             int64_t elements) {
  typename Type::Value piece[pieceElements];
  for (int64_t begin = 0; begin < elements; begin += pieceElements) {
    int64_t length = std::min(pieceElements, elements - begin);
    // All sources of the piece are read before `out`, which may be one of them,
    // is written.
    foldPiece<Type, Op>(sources, count, begin, length, piece);
    auto *to = static_cast<typename Type::Stored *>(out) + begin;
    std::transform(piece, piece + length, to, Type::store);
  }
}

template <typename Type>
void foldType(const void *const *sources, int64_t count, void *out,
              int64_t elements, Reduction reduction) {
  if (reduction == Reduction::Sum)
    foldAll<Type, Sum>(sources, count, out, elements);
  else
    foldAll<Type, Max>(sources, count, out, elements);
}
} // namespace

void flmrt::fold(const void *const *sources, int64_t count, void *out,
                 int64_t elements, ElementType type, Reduction reduction) {
  assert(count >= 1);
  switch (type) {
  case ElementType::F32:
    return foldType<F32>(sources, count, out, elements, reduction);
  case ElementType::BF16:
    return foldType<BF16>(sources, count, out, elements, reduction);
  case ElementType::I32:
    return foldType<I32>(sources, count, out, elements, reduction);
  }
}
