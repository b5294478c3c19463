//===----------------------------------------------------------------------===//
// Ops that look into the vocabulary, where a rank has only a part of it.
//===----------------------------------------------------------------------===//
#include "passes/sharding/LocalVocabulary.h"

#include "dialects/flm/ValueNames.h"

using namespace mlir;
using namespace flm;

/// The axis over which `dim` of `type` is split; null if it is whole.
static StringAttr splitOver(NamedTensorType type, DimAttr dim) {
  for (AxisStateAttr state : type.getStates())
    if (state.getKind() == AxisStateKind::Split &&
        state.getArgument() == dim.getNames().front())
      return state.getAxis();
  return {};
}

namespace {

class VocabularyLocalizer {
public:
  VocabularyLocalizer(ProgramOp program, const Mesh &mesh)
      : program(program), mesh(mesh) {}

  void run();

private:
  void useLocalTokens(OpOperand &tokens, NamedTensorType table, DimAttr dim);
  void hidePadding(OpOperand &logits);
  static void setAfter(OpBuilder &builder, Value value);

  ProgramOp program;
  const Mesh &mesh;
  /// One of each for a value, which all its readers share.
  llvm::DenseMap<std::tuple<Value, StringAttr, int64_t>, Value> localTokens;
  llvm::DenseMap<Value, Value> masked;
};

} // namespace

/// Where every reader of `value` sees what is inserted.
void VocabularyLocalizer::setAfter(OpBuilder &builder, Value value) {
  if (Operation *op = value.getDefiningOp())
    builder.setInsertionPointAfter(op);
  else
    builder.setInsertionPointToStart(value.getParentBlock());
}

/// `dim` is the vocabulary's in `table`, a type that the op has.
void VocabularyLocalizer::useLocalTokens(OpOperand &tokens,
                                         NamedTensorType table, DimAttr dim) {
  StringAttr axis = splitOver(table, dim);
  if (!axis)
    return;
  int64_t size = dim.size() / mesh.ranks(axis);
  Value &local = localTokens[{tokens.get(), axis, size}];
  if (!local) {
    OpBuilder builder(program.getContext());
    setAfter(builder, tokens.get());
    local = LocalTokensOp::create(builder, derivedFrom(tokens.get(), "local_"),
                                  tokens.get().getType(), tokens.get(), axis,
                                  builder.getI64IntegerAttr(size));
  }
  tokens.set(local);
}

void VocabularyLocalizer::hidePadding(OpOperand &logits) {
  Operation *op = logits.getOwner();
  auto valid = op->getAttrOfType<DimAttr>("valid");
  NamedTensorType type = typeOf(logits.get());
  DimAttr vocabulary = type.getDims().back();
  StringAttr axis = splitOver(type, vocabulary);
  if (!axis || !valid)
    return;
  op->removeAttr("valid");
  if (valid.size() == vocabulary.size())
    return;
  Value &hidden = masked[logits.get()];
  if (!hidden) {
    OpBuilder builder(program.getContext());
    setAfter(builder, logits.get());
    hidden = MaskPaddingOp::create(
        builder, derivedFrom(logits.get(), "", "_masked"), type, logits.get(),
        axis, builder.getI64IntegerAttr(valid.size()));
  }
  logits.set(hidden);
}

void VocabularyLocalizer::run() {
  // Masks first: an op may have both its logits and its tokens replaced.
  program.walk([&](VocabularyOpInterface op) {
    if (OpOperand *logits = op.vocabulary().paddedLogits)
      hidePadding(*logits);
  });
  program.walk([&](VocabularyOpInterface op) {
    VocabularyUse use = op.vocabulary();
    if (use.indices)
      useLocalTokens(*use.indices, use.type, use.dim);
  });
}

void flm::localizeVocabulary(ProgramOp program, const Mesh &mesh) {
  VocabularyLocalizer(program, mesh).run();
}
