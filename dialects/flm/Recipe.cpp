//===----------------------------------------------------------------------===//
// The values of a recipe, with defaults filled in.
//===----------------------------------------------------------------------===//
#include "dialects/flm/Recipe.h"
#include "dialects/flm/DimNames.h"
#include "dialects/flm/Limits.h"

#include "llvm/ADT/StringExtras.h"

#include <cmath>

using namespace mlir;
using namespace flm;

ArrayRef<StringRef> flm::recipeKeys() {
  static const StringRef keys[] = {
#define FLM_RECIPE_NUMBER(key, value, doc) #key,
#define FLM_RECIPE_INTEGER(key, value, doc) #key,
#define FLM_RECIPE_KEYWORD(key, value, choices, doc) #key,
#define FLM_RECIPE_DIMS(key, value, doc) #key,
#include "dialects/flm/Recipe.def"
  };
  return keys;
}

static bool isNumber(Attribute value) {
  return isa<IntegerAttr, FloatAttr>(value);
}

static double numberOf(Attribute value) {
  if (auto integer = dyn_cast<IntegerAttr>(value))
    return static_cast<double>(integer.getInt());
  return cast<FloatAttr>(value).getValueAsDouble();
}

LogicalResult
flm::verifyRecipeBinding(StringRef key, Attribute value,
                         function_ref<InFlightDiagnostic()> emitError) {
#define FLM_RECIPE_NUMBER(name, fallback, doc)                                 \
  if (key == #name) {                                                          \
    if (!isNumber(value) || !std::isfinite(numberOf(value)) ||                 \
        numberOf(value) < 0)                                                   \
      return emitError() << "'" << key                                         \
                         << "' must be a number, 0 or more: " << doc;          \
    return success();                                                          \
  }
#define FLM_RECIPE_INTEGER(name, fallback, doc)                                \
  if (key == #name) {                                                          \
    auto integer = dyn_cast<IntegerAttr>(value);                               \
    if (!integer || integer.getInt() <= 0)                                     \
      return emitError() << "'" << key                                         \
                         << "' must be a positive integer: " << doc;           \
    if (integer.getInt() > kLargestCount)                                      \
      return emitError() << "'" << key << "' is " << integer.getInt()          \
                         << ", more than 2^40: " << doc;                       \
    return success();                                                          \
  }
#define FLM_RECIPE_KEYWORD(name, fallback, choices, doc)                       \
  if (key == #name) {                                                          \
    SmallVector<StringRef> known;                                              \
    StringRef(choices).split(known, '|');                                      \
    auto word = dyn_cast<StringAttr>(value);                                   \
    if (!word || !llvm::is_contained(known, word.getValue()))                  \
      return emitError() << "'" << key << "' must be one of "                  \
                         << llvm::join(known, ", ") << ": " << doc;            \
    return success();                                                          \
  }
#define FLM_RECIPE_DIMS(name, fallback, doc)                                   \
  if (key == #name) {                                                          \
    auto list = dyn_cast<ArrayAttr>(value);                                    \
    if (!list || list.empty() ||                                               \
        !llvm::all_of(list, llvm::IsaPred<StringAttr>))                        \
      return emitError() << "'" << key << "' must be a list of dims: " << doc; \
    return success();                                                          \
  }
#include "dialects/flm/Recipe.def"
  return emitError() << "unknown recipe key '" << key << "'"
                     << suggestion(key, recipeKeys());
}

/// Splits "a b c".
static std::vector<std::string> words(StringRef text) {
  SmallVector<StringRef> parts;
  text.split(parts, ' ', -1, /*KeepEmpty=*/false);
  return std::vector<std::string>(parts.begin(), parts.end());
}

Recipe Recipe::of(RecipeOp op) {
  Recipe recipe;
#define FLM_RECIPE_DIMS(name, value, doc) recipe.name = words(value);
#include "dialects/flm/Recipe.def"
  for (auto [nameAttr, value] : llvm::zip(op.getNames(), op.getValues())) {
    StringRef key = cast<StringAttr>(nameAttr).getValue();
#define FLM_RECIPE_NUMBER(name, fallback, doc)                                 \
  if (key == #name)                                                            \
    recipe.name = numberOf(value);
#define FLM_RECIPE_INTEGER(name, fallback, doc)                                \
  if (key == #name)                                                            \
    recipe.name = cast<IntegerAttr>(value).getInt();
#define FLM_RECIPE_KEYWORD(name, fallback, choices, doc)                       \
  if (key == #name)                                                            \
    recipe.name = cast<StringAttr>(value).getValue().str();
#define FLM_RECIPE_DIMS(name, fallback, doc)                                   \
  if (key == #name) {                                                          \
    recipe.name.clear();                                                       \
    for (Attribute dim : cast<ArrayAttr>(value))                               \
      recipe.name.push_back(cast<StringAttr>(dim).getValue().str());           \
  }
#include "dialects/flm/Recipe.def"
  }
  return recipe;
}
