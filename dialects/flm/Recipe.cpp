//===----------------------------------------------------------------------===//
// The values of a recipe, with defaults filled in.
//===----------------------------------------------------------------------===//
#include "dialects/flm/Recipe.h"
#include "dialects/flm/DimNames.h"
#include "dialects/flm/Limits.h"

using namespace mlir;
using namespace flm;

ArrayRef<StringRef> flm::recipeKeys() {
  static const auto keys = [] {
    SmallVector<StringRef> keys;
    const abi::Recipe recipe;
    abi::forEachKey(recipe, [&](const abi::RecipeKey &key, const auto &) {
      keys.push_back(key.name);
    });
    return keys;
  }();
  return keys;
}

// Reads `attr` as a value of `key`: one overload for each type of a value;
// false if it is none.

static bool read(const abi::RecipeKey &key, Attribute attr, double &value) {
  if (auto number = dyn_cast<FloatAttr>(attr))
    value = number.getValueAsDouble();
  else if (auto integer = dyn_cast<IntegerAttr>(attr))
    value = static_cast<double>(integer.getInt());
  else
    return false;
  return key.holds(value);
}

static bool read(const abi::RecipeKey &key, Attribute attr, int64_t &value) {
  auto integer = dyn_cast<IntegerAttr>(attr);
  if (!integer)
    return false;
  value = integer.getInt();
  return value >= key.least;
}

static bool read(const abi::RecipeKey &key, Attribute attr,
                 std::string &value) {
  auto word = dyn_cast<StringAttr>(attr);
  if (!word)
    return false;
  value = word.str();
  return llvm::is_contained(abi::split(key.choices, '|'), value);
}

static bool read(const abi::RecipeKey &, Attribute attr,
                 std::vector<std::string> &value) {
  auto list = dyn_cast<ArrayAttr>(attr);
  if (!list || list.empty() || !llvm::all_of(list, llvm::IsaPred<StringAttr>))
    return false;
  value.clear();
  for (auto dim : list.getAsRange<StringAttr>())
    value.push_back(dim.str());
  return true;
}

LogicalResult
flm::verifyRecipeBinding(StringRef name, Attribute attr,
                         function_ref<InFlightDiagnostic()> emitError) {
  bool known = false;
  LogicalResult result = success();
  abi::Recipe recipe;
  abi::forEachKey(recipe, [&](const abi::RecipeKey &key, auto &value) {
    if (name != key.name)
      return;
    known = true;
    // Sizes and counts are computed with; a seed is not.
    auto integer = dyn_cast<IntegerAttr>(attr);
    if (integer && name != "seed" && integer.getInt() > kLargestCount)
      result = emitError() << "'" << name << "' is " << integer.getInt()
                           << ", more than 2^40: " << key.doc;
    else if (!read(key, attr, value))
      result = emitError() << "'" << name << "' must be " << key.expected()
                           << ": " << key.doc;
  });
  if (!known)
    return emitError() << "unknown recipe key '" << name << "'"
                       << suggestion(name, recipeKeys());
  return result;
}

Recipe Recipe::of(RecipeOp op) {
  Recipe recipe;
  if (RecipeOp base = op.baseRecipe())
    recipe = Recipe::of(base);
  abi::forEachKey(recipe, [&](const abi::RecipeKey &key, auto &value) {
    for (auto [name, attr] : llvm::zip(op.getNames(), op.getValues()))
      if (cast<StringAttr>(name).getValue() == key.name)
        read(key, attr, value);
  });
  return recipe;
}
