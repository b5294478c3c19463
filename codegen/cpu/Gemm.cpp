//===----------------------------------------------------------------------===//
// The loops of a GEMM kernel: tasks, blocks of the inner dimension, row blocks,
// panels, tiles.
//===----------------------------------------------------------------------===//
#include "codegen/cpu/GemmEmitter.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace flm::cpu;

/// Panels start on a cache line.
static constexpr int64_t panelAlignment = 64;

SmallVector<Type> GemmEmitter::operandTypes() const {
  int64_t m = problem.m, n = problem.n, k = problem.k;
  bool transposedA = problem.layout == GemmLayout::TN;
  bool transposedB = problem.layout == GemmLayout::NT;
  auto type = [](int64_t rows, int64_t columns, Type element) -> Type {
    return MemRefType::get({rows, columns}, element);
  };
  SmallVector<Type> types = {transposedA ? type(k, m, problem.inputType)
                                         : type(m, k, problem.inputType),
                             transposedB ? type(n, k, problem.inputType)
                                         : type(k, n, problem.inputType),
                             type(m, n, problem.outputType)};
  llvm::append_range(types, epilogue.operands);
  return types;
}

int64_t GemmEmitter::placePanels(Value workspace) {
  int64_t elementBytes = problem.inputType.getIntOrFloatBitWidth() / 8;
  int64_t used = 0;
  auto place = [&](ArrayRef<int64_t> shape) {
    Value view = k.workspaceView(workspace, used, shape, problem.inputType);
    used += llvm::alignTo(ShapedType::getNumElements(shape) * elementBytes,
                          panelAlignment);
    return view;
  };
  bPanels = place({columnPanels(), schedule.kBlock, tileColumns()});
  if (packsA())
    aPanels = place({schedule.rowBlock / schedule.tileRows, schedule.kBlock,
                     schedule.tileRows});
  return used;
}

CpuKernel GemmEmitter::emit(StringRef symbol) {
  SmallVector<Type> operands = operandTypes();
  OpBuilder::InsertionGuard guard(k);
  CpuKernel kernel;
  kernel.function = k.beginKernel(symbol, operands);
  a = kernel.function.getArgument(0);
  b = kernel.function.getArgument(1);
  c = kernel.function.getArgument(2);
  for (size_t i = 3; i < operands.size(); ++i)
    extra.push_back(kernel.function.getArgument(i));

  kernel.workspaceBytes =
      placePanels(kernel.function.getArgument(operands.size()));
  kernel.tasks = llvm::divideCeil(problem.m, schedule.taskRows) *
                 llvm::divideCeil(problem.n, schedule.taskColumns);
  emitTask(k.index(kernel.function.getArgument(operands.size() + 1)));
  return kernel;
}

void GemmEmitter::emitTask(Index task) {
  // Neighbouring tasks share their columns, thus their block of B.
  int64_t rowTasks = llvm::divideCeil(problem.m, schedule.taskRows);
  Index rowBegin = task % rowTasks * schedule.taskRows;
  Index columnBegin = task / rowTasks * schedule.taskColumns;
  Index rowEnd = k.min(rowBegin + schedule.taskRows, problem.m);
  Index columnEnd = k.min(columnBegin + schedule.taskColumns, problem.n);

  if (problem.k <= schedule.kBlock) {
    emitKBlock({k.index(0), k.index(problem.k)}, rowBegin, rowEnd, columnBegin,
               columnEnd);
    return;
  }
  k.loop(k.index(0), k.index(problem.k), schedule.kBlock, [&](Index begin) {
    Index size = k.min(k.index(problem.k) - begin, schedule.kBlock);
    emitKBlock({begin, size}, rowBegin, rowEnd, columnBegin, columnEnd);
  });
}

void GemmEmitter::emitKBlock(KBlock block, Index rowBegin, Index rowEnd,
                             Index columnBegin, Index columnEnd) {
  packB(block, columnBegin, columnEnd);
  k.loop(rowBegin, rowEnd, schedule.rowBlock, [&](Index blockBegin) {
    Index blockEnd = k.min(blockBegin + schedule.rowBlock, rowEnd);
    if (packsA())
      packA(block, blockBegin, blockEnd);
    forEachPanel(
        columnBegin, columnEnd,
        [&](Index column, Index panel, int64_t columns) {
          forEachRowTile(blockBegin, blockEnd, [&](Index row, int64_t rows) {
            emitTile(block, blockBegin, row, rows, column, panel, columns);
          });
        });
  });
}

void GemmEmitter::forEachPanel(
    Index begin, Index end,
    function_ref<void(Index column, Index panel, int64_t columns)> body) {
  int64_t remainder = problem.n % tileColumns();
  Index wholeEnd = k.index(problem.n - remainder);
  k.loop(begin, k.min(end, wholeEnd), tileColumns(), [&](Index column) {
    body(column, (column - begin) / tileColumns(), tileColumns());
  });
  if (remainder)
    k.ifThen(wholeEnd < end, [&] {
      body(wholeEnd, (wholeEnd - begin) / tileColumns(), remainder);
    });
}

void GemmEmitter::forEachRowTile(
    Index begin, Index end, function_ref<void(Index row, int64_t rows)> body) {
  int64_t remainder = problem.m % schedule.tileRows;
  Index wholeEnd = k.index(problem.m - remainder);
  k.loop(begin, k.min(end, wholeEnd), schedule.tileRows,
         [&](Index row) { body(row, schedule.tileRows); });
  if (remainder)
    k.ifThen(wholeEnd < end, [&] { body(wholeEnd, remainder); });
}

void GemmEmitter::forEachKStep(
    KBlock block, int64_t step,
    function_ref<void(Index offset, int64_t size)> body) {
  // Only the last block can have a remainder: kBlock is a multiple of step.
  int64_t remainder = problem.k % step;
  Index wholeSize = block.size - block.size % step;
  k.loop(k.index(0), wholeSize, step,
         [&](Index offset) { body(offset, step); });
  if (remainder)
    k.ifThen(wholeSize < block.size, [&] { body(wholeSize, remainder); });
}

FailureOr<CpuKernel> flm::cpu::buildGemmKernel(OpBuilder &builder, Location loc,
                                               StringRef symbol,
                                               const GemmProblem &problem,
                                               const GemmSchedule &schedule,
                                               const CpuTarget &target,
                                               const GemmEpilogue &epilogue) {
  if (failed(verifyGemm(loc, problem, schedule, target)))
    return failure();
  for (MemRefType operand : epilogue.operands)
    if (operand.getShape() != ArrayRef<int64_t>{problem.m, problem.n})
      return emitError(loc) << "the epilogue reads " << operand
                            << "; expected the shape of C, " << problem.m
                            << " x " << problem.n;
  KernelBuilder k(loc, builder);
  return GemmEmitter(k, problem, schedule, epilogue).emit(symbol);
}
