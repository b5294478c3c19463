//===----------------------------------------------------------------------===//
// The GEMM for sm_80: copies, main loop, stores.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/kernels/AmpereGemm.h"
#include "codegen/gpu/kernels/Synchronization.h"
#include "codegen/gpu/kernels/WarpMatrix.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;
using namespace flm::gpu;

AmpereGemm::AmpereGemm(DeviceBuilder &d, GemmAttr gemm,
                       const GemmEpilogueHook &hook)
    : GemmKernel(d, gemm, hook), thread(d, Value()), lane(d, Value()),
      warpRow(d, Value()) {}

I32 AmpereGemm::nextSlot(I32 slot) {
  I32 next = slot + 1;
  return d.select(next == schedule.getStages(), d.constant(0), next);
}

SmallVector<I32> AmpereGemm::fragmentsOf(I32 warpInRow) {
  constexpr int64_t width = 16;
  // Columns that the epilogue pairs belong to one warp.
  int64_t distance = std::max(gemm.pairDistance(), width);
  int64_t perHalf = distance / width; // warps of a block of paired columns
  I32 first =
      warpInRow / perHalf * (2 * distance) + warpInRow % perHalf * width;
  return {first, first + distance};
}

LLVM::LLVMFuncOp AmpereGemm::emit() {
  declareOperands(/*tensorMaps=*/false);
  LLVM::LLVMFuncOp function = begin(described, launchByTile());
  thread = d.threadIndex();
  lane = thread & 31;
  I32 warp = d.warpUniform(thread >> 5);
  int64_t warpsPerRow = schedule.getN() / warpColumns;
  warpRow = warp / warpsPerRow * warpRows;
  warpFragments = fragmentsOf(warp % warpsPerRow);

  I32 rows = (m + (schedule.getM() - 1)) / schedule.getM();
  I32 columns = (n + (schedule.getN() - 1)) / schedule.getN();
  GemmWork block = work(d.blockIndex(), rows, columns);

  // All stages but one are on their way before the first is waited for. Steps
  // beyond the inner dim load zeros.
  int64_t ahead = schedule.getStages() - 1;
  for (int64_t step = 0; step < ahead; ++step)
    loadStage(block.tile, block.firstStep + step, d.constant(step));

  SmallVector<Value> carried(warpRows * warpColumns / 32, d.f32(0));
  carried.append({d.constant(0).value(), d.constant(ahead).value()});
  SmallVector<Value> result =
      d.loop(block.firstStep, block.steps, d.constant(1), carried,
             [&](I32 step, ValueRange values) {
               I32 full = d.i32(values.drop_back().back());
               I32 empty = d.i32(values.back());
               {
                 DeviceBuilder::Named name(d, "wait for copies");
                 NVVM::CpAsyncWaitGroupOp::create(d, ahead - 1);
               }
               {
                 // Everybody's copies have arrived, and everybody has read the
                 // slot that is filled next.
                 DeviceBuilder::Named name(d, "stage is full");
                 blockBarrier(d);
               }
               loadStage(block.tile, step + ahead, empty);
               SmallVector<Value> next =
                   multiplyStage(full, values.drop_back(2));
               next.append({nextSlot(full).value(), nextSlot(empty).value()});
               return next;
             });
  result.truncate(result.size() - 2);
  storeTile(block, result);
  return function;
}

void AmpereGemm::loadStage(TilePosition tile, I32 step, I32 slot) {
  I32 offset = slot * schedule.stageBytes();
  I32 depth = step * schedule.getK();
  bool ta = gemm.isTransposedA(), tb = gemm.isTransposedB();
  {
    DeviceBuilder::Named name(d, "load a");
    loadTile(tileA, a, ta ? k : m, ta ? m : k, offset,
             tile.row * schedule.getM(), depth);
  }
  {
    DeviceBuilder::Named name(d, "load b");
    loadTile(tileB, b, tb ? k : n, tb ? n : k, offset + tileA.bytes(),
             tile.column * schedule.getN(), depth);
  }
  NVVM::CpAsyncCommitGroupOp::create(d);
}

void AmpereGemm::loadTile(const OperandTile &operand, Value pointer, I32 rows,
                          I32 columns, I32 offset, I32 outerStart,
                          I32 depthStart) {
  constexpr int64_t chunkBytes = 16, chunkElements = chunkBytes / 2;
  constexpr int64_t chunksPerRow = boxRowBytes / chunkBytes;
  int64_t boxRows = operand.boxRows();
  int64_t chunks = operand.bytes() / chunkBytes;
  int64_t threads = schedule.threads();
  assert(chunks % threads == 0 && "tiles are whole rounds of copies");
  for (int64_t first = 0; first < chunks; first += threads) {
    I32 index = thread + first;
    I32 chunk = index & (chunksPerRow - 1);
    I32 boxedRow = index / chunksPerRow; // counted through the boxes
    I32 box = boxedRow / boxRows, row = boxedRow % boxRows;
    I32 tensorRow = (operand.transposed ? depthStart : outerStart) + row;
    I32 tensorColumn = (operand.transposed ? outerStart : depthStart) +
                       box * boxElements + chunk * chunkElements;
    // Rows are whole chunks, so a chunk is inside or outside. One outside is
    // not read; zeros are written.
    Value inside =
        arith::AndIOp::create(d, tensorRow < rows, tensorColumn < columns);
    I32 bytes = d.select(inside, d.constant(chunkBytes), d.constant(0));
    I32 zero = d.constant(0);
    Value source = d.globalElement(pointer, gemm.getInput(),
                                   d.select(inside, tensorRow, zero), columns,
                                   d.select(inside, tensorColumn, zero));
    Value target = swizzledAddress(d, offset + box * (boxRows * boxRowBytes),
                                   row, chunk, zero);
    NVVM::CpAsyncOp::create(d, target, source, chunkBytes,
                            NVVM::LoadCacheModifierKind::CG, bytes.value());
  }
}

SmallVector<Value> AmpereGemm::multiplyStage(I32 slot, ValueRange sums) {
  I32 offsetA = d.opaque(slot) * schedule.stageBytes();
  I32 offsetB = offsetA + tileA.bytes();
  SmallVector<Value> next(sums);
  for (int64_t depth = 0; depth < schedule.getK(); depth += 16) {
    SmallVector<Fragment> left, right;
    for (int64_t row = 0; row < warpRows; row += 16)
      left.push_back(loadFragment(d, tileA, offsetA, warpRow + row, depth, lane,
                                  FragmentOrder::RowsFirst));
    for (I32 column : warpFragments)
      right.push_back(loadFragment(d, tileB, offsetB, column, depth, lane,
                                   FragmentOrder::DepthFirst));
    auto *sum = next.begin();
    for (const Fragment &rows : left)
      for (const Fragment &columns : right)
        for (int64_t half : {0, 1}) {
          SmallVector<Value> updated =
              multiplyFragments(d, rows, columns, half, {sum, 4});
          sum = llvm::copy(updated, sum);
        }
  }
  return next;
}

void AmpereGemm::storeTile(GemmWork work, ValueRange tileSums) {
  I32 firstRow = work.tile.row * schedule.getM() + warpRow + (lane >> 2);
  I32 firstColumn = work.tile.column * schedule.getN() + (lane & 3) * 2;
  // Groups of eight columns: two of each fragment. The second fragment begins
  // at the distance of pairs, unless pairs are within a fragment.
  int64_t groupsToPair = gemm.pairDistance() == 8 ? 1 : 2;
  size_t sumsPerRows = 16 * warpColumns / 32;
  for (int64_t row = 0; row < warpRows; row += 16) {
    ValueRange rowSums = tileSums.slice(row / 16 * sumsPerRows, sumsPerRows);
    SmallVector<ColumnGroup> groups;
    for (size_t i = 0; i < rowSums.size(); i += 4)
      groups.push_back({firstColumn + warpFragments[i / 8] + i / 4 % 2 * 8,
                        SmallVector<Value>(rowSums.slice(i, 4))});
    I32 threadRow = firstRow + row;
    if (described.isSplit()) {
      storeGroups(partial, n, work, threadRow, groups, /*accumulate=*/false);
      continue;
    }
    if (gemm.keepsSums())
      storeGroups(sums, n, work, threadRow, groups, /*accumulate=*/false);
    storeGroups(c, epilogue.columnsOfC(), work, threadRow,
                epilogue.finish(threadRow, groups, groupsToPair),
                gemm.getAccumulate());
  }
}

void AmpereGemm::storeGroups(Value pointer, I32 columns, GemmWork work, I32 row,
                             ArrayRef<ColumnGroup> groups, bool accumulate) {
  Type type = gemm.getOutput();
  int64_t pairBytes = type.getIntOrFloatBitWidth() / 4;
  auto pairType = VectorType::get({2}, type);
  for (const ColumnGroup &group : groups)
    for (int64_t h : {0, 1}) {
      I32 elementRow = row + h * 8;
      Value inside =
          arith::AndIOp::create(d, elementRow < m, group.column < columns);
      d.ifThen(inside, [&] {
        DeviceBuilder::Named name(d, "store c");
        // Partial sums are one matrix below the other.
        I32 storedRow = elementRow;
        if (described.isSplit())
          storedRow = work.split * m + elementRow;
        Value address =
            d.globalElement(pointer, type, storedRow, columns, group.column);
        Value pair = d.pair(group.values[2 * h], group.values[2 * h + 1]);
        if (accumulate)
          pair = LLVM::FAddOp::create(d, d.load(pairType, address, pairBytes),
                                      pair);
        if (!type.isF32())
          pair = LLVM::FPTruncOp::create(d, pairType, pair);
        d.store(pair, address, pairBytes);
      });
    }
}
