//===----------------------------------------------------------------------===//
// Arguments and work of all GEMM kernels.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/kernels/linear/GemmKernel.h"

using namespace mlir;
using namespace flm::gpu;

/// Of the rows of A, B and C: what a tensor map needs, and a copy of 16 bytes.
/// A shape that one arch takes, all take.
static constexpr int64_t tensorRowBytes = 16;
/// Of partial sums: what a thread of the fold adds.
static constexpr int64_t foldedRowBytes = 32;

GemmKernel::GemmKernel(DeviceBuilder &d, GemmAttr described,
                       const GemmEpilogueHook &hook)
    : d(d), described(described),
      gemm(described.isSplit() ? described.partialSums() : described),
      schedule(described.getSchedule()), epilogue(d, described, hook),
      tileA{schedule.getM(), schedule.getK(), gemm.isTransposedA()},
      tileB{schedule.getN(), schedule.getK(), gemm.isTransposedB()},
      outputBox{gemm.getOutput()}, m(d, Value()), n(d, Value()), k(d, Value()) {
}

void GemmKernel::declare(Value &value, StringRef name, Access access, Type type,
                         ArrayRef<AffineExpr> sizes, ArrayRef<int64_t> box,
                         int64_t rowBytes) {
  MLIRContext *context = d.getContext();
  auto shape = AffineMap::get(3, 0, sizes, context);
  auto operand = OperandAttr::get(context, name, access, type, shape, rowBytes);
  if (box.empty())
    arguments.push_back(
        {LLVM::LLVMPointerType::get(context, 1), operand, TensorMapAttr()});
  else
    arguments.push_back(
        {LLVM::LLVMPointerType::get(context), operand,
         TensorMapAttr::get(context, DenseI64ArrayAttr::get(context, box),
                            boxRowBytes)});
  values.push_back(&value);
}

void GemmKernel::declareOperands(bool tensorMaps) {
  AffineExpr em, en, ek;
  bindDims(d.getContext(), em, en, ek);
  auto add = [&](Value &value, StringRef name, const OperandTile &tile,
                 AffineExpr outer, int64_t slices) {
    SmallVector<AffineExpr> sizes = {outer, ek};
    if (tile.transposed)
      std::swap(sizes[0], sizes[1]);
    SmallVector<int64_t> box;
    if (tensorMaps)
      box = {tile.loadedRows(slices), boxElements};
    declare(value, name, Access::Read, gemm.getInput(), sizes, box,
            tensorRowBytes);
  };
  add(a, "a", tileA, em, 1);
  add(b, "b", tileB, en, schedule.getCluster());
  if (described.isSplit())
    declarePartial(Access::Write, tensorMaps);
  else
    declareOutputs(tensorMaps);
}

void GemmKernel::declareOutputs(bool tensorMaps) {
  AffineExpr em, en;
  bindDims(d.getContext(), em, en);
  Type type = described.getOutput();
  bool halves = described.resultsPerPair() == 1;
  // Pairs must be whole.
  int64_t bytes = type.getIntOrFloatBitWidth() / 8;
  int64_t paired = described.pairDistance() * (halves ? 1 : 2) * bytes;
  SmallVector<int64_t> box;
  if (tensorMaps)
    box = {OutputBox::rows, OutputBox{type}.columns()};
  declare(c, "c", described.getAccumulate() ? Access::Update : Access::Write,
          type, {em, halves ? en.floorDiv(2) : en}, box,
          std::max(paired, tensorRowBytes));
  if (described.keepsSums())
    declare(sums, "sums", Access::Write, type, {em, en}, box,
            std::max(2 * described.pairDistance() * bytes, tensorRowBytes));
  llvm::append_range(arguments, epilogue.arguments());
  values.resize(arguments.size(), nullptr);
}

void GemmKernel::declarePartial(Access access, bool tensorMap) {
  AffineExpr em, en;
  bindDims(d.getContext(), em, en);
  Type f32 = d.getF32Type();
  SmallVector<int64_t> box;
  if (tensorMap)
    box = {1, OutputBox::rows, OutputBox{f32}.columns()};
  declare(partial, "partial", access, f32,
          {getAffineConstantExpr(schedule.getSplits(), d.getContext()), em, en},
          box, foldedRowBytes);
}

LLVM::LLVMFuncOp GemmKernel::begin(KernelAttrInterface kernel,
                                   LaunchAttr launch) {
  for (int i = 0; i < 3; ++i)
    arguments.push_back({d.getI32Type(), OperandAttr(), TensorMapAttr()});
  LLVM::LLVMFuncOp function =
      d.beginKernel(kernel.symbolName(), arguments, launch, kernel);
  SmallVector<Value> operands;
  for (auto [i, value] : llvm::enumerate(values))
    if (value)
      *value = function.getArgument(i);
    else
      operands.push_back(function.getArgument(i));
  auto size = [&](size_t i) {
    return d.i32(function.getArgument(values.size() + i));
  };
  m = size(0);
  n = size(1);
  k = size(2);
  epilogue.bind(operands, m, n);
  return function;
}

LaunchAttr GemmKernel::launchByTile() const {
  MLIRContext *context = d.getContext();
  AffineExpr em, en, ek;
  bindDims(context, em, en, ek);
  SmallVector<AffineExpr> tiles = {
      em.ceilDiv(schedule.getM() * schedule.getCluster()),
      en.ceilDiv(schedule.getN())};
  if (schedule.getSplits() > 1)
    tiles.push_back(getAffineConstantExpr(schedule.getSplits(), context));
  return LaunchAttr::get(context, schedule.threads(), schedule.getCluster(),
                         schedule.sharedBytes(),
                         /*persistent=*/schedule.getArch() == Arch::SM90a,
                         AffineMap::get(3, 0, tiles, context));
}

GemmWork GemmKernel::work(I32 index, I32 rows, I32 columns) {
  I32 steps = (k + (schedule.getK() - 1)) / schedule.getK();
  I32 zero = d.constant(0);
  int64_t splits = schedule.getSplits();
  if (splits == 1)
    return {groupedTile(d, index, rows, columns, schedule.getGroup()), zero,
            zero, steps};
  // Part after part: blocks that run at the same time read the same steps of A
  // and B. A part may have no steps; its sums are zeros.
  I32 tiles = rows * columns;
  I32 split = index / tiles;
  return {groupedTile(d, index % tiles, rows, columns, schedule.getGroup()),
          split, split * steps / d.constant(splits),
          (split + 1) * steps / d.constant(splits)};
}
