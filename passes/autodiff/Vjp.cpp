//===----------------------------------------------------------------------===//
// Reverse-mode differentiation of one scope.
//===----------------------------------------------------------------------===//
#include "passes/autodiff/Vjp.h"

#include "dialects/flm/ValueNames.h"

using namespace mlir;
using namespace flm;

#include "passes/autodiff/VjpInterface.cpp.inc"

void Vjp::accumulate(Value value, Value term) {
  Cotangent &cotangent = cotangents[value];
  assert(!cotangent.sum && "a term of a gradient that was read without it");
  cotangent.terms.push_back(term);
}

/// Gradients of weights are wide, so that they can be accumulated. Those of
/// parameters, narrowed or sliced, stay so; what is computed has a gradient of
/// its own type, as the rule of its op expects.
static bool staysWide(Value value) {
  if (Operation *def = value.getDefiningOp())
    return isa<ParamOp, CastOp>(def);
  auto argument = cast<BlockArgument>(value);
  auto loop = dyn_cast<LoopOp>(argument.getOwner()->getParentOp());
  return loop && loop.stackOf(argument);
}

Value Vjp::cotangent(Value value) {
  auto *it = cotangents.find(value);
  if (it == cotangents.end())
    return {};
  Cotangent &cotangent = it->second;
  if (!cotangent.sum) {
    cotangent.sum = sumOf(value, cotangent.terms);
    if (!staysWide(value))
      cotangent.sum =
          withElementType(cotangent.sum, typeOf(value).getElementType(), value);
  }
  return cotangent.sum;
}

/// `gradient` of `value`, converted where it is of another type.
Value Vjp::withElementType(Value gradient, Type elementType, Value value) {
  NamedTensorType type = typeOf(gradient);
  if (type.getElementType() == elementType)
    return gradient;
  return CastOp::create(builder, derivedFrom(value, "d_"),
                        type.withElementType(elementType), gradient);
}

Value Vjp::cotangentOrZero(Value value) {
  if (Value gradient = cotangent(value))
    return gradient;
  return FillOp::create(builder, withoutName(value.getLoc()), value.getType(),
                        builder.getF64FloatAttr(0.0));
}

/// One n-ary add per value, not a chain: which operands are partial decides
/// later how many collectives the sum needs.
Value Vjp::sumOf(Value value, SmallVector<Value> terms) {
  if (terms.size() == 1)
    return terms.front();
  Type widest = typeOf(terms.front()).getElementType();
  for (Value term : terms)
    if (Type type = typeOf(term).getElementType();
        type.getIntOrFloatBitWidth() > widest.getIntOrFloatBitWidth())
      widest = type;
  for (Value &term : terms)
    term = withElementType(term, widest, value);
  // As soon as the last term is there, so that no term outlives its use.
  Operation *last = nullptr;
  for (Value term : terms)
    if (Operation *op = term.getDefiningOp();
        op && op->getBlock() == builder.getBlock() &&
        (!last || last->isBeforeInBlock(op)))
      last = op;
  OpBuilder::InsertionGuard guard(builder);
  if (last)
    builder.setInsertionPointAfter(last);
  return AddOp::create(builder, derivedFrom(value, "d_"),
                       terms.front().getType(), terms);
}

SmallVector<Value> Vjp::reached() const {
  return llvm::to_vector(llvm::make_first_range(cotangents));
}

LogicalResult Vjp::run(Block &block) {
  SmallVector<Operation *> ops;
  for (Operation &op : block.without_terminator())
    ops.push_back(&op);
  for (Operation *op : llvm::reverse(ops)) {
    // A parameter's gradient is an answer, not an intermediate.
    if (isa<ParamOp>(op))
      continue;
    // Copied: the rule of a loop replaces it.
    SmallVector<Value> results(op->getResults());
    if (llvm::none_of(results, [&](Value r) { return cotangents.contains(r); }))
      continue;
    // Values that are computed from nothing have nothing to pass on. A loop
    // without operands does: what its body captures.
    auto rule = dyn_cast<VjpOpInterface>(op);
    if (!rule && op->getNumOperands())
      return op->emitError("has no gradient rule");
    if (rule && failed(rule.buildVjp(*this)))
      return failure();
    for (Value result : results)
      cotangents.erase(result);
  }
  return success();
}
