//===----------------------------------------------------------------------===//
// A recipe's values at the config's width.
//===----------------------------------------------------------------------===//
#include "passes/mup/WidthTransfer.h"

#include "dialects/flm/TypeSyntax.h"
#include "dialects/flm/ValueNames.h"

#include "mlir/IR/BuiltinOps.h"

#include <cmath>

using namespace mlir;
using namespace flm;

static Recipe recipeOf(ModelOp model) {
  auto module = model->getParentOfType<ModuleOp>();
  return Recipe::of(module.lookupSymbol<RecipeOp>(model.getRecipeAttr()));
}

/// The size that the model's config gives to `dim`.
static int64_t sizeOf(ModelOp model, StringRef dim) {
  auto module = model->getParentOfType<ModuleOp>();
  auto config = module.lookupSymbol<ConfigOp>(model.getConfigAttr());
  for (auto [name, value] : llvm::zip(config.getNames(), config.getValues()))
    if (cast<StringAttr>(name).getValue() == dim)
      return cast<IntegerAttr>(value).getInt();
  return 0;
}

WidthTransfer::WidthTransfer(ModelOp model)
    : recipe(recipeOf(model)), context(model.getContext()) {
  const std::string &dim = recipe.width.front();
  int64_t size = sizeOf(model, dim);
  ratio = static_cast<double>(size) / static_cast<double>(recipe.base_width);
  ratioText = dim + " " + std::to_string(size) + " / " +
              std::to_string(recipe.base_width) + " = " + shortFloat(ratio);
}

MupAttr WidthTransfer::multipliers(const ParameterRole &role) const {
  std::string why = std::to_string(role.widthDims) +
                    (role.widthDims == 1 ? " width dim" : " width dims");
  if (role.role == MupClass::Matrix) {
    double atBase = recipe.matrix_lr > 0 && recipe.lr > 0
                        ? recipe.matrix_lr / recipe.lr
                        : 1.0;
    double shrink = isMup() ? ratio : 1.0;
    return MupAttr::get(context, role.role, InitKind::Normal,
                        recipe.matrix_std / std::sqrt(ratio), atBase / shrink,
                        shrink, 1.0 / shrink, why + ", " + ratioText);
  }
  bool decays = role.use == ParameterUse::Weight || recipe.decay == "all";
  auto constant = [&](InitKind init, double value, const char *reason) {
    return MupAttr::get(context, role.role, init, value, /*lr=*/1.0,
                        decays ? 1.0 : 0.0, /*eps=*/1.0, why + reason);
  };
  switch (role.use) {
  case ParameterUse::Gain:
    return constant(InitKind::Constant, 1.0, ", a gain");
  case ParameterUse::Bias:
    return constant(InitKind::Constant, 0.0, ", a bias");
  case ParameterUse::Table:
  case ParameterUse::Weight:
    break;
  }
  if (role.role == MupClass::Output)
    return constant(InitKind::Normal,
                    isMup() ? recipe.std : recipe.std / std::sqrt(ratio),
                    ", contracted");
  return constant(InitKind::Normal, recipe.std, "");
}
