//===----------------------------------------------------------------------===//
// cp.async into shared memory, and plain stores out of it.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/kernels/device/TileCopy.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;
using namespace flm::gpu;

static constexpr int64_t chunkElements = TileCopy::chunkBytes / 2;
static constexpr int64_t chunksPerRow = boxRowBytes / TileCopy::chunkBytes;

void TileCopy::forEachChunk(int64_t boxes, int64_t boxRows,
                            function_ref<void(Chunk)> visit) {
  int64_t chunks = boxes * boxRows * chunksPerRow;
  assert(chunks % threads == 0 && "tiles are whole rounds of copies");
  assert(threads % chunksPerRow == 0 && "a round is whole rows");
  int64_t roundRows = threads / chunksPerRow;
  I32 column = thread & (chunksPerRow - 1), threadRow = thread / chunksPerRow;
  for (int64_t first = 0; first < boxes * boxRows; first += roundRows) {
    // A round within one box differs from the first round by constants.
    if (boxRows % roundRows == 0) {
      visit({d.constant(first / boxRows), threadRow + first % boxRows, column});
      continue;
    }
    I32 row = threadRow + first; // counted through the boxes
    visit({row / boxRows, row % boxRows, column});
  }
}

void TileCopy::load(const OperandTile &tile, I32 offset,
                    const GlobalMatrix &matrix, I32 outerStart,
                    I32 depthStart) {
  int64_t boxRows = tile.boxRows(), boxBytes = boxRows * boxRowBytes;
  forEachChunk(tile.bytes() / boxBytes, boxRows, [&](Chunk chunk) {
    I32 row = (tile.transposed ? depthStart : outerStart) + chunk.row;
    I32 column = (tile.transposed ? outerStart : depthStart) +
                 chunk.box * boxElements + chunk.column * chunkElements;
    // Rows are whole chunks, so a chunk is inside or outside. Of one outside no
    // byte is read: its address need not exist.
    Value inside =
        arith::AndIOp::create(d, row < matrix.rows, column < matrix.columns);
    I32 zero = d.constant(0);
    I32 bytes = d.select(inside, d.constant(chunkBytes), zero);
    Value source = d.globalElement(matrix.pointer, d.getBF16Type(), row,
                                   matrix.pitch, column);
    Value target = swizzledAddress(d, offset + chunk.box * boxBytes, chunk.row,
                                   chunk.column, zero);
    NVVM::CpAsyncOp::create(d, target, source, chunkBytes,
                            NVVM::LoadCacheModifierKind::CG, bytes.value());
  });
}

void TileCopy::loadBytes(Value source, I32 offset, int64_t bytes) {
  assert(bytes % chunkBytes == 0 && bytes / chunkBytes <= threads &&
         "a chunk for some of the threads");
  d.ifThen(thread < bytes / chunkBytes, [&] {
    I32 first = thread * chunkBytes;
    Value chunk = d.globalElement(source, d.getI8Type(), d.constant(0),
                                  d.constant(0), first);
    NVVM::CpAsyncOp::create(d, d.shared(offset + first), chunk, chunkBytes,
                            NVVM::LoadCacheModifierKind::CG, Value());
  });
}

void TileCopy::store(const OperandTile &tile, I32 offset, I32 row, int64_t rows,
                     const GlobalMatrix &matrix, I32 matrixRow) {
  assert(!tile.transposed && "rows of the image are rows of the matrix");
  auto chunkType = VectorType::get({chunkBytes / 4}, d.getI32Type());
  int64_t boxBytes = tile.boxRows() * boxRowBytes;
  forEachChunk(tile.depth / boxElements, rows, [&](Chunk chunk) {
    I32 target = matrixRow + chunk.row;
    I32 column = chunk.box * boxElements + chunk.column * chunkElements;
    Value inside =
        arith::AndIOp::create(d, target < matrix.rows, column < matrix.columns);
    d.ifThen(inside, [&] {
      Value source =
          swizzledAddress(d, offset + chunk.box * boxBytes, row + chunk.row,
                          chunk.column, d.constant(0));
      d.store(d.load(chunkType, source, chunkBytes),
              d.globalElement(matrix.pointer, d.getBF16Type(), target,
                              matrix.pitch, column),
              chunkBytes);
    });
  });
}

void flm::gpu::commitLoads(DeviceBuilder &d) {
  NVVM::CpAsyncCommitGroupOp::create(d);
}

void flm::gpu::waitForLoads(DeviceBuilder &d, int64_t pending) {
  NVVM::CpAsyncWaitGroupOp::create(d, pending);
}
