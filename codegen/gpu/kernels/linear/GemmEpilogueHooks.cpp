//===----------------------------------------------------------------------===//
// The epilogues of GemmEpilogues.td, one hook each.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/kernels/device/F32.h"
#include "codegen/gpu/kernels/linear/GemmEpilogue.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace flm::gpu;

/// Its sizes are those of C.
static GemmEpilogueHook::Operand likeC(StringRef name, GemmAttr gemm) {
  AffineExpr m, n;
  bindDims(gemm.getContext(), m, n);
  return {name.str(), gemm.getOutput(), m,
          gemm.resultsPerPair() == 2 ? n : n.floorDiv(2)};
}

static GemmEpilogueHook hookOf(GemmScaleAttr scale, GemmAttr) {
  GemmEpilogueHook hook;
  double factor = scale.getFactor().getValueAsDouble();
  hook.apply = [factor](DeviceBuilder &d, ValueRange sums, ValueRange) {
    return SmallVector<Value>{(F32(d, sums[0]) * factor).value()};
  };
  return hook;
}

static GemmEpilogueHook hookOf(GemmAddResidualAttr, GemmAttr gemm) {
  GemmEpilogueHook hook;
  hook.operands = {likeC("residual", gemm)};
  hook.apply = [](DeviceBuilder &d, ValueRange sums, ValueRange operands) {
    return SmallVector<Value>{(F32(d, sums[0]) + F32(d, operands[0])).value()};
  };
  return hook;
}

static GemmEpilogueHook hookOf(GemmSwigluAttr, GemmAttr) {
  GemmEpilogueHook hook;
  hook.apply = [](DeviceBuilder &d, ValueRange sums, ValueRange) {
    F32 gate(d, sums[0]), up(d, sums[1]);
    return SmallVector<Value>{(gate * sigmoid(gate) * up).value()};
  };
  return hook;
}

static GemmEpilogueHook hookOf(GemmRopeAttr rope, GemmAttr gemm) {
  MLIRContext *context = gemm.getContext();
  GemmEpilogueHook hook;
  // At the places of a pair: the cosine and the sine of its angle.
  hook.operands = {{"rotation", Float32Type::get(context),
                    getAffineConstantExpr(rope.getPositions(), context),
                    getAffineConstantExpr(rope.getHeadDim(), context)}};
  hook.apply = [](DeviceBuilder &d, ValueRange sums, ValueRange rotation) {
    F32 u(d, sums[0]), v(d, sums[1]);
    F32 cosine(d, rotation[0]), sine(d, rotation[1]);
    return SmallVector<Value>{(u * cosine - v * sine).value(),
                              (v * cosine + u * sine).value()};
  };
  return hook;
}

GemmEpilogueHook
flm::gpu::regionHook(Region &region,
                     ArrayRef<GemmEpilogueHook::Operand> operands) {
  GemmEpilogueHook hook;
  hook.operands = SmallVector<GemmEpilogueHook::Operand>(operands);
  Block *block = &region.front();
  hook.apply = [block](DeviceBuilder &d, ValueRange sums, ValueRange elements) {
    IRMapping mapping;
    SmallVector<Value> arguments(sums);
    llvm::append_range(arguments, elements);
    mapping.map(block->getArguments(), arguments);
    for (Operation &op : block->without_terminator())
      d.clone(op, mapping);
    return llvm::map_to_vector(
        block->getTerminator()->getOperands(),
        [&](Value result) { return mapping.lookupOrDefault(result); });
  };
  return hook;
}

/// The operands that the arguments of an epilogue's function describe.
static FailureOr<SmallVector<GemmEpilogueHook::Operand>>
operandsOf(func::FuncOp function, unsigned sums, unsigned places) {
  SmallVector<GemmEpilogueHook::Operand> operands;
  unsigned arguments = function.getNumArguments();
  if (arguments < sums || (arguments - sums) % places)
    return function.emitError() << "an epilogue of " << sums << " sums has "
                                << arguments << " arguments; expected " << sums
                                << ", and " << places << " for each operand";
  for (unsigned i = sums; i < arguments; i += places) {
    auto operand = function.getArgAttrOfType<OperandAttr>(i, operandAttrName);
    if (!operand)
      return function.emitError() << "argument " << i << " has no '"
                                  << operandAttrName << "' attribute";
    AffineMap shape = operand.getShape();
    if (shape.getNumDims() != 3 || shape.getNumResults() != 2 ||
        operand.getAccess() != Access::Read)
      return function.emitError()
             << "argument " << i << " is " << operand
             << "; expected a tensor that is read, of two sizes that follow "
                "from (m, n, k)";
    auto columns = dyn_cast<AffineConstantExpr>(shape.getResult(1));
    if (columns && columns.getValue() != 1 && columns.getValue() % 8)
      return function.emitError()
             << "argument " << i << " repeats every " << columns.getValue()
             << " columns; expected 1 or a multiple of 8";
    operands.push_back({operand.getName().str(), operand.getType(),
                        shape.getResult(0), shape.getResult(1)});
  }
  return operands;
}

static FailureOr<GemmEpilogueHook> hookOf(DeviceBuilder &d,
                                          GemmFunctionAttr epilogue) {
  FlatSymbolRefAttr name = epilogue.getFunction();
  auto module =
      d.getInsertionBlock()->getParentOp()->getParentOfType<ModuleOp>();
  auto function = module.lookupSymbol<func::FuncOp>(name.getAttr());
  if (!function || function.isExternal())
    return emitError(d.getLoc()) << "no func.func with a body is called "
                                 << name << "; expected it beside the kernels";
  unsigned sums = epilogue.getPairDistance() ? 2 : 1;
  auto places =
      static_cast<unsigned>(sums == 2 ? epilogue.getResultsPerPair() : 1);
  if (function.getNumResults() != places)
    return function.emitError()
           << "an epilogue of " << sums << " sums gives "
           << function.getNumResults() << " results; expected " << places;
  auto isF32 = [](Type type) { return type.isF32(); };
  if (!llvm::all_of(function.getArgumentTypes(), isF32) ||
      !llvm::all_of(function.getResultTypes(), isF32))
    return function.emitError("an epilogue works on f32; expected no other "
                              "type of arguments and results");
  if (!function.getBody().hasOneBlock())
    return function.emitError("an epilogue is one block of ops");
  for (Operation &op : function.getBody().front().without_terminator())
    if (!isPure(&op) ||
        !isa<arith::ArithDialect, LLVM::LLVMDialect, NVVM::NVVMDialect>(
            op.getDialect()))
      return op.emitOpError("is in an epilogue; expected only pure ops of the "
                            "arith, llvm and nvvm dialects");
  auto operands = operandsOf(function, sums, places);
  if (failed(operands))
    return failure();
  return regionHook(function.getBody(), *operands);
}

FailureOr<GemmEpilogueHook> flm::gpu::epilogueHook(DeviceBuilder &d,
                                                   GemmAttr gemm) {
  if (!gemm.getEpilogue())
    return GemmEpilogueHook();
  return llvm::TypeSwitch<Attribute, FailureOr<GemmEpilogueHook>>(
             gemm.getEpilogue())
      .Case<GemmAddResidualAttr, GemmRopeAttr, GemmScaleAttr, GemmSwigluAttr>(
          [&](auto epilogue) { return hookOf(epilogue, gemm); })
      .Case([&](GemmFunctionAttr epilogue) { return hookOf(d, epilogue); })
      .Default([&](Attribute other) {
        return emitError(d.getLoc()) << "no epilogue is described by " << other;
      });
}
