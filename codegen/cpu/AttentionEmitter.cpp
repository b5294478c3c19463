//===----------------------------------------------------------------------===//
// The operations behind the emitter's names.
//===----------------------------------------------------------------------===//
#include "codegen/cpu/AttentionEmitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/MathExtras.h"

#include <numeric>

using namespace mlir;
using namespace flm::cpu;

AttentionEmitter::AttentionEmitter(OpBuilder &builder, Location loc,
                                   int64_t lanes)
    : builder(builder), loc(loc), lanes(lanes),
      vectorType(VectorType::get(lanes, builder.getF32Type())),
      maskType(VectorType::get(lanes, builder.getI1Type())) {}

//===-- Indices -----------------------------------------------------------===//

Value AttentionEmitter::index(Index i) {
  return i.value ? i.value
                 : arith::ConstantIndexOp::create(builder, loc, i.constant)
                       .getResult();
}

template <typename Op, typename Fold>
Index AttentionEmitter::binary(Index a, Index b, Fold fold) {
  if (!a.value && !b.value)
    return fold(a.constant, b.constant);
  return builder.createOrFold<Op>(loc, index(a), index(b));
}

Index AttentionEmitter::add(Index a, Index b) {
  return binary<arith::AddIOp>(a, b, std::plus<int64_t>());
}
Index AttentionEmitter::sub(Index a, Index b) {
  return binary<arith::SubIOp>(a, b, std::minus<int64_t>());
}
Index AttentionEmitter::mul(Index a, Index b) {
  return binary<arith::MulIOp>(a, b, std::multiplies<int64_t>());
}
Index AttentionEmitter::min(Index a, Index b) {
  return binary<arith::MinSIOp>(
      a, b, [](int64_t x, int64_t y) { return std::min(x, y); });
}
Index AttentionEmitter::max(Index a, Index b) {
  return binary<arith::MaxSIOp>(
      a, b, [](int64_t x, int64_t y) { return std::max(x, y); });
}
Index AttentionEmitter::div(Index a, int64_t b) {
  return binary<arith::DivUIOp>(a, b, std::divides<int64_t>());
}
Index AttentionEmitter::rem(Index a, int64_t b) {
  return binary<arith::RemUIOp>(a, b, std::modulus<int64_t>());
}
Index AttentionEmitter::roundDown(Index a, int64_t multiple) {
  return mul(div(a, multiple), multiple);
}
Index AttentionEmitter::roundUp(Index a, int64_t multiple) {
  return roundDown(add(a, multiple - 1), multiple);
}

//===-- Control flow ------------------------------------------------------===//

void AttentionEmitter::loop(Index begin, Index end, int64_t step,
                            function_ref<void(Value)> body) {
  loop(begin, end, step, {}, [&](Value i, ValueRange) -> Values {
    body(i);
    return {};
  });
}

AttentionEmitter::Values
AttentionEmitter::loop(Index begin, Index end, int64_t step, Values initial,
                       function_ref<Values(Value, ValueRange)> body) {
  auto op = scf::ForOp::create(
      builder, loc, index(begin), index(end), index(step), initial,
      [&](OpBuilder &, Location, Value i, ValueRange carried) {
        scf::YieldOp::create(builder, loc, body(i, carried));
      });
  return Values(op.getResults());
}

AttentionEmitter::Values AttentionEmitter::ifLess(Index a, Index b,
                                                  function_ref<Values()> then,
                                                  const Values &otherwise) {
  Value condition = arith::CmpIOp::create(
      builder, loc, arith::CmpIPredicate::slt, index(a), index(b));
  auto op = scf::IfOp::create(
      builder, loc, condition,
      [&](OpBuilder &, Location) {
        scf::YieldOp::create(builder, loc, then());
      },
      [&](OpBuilder &, Location) {
        scf::YieldOp::create(builder, loc, otherwise);
      });
  return Values(op.getResults());
}

//===-- Vectors -----------------------------------------------------------===//

Value AttentionEmitter::constant(float value) {
  return arith::ConstantOp::create(
      builder, loc,
      DenseElementsAttr::get(vectorType,
                             builder.getF32FloatAttr(value).getValue()));
}

Value AttentionEmitter::broadcast(Value f32) {
  return vector::BroadcastOp::create(builder, loc, vectorType, f32);
}

Value AttentionEmitter::firstLane(Value vector) {
  return vector::ExtractOp::create(builder, loc, vector, int64_t(0));
}

AttentionEmitter::Values
AttentionEmitter::indexValues(ArrayRef<Index> indices) {
  return llvm::map_to_vector(indices, [&](Index i) { return index(i); });
}

Value AttentionEmitter::load(Value memref, ArrayRef<Index> indices) {
  return vector::LoadOp::create(builder, loc, vectorType, memref,
                                indexValues(indices));
}

void AttentionEmitter::store(Value vector, Value memref,
                             ArrayRef<Index> indices) {
  vector::StoreOp::create(builder, loc, vector, memref, indexValues(indices));
}

Value AttentionEmitter::loadScalar(Value memref, ArrayRef<Index> indices) {
  return memref::LoadOp::create(builder, loc, memref, indexValues(indices));
}

void AttentionEmitter::storeScalar(Value scalar, Value memref,
                                   ArrayRef<Index> indices) {
  memref::StoreOp::create(builder, loc, scalar, memref, indexValues(indices));
}

Value AttentionEmitter::addf(Value a, Value b) {
  return arith::AddFOp::create(builder, loc, a, b);
}
Value AttentionEmitter::subf(Value a, Value b) {
  return arith::SubFOp::create(builder, loc, a, b);
}
Value AttentionEmitter::mulf(Value a, Value b) {
  return arith::MulFOp::create(builder, loc, a, b);
}
Value AttentionEmitter::divf(Value a, Value b) {
  return arith::DivFOp::create(builder, loc, a, b);
}
Value AttentionEmitter::fma(Value a, Value b, Value c) {
  return vector::FMAOp::create(builder, loc, a, b, c);
}

Value AttentionEmitter::maxf(Value a, Value b) {
  Value greater =
      arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::OGT, a, b);
  return select(greater, a, b);
}

Value AttentionEmitter::select(Value mask, Value a, Value b) {
  return arith::SelectOp::create(builder, loc, mask, a, b);
}

Value AttentionEmitter::firstLanes(Index n) {
  if (!n.value) {
    SmallVector<bool> bits(lanes);
    for (int64_t i = 0; i < lanes; ++i)
      bits[i] = i < n.constant;
    return arith::ConstantOp::create(builder, loc,
                                     DenseElementsAttr::get(maskType, bits));
  }
  SmallVector<int32_t> numbers(lanes);
  std::iota(numbers.begin(), numbers.end(), 0);
  auto i32Vector = VectorType::get(lanes, builder.getI32Type());
  Value lane = arith::ConstantOp::create(
      builder, loc, DenseElementsAttr::get(i32Vector, ArrayRef(numbers)));
  Value n32 =
      arith::IndexCastOp::create(builder, loc, builder.getI32Type(), n.value);
  Value limit = vector::BroadcastOp::create(builder, loc, i32Vector, n32);
  return arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::slt, lane,
                               limit);
}

//===-- Workspace ---------------------------------------------------------===//

Value AttentionWorkspace::allocate(ArrayRef<int64_t> shape) {
  auto type = MemRefType::get(shape, emitter.builder.getF32Type());
  Value buffer =
      memref::ViewOp::create(emitter.builder, emitter.loc, type, memref,
                             emitter.index(used), ValueRange());
  used += llvm::alignTo(type.getNumElements() * sizeof(float), 64);
  return buffer;
}
