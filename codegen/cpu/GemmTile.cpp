//===----------------------------------------------------------------------===//
// The register tile: a rows x columns piece of C, summed over one block of the
// inner dimension in registers, then stored or added.
//===----------------------------------------------------------------------===//
#include "codegen/cpu/GemmEmitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace flm::cpu;

void GemmEmitter::emitTile(KBlock block, Index rowBlockBegin, Index row,
                           int64_t rows, Index column, Index panel,
                           int64_t columns) {
  if (schedule.prefetchOutput) {
    int64_t line = 64 * 8 / problem.outputType.getIntOrFloatBitWidth();
    for (int64_t i = 0; i < rows; ++i)
      for (int64_t j = 0; j < columns; j += line)
        k.prefetchForWrite(c, {row + i, column + j});
  }

  int64_t vectors = llvm::divideCeil(columns, lanes());
  SmallVector<Value> sums =
      sumTile(block, rowBlockBegin, row, rows, panel, vectors);

  auto store = [&](bool addToC, bool finish) {
    storeTile(sums, row, rows, column, columns, addToC, finish);
  };
  // The first block stores, so that C needs no zeroing; the last one applies
  // the epilogue.
  bool oneBlock = problem.k <= schedule.kBlock;
  auto storeOrAdd = [&](bool finish) {
    if (problem.accumulate || oneBlock)
      return store(problem.accumulate, finish);
    k.ifThenElse(
        block.begin == k.index(0), [&] { store(false, finish); },
        [&] { store(true, finish); });
  };
  if (oneBlock || !epilogue.apply)
    return storeOrAdd(/*finish=*/true);
  Value more = block.begin + block.size < k.index(problem.k);
  k.ifThenElse(
      more, [&] { storeOrAdd(/*finish=*/false); },
      [&] { storeOrAdd(/*finish=*/true); });
}

SmallVector<Value> GemmEmitter::sumTile(KBlock block, Index rowBlockBegin,
                                        Index row, int64_t rows, Index panel,
                                        int64_t vectors) {
  auto elementOfA = [&](Index offset, int64_t i) {
    if (packsA())
      return k.loadScalar(aPanels, {(row - rowBlockBegin) / schedule.tileRows,
                                    offset, k.index(i)});
    return k.loadScalar(a, {row + i, block.begin + offset});
  };

  auto type = VectorType::get({lanes()}, problem.outputType);
  SmallVector<Value> zeros(rows * vectors, k.zero(type));
  // Sums start at zero in each block: their rounding errors stay those of a
  // block's length, however long the inner dimension is.
  return k.loop(
      k.index(0), block.size, 1, zeros, [&](Index offset, ValueRange sums) {
        SmallVector<Value> rowOfB, next;
        for (int64_t j = 0; j < vectors; ++j)
          rowOfB.push_back(
              k.load(bPanels, {panel, offset, k.index(j * lanes())}, lanes()));
        for (int64_t i = 0; i < rows; ++i) {
          Value splat = k.broadcast(elementOfA(offset, i), lanes());
          for (int64_t j = 0; j < vectors; ++j)
            next.push_back(vector::FMAOp::create(k, splat, rowOfB[j],
                                                 sums[i * vectors + j]));
        }
        return next;
      });
}

void GemmEmitter::storeTile(ArrayRef<Value> sums, Index row, int64_t rows,
                            Index column, int64_t columns, bool addToC,
                            bool finish) {
  const Value *sum = sums.begin();
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t first = 0; first < columns; first += lanes()) {
      int64_t valid = std::min(lanes(), columns - first);
      Index at[] = {row + i, column + first};
      Value result = *sum++;
      if (addToC)
        result =
            arith::AddFOp::create(k, k.load(c, at, lanes(), valid), result);
      if (finish && epilogue.apply) {
        SmallVector<Value> operands;
        for (Value memref : extra)
          operands.push_back(k.load(memref, at, lanes(), valid));
        result = epilogue.apply(k, result, operands);
      }
      k.store(result, c, at, valid);
    }
}
