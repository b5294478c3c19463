//===----------------------------------------------------------------------===//
// Arguments and epilogue of all GEMM kernels.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/kernels/GemmKernel.h"

using namespace mlir;
using namespace flm::gpu;

/// Of the rows of A, B and C: what a tensor map needs, and a copy of 16 bytes.
/// A shape that one arch takes, all take.
static constexpr int64_t rowBytes = 16;

GemmKernel::GemmKernel(DeviceBuilder &d, GemmAttr gemm,
                       const GemmEpilogueHook &epilogue)
    : d(d), gemm(gemm), schedule(gemm.getSchedule()), epilogue(epilogue),
      tileA{schedule.getM(), schedule.getK(), gemm.isTransposedA()},
      tileB{schedule.getN(), schedule.getK(), gemm.isTransposedB()},
      outputBox{gemm.getOutput()}, m(d, Value()), n(d, Value()), k(d, Value()) {
}

SmallVector<KernelArgument> GemmKernel::arguments(bool tensorMaps) const {
  MLIRContext *context = d.getContext();
  AffineExpr em, en, ek;
  bindDims(context, em, en, ek);
  auto mapType = LLVM::LLVMPointerType::get(context);
  auto globalType = LLVM::LLVMPointerType::get(context, 1);
  SmallVector<KernelArgument> result;
  auto add = [&](StringRef name, Access access, Type type, AffineExpr rows,
                 AffineExpr columns, TensorMapAttr map) {
    auto shape = AffineMap::get(3, 0, {rows, columns}, context);
    result.push_back(
        {map ? mapType : globalType,
         OperandAttr::get(context, name, access, type, shape, rowBytes), map});
  };
  auto map = [&](int64_t boxRows, int64_t boxColumns) {
    if (!tensorMaps)
      return TensorMapAttr();
    auto box = DenseI64ArrayAttr::get(context, {boxRows, boxColumns});
    return TensorMapAttr::get(context, box, boxRowBytes);
  };
  bool ta = gemm.isTransposedA(), tb = gemm.isTransposedB();
  add("a", Access::Read, gemm.getInput(), ta ? ek : em, ta ? em : ek,
      map(tileA.loadedRows(), boxElements));
  add("b", Access::Read, gemm.getInput(), tb ? ek : en, tb ? en : ek,
      map(tileB.loadedRows(schedule.getCluster()), boxElements));
  add("c", gemm.getAccumulate() ? Access::Update : Access::Write,
      gemm.getOutput(), em, en, map(OutputBox::rows, outputBox.columns()));
  for (const GemmEpilogueHook::Operand &extra : epilogue.operands)
    add(extra.name, Access::Read, extra.type, em, en, TensorMapAttr());
  for (int i = 0; i < 3; ++i)
    result.push_back({d.getI32Type(), OperandAttr(), TensorMapAttr()});
  return result;
}

LaunchAttr GemmKernel::launch() const {
  MLIRContext *context = d.getContext();
  AffineExpr em, en, ek;
  bindDims(context, em, en, ek);
  AffineExpr rows = em.ceilDiv(schedule.getM() * schedule.getCluster());
  AffineExpr columns = en.ceilDiv(schedule.getN());
  return LaunchAttr::get(context, schedule.threads(), schedule.getCluster(),
                         schedule.sharedBytes(),
                         /*persistent=*/schedule.getArch() == Arch::SM90a,
                         AffineMap::get(3, 0, {rows, columns}, context));
}

LLVM::LLVMFuncOp GemmKernel::begin(bool tensorMaps) {
  LLVM::LLVMFuncOp function =
      d.beginKernel(gemm.symbolName(), arguments(tensorMaps), launch(), gemm);
  unsigned i = 0;
  auto take = [&] { return function.getArgument(i++); };
  a = take();
  b = take();
  c = take();
  for (size_t j = 0; j < epilogue.operands.size(); ++j)
    extra.push_back(take());
  m = d.i32(take());
  n = d.i32(take());
  k = d.i32(take());
  return function;
}

SmallVector<Value> GemmKernel::finish(I32 row, I32 column, ValueRange sums) {
  if (!epilogue.apply)
    return SmallVector<Value>(sums);
  SmallVector<Value> results;
  for (unsigned i = 0; i < sums.size(); i += 2) {
    I32 elementRow = row + i / 2 % 2 * 8;
    I32 elementColumn = column + i / 4 * 8;
    SmallVector<ElementPair> operands;
    for (unsigned operand : llvm::seq<unsigned>(extra.size()))
      operands.push_back(loadOperand(operand, elementRow, elementColumn));
    llvm::append_range(results,
                       epilogue.apply(d, {sums[i], sums[i + 1]}, operands));
  }
  return results;
}

ElementPair GemmKernel::loadOperand(unsigned operand, I32 row, I32 column) {
  // Elements beyond C are not stored: any from within will do. n is even.
  I32 validRow = d.min(row, m - 1), validColumn = d.min(column, n - 2);
  Type type = epilogue.operands[operand].type;
  Value address =
      d.globalElement(extra[operand], type, validRow, n, validColumn);
  DeviceBuilder::Named name(d, "load operand");
  Value loaded = d.load(VectorType::get({2}, type), address,
                        type.getIntOrFloatBitWidth() / 4);
  ElementPair pair = {d.element(loaded, 0), d.element(loaded, 1)};
  if (!type.isF32())
    for (Value &value : pair)
      value = LLVM::FPExtOp::create(d, d.getF32Type(), value);
  return pair;
}
