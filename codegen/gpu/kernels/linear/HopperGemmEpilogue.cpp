//===----------------------------------------------------------------------===//
// The Hopper GEMM's epilogue: each consumer takes its rows through two boxes of
// shared memory, writing one while TMA reads the other.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/kernels/linear/HopperGemm.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;
using namespace flm::gpu;

/// 64 rows of a fragment as flm_gpu.wgmma lays out its results: groups of eight
/// columns from `column` on, of which each thread of a quad has two.
static SmallVector<ColumnGroup> groupsOf(ValueRange sums, I32 column) {
  SmallVector<ColumnGroup> groups;
  for (size_t i = 0; i < sums.size(); i += 4)
    groups.push_back({column + static_cast<int64_t>(i) * 2,
                      SmallVector<Value>(sums.slice(i, 4))});
  return groups;
}

namespace {

/// Stores boxes one after the other, in turn through the buffers of a consumer.
class BoxStores {
public:
  /// `total` boxes are stored for each tile; `buffersOffset` is where the
  /// consumer's buffers are.
  BoxStores(DeviceBuilder &d, OutputBox box, I32 consumer, I32 thread,
            I32 buffersOffset, int64_t total)
      : d(d), box(box), consumer(consumer), thread(thread),
        buffersOffset(buffersOffset), total(total) {}

  /// Stores `groups`, some whole boxes, at [row, column] of the matrix.
  void store(const TensorMatrix &matrix, I32 row, I32 column,
             ArrayRef<ColumnGroup> groups, bool accumulate);

private:
  void storeBox(const TensorMatrix &matrix, I32 row, I32 column,
                ValueRange values, bool accumulate);

  DeviceBuilder &d;
  OutputBox box;
  I32 consumer, thread, buffersOffset;
  int64_t total, stored = 0;
};

} // namespace

void BoxStores::store(const TensorMatrix &matrix, I32 row, I32 column,
                      ArrayRef<ColumnGroup> groups, bool accumulate) {
  size_t groupsPerBox = box.columns() / 8;
  for (size_t i = 0; i < groups.size(); i += groupsPerBox) {
    SmallVector<Value> values;
    for (const ColumnGroup &group : groups.slice(i, groupsPerBox))
      llvm::append_range(values, group.values);
    storeBox(matrix, row, column + static_cast<int64_t>(i) * 8, values,
             accumulate);
  }
}

void BoxStores::storeBox(const TensorMatrix &matrix, I32 row, I32 column,
                         ValueRange values, bool accumulate) {
  constexpr int64_t buffers = GemmScheduleAttr::outputBoxes;
  I32 offset = buffersOffset + stored % buffers * OutputBox::bytes;
  I32 group = consumer + 1; // barrier 0 is the block's
  Value elected = thread == 0;
  // The box is free once the store before the last has read it; with an odd
  // number of boxes, the last tile's last box was this one.
  bool afterThisBox = stored == 0 && total % buffers != 0;
  ++stored;
  d.ifThen(elected, [&] {
    DeviceBuilder::Named name(d, "wait for stores");
    waitForStores(d, afterThisBox ? 0 : buffers - 1);
  });
  {
    DeviceBuilder::Named name(d, "box is free");
    namedBarrier(d, group, 128);
  }
  {
    DeviceBuilder::Named name(d, "write box");
    box.write(d, d.opaque(offset), thread, values);
  }
  {
    DeviceBuilder::Named name(d, "show box to TMA");
    fenceForAsyncReads(d);
  }
  {
    DeviceBuilder::Named name(d, "box is written");
    namedBarrier(d, group, 128);
  }
  DeviceBuilder::Named name(d, "store c");
  d.ifThen(elected, [&] {
    flm::gpu::storeBox(d, matrix, offset, row, column, accumulate);
    commitStores(d);
  });
}

void HopperGemm::storeTile(GemmWork work, I32 consumer, I32 thread,
                           ValueRange tileSums) {
  I32 lane = thread & 31;
  I32 threadRow = (thread >> 5) * 16 + (lane >> 2);
  I32 threadColumn = (lane & 3) * 2;
  I32 firstRow =
      work.tile.row * schedule.getM() + consumer * schedule.consumerRows();
  I32 firstColumn = work.tile.column * schedule.getN();
  // C's column of the tile's first.
  int64_t shrink = 2 / gemm.resultsPerPair();
  I32 firstColumnOfC = work.tile.column * (schedule.getN() / shrink);

  TensorMatrix output = TensorMatrix::whole(c);
  if (described.isSplit())
    output = {partial, [&](I32 row, I32 column) {
                return SmallVector<I32>{work.split, row, column};
              }};

  int64_t slabs = schedule.consumerRows() / OutputBox::rows;
  int64_t boxes = slabs * schedule.getN() / shrink / outputBox.columns();
  int64_t boxesOfSums =
      gemm.keepsSums() ? slabs * schedule.getN() / outputBox.columns() : 0;
  I32 buffers = consumer * (GemmScheduleAttr::outputBoxes * OutputBox::bytes) +
                outputOffset;
  BoxStores stores(d, outputBox, consumer, thread, buffers,
                   boxes + boxesOfSums);

  // As many columns at a time as fill boxes of C: the fewer, the fewer
  // registers.
  int64_t width = gemm.columnsPerBox();
  int64_t groupsToPair = std::max<int64_t>(gemm.pairDistance() / 8, 1);
  size_t sumsPerSlab = tileSums.size() / slabs;
  for (int64_t slab = 0; slab < slabs; ++slab) {
    ValueRange slabSums = tileSums.slice(slab * sumsPerSlab, sumsPerSlab);
    I32 row = firstRow + slab * OutputBox::rows;
    for (int64_t at = 0; at < schedule.getN(); at += width) {
      SmallVector<ColumnGroup> groups = groupsOf(
          slabSums.slice(at / 2, width / 2), firstColumn + at + threadColumn);
      if (gemm.keepsSums())
        stores.store(TensorMatrix::whole(sums), row, firstColumn + at, groups,
                     /*accumulate=*/false);
      if (!described.isSplit())
        groups = epilogue.finish(row + threadRow, groups, groupsToPair);
      stores.store(output, row, firstColumnOfC + at / shrink, groups,
                   gemm.getAccumulate());
    }
  }
}
