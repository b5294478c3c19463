//===----------------------------------------------------------------------===//
// The Hopper GEMM's epilogue: each consumer takes its 64 rows through two boxes
// of shared memory, writing one while TMA reads the other.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/kernels/HopperGemm.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;
using namespace flm::gpu;

void HopperGemm::storeTile(TilePosition tile, I32 consumer, I32 thread,
                           ValueRange sums) {
  constexpr int64_t buffers = GemmScheduleAttr::outputBoxes;
  int64_t perBox = outputBox.columns() / 2;
  int64_t boxes = sums.size() / perBox;
  I32 row = tile.row * schedule.getM() + consumer * OutputBox::rows;
  I32 firstColumn = tile.column * schedule.getN();
  I32 group = consumer + 1; // barrier 0 is the block's
  Value elected = thread == 0;
  // As flm_gpu.wgmma lays out its results.
  I32 lane = thread & 31;
  I32 threadRow = (thread >> 5) * 16 + (lane >> 2);
  I32 threadColumn = (lane & 3) * 2;

  for (int64_t box = 0; box < boxes; ++box) {
    I32 column = firstColumn + box * outputBox.columns();
    I32 offset =
        (consumer * buffers + box % buffers) * OutputBox::bytes + outputOffset;
    SmallVector<Value> values = finish(row + threadRow, column + threadColumn,
                                       sums.slice(box * perBox, perBox));
    // The box is free once the store before the last has read it; with an odd
    // number of boxes, the last tile's last box was this one.
    bool afterThisBox = box == 0 && boxes % buffers != 0;
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
      outputBox.write(d, d.opaque(offset), thread, values);
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
      storeBox(d, TensorMatrix::whole(c), offset, row, column,
               gemm.getAccumulate());
      commitStores(d);
    });
  }
}
