//===----------------------------------------------------------------------===//
// The values of a recipe and what each key says about itself: one definition
// for the compiler, which reads the spec, and for the runtime, whose flags
// override some of them.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_ABI_RECIPE_H
#define FLM_RUNTIME_ABI_RECIPE_H

#include <stdint.h>
#include <string>
#include <string_view>
#include <vector>

namespace flm::abi {

/// One line of Recipe.def.
struct RecipeKey {
  enum Kind { Number, Factor, Integer, Keyword, Dims };
  enum When { Fixed, Flag };
  const char *name;
  Kind kind;
  When when;           ///< Flag: a flag of the training binary overrides it
  int64_t least;       ///< of an Integer
  const char *choices; ///< of a Keyword, "a|b"
  const char *unit, *doc;

  /// What a value must be, for messages: "a whole number of at least 1".
  std::string expected() const;
  /// Whether `value` is in the range of a key that is a number.
  bool holds(double value) const;
};

/// The words of "a|b".
inline std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> words;
  for (size_t end; !text.empty(); text.remove_prefix(end)) {
    end = text.find(separator);
    words.emplace_back(text.substr(0, end));
    end = end == text.npos ? text.size() : end + 1;
  }
  return words;
}

inline std::string RecipeKey::expected() const {
  switch (kind) {
  case Number:
    return "a number of at least 0";
  case Factor:
    return "a number from 0 to below 1";
  case Integer:
    return "a whole number of at least " + std::to_string(least);
  case Keyword: {
    std::string words;
    for (const std::string &word : split(choices, '|'))
      words += (words.empty() ? "" : " or ") + word;
    return words;
  }
  case Dims:
    return "a list of dims";
  }
  return "";
}

inline bool RecipeKey::holds(double value) const {
  // Written so that neither a NaN nor an infinity holds.
  return value >= (kind == Integer ? double(least) : 0) &&
         value < (kind == Factor ? 1 : __builtin_inf());
}

/// All values of a recipe, at first the defaults.
struct Recipe {
#define FLM_RECIPE_NUMBER(key, when, value, unit, doc) double key = value;
#define FLM_RECIPE_FACTOR(key, when, value, unit, doc) double key = value;
#define FLM_RECIPE_INTEGER(key, when, value, least, unit, doc)                 \
  int64_t key = value;
#define FLM_RECIPE_KEYWORD(key, when, value, choices, unit, doc)               \
  std::string key = value;
#define FLM_RECIPE_DIMS(key, when, value, unit, doc)                           \
  std::vector<std::string> key = split(value, ' ');
#include "runtime/abi/Recipe.def"
};

/// Calls `visit(key, value)` for every key, in order. `value` is the member of
/// `recipe`: a double, an int64_t, a string or a list of strings.
template <typename AnyRecipe, typename Visit>
void forEachKey(AnyRecipe &recipe, Visit visit) {
#define FLM_VISIT(key, when, kind, least, choices, unit, doc)                  \
  visit(RecipeKey{#key, RecipeKey::kind, RecipeKey::when, least, choices,      \
                  unit, doc},                                                  \
        recipe.key);
#define FLM_RECIPE_NUMBER(key, when, value, unit, doc)                         \
  FLM_VISIT(key, when, Number, 0, "", unit, doc)
#define FLM_RECIPE_FACTOR(key, when, value, unit, doc)                         \
  FLM_VISIT(key, when, Factor, 0, "", unit, doc)
#define FLM_RECIPE_INTEGER(key, when, value, least, unit, doc)                 \
  FLM_VISIT(key, when, Integer, least, "", unit, doc)
#define FLM_RECIPE_KEYWORD(key, when, value, choices, unit, doc)               \
  FLM_VISIT(key, when, Keyword, 0, choices, unit, doc)
#define FLM_RECIPE_DIMS(key, when, value, unit, doc)                           \
  FLM_VISIT(key, when, Dims, 0, "", unit, doc)
#include "runtime/abi/Recipe.def"
#undef FLM_VISIT
}

} // namespace flm::abi

#endif // FLM_RUNTIME_ABI_RECIPE_H
