//===----------------------------------------------------------------------===//
// Turns distributed programs into the program of one rank.
//===----------------------------------------------------------------------===//
#include "dialects/flm/Sizes.h"
#include "dialects/flm/ValueNames.h"
#include "passes/contracts/StageInput.h"
#include "passes/sharding/LocalVocabulary.h"
#include "passes/sharding/Passes.h"

using namespace mlir;
using namespace flm;

namespace flm {
#define GEN_PASS_DEF_LOCALIZE
#include "passes/sharding/Passes.h.inc"
} // namespace flm

void flm::recordGlobalTypes(ProgramOp program) {
  program.walk([&](Operation *op) {
    if (!isa<ParamOp, StateOp, UpdateOp>(op) || op->hasAttr(kGlobalType))
      return;
    Value value = op->getNumResults() ? op->getResult(0) : op->getOperand(0);
    if (!typeOf(value).getStates().empty())
      op->setAttr(kGlobalType, TypeAttr::get(value.getType()));
  });
}

namespace {

class Localizer {
public:
  Localizer(ProgramOp program, const Mesh &mesh, int64_t &nextId)
      : program(program), mesh(mesh), nextId(nextId) {}

  LogicalResult run();

private:
  NamedTensorType localType(NamedTensorType type) const;
  LogicalResult checkLoops();
  LogicalResult checkTypes();
  void lower(ReshardOp reshard);

  ProgramOp program;
  const Mesh &mesh;
  int64_t &nextId;
};

/// The state by which `type` is flat, or null.
AxisStateAttr flatState(NamedTensorType type) {
  for (AxisStateAttr state : type.getStates())
    if (state.getKind() == AxisStateKind::Split && state.getArgument() == "*")
      return state;
  return {};
}

/// What one rank has of a value.
NamedTensorType Localizer::localType(NamedTensorType type) const {
  MLIRContext *context = type.getContext();
  if (flatState(type))
    return NamedTensorType::get(
        {DimAttr::get(context, kFlatDim, mesh.localElements(type))},
        type.getElementType());
  SmallVector<DimAttr> dims(type.getDims());
  for (AxisStateAttr state : type.getStates()) {
    if (state.getKind() != AxisStateKind::Split)
      continue;
    for (DimAttr &dim : dims) {
      if (dim.getNames().front() != state.getArgument())
        continue;
      SmallVector<int64_t> sizes(dim.getSizes());
      sizes.front() /= mesh.ranks(state.getAxis());
      dim = DimAttr::get(context, dim.getNames(), sizes);
    }
  }
  return NamedTensorType::get(dims, type.getElementType());
}

/// Loops over a pipeline are another pass's.
LogicalResult Localizer::checkLoops() {
  WalkResult result = program.walk([](LoopOp loop) {
    if (!loop.getAxis())
      return WalkResult::advance();
    loop.emitOpError("runs on the axis '")
        << *loop.getAxis() << "'; run flm-localize-pipeline first";
    return WalkResult::interrupt();
  });
  return failure(result.wasInterrupted());
}

/// Why ranks of `mesh` have no parts of one size of a value of this type; empty
/// if they do. The partitioner makes no such types; programs by hand may.
std::string whyNotLocal(NamedTensorType type, const Mesh &mesh) {
  for (AxisStateAttr state : type.getStates()) {
    StringRef axis = state.getAxis().getValue();
    StringRef dim = state.getArgument().getValue();
    const auto *found = llvm::find_if(mesh.axes(), [&](const Mesh::Axis &each) {
      return each.name == state.getAxis();
    });
    assert(found != mesh.axes().end() && "verifyInput asked for the axes");
    if (state.getKind() == AxisStateKind::At)
      return ("lies at one end of '" + axis +
              "'; run flm-localize-pipeline first")
          .str();
    if (state.getKind() != AxisStateKind::Split)
      continue;
    if (!canSplit(type, dim))
      return ("can not be split along " + dim + " over '" + axis +
              "', which must be the first factor of one dim")
          .str();
    for (DimAttr each : type.getDims()) {
      int64_t size = each.getSizes().front(), ranks = found->ranks;
      if (each.getNames().front() != dim || size % ranks == 0)
        continue;
      int64_t below = size / ranks * ranks;
      return (dim + " = " + Twine(size) + " does not divide by " + axis +
              " = " + Twine(ranks) +
              "; next sizes: " + (below ? std::to_string(below) + ", " : "") +
              Twine(below + ranks))
          .str();
    }
  }
  return "";
}

LogicalResult Localizer::checkTypes() {
  auto check = [&](Operation *op, Value value) -> LogicalResult {
    std::string why = whyNotLocal(typeOf(value), mesh);
    if (why.empty())
      return success();
    StringRef name = valueName(value);
    return op->emitOpError()
           << (name.empty() ? "" : "value %" + name.str() + ": ") << why;
  };
  WalkResult result = program.walk([&](Operation *op) -> WalkResult {
    for (Value value : op->getResults())
      if (failed(check(op, value)))
        return WalkResult::interrupt();
    for (Region &region : op->getRegions())
      for (Value value : region.getArguments())
        if (failed(check(op, value)))
          return WalkResult::interrupt();
    return WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}

/// The index of the dim that `state` splits.
static std::optional<int64_t> splitDim(NamedTensorType type,
                                       AxisStateAttr state) {
  if (!state || state.getKind() != AxisStateKind::Split)
    return std::nullopt;
  for (auto [index, dim] : llvm::enumerate(type.getDims()))
    if (dim.getNames().front() == state.getArgument())
      return index;
  return std::nullopt;
}

void Localizer::lower(ReshardOp reshard) {
  OpBuilder builder(reshard);
  NamedTensorType from = typeOf(reshard.getX()), to = typeOf(reshard.getY());
  if (from == to) { // nothing has folded it
    reshard.getY().replaceAllUsesWith(reshard.getX());
    reshard.erase();
    return;
  }
  StringAttr axis = reshard.getAxis();
  Collective kind = reshard.getCollective();
  AxisStateAttr before = stateOn(from, axis), after = stateOn(to, axis);
  auto number = [&](std::optional<int64_t> value) {
    return value ? builder.getI64IntegerAttr(*value) : IntegerAttr();
  };
  std::optional<int64_t> dim = splitDim(from, before), other;
  if (!dim)
    dim = splitDim(to, after);
  else
    other = splitDim(to, after);
  std::optional<int64_t> flat;
  if (flatState(from) != flatState(to))
    flat = mesh.localElements(flatState(from) ? from : to);
  auto collective = CollectiveOp::create(
      builder, reshard.getLoc(), to, kind, reshard.getX(), axis.getValue(),
      mesh.ranks(axis), reshard.getId().value_or(nextId),
      mesh.bytesSent(from, to), number(flat ? std::nullopt : dim),
      number(other), number(flat),
      kind == Collective::AllReduce ? before.getArgument() : StringAttr(),
      /*at=*/IntegerAttr(), /*offset=*/IntegerAttr(), /*match=*/IntegerAttr());
  if (!reshard.getId())
    ++nextId;
  // Where in a pipeline it happens.
  collective->setDiscardableAttrs(reshard->getDiscardableAttrDictionary());
  reshard.getY().replaceAllUsesWith(collective.getY());
  reshard.erase();
}

LogicalResult Localizer::run() {
  if (failed(checkLoops()) || failed(checkTypes()))
    return failure();
  recordGlobalTypes(program);
  localizeVocabulary(program, mesh);
  auto localElements = [&](NamedTensorType type) {
    return mesh.localElements(type);
  };
  SmallVector<ReshardOp> reshards;
  program.walk([&](Operation *op) {
    if (auto says = dyn_cast<LocalFormOpInterface>(op))
      says.becomeLocal(localElements);
    if (auto reshard = dyn_cast<ReshardOp>(op))
      reshards.push_back(reshard);
  });
  for (ReshardOp reshard : reshards)
    lower(reshard);
  program.walk([&](Operation *op) {
    for (Value result : op->getResults())
      result.setType(localType(typeOf(result)));
    for (Region &region : op->getRegions())
      for (BlockArgument argument : region.getArguments())
        argument.setType(localType(typeOf(argument)));
  });
  return success();
}

struct Localize : flm::impl::LocalizeBase<Localize> {
  void runOnOperation() override {
    if (failed(verifyInput(getOperation(), *this, Stage::shard, Stage::local)))
      return signalPassFailure();
    ModuleOp module = getOperation();
    Mesh mesh(module);
    int64_t nextId = 0;
    module.walk([&](Operation *op) {
      if (auto reshard = dyn_cast<ReshardOp>(op); reshard && reshard.getId())
        nextId = std::max<int64_t>(nextId, *reshard.getId() + 1);
      else if (auto collective = dyn_cast<CollectiveOp>(op))
        nextId = std::max<int64_t>(nextId, collective.getId() + 1);
    });
    for (ProgramOp program : module.getOps<ProgramOp>())
      if (program.getSymName() != "init" &&
          failed(Localizer(program, mesh, nextId).run()))
        return signalPassFailure();
  }
};

} // namespace
