//===----------------------------------------------------------------------===//
// The µP table, for people.
//===----------------------------------------------------------------------===//
#include "passes/mup/Passes.h"

#include "dialects/flm/Flm.h"
#include "dialects/flm/Recipe.h"

#include "llvm/Support/Format.h"

using namespace mlir;
using namespace flm;

void flm::printMupTable(ModuleOp module, llvm::raw_ostream &os) {
  for (ModelOp model : module.getOps<ModelOp>()) {
    Recipe recipe =
        Recipe::of(module.lookupSymbol<RecipeOp>(model.getRecipeAttr()));
    os << "µP of @" << model.getSymName() << " config " << model.getConfigAttr()
       << " recipe " << model.getRecipeAttr() << " (" << recipe.parametrization
       << ", base_width " << recipe.base_width << ", decay " << recipe.decay
       << ")\n";
    os << llvm::format("%-52s %-7s %-18s %10s %10s %10s %10s  %s\n",
                       "parameter", "role", "init", "lr", "min_lr", "wd", "eps",
                       "why");
    model.walk([&](ParamOp param) {
      MupAttr mup = param.getMupAttr();
      double lr = mup.getLr().getValueAsDouble();
      std::string init;
      llvm::raw_string_ostream(init)
          << stringifyInitKind(mup.getInit()) << ' '
          << llvm::format("%.4g", mup.getValue().getValueAsDouble());
      os << llvm::format("%-52s %-7s %-18s %10.4g %10.4g %10.4g %10.4g  %s\n",
                         param.getName().str().c_str(),
                         stringifyMupClass(mup.getRole()).data(), init.c_str(),
                         recipe.lr * lr, recipe.min_lr * lr,
                         recipe.weight_decay * mup.getWd().getValueAsDouble(),
                         recipe.eps * mup.getEps().getValueAsDouble(),
                         mup.getWhy().getValue().str().c_str());
    });
    double input = 1.0, output = 1.0;
    model.walk([&](ScaleOp scale) {
      if (scale.getX().getDefiningOp<EmbeddingOp>())
        input = scale.multiplier();
      else
        output = scale.multiplier();
    });
    os << "forward: input multiplier " << llvm::format("%.6g", input)
       << ", output multiplier " << llvm::format("%.6g", output) << "\n";
  }
}
