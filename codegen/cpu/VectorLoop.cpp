//===----------------------------------------------------------------------===//
// Loops over consecutive elements by vectors.
//===----------------------------------------------------------------------===//
#include "codegen/cpu/VectorLoop.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

#include <limits>

using namespace mlir;

namespace flm::cpu {

/// Native vectors in a block of the main loop: enough independent chains to
/// hide the latency of an add or a multiply-add.
static constexpr int64_t mainLoopVectors = 4;

static Value indexConstant(ImplicitLocOpBuilder &b, int64_t value) {
  return arith::ConstantIndexOp::create(b, value);
}

Span wholeSpan(ImplicitLocOpBuilder &b, int64_t length) {
  return {indexConstant(b, 0), indexConstant(b, length), length};
}

//===-- Blocks ------------------------------------------------------------===//

static SmallVector<Value> indicesOf(ValueRange leading, Value index) {
  SmallVector<Value> indices(leading);
  indices.push_back(index);
  return indices;
}

Real Block::load(Value memref, ValueRange leading) const {
  Type elementType = cast<MemRefType>(memref.getType()).getElementType();
  auto type = VectorType::get(lanes, elementType);
  SmallVector<Value> indices = indicesOf(leading, index);
  Value loaded;
  if (mask)
    loaded = vector::MaskedLoadOp::create(b, type, memref, indices, mask,
                                          constant(b, type, 0).value());
  else
    loaded = vector::LoadOp::create(b, type, memref, indices);
  return convert(Real(b, loaded), b.getF32Type());
}

void Block::store(Real x, Value memref, ValueRange leading) const {
  Type elementType = cast<MemRefType>(memref.getType()).getElementType();
  Value value = broadcast(convert(x, elementType), lanes).value();
  SmallVector<Value> indices = indicesOf(leading, index);
  if (mask)
    vector::MaskedStoreOp::create(b, memref, indices, mask, value);
  else
    vector::StoreOp::create(b, value, memref, indices);
}

Block Block::shifted(Value offset) const {
  return Block(b, arith::AddIOp::create(b, index, offset), lanes, mask);
}

Real Block::keep(Real x, Real otherwise) const {
  if (!mask)
    return x;
  return select(mask, broadcast(x, lanes), broadcast(otherwise, lanes));
}

Real loadScalar(ImplicitLocOpBuilder &b, Value memref, ValueRange indices) {
  return convert(Real(b, memref::LoadOp::create(b, memref, indices)),
                 b.getF32Type());
}

void storeScalar(Real x, Value memref, ValueRange indices) {
  Type elementType = cast<MemRefType>(memref.getType()).getElementType();
  memref::StoreOp::create(x.builder(), convert(x, elementType).value(), memref,
                          indices);
}

//===-- The three parts of a loop -----------------------------------------===//

namespace {
/// Where the parts of a loop begin and end, and how wide their blocks are.
struct Parts {
  int64_t wide;   ///< lanes of a block of the main loop
  int64_t native; ///< lanes of one vector register
  Value mainEnd;  ///< main loop: [begin, mainEnd) by `wide`
  Value fullEnd;  ///< single vectors: [mainEnd, fullEnd), none if null
  /// Masked vectors: [fullEnd or mainEnd, end). At most one if the length is
  /// a constant, and the loop over them is not needed then.
  int64_t tail; ///< elements in it; -1 if unknown
  bool hasMain;
};
} // namespace

static Parts splitSpan(ImplicitLocOpBuilder &b, Span span,
                       const CpuTarget &target) {
  Parts parts;
  parts.native = target.lanes();
  auto plus = [&](Value base, int64_t offset) -> Value {
    if (offset == 0)
      return base;
    return arith::AddIOp::create(b, base, indexConstant(b, offset));
  };
  if (!span.length) {
    parts.wide = mainLoopVectors * parts.native;
    Value length = arith::SubIOp::create(b, span.end, span.begin);
    Value rest =
        arith::RemUIOp::create(b, length, indexConstant(b, parts.wide));
    parts.mainEnd = arith::SubIOp::create(b, span.end, rest);
    parts.hasMain = true;
    parts.tail = -1;
    return parts;
  }
  int64_t length = *span.length;
  int64_t vectors = mainLoopVectors;
  while (vectors > 1 && vectors * parts.native > length)
    vectors /= 2;
  parts.wide = vectors * parts.native;
  int64_t mainLength = length - length % parts.wide;
  int64_t fullLength = length - length % parts.native;
  parts.hasMain = mainLength > 0;
  parts.mainEnd = plus(span.begin, mainLength);
  if (fullLength > mainLength)
    parts.fullEnd = plus(span.begin, fullLength);
  parts.tail = length - fullLength;
  return parts;
}

/// One scf.for over blocks of `lanes`, carrying vectors of that width.
static SmallVector<Value>
emitLoop(ImplicitLocOpBuilder &b, Value begin, Value end, int64_t lanes,
         ValueRange carried,
         function_ref<SmallVector<Value>(Value index, ValueRange)> body) {
  auto loop = scf::ForOp::create(
      b, begin, end, indexConstant(b, lanes), carried,
      [&](OpBuilder &, Location, Value index, ValueRange values) {
        // Blocks and Reals hold `b`, so `b` itself must follow.
        OpBuilder::InsertionGuard guard(b);
        b.setInsertionPointToEnd(index.getParentBlock());
        SmallVector<Value> results = body(index, values);
        scf::YieldOp::create(b, results);
      });
  return SmallVector<Value>(loop.getResults());
}

static Real identity(ImplicitLocOpBuilder &b, Fold fold, int64_t lanes) {
  double start =
      fold == Fold::Sum ? 0.0 : -std::numeric_limits<double>::infinity();
  return constant(b, VectorType::get(lanes, b.getF32Type()), start);
}

static Real combine(Fold fold, Real a, Real b) {
  return fold == Fold::Sum ? a + b : max(a, b);
}

/// Folds the upper half of a vector onto the lower one until `lanes` are left.
static Real foldHalves(Fold fold, Real x, int64_t lanes) {
  ImplicitLocOpBuilder &b = x.builder();
  for (int64_t half = cast<VectorType>(x.type()).getDimSize(0) / 2;
       half >= lanes; half /= 2) {
    Value low =
        vector::ExtractStridedSliceOp::create(b, x.value(), {0}, {half}, {1});
    Value high = vector::ExtractStridedSliceOp::create(b, x.value(), {half},
                                                       {half}, {1});
    x = combine(fold, Real(b, low), Real(b, high));
  }
  return x;
}

SmallVector<Real>
reduceBlocks(ImplicitLocOpBuilder &b, Span span, const CpuTarget &target,
             ArrayRef<Fold> folds,
             function_ref<void(const Block &, MutableArrayRef<Real>)> body) {
  Parts parts = splitSpan(b, span, target);

  auto run = [&](const Block &block, ValueRange carried) {
    SmallVector<Real> accumulators;
    for (Value value : carried)
      accumulators.emplace_back(b, value);
    body(block, accumulators);
    SmallVector<Value> results;
    for (auto [accumulator, old] : llvm::zip_equal(accumulators, carried))
      results.push_back(block.keep(accumulator, Real(b, old)).value());
    return results;
  };
  auto identities = [&](int64_t lanes) {
    SmallVector<Value> values;
    for (Fold fold : folds)
      values.push_back(identity(b, fold, lanes).value());
    return values;
  };

  // The main loop, folded to the width of one vector.
  SmallVector<Value> carried;
  if (parts.hasMain) {
    SmallVector<Value> wide =
        emitLoop(b, span.begin, parts.mainEnd, parts.wide,
                 identities(parts.wide), [&](Value index, ValueRange values) {
                   return run(Block(b, index, parts.wide), values);
                 });
    for (auto [value, fold] : llvm::zip_equal(wide, folds))
      carried.push_back(foldHalves(fold, Real(b, value), parts.native).value());
  } else {
    carried = identities(parts.native);
  }

  // Single vectors, then the masked rest.
  Value rest = parts.mainEnd;
  if (parts.fullEnd) {
    carried = emitLoop(b, rest, parts.fullEnd, parts.native, carried,
                       [&](Value index, ValueRange values) {
                         return run(Block(b, index, parts.native), values);
                       });
    rest = parts.fullEnd;
  }
  auto maskType = VectorType::get(parts.native, b.getI1Type());
  if (parts.tail > 0) {
    Value mask = vector::CreateMaskOp::create(
        b, maskType, ValueRange(indexConstant(b, parts.tail)));
    carried = run(Block(b, rest, parts.native, mask), carried);
  } else if (parts.tail < 0) {
    carried =
        emitLoop(b, rest, span.end, parts.native, carried,
                 [&](Value index, ValueRange values) {
                   Value left = arith::SubIOp::create(b, span.end, index);
                   Value mask = vector::CreateMaskOp::create(b, maskType,
                                                             ValueRange(left));
                   return run(Block(b, index, parts.native, mask), values);
                 });
  }

  SmallVector<Real> results;
  for (auto [value, fold] : llvm::zip_equal(carried, folds)) {
    Real one = foldHalves(fold, Real(b, value), 1);
    results.emplace_back(b, vector::ExtractOp::create(b, one.value(), 0));
  }
  return results;
}

void forEachBlock(ImplicitLocOpBuilder &b, Span span, const CpuTarget &target,
                  function_ref<void(const Block &)> body) {
  reduceBlocks(b, span, target, {},
               [&](const Block &block, MutableArrayRef<Real>) { body(block); });
}

} // namespace flm::cpu
