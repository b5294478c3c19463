//===----------------------------------------------------------------------===//
// Loops over consecutive elements by vectors.
//===----------------------------------------------------------------------===//
#include "codegen/cpu/VectorLoop.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

#include <limits>

using namespace mlir;

namespace flm::cpu {

/// Native vectors in a strip of the main loop: enough independent chains to
/// hide the latency of an add or a multiply-add.
static constexpr int64_t mainLoopVectors = 4;

Span wholeSpan(KernelBuilder &k, int64_t length) {
  return {k.index(0), k.index(length), length};
}

//===-- Strips ------------------------------------------------------------===//

static SmallVector<Value> indicesOf(ArrayRef<Index> leading, Index last) {
  SmallVector<Value> indices;
  for (Index index : leading)
    indices.push_back(index.value());
  indices.push_back(last.value());
  return indices;
}

Value Strip::loadElements(Value memref, ArrayRef<Index> leading) const {
  Type elementType = cast<MemRefType>(memref.getType()).getElementType();
  auto type = VectorType::get(lanes, elementType);
  SmallVector<Value> indices = indicesOf(leading, index);
  if (mask)
    return vector::MaskedLoadOp::create(k, type, memref, indices, mask,
                                        k.zero(type));
  return vector::LoadOp::create(k, type, memref, indices);
}

void Strip::storeElements(Value elements, Value memref,
                          ArrayRef<Index> leading) const {
  SmallVector<Value> indices = indicesOf(leading, index);
  if (mask)
    vector::MaskedStoreOp::create(k, memref, indices, mask, elements);
  else
    vector::StoreOp::create(k, elements, memref, indices);
}

Real Strip::load(Value memref, ArrayRef<Index> leading) const {
  return convert(Real(k, loadElements(memref, leading)), k.getF32Type());
}

void Strip::store(Real x, Value memref, ArrayRef<Index> leading) const {
  Type elementType = cast<MemRefType>(memref.getType()).getElementType();
  storeElements(broadcast(convert(x, elementType), lanes).value(), memref,
                leading);
}

void Strip::copy(Value from, Value to) const {
  storeElements(loadElements(from, {}), to, {});
}

Strip Strip::operator+(Index offset) const {
  return Strip(k, index + offset, lanes, mask);
}

Strip Strip::operator+(int64_t offset) const { return *this + k.index(offset); }

Real Strip::keep(Real x, Real otherwise) const {
  if (!mask)
    return x;
  return select(mask, broadcast(x, lanes), broadcast(otherwise, lanes));
}

//===-- The three parts of a loop -----------------------------------------===//

namespace {
/// How a span is cut into strips.
struct Parts {
  int64_t wide;   ///< lanes of a strip of the main loop
  int64_t native; ///< lanes of one vector register
  Index mainEnd;  ///< main loop: [begin, mainEnd) by `wide`
  Index fullEnd;  ///< single vectors: [mainEnd, fullEnd) by `native`
  bool hasMain, hasFull;
  /// Masked vectors: [fullEnd, end). So many elements that they fit into one
  /// vector, where the length of the span is a constant; otherwise unknown.
  std::optional<int64_t> tail;
};
} // namespace

static Parts splitSpan(Span span, const CpuTarget &target) {
  const int64_t native = target.lanes();
  if (!span.length) {
    const int64_t wide = mainLoopVectors * native;
    Index mainEnd = span.end - (span.end - span.begin) % wide;
    return {wide, native, mainEnd, mainEnd, true, false, std::nullopt};
  }
  const int64_t length = *span.length;
  int64_t vectors = mainLoopVectors;
  while (vectors > 1 && vectors * native > length)
    vectors /= 2;
  const int64_t wide = vectors * native;
  const int64_t mainLength = length - length % wide;
  const int64_t fullLength = length - length % native;
  return {wide,
          native,
          span.begin + mainLength,
          span.begin + fullLength,
          mainLength > 0,
          fullLength > mainLength,
          length - fullLength};
}

/// One loop over strips of `lanes`. (KernelBuilder's loop with carried values
/// needs at least one.)
static SmallVector<Value>
loopOver(KernelBuilder &k, Index begin, Index end, int64_t lanes,
         ValueRange carried,
         function_ref<SmallVector<Value>(Index, ValueRange)> body) {
  if (!carried.empty())
    return k.loop(begin, end, lanes, carried, body);
  k.loop(begin, end, lanes, [&](Index index) { body(index, {}); });
  return {};
}

static Real identity(KernelBuilder &k, Fold fold, int64_t lanes) {
  double start =
      fold == Fold::Max ? -std::numeric_limits<double>::infinity() : 0.0;
  Type type = fold == Fold::WideSum ? Type(k.getF64Type()) : k.getF32Type();
  return constant(k, VectorType::get(lanes, type), start);
}

static Real combine(Fold fold, Real a, Real b) {
  return fold == Fold::Max ? max(a, b) : a + b;
}

/// Folds the upper half of a vector onto the lower one until `lanes` are left.
static Real foldHalves(Fold fold, Real x, int64_t lanes) {
  ImplicitLocOpBuilder &b = x.builder();
  auto slice = [&](int64_t first, int64_t count) {
    return Real(b, vector::ExtractStridedSliceOp::create(b, x.value(), {first},
                                                         {count}, {1}));
  };
  for (int64_t half = cast<VectorType>(x.type()).getDimSize(0) / 2;
       half >= lanes; half /= 2)
    x = combine(fold, slice(0, half), slice(half, half));
  return x;
}

SmallVector<Real>
reduceStrips(KernelBuilder &k, Span span, const CpuTarget &target,
             ArrayRef<Fold> folds,
             function_ref<void(const Strip &, MutableArrayRef<Real>)> body) {
  auto run = [&](const Strip &strip, ValueRange carried) {
    SmallVector<Real> accumulators;
    for (Value value : carried)
      accumulators.emplace_back(k, value);
    body(strip, accumulators);
    SmallVector<Value> results;
    for (auto [accumulator, old] : llvm::zip_equal(accumulators, carried))
      results.push_back(strip.keep(accumulator, Real(k, old)).value());
    return results;
  };
  auto unmaskedLoop = [&](Index begin, Index end, int64_t lanes,
                          ValueRange carried) {
    return loopOver(k, begin, end, lanes, carried,
                    [&](Index index, ValueRange values) {
                      return run(Strip(k, index, lanes), values);
                    });
  };
  auto identities = [&](int64_t lanes) {
    SmallVector<Value> values;
    for (Fold fold : folds)
      values.push_back(identity(k, fold, lanes).value());
    return values;
  };

  Parts parts = splitSpan(span, target);
  SmallVector<Value> carried;
  if (parts.hasMain) {
    SmallVector<Value> wide = unmaskedLoop(span.begin, parts.mainEnd,
                                           parts.wide, identities(parts.wide));
    for (auto [value, fold] : llvm::zip_equal(wide, folds))
      carried.push_back(foldHalves(fold, Real(k, value), parts.native).value());
  } else {
    carried = identities(parts.native);
  }
  if (parts.hasFull)
    carried = unmaskedLoop(parts.mainEnd, parts.fullEnd, parts.native, carried);

  // The first `count` lanes of a vector, or all if there are more.
  auto maskOf = [&](Index count) -> Value {
    auto type = VectorType::get(parts.native, k.getI1Type());
    return vector::CreateMaskOp::create(k, type, ValueRange(count.value()));
  };
  if (!parts.tail) {
    carried =
        loopOver(k, parts.fullEnd, span.end, parts.native, carried,
                 [&](Index index, ValueRange values) {
                   Value mask = maskOf(span.end - index);
                   return run(Strip(k, index, parts.native, mask), values);
                 });
  } else if (*parts.tail > 0) {
    Value mask = maskOf(k.index(*parts.tail));
    carried = run(Strip(k, parts.fullEnd, parts.native, mask), carried);
  }

  SmallVector<Real> results;
  for (auto [value, fold] : llvm::zip_equal(carried, folds)) {
    Real one = foldHalves(fold, Real(k, value), 1);
    results.emplace_back(k, vector::ExtractOp::create(k, one.value(), 0));
  }
  return results;
}

void forEachStrip(KernelBuilder &k, Span span, const CpuTarget &target,
                  function_ref<void(const Strip &)> body) {
  reduceStrips(k, span, target, {},
               [&](const Strip &strip, MutableArrayRef<Real>) { body(strip); });
}

} // namespace flm::cpu
