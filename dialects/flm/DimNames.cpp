//===----------------------------------------------------------------------===//
// Names of dims while text is read, and messages about names that are wrong.
//===----------------------------------------------------------------------===//
#include "dialects/flm/DimNames.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace flm;

StringRef flm::nearestName(StringRef name, ArrayRef<StringRef> known) {
  StringRef nearest;
  unsigned best = 3;
  for (StringRef candidate : known) {
    unsigned distance = name.edit_distance(candidate);
    if (distance < best) {
      best = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

std::string flm::suggestion(StringRef name, ArrayRef<StringRef> known) {
  if (StringRef nearest = nearestName(name, known); !nearest.empty())
    return ("; did you mean '" + nearest + "'?").str();
  return "; known: " + llvm::join(known, ", ");
}

//===----------------------------------------------------------------------===//
// Scope
//===----------------------------------------------------------------------===//

static thread_local const SmallVectorImpl<StringRef> *currentDims = nullptr;

DimScope::DimScope(ArrayRef<StringRef> names)
    : names(names), outer(currentDims) {
  currentDims = &this->names;
}

DimScope::~DimScope() { currentDims = outer; }

//===----------------------------------------------------------------------===//
// Text
//===----------------------------------------------------------------------===//

FailureOr<DimAttr> flm::parseDimBody(AsmParser &parser) {
  SmallVector<StringAttr> names;
  SmallVector<int64_t> sizes;
  SMLoc start = parser.getCurrentLocation();
  do {
    StringRef name;
    int64_t size = ShapedType::kDynamic;
    SMLoc loc = parser.getCurrentLocation();
    if (parser.parseKeyword(&name))
      return failure();
    if (currentDims && !llvm::is_contained(*currentDims, name))
      return parser.emitError(loc, "unknown dim '")
             << name << "'" << suggestion(name, *currentDims);
    if (succeeded(parser.parseOptionalEqual())) {
      SMLoc sizeLoc = parser.getCurrentLocation();
      if (parser.parseInteger(size))
        return failure();
      if (size <= 0)
        return parser.emitError(sizeLoc, "a dim must be positive");
    }
    names.push_back(StringAttr::get(parser.getContext(), name));
    sizes.push_back(size);
  } while (succeeded(parser.parseOptionalStar()));
  auto dim = DimAttr::getChecked([&] { return parser.emitError(start); },
                                 parser.getContext(), ArrayRef(names),
                                 ArrayRef(sizes));
  if (!dim)
    return failure();
  return dim;
}

void flm::printDimBody(raw_ostream &os, DimAttr dim) {
  llvm::interleave(
      llvm::zip(dim.getNames(), dim.getSizes()), os,
      [&](auto factor) {
        auto [name, size] = factor;
        os << name.getValue();
        if (!ShapedType::isDynamic(size))
          os << '=' << size;
      },
      " * ");
}

ParseResult flm::parseDimList(AsmParser &parser,
                              SmallVectorImpl<DimAttr> &dims) {
  return parser.parseCommaSeparatedList(
      AsmParser::Delimiter::Square, [&]() -> ParseResult {
        FailureOr<DimAttr> dim = parseDimBody(parser);
        if (failed(dim))
          return failure();
        dims.push_back(*dim);
        return success();
      });
}

void flm::printDimList(raw_ostream &os, ArrayRef<DimAttr> dims) {
  os << '[';
  llvm::interleaveComma(dims, os, [&](DimAttr dim) { printDimBody(os, dim); });
  os << ']';
}
