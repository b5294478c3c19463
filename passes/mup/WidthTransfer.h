//===----------------------------------------------------------------------===//
// A recipe's values, from the width at which they were tuned to the config's.
//===----------------------------------------------------------------------===//
#ifndef FLM_PASSES_MUP_WIDTHTRANSFER_H
#define FLM_PASSES_MUP_WIDTHTRANSFER_H

#include "dialects/flm/Recipe.h"
#include "passes/mup/ParameterRole.h"

namespace flm {

class WidthTransfer {
public:
  /// `model` is bound to a config and a recipe.
  explicit WidthTransfer(ModelOp model);

  /// How a parameter in `role` begins and learns, and why.
  MupAttr multipliers(const ParameterRole &role) const;

  /// What an embedding's output, and what a head's input, is multiplied with.
  double inputMultiplier() const { return recipe.input_mult; }
  double outputMultiplier() const {
    return isMup() ? recipe.output_mult / ratio : recipe.output_mult;
  }

  const Recipe recipe;

private:
  bool isMup() const { return recipe.parametrization == "mup"; }

  mlir::MLIRContext *context;
  double ratio; ///< width / base_width
  std::string ratioText;
};

} // namespace flm

#endif // FLM_PASSES_MUP_WIDTHTRANSFER_H
