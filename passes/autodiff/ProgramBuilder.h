//===----------------------------------------------------------------------===//
// What all programs of a model are made from.
//===----------------------------------------------------------------------===//
#ifndef FLM_PASSES_AUTODIFF_PROGRAMBUILDER_H
#define FLM_PASSES_AUTODIFF_PROGRAMBUILDER_H

#include "dialects/flm/Flm.h"
#include "dialects/flm/Recipe.h"
#include "dialects/flm/ValueNames.h"

#include "mlir/IR/IRMapping.h"

namespace flm {

/// A parameter as the programs know it.
struct Parameter {
  ParamOp declaration;  ///< in the model
  std::string name;     ///< of the value
  NamedTensorType type; ///< at rest: f32 or wider
};

/// Makes the programs of one bound model, beside it.
class ProgramBuilder {
public:
  /// `model` is bound to a recipe and a plan.
  explicit ProgramBuilder(ModelOp model);

  /// Reads the model; an error if it is not one to train.
  mlir::LogicalResult collect();

  void buildInit();
  mlir::LogicalResult buildTrainStep(); // TrainStep.cpp
  void buildEvalStep();
  void buildPredict();
  void buildProbe();

private:
  /// What is summed over micro-batches: the loss, then a gradient for each
  /// parameter.
  using Sums = llvm::SmallVector<mlir::Value>;

  ProgramOp createProgram(llvm::StringRef name,
                          llvm::ArrayRef<mlir::Value> argumentsLike,
                          mlir::OpBuilder &body);
  mlir::IRMapping readParameters(mlir::OpBuilder &builder,
                                 llvm::SmallVectorImpl<mlir::Value> *atRest);
  void cloneForward(mlir::OpBuilder &builder, mlir::IRMapping &map);

  // TrainStep.cpp
  void chooseLoops();
  mlir::FailureOr<Sums> differentiate(mlir::OpBuilder &builder,
                                      mlir::ValueRange parameters,
                                      mlir::IRMapping &map);
  mlir::FailureOr<Sums> sumMicroBatches(mlir::OpBuilder &builder,
                                        mlir::ValueRange arguments,
                                        mlir::ValueRange parameters,
                                        mlir::IRMapping &map);
  mlir::FailureOr<Sums> sumSlots(mlir::OpBuilder &builder,
                                 mlir::ValueRange arguments,
                                 mlir::ValueRange parameters,
                                 mlir::IRMapping &map);
  llvm::SmallVector<std::string> sumNames();
  void update(mlir::OpBuilder &builder, mlir::ValueRange atRest,
              mlir::ValueRange gradients, mlir::Value coef, mlir::Value hyper);

  mlir::Block &modelBody() { return model.getBody().front(); }
  mlir::Value modelLoss() { return modelBody().getTerminator()->getOperand(0); }
  mlir::Location noName() { return withoutName(model.getLoc()); }
  mlir::Location named(const llvm::Twine &name) {
    return withName(noName(), name);
  }
  mlir::FloatAttr f64(double value) {
    return mlir::Builder(context).getF64FloatAttr(value);
  }

  mlir::MLIRContext *context;
  ModelOp model;
  CrossEntropyOp lossOp; ///< of the model
  Recipe recipe;
  /// The loops of a step, null where they have one iteration: accumulators that
  /// are folded at the end, micro-batches that are added to one of them.
  DimAttr slot, micro;
  llvm::SmallVector<Parameter> parameters;
  mlir::Type wide; ///< of master parameters, gradients, moments and losses
};

} // namespace flm

#endif // FLM_PASSES_AUTODIFF_PROGRAMBUILDER_H
