//===----------------------------------------------------------------------===//
// The loop: text, types, and removal of what nobody reads.
//===----------------------------------------------------------------------===//
#include "dialects/flm/Bodies.h"
#include "dialects/flm/DimNames.h"
#include "dialects/flm/Flm.h"
#include "dialects/flm/TypeSyntax.h"
#include "dialects/flm/ValueNames.h"

#include "mlir/IR/PatternMatch.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace flm;

//===----------------------------------------------------------------------===//
// Types and accessors
//===----------------------------------------------------------------------===//

/// The dims and states of a stack of `slice`.
static std::pair<SmallVector<DimAttr>, SmallVector<AxisStateAttr>>
stackParts(DimAttr over, StringAttr axis, NamedTensorType slice) {
  SmallVector<DimAttr> dims{over};
  dims.append(slice.getDims().begin(), slice.getDims().end());
  SmallVector<AxisStateAttr> states(slice.getStates());
  if (axis)
    states.push_back(AxisStateAttr::get(axis.getContext(), axis,
                                        AxisStateKind::Split,
                                        over.getNames().front()));
  return {dims, states};
}

NamedTensorType LoopOp::stackType(DimAttr over, StringAttr axis,
                                  NamedTensorType slice) {
  auto [dims, states] = stackParts(over, axis, slice);
  return NamedTensorType::get(dims, slice.getElementType(), states);
}

/// As stackType, of what is just being read: null after an error.
static NamedTensorType checkedStackType(OpAsmParser &parser, DimAttr over,
                                        StringAttr axis,
                                        NamedTensorType slice) {
  auto [dims, states] = stackParts(over, axis, slice);
  return NamedTensorType::getChecked(
      [&] {
        return parser.emitError(parser.getNameLoc(), "has no stack of ")
               << slice << ": ";
      },
      dims, slice.getElementType(), states);
}

NamedTensorType LoopOp::stackType(NamedTensorType slice) {
  return stackType(getOver(), getAxisAttr(), slice);
}

YieldOp LoopOp::yield() { return cast<YieldOp>(body()->getTerminator()); }

Value LoopOp::stackOf(BlockArgument argument) {
  unsigned carries = getInits().size();
  if (argument.getOwner() != body() || argument.getArgNumber() < carries)
    return {};
  return getStacked()[argument.getArgNumber() - carries];
}

/// `carry`, at one end of `axis`.
static NamedTensorType atEnd(StringAttr axis, bool first,
                             NamedTensorType carry) {
  if (!axis)
    return carry;
  MLIRContext *context = axis.getContext();
  return withState(
      carry, axis,
      AxisStateAttr::get(context, axis, AxisStateKind::At,
                         StringAttr::get(context, first ? "first" : "last")));
}

NamedTensorType LoopOp::initType(StringAttr axis, bool reverse,
                                 NamedTensorType carry) {
  return atEnd(axis, /*first=*/!reverse, carry);
}

NamedTensorType LoopOp::finalType(StringAttr axis, bool reverse,
                                  NamedTensorType carry) {
  return atEnd(axis, /*first=*/reverse, carry);
}

// The interface takes init, argument, yielded value and result of a carry to
// have one type, so it is not told of those of a loop on an axis.

MutableArrayRef<OpOperand> LoopOp::getInitsMutable() {
  return getOperation()->getOpOperands().take_front(
      getAxis() ? 0 : getInits().size());
}

Block::BlockArgListType LoopOp::getRegionIterArgs() {
  return carries().take_front(getAxis() ? 0 : getInits().size());
}

std::optional<MutableArrayRef<OpOperand>> LoopOp::getYieldedValuesMutable() {
  return yield()->getOpOperands().take_front(getAxis() ? 0 : getInits().size());
}

std::optional<ResultRange> LoopOp::getLoopResults() {
  return getFinals().take_front(getAxis() ? 0 : getInits().size());
}

SmallVector<Region *> LoopOp::getLoopRegions() { return {&getBody()}; }

//===----------------------------------------------------------------------===//
// Building and text
//===----------------------------------------------------------------------===//

static void setSegments(LoopOp::Properties &properties, int64_t inits,
                        int64_t stacked, int64_t stacks) {
  properties.operandSegmentSizes = {static_cast<int32_t>(inits),
                                    static_cast<int32_t>(stacked)};
  properties.resultSegmentSizes = {static_cast<int32_t>(inits),
                                   static_cast<int32_t>(stacks)};
}

void LoopOp::build(OpBuilder &builder, OperationState &state, DimAttr over,
                   bool reverse, ValueRange inits, ValueRange stacked,
                   TypeRange stackTypes, StringAttr axis) {
  state.addOperands(inits);
  state.addOperands(stacked);
  for (Value init : inits)
    state.addTypes(axis ? finalType(axis, reverse, typeOf(init))
                        : typeOf(init));
  state.addTypes(stackTypes);
  auto &properties = state.getOrAddProperties<Properties>();
  properties.over = over;
  properties.axis = axis;
  if (reverse)
    properties.reverse = builder.getUnitAttr();
  setSegments(properties, inits.size(), stacked.size(), stackTypes.size());
  state.addRegion();
}

ParseResult LoopOp::parse(OpAsmParser &parser, OperationState &state) {
  auto &properties = state.getOrAddProperties<Properties>();
  // The written results, for all of them or none.
  SmallString<32> written;
  for (size_t i = 0, n = parser.getNumResults(); i < n; ++i) {
    StringRef name = parser.getResultName(i).first;
    if (name.empty() || llvm::isDigit(name.front())) {
      written.clear();
      break;
    }
    written += (i ? ", " : "");
    written += name;
  }
  if (!written.empty())
    state.location = withName(state.location, written);

  if (parser.parseKeyword("over"))
    return failure();
  FailureOr<DimAttr> over = parseDimBody(parser);
  if (failed(over))
    return failure();
  properties.over = *over;
  StringRef axis;
  if (succeeded(parser.parseOptionalKeyword("on"))) {
    if (parser.parseKeyword(&axis))
      return failure();
    properties.axis = parser.getBuilder().getStringAttr(axis);
  }
  if (succeeded(parser.parseOptionalKeyword("reverse")))
    properties.reverse = parser.getBuilder().getUnitAttr();

  SmallVector<OpAsmParser::Argument> arguments;
  SmallVector<OpAsmParser::UnresolvedOperand> operands;
  auto parseBinding = [&]() -> ParseResult {
    OpAsmParser::Argument &argument = arguments.emplace_back();
    return failure(parseNamedArgument(parser, argument) ||
                   parser.parseEqual() ||
                   parser.parseOperand(operands.emplace_back()) ||
                   parser.parseColon() || parseTensor(parser, argument.type));
  };
  if (parser.parseCommaSeparatedList(AsmParser::Delimiter::Paren, parseBinding))
    return failure();
  size_t carries = arguments.size();
  if (succeeded(parser.parseOptionalKeyword("slices")) &&
      parser.parseCommaSeparatedList(AsmParser::Delimiter::Paren, parseBinding))
    return failure();

  for (auto [index, argument] : llvm::enumerate(arguments)) {
    auto type = cast<NamedTensorType>(argument.type);
    bool reverse = static_cast<bool>(properties.reverse);
    if (index < carries) {
      state.addTypes(finalType(properties.axis, reverse, type));
      type = initType(properties.axis, reverse, type);
    } else {
      if (!(type = checkedStackType(parser, *over, properties.axis, type)))
        return failure();
    }
    if (parser.resolveOperand(operands[index], type, state.operands))
      return failure();
  }
  Region *body = state.addRegion();
  if (parser.parseRegion(*body, arguments))
    return failure();
  // The stacks' types follow from the terminator, parsed just now.
  size_t stacks = 0;
  if (!body->empty() && !body->front().empty())
    if (auto yield = dyn_cast<YieldOp>(body->front().back())) {
      stacks = yield.getStacks().size();
      for (Value value : yield.getStacks()) {
        auto slice = dyn_cast<NamedTensorType>(value.getType());
        if (!slice)
          return parser.emitError(parser.getNameLoc(), "can not stack ")
                 << value.getType() << "; expected tensors with named dims";
        NamedTensorType stack =
            checkedStackType(parser, *over, properties.axis, slice);
        if (!stack)
          return failure();
        state.addTypes(stack);
      }
    }
  setSegments(properties, carries, arguments.size() - carries, stacks);
  return parser.parseOptionalAttrDict(state.attributes);
}

void LoopOp::print(OpAsmPrinter &printer) {
  printer << " over ";
  printDimBody(printer.getStream(), getOver());
  if (getAxis())
    printer << " on " << *getAxis();
  if (getReverse())
    printer << " reverse";
  auto printBinding = [&](auto binding) {
    auto [argument, operand] = binding;
    printer << argument << " = " << operand << " : ";
    printTensorType(printer, argument.getType());
  };
  printer << " (";
  llvm::interleaveComma(llvm::zip(carries(), getInits()), printer,
                        printBinding);
  printer << ')';
  if (!getStacked().empty()) {
    printer.increaseIndent();
    printer.increaseIndent();
    printer.printNewline();
    printer << "slices (";
    llvm::interleave(llvm::zip(slices(), getStacked()), printBinding, [&] {
      printer << ',';
      printer.printNewline();
      printer << "        ";
    });
    printer << ')';
    printer.decreaseIndent();
    printer.decreaseIndent();
  }
  printer << ' ';
  printer.printRegion(getBody(), /*printEntryBlockArgs=*/false);
  printer.printOptionalAttrDict(
      (*this)->getDiscardableAttrDictionary().getValue());
}

StringRef LoopOp::getDefaultDialect() { return "flm"; }

void LoopOp::getAsmBlockArgumentNames(Region &region,
                                      OpAsmSetValueNameFn setName) {
  nameArguments(region, setName);
}

void LoopOp::getAsmResultNames(OpAsmSetValueNameFn setName) {
  nameResults(*this, "", setName);
}

//===----------------------------------------------------------------------===//
// Verification
//===----------------------------------------------------------------------===//

/// What the interface's methods take for granted: they are called before
/// verifyRegions.
LogicalResult LoopOp::verify() {
  if (body()->empty() || !isa<YieldOp>(body()->back()))
    return emitOpError("must end in yield");
  if (getBody().getNumArguments() != getNumOperands())
    return emitOpError("needs one body argument per carried value and slice");
  if (failed(verifyArguments(*this)))
    return failure();
  if (yield().getCarries().size() != getInits().size() ||
      yield().getStacks().size() != getStacks().size())
    return yield().emitOpError()
           << "yields " << yield().getCarries().size() << " carried and "
           << yield().getStacks().size() << " stacked values, the loop has "
           << getInits().size() << " and " << getStacks().size();
  for (auto [index, init] : llvm::enumerate(getInits())) {
    NamedTensorType type = typeOf(getAxis() ? carries()[index] : init);
    if (carries()[index].getType() != type ||
        yield().getCarries()[index].getType() != type ||
        (!getAxis() && getFinals()[index].getType() != type))
      return emitOpError() << "carried value #" << index << " enters as "
                           << type << " but leaves an iteration as "
                           << yield().getCarries()[index].getType();
    if (getAxis() && failed(verifyEnds(index)))
      return failure();
  }
  return success();
}

/// Where a carry of a loop on an axis enters and leaves.
LogicalResult LoopOp::verifyEnds(unsigned index) {
  NamedTensorType carry = typeOf(carries()[index]);
  NamedTensorType init = initType(getAxisAttr(), getReverse(), carry),
                  final = finalType(getAxisAttr(), getReverse(), carry);
  StringRef from = getReverse() ? "last" : "first",
            to = getReverse() ? "first" : "last";
  if (getInits()[index].getType() != init)
    return emitOpError() << "carried value #" << index << " enters at the "
                         << from << " rank of '" << *getAxis()
                         << "': it must be " << init << ", not "
                         << getInits()[index].getType();
  if (getFinals()[index].getType() != final)
    return emitOpError() << "carried value #" << index << " leaves at the "
                         << to << " rank of '" << *getAxis() << "': it must be "
                         << final << ", not " << getFinals()[index].getType();
  return success();
}

/// In a loop on an axis each rank runs its own iterations with what it has: a
/// value that lies on some ranks only, and a collective, have no place there.
LogicalResult LoopOp::verifyOnAxis() {
  if (!getAxis())
    return success();
  WalkResult result = getBody().walk([&](Operation *op) -> WalkResult {
    auto check = [&](Value value) -> LogicalResult {
      auto type = dyn_cast<NamedTensorType>(value.getType());
      AxisStateAttr state = type ? stateOn(type, getAxisAttr()) : nullptr;
      if (!state)
        return success();
      StringRef name = valueName(value);
      auto diag = op->emitOpError()
                  << "in a loop on '" << *getAxis() << "' has a value"
                  << (name.empty() ? "" : " (%" + name + ")") << " that is "
                  << stateText(state) << " over it; ";
      if (state.getKind() == AxisStateKind::Split)
        return diag << "pass it to the loop as a slice";
      return diag << "carry it into the loop, or make it replicated first";
    };
    for (Value operand : op->getOperands())
      if (failed(check(operand)))
        return WalkResult::interrupt();
    for (Value value : op->getResults())
      if (failed(check(value)))
        return WalkResult::interrupt();
    return WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}

LogicalResult LoopOp::verifyRegions() {
  YieldOp terminator = yield();
  auto checkStack = [&](Value slice, Value stack,
                        const Twine &what) -> LogicalResult {
    for (AxisStateAttr state : typeOf(slice).getStates())
      if (state.getKind() == AxisStateKind::Split && state.getArgument() == "*")
        return emitOpError()
               << what << " is flat over '" << state.getAxis().getValue()
               << "', but a part of a flat stack is no stack of "
                  "flat parts; gather it first";
    NamedTensorType expected = stackType(typeOf(slice));
    if (stack.getType() == expected)
      return success();
    return emitOpError() << what << " is " << slice.getType()
                         << ", so its stack must be " << expected << ", not "
                         << stack.getType();
  };
  for (auto [index, stack] : llvm::enumerate(getStacked()))
    if (failed(checkStack(slices()[index], stack, "slice #" + Twine(index))))
      return failure();
  for (auto [index, stack] : llvm::enumerate(getStacks()))
    if (failed(checkStack(terminator.getStacks()[index], stack,
                          "stacked value #" + Twine(index))))
      return failure();
  return verifyOnAxis();
}

//===----------------------------------------------------------------------===//
// Canonicalization
//===----------------------------------------------------------------------===//

namespace {

/// Drops stacks that nobody reads and slices that the body does not use.
struct DropDeadStacks : OpRewritePattern<LoopOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(LoopOp loop,
                                PatternRewriter &rewriter) const override {
    YieldOp yield = loop.yield();
    SmallVector<Value> stacked, keptResults, keptYields;
    SmallVector<Type> keptTypes;
    SmallVector<StringRef> names;
    BitVector deadArguments(loop.getNumOperands());
    for (Value final : loop.getFinals())
      names.push_back(valueName(final));
    for (auto [index, stack] : llvm::enumerate(loop.getStacked())) {
      if (loop.slices()[index].use_empty())
        deadArguments.set(loop.getInits().size() + index);
      else
        stacked.push_back(stack);
    }
    for (auto [result, value] :
         llvm::zip(loop.getStacks(), yield.getStacks())) {
      if (result.use_empty())
        continue;
      names.push_back(valueName(result));
      keptResults.push_back(result);
      keptYields.push_back(value);
      keptTypes.push_back(result.getType());
    }
    if (deadArguments.none() && keptResults.size() == loop.getStacks().size())
      return failure();

    bool named = llvm::none_of(names, [](StringRef n) { return n.empty(); });
    Location loc = named ? withName(loop.getLoc(), llvm::join(names, ", "))
                         : withoutName(loop.getLoc());
    auto next =
        LoopOp::create(rewriter, loc, loop.getOver(), loop.getReverse(),
                       loop.getInits(), stacked, keptTypes, loop.getAxisAttr());
    rewriter.modifyOpInPlace(
        yield, [&] { yield.getStacksMutable().assign(keptYields); });
    rewriter.modifyOpInPlace(
        loop, [&] { loop.body()->eraseArguments(deadArguments); });
    rewriter.inlineRegionBefore(loop.getBody(), next.getBody(),
                                next.getBody().begin());
    for (auto [from, to] : llvm::zip(loop.getFinals(), next.getFinals()))
      rewriter.replaceAllUsesWith(from, to);
    for (auto [from, to] : llvm::zip(keptResults, next.getStacks()))
      rewriter.replaceAllUsesWith(from, to);
    rewriter.eraseOp(loop);
    return success();
  }
};

} // namespace

void LoopOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                         MLIRContext *context) {
  patterns.add<DropDeadStacks>(context);
}
