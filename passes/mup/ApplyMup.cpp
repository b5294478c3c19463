//===----------------------------------------------------------------------===//
// Transfers hyper-parameters to the config's width.
//===----------------------------------------------------------------------===//
#include "passes/mup/Passes.h"

#include "dialects/flm/Flm.h"
#include "dialects/flm/Recipe.h"
#include "dialects/flm/TypeSyntax.h"
#include "dialects/flm/ValueNames.h"

#include <cmath>

using namespace mlir;
using namespace flm;

namespace flm {
#define GEN_PASS_DEF_APPLYMUP
#include "passes/mup/Passes.h.inc"
} // namespace flm

namespace {

struct ApplyMup : flm::impl::ApplyMupBase<ApplyMup> {
  void runOnOperation() override;

private:
  bool isWidth(DimAttr dim) const {
    return llvm::any_of(recipe.width,
                        [&](const std::string &w) { return dim.hasFactor(w); });
  }
  /// The dims of one layer's parameter.
  static ArrayRef<DimAttr> ownDims(ParamOp param) {
    ArrayRef<DimAttr> dims = typeOf(param.getValue()).getDims();
    return param.getName().contains('*') ? dims.drop_front() : dims;
  }
  /// A head: its width dim is contracted and its other dim is no width.
  bool isOutput(ArrayRef<DimAttr> dims, Value weight) const {
    return dims.size() == 2 && isWidth(dims[1]) && !isWidth(dims[0]) &&
           llvm::any_of(weight.getUsers(), llvm::IsaPred<LinearOp>);
  }
  MupAttr multipliers(ParamOp param) const;
  void scaleForward(ModelOp model) const;

  Recipe recipe;
  bool mup = true;
  double ratio = 1; ///< width / base_width
  std::string ratioText;
};

MupAttr ApplyMup::multipliers(ParamOp param) const {
  MLIRContext *context = param.getContext();
  ArrayRef<DimAttr> dims = ownDims(param);
  auto widthDims = llvm::count_if(dims, [&](DimAttr d) { return isWidth(d); });
  std::string why = std::to_string(widthDims) +
                    (widthDims == 1 ? " width dim" : " width dims");
  if (widthDims == 2) {
    double atBase = recipe.matrix_lr > 0 && recipe.lr > 0
                        ? recipe.matrix_lr / recipe.lr
                        : 1.0;
    double shrink = mup ? ratio : 1.0;
    return MupAttr::get(context, MupClass::Matrix, InitKind::Normal,
                        recipe.matrix_std / std::sqrt(ratio), atBase / shrink,
                        shrink, 1.0 / shrink, why + ", " + ratioText);
  }
  bool output = isOutput(dims, param.getValue());
  double decay = output || recipe.decay == "all" ? 1.0 : 0.0;
  if (dims.size() <= 1)
    return MupAttr::get(context, MupClass::Vector, InitKind::Constant, 1.0, 1.0,
                        decay, 1.0, why + ", a gain");
  double std = !mup && output ? recipe.std / std::sqrt(ratio) : recipe.std;
  return MupAttr::get(context, output ? MupClass::Output : MupClass::Vector,
                      InitKind::Normal, std, 1.0, decay, 1.0,
                      why + (output ? ", contracted" : ""));
}

/// Multiplies `value` for all its users but the multiplication itself.
void scaleUses(OpBuilder &builder, Value value, double factor) {
  auto scaled = ScaleOp::create(builder, derivedFrom(value, "", "_scaled"),
                                value.getType(), value,
                                builder.getF64FloatAttr(factor), DimAttr());
  value.replaceAllUsesExcept(scaled.getY(), scaled);
}

void ApplyMup::scaleForward(ModelOp model) const {
  double output = mup ? recipe.output_mult / ratio : recipe.output_mult;
  SmallVector<Operation *> embeddings, heads;
  model.walk([&](Operation *op) {
    if (isa<EmbeddingOp>(op))
      embeddings.push_back(op);
    else if (auto linear = dyn_cast<LinearOp>(op))
      if (auto param = linear.getW().getDefiningOp<ParamOp>();
          param && isOutput(ownDims(param), param.getValue()))
        heads.push_back(op);
  });
  OpBuilder builder(model.getContext());
  if (recipe.input_mult != 1.0)
    for (Operation *op : embeddings) {
      builder.setInsertionPointAfter(op);
      scaleUses(builder, op->getResult(0), recipe.input_mult);
    }
  // Scaling the head's input costs vocab / hidden times less than its output.
  if (output != 1.0)
    for (Operation *op : heads) {
      builder.setInsertionPoint(op);
      Value x = op->getOperand(0);
      auto scaled =
          ScaleOp::create(builder, derivedFrom(x, "", "_scaled"), x.getType(),
                          x, builder.getF64FloatAttr(output), DimAttr());
      op->setOperand(0, scaled.getY());
    }
}

void ApplyMup::runOnOperation() {
  ModuleOp module = getOperation();
  for (ModelOp model : llvm::to_vector(module.getOps<ModelOp>())) {
    if (!model.getRecipeAttr() || !model.getConfigAttr()) {
      model.emitError("is not bound; run flm-instantiate-model first");
      return signalPassFailure();
    }
    recipe = Recipe::of(module.lookupSymbol<RecipeOp>(model.getRecipeAttr()));
    mup = recipe.parametrization == "mup";
    auto config = module.lookupSymbol<ConfigOp>(model.getConfigAttr());
    double width = 0;
    for (auto [name, value] : llvm::zip(config.getNames(), config.getValues()))
      if (cast<StringAttr>(name).getValue() == recipe.width.front())
        width = static_cast<double>(cast<IntegerAttr>(value).getInt());
    ratio = width / static_cast<double>(recipe.base_width);
    ratioText = recipe.width.front() + " " +
                std::to_string(static_cast<int64_t>(width)) + " / " +
                std::to_string(recipe.base_width) + " = " + shortFloat(ratio);
    model.walk([&](ParamOp param) { param.setMupAttr(multipliers(param)); });
    scaleForward(model);
  }
}

} // namespace
