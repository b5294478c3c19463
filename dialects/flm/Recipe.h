//===----------------------------------------------------------------------===//
// The values of a recipe, with defaults filled in.
//===----------------------------------------------------------------------===//
#ifndef FLM_DIALECTS_FLM_RECIPE_H
#define FLM_DIALECTS_FLM_RECIPE_H

#include "dialects/flm/Flm.h"

#include <string>
#include <vector>

namespace flm {

/// One member per line of Recipe.def.
struct Recipe {
#define FLM_RECIPE_NUMBER(key, value, doc) double key = value;
#define FLM_RECIPE_INTEGER(key, value, doc) int64_t key = value;
#define FLM_RECIPE_KEYWORD(key, value, choices, doc) std::string key = value;
#define FLM_RECIPE_DIMS(key, value, doc) std::vector<std::string> key;
#include "dialects/flm/Recipe.def"

  /// The values of `op`, which has been verified, over the defaults.
  static Recipe of(RecipeOp op);
};

/// All keys, for messages.
llvm::ArrayRef<llvm::StringRef> recipeKeys();

/// Checks one binding of a recipe; `emitError` begins the message.
mlir::LogicalResult
verifyRecipeBinding(llvm::StringRef key, mlir::Attribute value,
                    llvm::function_ref<mlir::InFlightDiagnostic()> emitError);

} // namespace flm

#endif // FLM_DIALECTS_FLM_RECIPE_H
