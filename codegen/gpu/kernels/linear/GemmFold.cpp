//===----------------------------------------------------------------------===//
// Adding the partial sums of a GEMM.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/kernels/linear/GemmFold.h"
#include "codegen/gpu/kernels/device/WideVectors.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;
using namespace flm::gpu;

int64_t GemmFold::columnsPerThread() const {
  return described.pairDistance() ? 2 * width : width;
}

/// Of two runs, one after the other: every other column, and those between.
static void separateNeighbours(ColumnRun &first, ColumnRun &second) {
  SmallVector<Value> all = first.values;
  llvm::append_range(all, second.values);
  for (size_t i = 0; i < first.values.size(); ++i) {
    first.values[i] = all[2 * i];
    second.values[i] = all[2 * i + 1];
  }
  second.column = first.column + 1;
}

LLVM::LLVMFuncOp GemmFold::emit() {
  MLIRContext *context = d.getContext();
  AffineExpr em, en;
  bindDims(context, em, en);
  int64_t columnsPerBlock = threads * columnsPerThread();
  auto launch = LaunchAttr::get(
      context, threads, /*cluster=*/1, /*shared=*/0, /*persistent=*/false,
      AffineMap::get(3, 0, {em, en.ceilDiv(columnsPerBlock)}, context));
  declarePartial(Access::Read, /*tensorMap=*/false);
  declareOutputs(/*tensorMaps=*/false);
  LLVM::LLVMFuncOp function = begin(fold, launch);
  function->setAttr(NVVM::NVVMDialect::getMinctasmAttrName(),
                    d.getI32IntegerAttr(residentBlocks));

  I32 blocksPerRow = (n + (columnsPerBlock - 1)) / columnsPerBlock;
  I32 row = d.blockIndex() / blocksPerRow;
  I32 index = d.blockIndex() % blocksPerRow * threads + d.threadIndex();
  // Of blocks of paired columns, threads walk the first halves. Neighbours are
  // paired within sixteen columns.
  int64_t distance = described.pairDistance();
  I32 column = index * columnsPerThread();
  int64_t toSecond = width;
  if (distance > 1) {
    column = index * width;
    column = column / distance * (2 * distance) + column % distance;
    toSecond = distance;
  }

  d.ifThen(column < n, [&] {
    ColumnRun first = addParts(row, column), second = first;
    if (distance)
      second = addParts(row, column + toSecond);
    if (described.keepsSums())
      for (const ColumnRun &run : {first, second})
        store(sums, n, run, /*accumulate=*/false);
    if (distance == 1)
      separateNeighbours(first, second);
    for (const ColumnRun &run :
         epilogue.finish(first, distance ? &second : nullptr))
      store(c, epilogue.columnsOfC(), run, described.getAccumulate());
  });
  return function;
}

ColumnRun GemmFold::addParts(I32 row, I32 column) {
  Type f32 = d.getF32Type();
  WideVectors wide(d, f32);
  SmallVector<Value> vectors;
  for (int64_t part = 0; part < schedule.getSplits(); ++part)
    for (int64_t i = 0; i < width; i += wide.width()) {
      DeviceBuilder::Named name(d, "load partial");
      Value value = wide.load(
          d.globalElement(partial, f32, m * part + row, n, column + i));
      if (part == 0) {
        vectors.push_back(value);
        continue;
      }
      Value &sum = vectors[i / wide.width()];
      sum = arith::AddFOp::create(d, sum, value);
    }
  ColumnRun run = {row, column, {}};
  for (Value vector : vectors)
    for (int64_t i = 0; i < wide.width(); ++i)
      run.values.push_back(d.element(vector, i));
  return run;
}

void GemmFold::store(Value pointer, I32 columns, const ColumnRun &run,
                     bool accumulate) {
  WideVectors wide(d, described.getOutput());
  auto type = VectorType::get({wide.width()}, d.getF32Type());
  for (int64_t i = 0; i < width; i += wide.width()) {
    Value vector = LLVM::PoisonOp::create(d, type);
    for (int64_t element = 0; element < wide.width(); ++element)
      vector = LLVM::InsertElementOp::create(d, vector, run.values[i + element],
                                             d.constant(element).value());
    DeviceBuilder::Named name(d, "store c");
    Value address = d.globalElement(pointer, described.getOutput(), run.row,
                                    columns, run.column + i);
    if (accumulate)
      vector = arith::AddFOp::create(d, wide.load(address), vector);
    wide.store(wide.round(vector), address);
  }
}
