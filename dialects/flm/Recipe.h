//===----------------------------------------------------------------------===//
// The values of a recipe, with defaults filled in.
//===----------------------------------------------------------------------===//
#ifndef FLM_DIALECTS_FLM_RECIPE_H
#define FLM_DIALECTS_FLM_RECIPE_H

#include "dialects/flm/Flm.h"
#include "runtime/abi/Recipe.h"

namespace flm {

struct Recipe : abi::Recipe {
  /// The values of `op`, which has been verified, and of the recipes that it
  /// derives from, over the defaults.
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
