//===----------------------------------------------------------------------===//
// Attributes of a kernel and of its arguments -> JSON.
//===----------------------------------------------------------------------===//
#include "dialects/flm_gpu/DescribeKernel.h"

#include "mlir/IR/AffineExpr.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace flm::gpu;
namespace json = llvm::json;

static StringRef operatorName(AffineExprKind kind) {
  switch (kind) {
  case AffineExprKind::Add:
    return "add";
  case AffineExprKind::Mul:
    return "mul";
  case AffineExprKind::Mod:
    return "mod";
  case AffineExprKind::FloorDiv:
    return "floordiv";
  case AffineExprKind::CeilDiv:
    return "ceildiv";
  default:
    llvm_unreachable("a leaf");
  }
}

/// A number, the name of an i32 argument (s0, s1, …) or [operator, a, b].
static json::Value expression(AffineExpr expr) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return constant.getValue();
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return "s" + std::to_string(dim.getPosition());
  auto binary = cast<AffineBinaryOpExpr>(expr);
  return json::Array{operatorName(expr.getKind()), expression(binary.getLHS()),
                     expression(binary.getRHS())};
}

static json::Array expressions(AffineMap map) {
  json::Array result;
  for (AffineExpr expr : map.getResults())
    result.push_back(expression(expr));
  return result;
}

static std::string text(Type type) {
  std::string name;
  llvm::raw_string_ostream(name) << type;
  return name;
}

static json::Object describeOperand(OperandAttr operand, TensorMapAttr map) {
  json::Object result{{"kind", map ? "tensor_map" : "pointer"},
                      {"name", operand.getName()},
                      {"access", stringifyEnum(operand.getAccess())},
                      {"type", text(operand.getType())},
                      {"shape", expressions(operand.getShape())},
                      {"row_bytes", operand.getRowBytes()}};
  if (map) {
    result["box"] = json::Array(map.getBox().asArrayRef());
    result["swizzle"] = map.getSwizzle();
  }
  return result;
}

FailureOr<json::Object> flm::gpu::describeKernel(LLVM::LLVMFuncOp function) {
  auto launch = function->getAttrOfType<LaunchAttr>(launchAttrName);
  if (!launch)
    return function.emitError()
           << "has no '" << launchAttrName
           << "' attribute; expected a kernel as flm-build-kernel writes it";
  if (!json::isUTF8(function.getSymName()))
    return function.emitError(
        "is described in JSON, so its name must be UTF-8");

  json::Array arguments;
  for (unsigned i : llvm::seq(function.getNumArguments())) {
    auto operand = function.getArgAttrOfType<OperandAttr>(i, operandAttrName);
    if (operand)
      arguments.push_back(describeOperand(
          operand,
          function.getArgAttrOfType<TensorMapAttr>(i, tensorMapAttrName)));
    else if (function.getArgumentTypes()[i].isInteger(32))
      arguments.push_back(json::Object{{"kind", "i32"}});
    else
      return function.emitError()
             << "argument " << i << " is neither an i32 nor described by '"
             << operandAttrName << "'";
  }

  json::Object result{
      {"name", function.getSymName()},
      {"launch", json::Object{{"threads", launch.getThreads()},
                              {"cluster", launch.getCluster()},
                              {"shared", launch.getShared()},
                              {"persistent", launch.getPersistent()},
                              {"tiles", expressions(launch.getTiles())}}},
      {"arguments", std::move(arguments)}};
  // A kernel written by hand for a test need not say what it computes.
  if (auto kernel =
          function->getAttrOfType<KernelAttrInterface>(kernelAttrName)) {
    if (json::Object problem = kernel.problem(); !problem.empty())
      result["problem"] = std::move(problem);
    if (std::optional<Arch> arch = kernel.targetArch())
      result["arch"] = stringifyEnum(*arch);
  }
  return result;
}
