//===----------------------------------------------------------------------===//
// Applying an epilogue's hook to what a thread holds.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/kernels/linear/GemmEpilogue.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;
using namespace flm::gpu;

/// Of every tensor that is read 16 bytes at a time.
static constexpr int64_t rowBytes = 16;

static std::optional<int64_t> constantOf(AffineExpr size) {
  if (auto constant = dyn_cast<AffineConstantExpr>(size))
    return constant.getValue();
  return std::nullopt;
}

SmallVector<KernelArgument> GemmEpilogue::arguments() const {
  MLIRContext *context = d.getContext();
  auto pointer = LLVM::LLVMPointerType::get(context, 1);
  SmallVector<KernelArgument> result;
  for (const GemmEpilogueHook::Operand &operand : hook.operands) {
    auto shape = AffineMap::get(3, 0, {operand.rows, operand.columns}, context);
    // A column of its own is read one element at a time.
    int64_t alignment = constantOf(operand.columns) == 1 ? 1 : rowBytes;
    result.push_back({pointer,
                      OperandAttr::get(context, operand.name, Access::Read,
                                       operand.type, shape, alignment),
                      TensorMapAttr()});
  }
  return result;
}

void GemmEpilogue::bind(ValueRange operands, I32 rows, I32 columns) {
  pointers = SmallVector<Value>(operands);
  m = rows;
  n = columns;
}

I32 GemmEpilogue::columnsOfC() const {
  return gemm.resultsPerPair() == 2 ? n : n >> 1;
}

I32 GemmEpilogue::columnOfC(I32 column) const {
  if (gemm.resultsPerPair() == 2)
    return column;
  // The second half of each block is gone.
  int64_t distance = gemm.pairDistance();
  return column / (2 * distance) * distance + column % distance;
}

SmallVector<Value> GemmEpilogue::load(unsigned index, I32 row, I32 column,
                                      int64_t width) const {
  const GemmEpilogueHook::Operand &operand = hook.operands[index];
  std::optional<int64_t> rows = constantOf(operand.rows);
  std::optional<int64_t> columns = constantOf(operand.columns);
  // Elements beyond C are not stored: any from within will do.
  I32 elementRow = rows ? row % *rows : d.min(row, m - 1);
  I32 elementColumn =
      columns ? column % *columns : d.min(column, columnsOfC() - width);
  I32 pitch = columns ? d.constant(*columns) : columnsOfC();
  int64_t loadedWidth = columns == 1 ? 1 : width;
  assert((!columns || *columns % loadedWidth == 0) && "a run crosses the end");

  int64_t bytes = operand.type.getIntOrFloatBitWidth() / 8;
  Value address = d.globalElement(pointers[index], operand.type, elementRow,
                                  pitch, elementColumn);
  DeviceBuilder::Named name(d, "load operand");
  SmallVector<Value> values;
  if (loadedWidth == 1)
    values.assign(width, d.load(operand.type, address, bytes));
  else {
    auto type = VectorType::get({width}, operand.type);
    Value loaded =
        d.load(type, address, std::min<int64_t>(width * bytes, rowBytes));
    for (int64_t i = 0; i < width; ++i)
      values.push_back(d.element(loaded, i));
  }
  if (!operand.type.isF32())
    for (Value &value : values)
      value = LLVM::FPExtOp::create(d, d.getF32Type(), value);
  return values;
}

SmallVector<ColumnRun> GemmEpilogue::finish(const ColumnRun &first,
                                            const ColumnRun *second) const {
  if (!hook.apply)
    return {first};
  assert((gemm.pairDistance() != 0) == (second != nullptr) &&
         "pairs, or columns that stand alone");
  SmallVector<ColumnRun> results;
  results.push_back({first.row, columnOfC(first.column), {}});
  if (second && gemm.resultsPerPair() == 2)
    results.push_back({second->row, second->column, {}});

  size_t width = first.values.size();
  SmallVector<SmallVector<Value>> operands;
  for (unsigned index : llvm::seq<unsigned>(hook.operands.size()))
    for (const ColumnRun &place : results)
      operands.push_back(
          load(index, place.row, place.column, static_cast<int64_t>(width)));
  for (size_t i = 0; i < width; ++i) {
    SmallVector<Value> sums = {first.values[i]};
    if (second)
      sums.push_back(second->values[i]);
    SmallVector<Value> elements;
    for (const SmallVector<Value> &run : operands)
      elements.push_back(run[i]);
    SmallVector<Value> values = hook.apply(d, sums, elements);
    assert(values.size() == results.size() && "a value for each place");
    for (auto [result, value] : llvm::zip(results, values))
      result.values.push_back(value);
  }
  return results;
}

SmallVector<ColumnGroup> GemmEpilogue::finish(I32 row,
                                              ArrayRef<ColumnGroup> groups,
                                              int64_t groupsToPair) const {
  if (!hook.apply)
    return SmallVector<ColumnGroup>(groups);
  if (gemm.pairDistance() == 1)
    return finishNeighbours(row, groups);
  bool paired = gemm.pairDistance() != 0;
  /// By the group of A * B at whose place they are; empty where there is none.
  SmallVector<ColumnGroup> byPlace(groups.size(), {row, {}});
  for (size_t i = 0; i < groups.size(); ++i) {
    if (paired && i / groupsToPair % 2)
      continue;
    for (int64_t h : {0, 1}) {
      auto run = [&](size_t group) {
        return ColumnRun{
            row + h * 8,
            groups[group].column,
            {groups[group].values[2 * h], groups[group].values[2 * h + 1]}};
      };
      ColumnRun first = run(i), second = run(paired ? i + groupsToPair : i);
      size_t place = i;
      for (const ColumnRun &result :
           finish(first, paired ? &second : nullptr)) {
        byPlace[place].column = result.column;
        llvm::append_range(byPlace[place].values, result.values);
        place += groupsToPair;
      }
    }
  }
  llvm::erase_if(byPlace,
                 [](const ColumnGroup &group) { return group.values.empty(); });
  return byPlace;
}

/// Thread q of a quad has element q of the first four of eight neighbours and
/// element q of the last four; it gets elements 2 q and 2 q + 1 of the eight.
///
///   thread                  0    1    2    3
///   has (low, high)        0 4  1 5  2 6  3 7
///   1st exchange: gets      0    3    5    6    (from 0, 3, 1, 2)
///   2nd exchange: gets      1    2    4    7    (from 1, 2, 0, 3)
///
/// In each exchange a thread is read once, so it offers the one that is wanted.
static std::array<Value, 2> exchangeInQuad(DeviceBuilder &d, I32 lane,
                                           Value low, Value high) {
  I32 q = lane & 3;
  Value isOuter = ((q + 1) & 2) == 0; // thread 0 or 3
  auto either = [&](Value outer, Value inner) -> Value {
    return arith::SelectOp::create(d, isOuter, outer, inner);
  };
  // Two bits for each thread.
  auto get = [&](Value offered, int64_t sources) -> Value {
    Value shifted = arith::ShRUIOp::create(d, d.constant(sources).value(),
                                           (q << 1).value());
    I32 source = d.i32(shifted) & 3;
    return NVVM::ShflOp::create(d, d.getF32Type(), d.constant(-1).value(),
                                offered, ((lane & ~3) | source).value(),
                                d.constant(31).value(), NVVM::ShflKind::idx,
                                UnitAttr());
  };
  Value first = get(either(low, high), 0b10'01'11'00);
  Value second = get(either(high, low), 0b11'00'10'01);
  return {either(first, second), either(second, first)};
}

SmallVector<ColumnGroup>
GemmEpilogue::finishNeighbours(I32 row, ArrayRef<ColumnGroup> groups) const {
  I32 lane = d.threadIndex() & 31;
  SmallVector<ColumnGroup> results;
  for (size_t i = 0; i < groups.size(); i += 2) {
    // The groups' 16 columns become eight, of which the thread has two.
    results.push_back({columnOfC(groups[i].column) + (lane & 3), {}});
    for (int64_t h : {0, 1}) {
      auto finished = [&](const ColumnGroup &group) {
        ColumnRun first{row + h * 8, group.column, {group.values[2 * h]}};
        ColumnRun second{
            row + h * 8, group.column + 1, {group.values[2 * h + 1]}};
        return finish(first, &second)[0].values[0];
      };
      llvm::append_range(results.back().values,
                         exchangeInQuad(d, lane, finished(groups[i]),
                                        finished(groups[i + 1])));
    }
  }
  return results;
}
