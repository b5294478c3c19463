//===----------------------------------------------------------------------===//
// The GEMM for sm_80: copies, main loop, stores.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/kernels/linear/AmpereGemm.h"
#include "codegen/gpu/kernels/device/Synchronization.h"
#include "codegen/gpu/kernels/device/TileCopy.h"
#include "codegen/gpu/kernels/device/WarpMatrix.h"

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
  constexpr int64_t width = fragmentColumns;
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
                 waitForLoads(d, ahead - 1);
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
  {
    // Those of the steps beyond the inner dim still write shared memory.
    DeviceBuilder::Named name(d, "wait for last copies");
    waitForLoads(d, 0);
  }
  storeTile(block, result);
  return function;
}

void AmpereGemm::loadStage(TilePosition tile, I32 step, I32 slot) {
  I32 offset = slot * schedule.stageBytes();
  I32 depth = step * schedule.getK();
  TileCopy copy(d, thread, schedule.threads());
  bool ta = gemm.isTransposedA(), tb = gemm.isTransposedB();
  {
    DeviceBuilder::Named name(d, "load a");
    copy.load(tileA, offset, GlobalMatrix::dense(a, ta ? k : m, ta ? m : k),
              tile.row * schedule.getM(), depth);
  }
  {
    DeviceBuilder::Named name(d, "load b");
    copy.load(tileB, offset + tileA.bytes(),
              GlobalMatrix::dense(b, tb ? k : n, tb ? n : k),
              tile.column * schedule.getN(), depth);
  }
  commitLoads(d);
}

SmallVector<Value> AmpereGemm::multiplyStage(I32 slot, ValueRange sums) {
  I32 offsetA = d.opaque(slot) * schedule.stageBytes();
  I32 offsetB = offsetA + tileA.bytes();
  SmallVector<Value> next(sums);
  for (int64_t depth = 0; depth < schedule.getK(); depth += 16) {
    SmallVector<Fragment> left;
    for (int64_t row = 0; row < warpRows; row += 16)
      left.push_back(loadFragment(d, tileA, offsetA, warpRow + row, depth, lane,
                                  FragmentOrder::RowsFirst));
    // The sums of one fragment's columns after those of the one before.
    size_t perFragment = next.size() / warpFragments.size();
    for (auto [i, column] : llvm::enumerate(warpFragments)) {
      MutableArrayRef<Value> sums =
          MutableArrayRef<Value>(next).slice(i * perFragment, perFragment);
      llvm::copy(multiplyStep(d, left, tileB, offsetB, column, fragmentColumns,
                              depth, lane, sums),
                 sums.begin());
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
  size_t perFragment = tileSums.size() / warpFragments.size();
  for (int64_t row = 0; row < warpRows; row += 16) {
    SmallVector<ColumnGroup> groups;
    for (auto [i, column] : llvm::enumerate(warpFragments))
      for (int64_t half : {0, 1})
        groups.push_back({firstColumn + column + half * 8,
                          SmallVector<Value>(tileSums.slice(
                              i * perFragment + row / 2 + half * 4, 4))});
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
