//===----------------------------------------------------------------------===//
// Names of values.
//===----------------------------------------------------------------------===//
#include "dialects/flm/ValueNames.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace flm;

static StringRef nameOf(Location loc) {
  if (auto named = dyn_cast<NameLoc>(loc))
    return named.getName().getValue();
  return {};
}

/// The `index`-th of the ", "-separated names.
static StringRef nthName(StringRef names, unsigned index) {
  for (; index; --index)
    names = names.split(", ").second;
  return names.split(", ").first;
}

StringRef flm::valueName(Value value) {
  if (auto result = dyn_cast<OpResult>(value))
    return nthName(nameOf(result.getOwner()->getLoc()),
                   result.getResultNumber());
  return nameOf(value.getLoc());
}

Location flm::withoutName(Location loc) {
  if (auto named = dyn_cast<NameLoc>(loc))
    return named.getChildLoc();
  return loc;
}

Location flm::withName(Location loc, const Twine &name) {
  SmallString<32> storage;
  StringRef text = name.toStringRef(storage);
  text.consume_front("%");
  loc = withoutName(loc);
  if (text.empty() || llvm::isDigit(text.front()))
    return loc;
  return NameLoc::get(StringAttr::get(loc.getContext(), text), loc);
}

Location flm::derivedFrom(Value value, StringRef prefix, StringRef suffix) {
  Location loc = withoutName(value.getLoc());
  StringRef name = valueName(value);
  if (name.empty())
    return loc;
  return withName(loc, prefix + name + suffix);
}

void flm::nameResults(Operation *op, StringRef defaults,
                      OpAsmSetValueNameFn setName) {
  StringRef names = nameOf(op->getLoc());
  for (OpResult result : op->getResults()) {
    StringRef name = nthName(names, result.getResultNumber());
    if (name.empty())
      name = nthName(defaults, result.getResultNumber());
    if (!name.empty())
      setName(result, name);
  }
}

void flm::nameArguments(Region &region, OpAsmSetValueNameFn setName) {
  for (BlockArgument argument : region.getArguments())
    if (StringRef name = nameOf(argument.getLoc()); !name.empty())
      setName(argument, name);
}

void flm::adoptParsedNames(Region &region) {
  region.walk([](Operation *op) {
    if (auto names = dyn_cast_or_null<StringAttr>(
            op->removeDiscardableAttr(kParsedNames)))
      op->setLoc(withName(op->getLoc(), names.getValue()));
  });
}

ParseResult flm::parseNamedArgument(OpAsmParser &parser,
                                    OpAsmParser::Argument &argument) {
  if (parser.parseArgument(argument))
    return failure();
  argument.sourceLoc =
      withName(parser.getEncodedSourceLoc(argument.ssaName.location),
               argument.ssaName.name);
  return success();
}
