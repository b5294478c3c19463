//===----------------------------------------------------------------------===//
// Inside the interpreter: where values live, and one overload per op.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_REFERENCE_EVALUATE_H
#define FLM_CODEGEN_REFERENCE_EVALUATE_H

#include "codegen/reference/RankGrid.h"
#include "codegen/reference/Reference.h"
#include "dialects/flm/Flm.h"

#include <optional>

namespace flm::reference {

class Exchange;

/// Which rank of a grid runs a program.
struct Rank {
  const RankGrid &grid;
  int64_t number;
  Exchange &exchange;
};

/// The values, the state and the options of one run on one rank.
class Environment {
public:
  /// Without `rank`, the program is that of one rank.
  Environment(const State &state, const Options &options,
              const Rank *rank = nullptr)
      : state(state), options(options), rank(rank) {}

  /// What `value` holds. The reference lives until the next `set`.
  const Tensor &operator[](mlir::Value value) const;
  /// The same; null for a value that this rank does not have (`flm.at`).
  const Tensor *find(mlir::Value value) const;
  std::optional<Tensor> copyOf(mlir::Value value) const;
  /// Gives `value` its value, for an op in a loop the one of this iteration.
  void set(mlir::Value value, Tensor tensor);
  /// The same; without a tensor, this rank does not have the value.
  void setOrErase(mlir::Value value, std::optional<Tensor> tensor);

  /// `value` as a kernel has it after an addition to an element of this type.
  double rounded(mlir::Type elementType, double value) const;

  /// This rank's index on `axis`.
  int64_t indexOn(llvm::StringRef axis) const;
  /// Whether this rank runs `op`, at this point.
  bool runs(mlir::Operation *op) const;

  const State &state;
  const Options &options;
  const Rank *rank;
  /// Which of the rank's blocks of layers is run, of how many; outside of them,
  /// the only one.
  int64_t chunk = 0, chunks = 1;
  /// What `update` wrote so far.
  State updates;

private:
  llvm::DenseMap<mlir::Value, Tensor> values;
};

/// Zeros in the shape of `value`.
Tensor zerosFor(mlir::Value value);

/// What a gradient is added to: `into`, or zeros in the shape of the result.
Tensor accumulator(mlir::Value into, mlir::Value result, Environment &env);

/// Slot `slot` of the leading dim.
Tensor slotOfStack(const Tensor &stack, int64_t slot);
void storeSlotOfStack(Tensor &stack, int64_t slot, const Tensor &slice);

/// Sets the scalar `y` to the sum of the elements of `x` in their order,
/// rounded after each addition where the options ask for it.
void sumInOrder(mlir::Value x, mlir::Value y, Environment &env);

/// "[2, 5]", for messages.
std::string shapeText(llvm::ArrayRef<int64_t> shape);

/// An error at `op` unless `value` has this shape; for ops whose verifier does
/// not say it. `what` names the value.
mlir::LogicalResult expectShape(mlir::Operation *op, mlir::Value value,
                                llvm::ArrayRef<int64_t> shape,
                                llvm::StringRef what);

/// An error at `op` unless all elements of `indices` are integers in
/// [0, count), or -1 on a rank of several, which has a part of them.
mlir::LogicalResult expectIndices(mlir::Operation *op, const Tensor &indices,
                                  int64_t count, llvm::StringRef what,
                                  const Environment &env);

/// How many entries of the last dim of `logits` are classes.
mlir::FailureOr<int64_t> classCount(mlir::Operation *op, mlir::Value logits,
                                    std::optional<DimAttr> valid);

/// [..., positions, heads * headDim] as [batch][position][head][feature].
struct HeadLayout {
  int64_t batch, positions, heads, headDim;
  explicit HeadLayout(NamedTensorType type);
  /// Where the features of a head begin.
  int64_t at(int64_t b, int64_t position, int64_t head) const {
    return ((b * positions + position) * heads + head) * headDim;
  }
  /// The index in a log-sum-exp [..., heads, positions].
  int64_t lseAt(int64_t b, int64_t head, int64_t position) const {
    return (b * heads + head) * positions + position;
  }
};

/// Runs a program or model on `rank`, or as the only one (Reference.h).
mlir::FailureOr<llvm::SmallVector<Tensor>>
runOn(const Rank *rank, mlir::Operation *program,
      llvm::ArrayRef<Tensor> arguments, State &state, const Options &options);

/// Runs the ops of `block` up to its terminator.
mlir::LogicalResult evaluate(mlir::Block &block, Environment &env);

// Each reads its operands from `env` and sets its results there.
// EmbeddingOps.cpp
mlir::LogicalResult evaluate(EmbeddingOp op, Environment &env);
mlir::LogicalResult evaluate(EmbeddingGradOp op, Environment &env);
// LinearOps.cpp
mlir::LogicalResult evaluate(LinearOp op, Environment &env);
mlir::LogicalResult evaluate(LinearGradXOp op, Environment &env);
mlir::LogicalResult evaluate(LinearGradWOp op, Environment &env);
// NormOps.cpp
mlir::LogicalResult evaluate(RmsNormOp op, Environment &env);
mlir::LogicalResult evaluate(RmsNormGradXOp op, Environment &env);
mlir::LogicalResult evaluate(RmsNormGradGOp op, Environment &env);
mlir::LogicalResult evaluate(LayerNormOp op, Environment &env);
mlir::LogicalResult evaluate(LayerNormGradXOp op, Environment &env);
mlir::LogicalResult evaluate(LayerNormGradGOp op, Environment &env);
mlir::LogicalResult evaluate(LayerNormGradBOp op, Environment &env);
// AttentionOps.cpp
mlir::LogicalResult evaluate(RopeOp op, Environment &env);
mlir::LogicalResult evaluate(AttentionOp op, Environment &env);
mlir::LogicalResult evaluate(AttentionGradOp op, Environment &env);
// ElementwiseOps.cpp
mlir::LogicalResult evaluate(SiluMulOp op, Environment &env);
mlir::LogicalResult evaluate(SiluMulGradOp op, Environment &env);
mlir::LogicalResult evaluate(AddOp op, Environment &env);
mlir::LogicalResult evaluate(ScaleOp op, Environment &env);
mlir::LogicalResult evaluate(CastOp op, Environment &env);
mlir::LogicalResult evaluate(FillOp op, Environment &env);
// LossOps.cpp
mlir::LogicalResult evaluate(CrossEntropyOp op, Environment &env);
mlir::LogicalResult evaluate(ReduceMaxOp op, Environment &env);
mlir::LogicalResult evaluate(SumExpOp op, Environment &env);
mlir::LogicalResult evaluate(PickOp op, Environment &env);
mlir::LogicalResult evaluate(NllOp op, Environment &env);
mlir::LogicalResult evaluate(SumOp op, Environment &env);
mlir::LogicalResult evaluate(CrossEntropyGradOp op, Environment &env);
// LoopOps.cpp
mlir::LogicalResult evaluate(LoopOp op, Environment &env);
// PipelineOps.cpp
mlir::LogicalResult evaluate(PipelineOp op, Environment &env);
// RankOps.cpp
mlir::LogicalResult evaluate(CollectiveOp op, Environment &env);
mlir::LogicalResult evaluate(WaitOp op, Environment &env);
mlir::LogicalResult evaluate(LocalTokensOp op, Environment &env);
mlir::LogicalResult evaluate(MaskPaddingOp op, Environment &env);
// TrainOps.cpp
mlir::LogicalResult evaluate(ParamOp op, Environment &env);
mlir::LogicalResult evaluate(StateOp op, Environment &env);
mlir::LogicalResult evaluate(UpdateOp op, Environment &env);
mlir::LogicalResult evaluate(TruncatedNormalOp op, Environment &env);
mlir::LogicalResult evaluate(SumSquaresOp op, Environment &env);
mlir::LogicalResult evaluate(ChunkSumsOp op, Environment &env);
mlir::LogicalResult evaluate(ChunkTotalOp op, Environment &env);
mlir::LogicalResult evaluate(FoldOp op, Environment &env);
mlir::LogicalResult evaluate(MeanAbsOp op, Environment &env);
mlir::LogicalResult evaluate(ClipOp op, Environment &env);
mlir::LogicalResult evaluate(AdamWOp op, Environment &env);

} // namespace flm::reference

#endif // FLM_CODEGEN_REFERENCE_EVALUATE_H
