//===----------------------------------------------------------------------===//
// Writes how every value lies on the mesh into its type.
//===----------------------------------------------------------------------===//
#include "passes/contracts/StageInput.h"
#include "passes/sharding/AxisAssignment.h"
#include "passes/sharding/Conversions.h"
#include "passes/sharding/Passes.h"
#include "passes/sharding/ShardReasons.h"

using namespace mlir;
using namespace flm;

namespace flm {
#define GEN_PASS_DEF_ASSIGNSHARDINGS
#include "passes/sharding/Passes.h.inc"
} // namespace flm

namespace {

/// All axes together, for one program.
class Assignment {
public:
  Assignment(const Mesh &mesh, const AtRest &atRest, ProgramOp program)
      : mesh(mesh) {
    for (const Mesh::Axis &axis : mesh.axes())
      if (axis.ranks > 1 && !axis.splitsLayers)
        axes.emplace_back(axis, atRest).run(program);
  }

  void apply(ProgramOp program);
  /// Writes the reason of every choice on its op, as `flm.why`.
  void explain(ProgramOp program) const;

private:
  NamedTensorType produced(Value value) const;
  NamedTensorType needed(OpOperand &operand) const;
  void convert(OpOperand &operand, NamedTensorType type);
  Value filled(FillOp fill, NamedTensorType type);

  const Mesh &mesh;
  SmallVector<AxisAssignment> axes;
  llvm::DenseMap<std::pair<Operation *, Type>, Value> fills;
};

NamedTensorType Assignment::produced(Value value) const {
  NamedTensorType type = typeOf(value);
  for (const AxisAssignment &axis : axes)
    type = withState(type, axis.meshAxis().name, axis.stateOf(value));
  return type;
}

NamedTensorType Assignment::needed(OpOperand &operand) const {
  NamedTensorType type = produced(operand.get());
  for (const AxisAssignment &axis : axes)
    if (std::optional<AxisStateAttr> state = axis.needOf(operand))
      type = withState(type, axis.meshAxis().name, *state);
  return type;
}

/// A constant is made in every distribution in which it is used, if it can be:
/// zeros can be partial, other constants would count once for each rank.
Value Assignment::filled(FillOp fill, NamedTensorType type) {
  bool partial = llvm::any_of(type.getStates(), [](AxisStateAttr state) {
    return state.getKind() == AxisStateKind::Partial;
  });
  if (partial && !fill.getValue().isZero())
    return {};
  Value &value = fills[{fill, type}];
  if (!value) {
    OpBuilder builder(fill);
    value = FillOp::create(builder, fill.getLoc(), type, fill.getValueAttr());
  }
  return value;
}

void Assignment::convert(OpOperand &operand, NamedTensorType type) {
  if (operand.get().getType() == type)
    return;
  if (auto fill = operand.get().getDefiningOp<FillOp>())
    if (Value value = filled(fill, type))
      return operand.set(value);
  OpBuilder builder(operand.getOwner());
  ConversionTree path =
      cheapestConversions(mesh, typeOf(operand.get()), {type});
  for (const auto &version : ArrayRef(path.versions).drop_front())
    operand.set(createReshard(builder, operand.get(), version.type));
}

void Assignment::apply(ProgramOp program) {
  SmallVector<std::pair<OpOperand *, NamedTensorType>> uses;
  SmallVector<std::pair<Value, NamedTensorType>> values;
  auto addArguments = [&](Block &block) {
    for (BlockArgument argument : block.getArguments())
      values.push_back({argument, produced(argument)});
  };
  addArguments(*program.body());
  SmallVector<FillOp> constants;
  program.body()->walk([&](Operation *op) {
    for (OpOperand &operand : op->getOpOperands())
      uses.push_back({&operand, needed(operand)});
    for (Value result : op->getResults())
      values.push_back({result, produced(result)});
    if (auto loop = dyn_cast<LoopOp>(op))
      addArguments(*loop.body());
    if (auto fill = dyn_cast<FillOp>(op))
      constants.push_back(fill);
  });
  for (auto [value, type] : values)
    value.setType(type);
  for (auto [operand, type] : uses)
    convert(*operand, type);
  for (FillOp fill : constants)
    if (fill.use_empty())
      fill.erase();
}

void Assignment::explain(ProgramOp program) const {
  Builder builder(program.getContext());
  program.body()->walk([&](Operation *op) {
    SmallVector<NamedAttribute> reasons;
    for (const AxisAssignment &axis : axes)
      if (StringRef reason = axis.reasonFor(op); !reason.empty())
        reasons.push_back(builder.getNamedAttr(axis.meshAxis().name,
                                               builder.getStringAttr(reason)));
    if (!reasons.empty())
      op->setAttr(kWhy, builder.getDictionaryAttr(reasons));
  });
}

struct AssignShardings : flm::impl::AssignShardingsBase<AssignShardings> {
  using AssignShardingsBase::AssignShardingsBase;

  void runOnOperation() override {
    if (failed(verifyInput(getOperation(), *this, Stage::train, Stage::shard)))
      return signalPassFailure();
    Mesh mesh(getOperation());
    AtRest atRest(getOperation(), mesh);
    for (ProgramOp program : getOperation().getOps<ProgramOp>())
      // The runtime carries @init out, part by part.
      if (program.getSymName() != "init") {
        Assignment assignment(mesh, atRest, program);
        if (reasons)
          assignment.explain(program);
        assignment.apply(program);
      }
  }
};

} // namespace
