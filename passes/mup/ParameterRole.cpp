//===----------------------------------------------------------------------===//
// What a parameter is to its model.
//===----------------------------------------------------------------------===//
#include "passes/mup/ParameterRole.h"

#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace flm;

static void addUses(Value value, SmallVectorImpl<OpOperand *> &uses) {
  for (OpOperand &use : value.getUses()) {
    auto loop = dyn_cast<LoopOp>(use.getOwner());
    unsigned index = use.getOperandNumber();
    if (loop && index >= loop.getInits().size())
      addUses(loop.slices()[index - loop.getInits().size()], uses);
    else
      uses.push_back(&use);
  }
}

SmallVector<OpOperand *> flm::usesOf(ParamOp param) {
  SmallVector<OpOperand *> uses;
  addUses(param.getValue(), uses);
  return uses;
}

static std::optional<ParameterUse> parameterUse(OpOperand &operand) {
  auto user = dyn_cast<ParameterUserOpInterface>(operand.getOwner());
  return user ? user.parameterUse(operand) : std::nullopt;
}

/// Whether no parameter acts any more on what is made of the results of `op`.
static bool isBehindAllParameters(Operation *op) {
  llvm::SetVector<Operation *> behind;
  behind.insert(op);
  for (size_t i = 0; i < behind.size(); ++i)
    for (Operation *user : behind[i]->getUsers()) {
      auto isParameter = [](OpOperand &operand) {
        return parameterUse(operand).has_value();
      };
      if (isa<LoopOp, YieldOp>(user) ||
          llvm::any_of(user->getOpOperands(), isParameter))
        return false;
      behind.insert(user);
    }
  return true;
}

static StringRef text(ParameterUse::Kind kind) {
  switch (kind) {
  case ParameterUse::Table:
    return "a table";
  case ParameterUse::Weight:
    return "a weight";
  case ParameterUse::Gain:
    return "a gain";
  case ParameterUse::Bias:
    return "a bias";
  }
  return "";
}

static std::string text(DimAttr dim) {
  std::string name;
  for (StringAttr factor : dim.getNames())
    name += (name.empty() ? "" : " * ") + factor.str();
  return name;
}

namespace {

/// Finds the role of one parameter.
class RoleFinder {
public:
  RoleFinder(ParamOp param, ArrayRef<std::string> width)
      : param(param), width(width) {}

  FailureOr<ParameterRole> find();

private:
  bool isWidth(DimAttr dim) const {
    return llvm::any_of(
        width, [&](const std::string &name) { return dim.hasFactor(name); });
  }
  InFlightDiagnostic error() {
    return param.emitError() << "parameter \"" << param.getName() << "\" ";
  }
  FailureOr<ParameterUse> knownUse(OpOperand &operand);
  FailureOr<MupClass> classOfWeight(OpOperand &operand,
                                    const ParameterUse &use);

  ParamOp param;
  ArrayRef<std::string> width;
};

FailureOr<ParameterUse> RoleFinder::knownUse(OpOperand &operand) {
  if (std::optional<ParameterUse> use = parameterUse(operand))
    return *use;
  auto diag = error() << "is no table, weight, gain or bias of '"
                      << operand.getOwner()->getName()
                      << "', so nothing says how it begins and learns";
  diag.attachNote(operand.getOwner()->getLoc()) << "used here";
  return diag;
}

FailureOr<MupClass> RoleFinder::classOfWeight(OpOperand &operand,
                                              const ParameterUse &use) {
  ArrayRef<DimAttr> dims = typeOf(operand.get()).getDims();
  DimAttr contracted = dims[use.contracted];
  DimAttr made = dims[1 - use.contracted];
  if (!isWidth(contracted))
    return MupClass::Vector;
  if (isWidth(made))
    return MupClass::Matrix;
  Operation *op = operand.getOwner();
  if (!op->getParentOfType<LoopOp>() && isBehindAllParameters(op))
    return MupClass::Output;
  auto diag = error() << "contracts " << text(contracted)
                      << ", which grows with width, into " << text(made)
                      << ", which does not, and is no head; let "
                      << made.getNames().front().getValue()
                      << " grow too, in the recipe's 'width', or leave "
                      << contracted.getNames().front().getValue()
                      << " out of it";
  diag.attachNote(op->getLoc()) << "used here";
  return diag;
}

FailureOr<ParameterRole> RoleFinder::find() {
  SmallVector<OpOperand *> uses = usesOf(param);
  if (uses.empty())
    return error() << "is never used";
  std::optional<ParameterRole> role;
  Operation *first = nullptr;
  for (OpOperand *operand : uses) {
    FailureOr<ParameterUse> use = knownUse(*operand);
    if (failed(use))
      return failure();
    MupClass mupClass = MupClass::Vector;
    if (use->kind == ParameterUse::Weight) {
      FailureOr<MupClass> found = classOfWeight(*operand, *use);
      if (failed(found))
        return failure();
      mupClass = *found;
    }
    if (!role) {
      first = operand->getOwner();
      auto dims = typeOf(operand->get()).getDims();
      role = {mupClass, use->kind,
              llvm::count_if(dims, [&](DimAttr d) { return isWidth(d); })};
      continue;
    }
    // A table may also be a weight: tied embeddings. Its class is the weight's.
    bool tied =
        (role->use == ParameterUse::Table &&
         use->kind == ParameterUse::Weight) ||
        (role->use == ParameterUse::Weight && use->kind == ParameterUse::Table);
    if (tied) {
      if (use->kind == ParameterUse::Weight)
        role->role = mupClass;
      role->use = ParameterUse::Weight;
      continue;
    }
    if (role->use == use->kind && role->role == mupClass)
      continue;
    auto diag = error() << "is " << text(role->use) << " of '"
                        << first->getName() << "' and " << text(use->kind)
                        << " of '" << operand->getOwner()->getName()
                        << "', which begin or learn differently";
    diag.attachNote(first->getLoc()) << "used here";
    diag.attachNote(operand->getOwner()->getLoc()) << "and here";
    return diag;
  }
  return *role;
}

} // namespace

FailureOr<ParameterRole> flm::roleOf(ParamOp param,
                                     ArrayRef<std::string> width) {
  return RoleFinder(param, width).find();
}
