//===----------------------------------------------------------------------===//
// Model, config, recipe and plan: text and verification.
//===----------------------------------------------------------------------===//
#include "dialects/flm/Bodies.h"
#include "dialects/flm/DimNames.h"
#include "dialects/flm/Flm.h"
#include "dialects/flm/Limits.h"
#include "dialects/flm/ParameterNames.h"
#include "dialects/flm/Recipe.h"
#include "dialects/flm/Sizes.h"
#include "dialects/flm/TypeSyntax.h"
#include "dialects/flm/ValueNames.h"

#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/InterleavedRange.h"

using namespace mlir;
using namespace flm;

//===----------------------------------------------------------------------===//
// ModelOp
//===----------------------------------------------------------------------===//

StringRef ModelOp::getDefaultDialect() { return "flm"; }

void ModelOp::getAsmBlockArgumentNames(Region &region,
                                       OpAsmSetValueNameFn setName) {
  nameArguments(region, setName);
}

SmallVector<DimDefAttr> ModelOp::dimDefs() {
  return llvm::to_vector(getDims().getAsRange<DimDefAttr>());
}

SmallVector<StringRef> ModelOp::dimNames() {
  return llvm::map_to_vector(
      getDims().getAsRange<DimDefAttr>(),
      [](DimDefAttr d) { return d.getName().getValue(); });
}

/// `config @x`, where it is written.
static ParseResult parseOptionalSymbol(OpAsmParser &parser, StringRef keyword,
                                       OperationState &state) {
  FlatSymbolRefAttr symbol;
  if (failed(parser.parseOptionalKeyword(keyword)))
    return success();
  return parser.parseAttribute(symbol, keyword, state.attributes);
}

ParseResult ModelOp::parse(OpAsmParser &parser, OperationState &state) {
  StringAttr name;
  SmallVector<Attribute> dims;
  SmallVector<StringRef> dimNames;
  auto parseDimDef = [&]() -> ParseResult {
    SMLoc loc = parser.getCurrentLocation();
    auto def = dyn_cast_or_null<DimDefAttr>(DimDefAttr::parse(parser, {}));
    if (!def)
      return failure();
    StringRef declared = def.getName().getValue();
    if (llvm::is_contained(kCompilerDims, declared))
      return parser.emitError(loc, "'")
             << declared
             << "' is a dim that the compiler adds; call this one otherwise";
    if (llvm::is_contained(dimNames, declared))
      return parser.emitError(loc, "dim '")
             << declared << "' is declared twice";
    for (StringAttr used : {def.getFrom(), def.getDivisor()})
      if (used && !llvm::is_contained(dimNames, used.getValue()))
        return parser.emitError(loc, "dim '")
               << declared << "' is derived from '" << used.getValue()
               << "', which is not declared before it"
               << suggestion(used.getValue(), dimNames);
    dimNames.push_back(declared);
    dims.push_back(def);
    return success();
  };
  if (parser.parseSymbolName(name, getSymNameAttrName(state.name),
                             state.attributes) ||
      parseOptionalSymbol(parser, "config", state) ||
      parseOptionalSymbol(parser, "recipe", state) ||
      parseOptionalSymbol(parser, "plan", state) ||
      parser.parseKeyword("dims") ||
      parser.parseCommaSeparatedList(AsmParser::Delimiter::Square, parseDimDef))
    return failure();
  state.addAttribute(getDimsAttrName(state.name),
                     parser.getBuilder().getArrayAttr(dims));

  dimNames.push_back(kMicroDim);
  DimScope scope(dimNames);
  SmallVector<OpAsmParser::Argument> arguments;
  if (parseArguments(parser, arguments) ||
      parser.parseOptionalAttrDictWithKeyword(state.attributes))
    return failure();
  Region *body = state.addRegion();
  if (parser.parseRegion(*body, arguments))
    return failure();
  adoptParsedNames(*body);
  return success();
}

void ModelOp::print(OpAsmPrinter &printer) {
  printer << ' ';
  printer.printSymbolName(getSymName());
  if (getConfigAttr())
    printer << " config " << getConfigAttr();
  if (getRecipeAttr())
    printer << " recipe " << getRecipeAttr();
  if (getPlanAttr())
    printer << " plan " << getPlanAttr();
  printer.increaseIndent();
  printer.increaseIndent();
  printer.printNewline();
  printer << "dims [";
  llvm::interleaveComma(dimDefs(), printer, [&](DimDefAttr def) {
    printer << def.getName().getValue();
    if (def.isQuotient())
      printer << " = " << def.getFrom().getValue() << " / "
              << def.getDivisor().getValue();
    else if (!def.isFree())
      printer << " = round_up(" << def.getFrom().getValue() << ", "
              << def.getMultiple() << ')';
  });
  printer << ']';
  printer.printNewline();
  printArguments(printer, getBody());
  printer.decreaseIndent();
  printer.decreaseIndent();
  printer.printOptionalAttrDictWithKeyword(
      (*this)->getDiscardableAttrDictionary().getValue());
  printer << ' ';
  printer.printRegion(getBody(), /*printEntryBlockArgs=*/false);
}

/// The dims of `type` that `known` lacks are an error at `op`.
static LogicalResult checkDims(ModelOp model, Operation *op, Type type,
                               ArrayRef<StringRef> known) {
  auto tensor = dyn_cast<NamedTensorType>(type);
  if (!tensor)
    return success();
  for (DimAttr dim : tensor.getDims())
    for (StringAttr name : dim.getNames()) {
      if (llvm::is_contained(known, name.getValue()))
        continue;
      auto diag = op->emitError() << "unknown dim '" << name.getValue() << "'"
                                  << suggestion(name.getValue(), known);
      diag.attachNote(model.getLoc())
          << "model @" << model.getSymName() << " declares "
          << llvm::join(model.dimNames(), ", ");
      return diag;
    }
  return success();
}

LogicalResult ModelOp::verifyRegions() {
  if (failed(verifySymbolName(*this)))
    return failure();
  Block &body = getBody().front();
  if (body.empty() || !isa<ReturnOp>(body.back()))
    return emitOpError("must end in return");
  if (failed(verifyArguments(*this)) || failed(verifyOwnOps(*this)))
    return failure();
  SmallVector<StringRef> known = dimNames();
  known.push_back(kMicroDim);
  for (BlockArgument argument : body.getArguments())
    if (failed(checkDims(*this, *this, argument.getType(), known)))
      return failure();
  WalkResult result = getBody().walk([&](Operation *op) -> WalkResult {
    for (Type type : op->getResultTypes())
      if (failed(checkDims(*this, op, type, known)))
        return WalkResult::interrupt();
    return WalkResult::advance();
  });
  return failure(result.wasInterrupted() ||
                 failed(verifyParameterNames(*this)));
}

//===----------------------------------------------------------------------===//
// ConfigOp, RecipeOp, PlanOp
//===----------------------------------------------------------------------===//

/// The model that `op` is of, or an error.
static ModelOp lookUpModel(Operation *op, FlatSymbolRefAttr name,
                           SymbolTableCollection &symbols) {
  auto model = symbols.lookupNearestSymbolFrom<ModelOp>(op, name);
  if (!model)
    op->emitError() << "there is no model " << name;
  return model;
}

/// `name = value`: what the text form can say of an op of these lists.
static LogicalResult verifyBindings(Operation *op, ArrayAttr names,
                                    ArrayAttr values) {
  if (names.size() != values.size())
    return op->emitOpError() << "needs a value for each of " << names.size()
                             << " names, has " << values.size();
  auto isValue = [](Attribute value) {
    if (auto integer = dyn_cast<IntegerAttr>(value))
      return integer.getType().isSignlessInteger(64);
    if (auto list = dyn_cast<ArrayAttr>(value))
      return llvm::all_of(list, llvm::IsaPred<StringAttr>);
    return isa<FloatAttr, StringAttr>(value);
  };
  for (auto [name, value] : llvm::zip(names.getAsRange<StringAttr>(), values))
    if (!isValue(value))
      return op->emitOpError()
             << "'" << name.getValue() << "' is " << value
             << "; expected an i64, a float, a name or a list of names";
  return success();
}

LogicalResult ConfigOp::verifySymbolUses(SymbolTableCollection &symbols) {
  ModelOp model = lookUpModel(*this, getModelAttr(), symbols);
  if (!model || failed(verifySymbolName(*this)))
    return failure();
  if (failed(verifyBindings(*this, getNames(), getValues())))
    return failure();
  FailureOr<Sizes> sizes = givenSizes(model, *this);
  if (failed(sizes))
    return failure();
  return deriveSizes(model, *sizes, {kBatchDim}, [&] {
    return emitError() << "config @" << getSymName() << ": ";
  });
}

LogicalResult RecipeOp::verify() {
  if (failed(verifySymbolName(*this)))
    return failure();
  if (failed(verifyBindings(*this, getNames(), getValues())))
    return failure();
  for (auto [key, value] : llvm::zip(getNames(), getValues()))
    if (failed(verifyRecipeBinding(cast<StringAttr>(key).getValue(), value,
                                   [&] { return emitError(); })))
      return failure();
  return success();
}

RecipeOp RecipeOp::baseRecipe() {
  if (!getBaseAttr())
    return {};
  return SymbolTable::lookupNearestSymbolFrom<RecipeOp>(*this, getBaseAttr());
}

/// The names of all recipes beside `op` but its own.
static SmallVector<StringRef> otherRecipes(RecipeOp op) {
  SmallVector<StringRef> names;
  for (auto other : op->getParentRegion()->getOps<RecipeOp>())
    if (other != op)
      names.push_back(other.getSymName());
  return names;
}

LogicalResult RecipeOp::verifySymbolUses(SymbolTableCollection &symbols) {
  // Follows what this recipe derives from, to its end or to what it has seen.
  SmallVector<RecipeOp> seen{*this};
  while (FlatSymbolRefAttr name = seen.back().getBaseAttr()) {
    auto next = symbols.lookupNearestSymbolFrom<RecipeOp>(*this, name);
    if (!next) {
      // An error of the recipe that says so.
      if (seen.size() > 1)
        return success();
      SmallVector<StringRef> known = otherRecipes(*this);
      auto diag = emitError() << "recipe @" << getSymName()
                              << " derives from unknown recipe " << name;
      if (!known.empty())
        diag << suggestion(name.getValue(), known);
      return diag;
    }
    if (next == *this) {
      auto diag = emitError()
                  << "recipe @" << getSymName() << " derives from itself";
      for (RecipeOp through : ArrayRef(seen).drop_front())
        diag.attachNote(through.getLoc())
            << "through @" << through.getSymName();
      return diag;
    }
    // A circle that this recipe is not in is an error of those that are.
    if (llvm::is_contained(seen, next))
      return success();
    seen.push_back(next);
  }
  return success();
}

int64_t PlanOp::ranks() {
  int64_t ranks = 1;
  for (auto size : getSizes().getAsRange<IntegerAttr>())
    ranks *= size.getInt();
  return ranks;
}

int64_t PlanOp::axisSize(StringRef axis) {
  for (auto [name, size] : llvm::zip(getAxes().getAsRange<StringAttr>(),
                                     getSizes().getAsRange<IntegerAttr>()))
    if (name.getValue() == axis)
      return size.getInt();
  llvm_unreachable("the verifier lets no plan name an axis that is not there");
}

int64_t PlanOp::partsOf(StringRef dim) {
  int64_t parts = 1;
  for (auto [from, to] : llvm::zip(getFrom().getAsRange<StringAttr>(),
                                   getTo().getAsRange<StringAttr>()))
    if (from.getValue() == dim)
      parts *= axisSize(to.getValue());
  return parts;
}

LogicalResult PlanOp::verifySymbolUses(SymbolTableCollection &symbols) {
  ModelOp model = lookUpModel(*this, getModelAttr(), symbols);
  if (!model || failed(verifySymbolName(*this)))
    return failure();
  SmallVector<int64_t> sizes;
  for (auto size : getSizes().getAsRange<IntegerAttr>())
    sizes.push_back(size.getInt());
  if (getAxes().size() != sizes.size() || getFrom().size() != getTo().size())
    return emitOpError("needs a size for each axis, and an axis for each dim");
  if (!boundedProduct(sizes, kMostRanks))
    return emitError() << "a grid has 1 to " << kMostRanks
                       << " ranks, each axis at least one; "
                       << llvm::interleaved(sizes, " * ") << " is no such";
  SmallVector<StringRef> dims = model.dimNames();
  dims.push_back("optimizer");
  SmallVector<StringRef> axes;
  for (auto axis : getAxes().getAsRange<StringAttr>())
    axes.push_back(axis.getValue());
  for (auto [dim, axis] : llvm::zip(getFrom().getAsRange<StringAttr>(),
                                    getTo().getAsRange<StringAttr>())) {
    if (!llvm::is_contained(dims, dim.getValue()))
      return emitError() << "unknown dim '" << dim.getValue() << "'"
                         << suggestion(dim.getValue(), dims);
    if (!llvm::is_contained(axes, axis.getValue()))
      return emitError() << "unknown axis '" << axis.getValue()
                         << "'; the grid has " << llvm::join(axes, ", ");
  }
  return success();
}
