//===----------------------------------------------------------------------===//
// The GEMM for sm_80: copies, main loop, stores.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/kernels/AmpereGemm.h"
#include "codegen/gpu/kernels/Synchronization.h"
#include "codegen/gpu/kernels/TileCopy.h"
#include "codegen/gpu/kernels/WarpMatrix.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;
using namespace flm::gpu;

AmpereGemm::AmpereGemm(DeviceBuilder &d, GemmAttr gemm,
                       const GemmEpilogueHook &epilogue)
    : GemmKernel(d, gemm, epilogue), thread(d, Value()), lane(d, Value()),
      warpRow(d, Value()), warpColumn(d, Value()) {}

I32 AmpereGemm::nextSlot(I32 slot) {
  I32 next = slot + 1;
  return d.select(next == schedule.getStages(), d.constant(0), next);
}

LLVM::LLVMFuncOp AmpereGemm::emit() {
  LLVM::LLVMFuncOp function = begin(/*tensorMaps=*/false);
  thread = d.threadIndex();
  lane = thread & 31;
  I32 warp = d.warpUniform(thread >> 5);
  int64_t warpsPerRow = schedule.getN() / warpColumns;
  warpRow = warp / warpsPerRow * warpRows;
  warpColumn = warp % warpsPerRow * warpColumns;

  I32 rows = (m + (schedule.getM() - 1)) / schedule.getM();
  I32 columns = (n + (schedule.getN() - 1)) / schedule.getN();
  TilePosition tile =
      groupedTile(d, d.blockIndex(), rows, columns, schedule.getGroup());

  // All stages but one are on their way before the first is waited for. Steps
  // beyond the inner dim load zeros.
  int64_t ahead = schedule.getStages() - 1;
  for (int64_t step = 0; step < ahead; ++step)
    loadStage(tile, d.constant(step), d.constant(step));

  SmallVector<Value> carried(warpRows * warpColumns / 32, d.f32(0));
  carried.append({d.constant(0).value(), d.constant(ahead).value()});
  I32 steps = (k + (schedule.getK() - 1)) / schedule.getK();
  SmallVector<Value> result =
      d.loop(d.constant(0), steps, d.constant(1), carried,
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
               loadStage(tile, step + ahead, empty);
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
  storeTile(tile, result);
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
    next = multiplyStep(d, left, tileB, offsetB, warpColumn, warpColumns, depth,
                        lane, next);
  }
  return next;
}

void AmpereGemm::storeTile(TilePosition tile, ValueRange sums) {
  Type type = gemm.getOutput();
  int64_t pairBytes = type.getIntOrFloatBitWidth() / 4;
  auto pairType = VectorType::get({2}, type);
  I32 firstRow = tile.row * schedule.getM() + warpRow + (lane >> 2);
  I32 firstColumn = tile.column * schedule.getN() + warpColumn + (lane & 3) * 2;
  // Sixteen rows of the warp's columns at a time: what `finish` takes.
  int64_t perRows = 16 * warpColumns / 32;
  for (int64_t row = 0; row < warpRows; row += 16) {
    I32 threadRow = firstRow + row;
    SmallVector<Value> values =
        finish(threadRow, firstColumn, sums.slice(row / 16 * perRows, perRows));
    for (unsigned i = 0; i < values.size(); i += 2) {
      I32 elementRow = threadRow + i / 2 % 2 * 8;
      I32 elementColumn = firstColumn + i / 4 * 8;
      Value inside =
          arith::AndIOp::create(d, elementRow < m, elementColumn < n);
      d.ifThen(inside, [&] {
        DeviceBuilder::Named name(d, "store c");
        Value address = d.globalElement(c, type, elementRow, n, elementColumn);
        Value pair = d.pair(values[i], values[i + 1]);
        if (gemm.getAccumulate())
          pair = LLVM::FAddOp::create(d, d.load(pairType, address, pairBytes),
                                      pair);
        if (!type.isF32())
          pair = LLVM::FPTruncOp::create(d, pairType, pair);
        d.store(pair, address, pairBytes);
      });
    }
  }
}
