//===----------------------------------------------------------------------===//
// Transposition: each thread reads a square of width x width elements, `width`
// being those of 16 bytes, and turns it in registers. The squares of a block
// meet in shared memory, as a tile that is transposed already: so both the
// reads and the writes of a half warp are 256 bytes in a row.
//
// The tile's row r has 16 chunks of 16 bytes; chunk c lies at chunk
// c ^ (r / width % 8) of the row. Both the writes of a square's rows (eight
// neighbouring threads: one chunk of rows `width` apart) and the reads (eight
// chunks of one row) then touch all banks.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/kernels/linear/Transpose.h"
#include "codegen/gpu/kernels/device/Synchronization.h"

using namespace mlir;
using namespace flm::gpu;

static constexpr int64_t chunkBytes = 16;
static constexpr int64_t vectors = TransposeAttr::vectors;

namespace {

class Transpose {
public:
  Transpose(DeviceBuilder &d, TransposeAttr attr)
      : d(d), attr(attr), type(attr.getType()), width(attr.width()),
        tile(attr.tile()), vectorType(VectorType::get({width}, type)) {}

  LLVM::LLVMFuncOp emit();

private:
  SmallVector<KernelArgument> arguments() const;
  Value tileAddress(I32 row, I32 chunk);
  void readSquare(Value x, I32 rows, I32 columns, I32 tileRow, I32 tileColumn);
  void writeRows(Value y, I32 rows, I32 columns, I32 tileRow, I32 tileColumn);

  DeviceBuilder &d;
  TransposeAttr attr;
  Type type;
  int64_t width, tile;
  VectorType vectorType;
};

} // namespace

SmallVector<KernelArgument> Transpose::arguments() const {
  MLIRContext *context = d.getContext();
  AffineExpr rows, columns;
  bindDims(context, rows, columns);
  auto matrix = [&](StringRef name, Access access,
                    ArrayRef<AffineExpr> shape) -> KernelArgument {
    return {LLVM::LLVMPointerType::get(context, 1),
            OperandAttr::get(context, name, access, type,
                             AffineMap::get(2, 0, shape, context), chunkBytes),
            TensorMapAttr()};
  };
  KernelArgument size = {d.getI32Type(), OperandAttr(), TensorMapAttr()};
  return {matrix("x", Access::Read, {rows, columns}),
          matrix("y", Access::Write, {columns, rows}), size, size};
}

/// Of a chunk of the transposed tile.
Value Transpose::tileAddress(I32 row, I32 chunk) {
  I32 swizzled = chunk ^ ((row / width) & 7);
  return d.shared((row * vectors + swizzled) * chunkBytes);
}

/// Thread t: rows of square t / 16, columns of square t % 16.
void Transpose::readSquare(Value x, I32 rows, I32 columns, I32 tileRow,
                           I32 tileColumn) {
  I32 squareRow = d.threadIndex() / vectors,
      squareColumn = d.threadIndex() % vectors;
  I32 row = tileRow * tile + squareRow * width;
  I32 column = tileColumn * tile + squareColumn * width;
  // Sizes are multiples of the width: a square is whole or not there at all.
  d.ifThen(row < rows, [&] {
    d.ifThen(column < columns, [&] {
      SmallVector<Value> read, turned;
      for (int64_t i = 0; i < width; ++i)
        read.push_back(d.load(
            vectorType, d.globalElement(x, type, row + i, columns, column),
            chunkBytes));
      for (int64_t j = 0; j < width; ++j) {
        Value vector = LLVM::PoisonOp::create(d, vectorType);
        for (int64_t i = 0; i < width; ++i)
          vector = LLVM::InsertElementOp::create(
              d, vector, d.element(read[i], j), d.constant(i).value());
        turned.push_back(vector);
      }
      for (int64_t j = 0; j < width; ++j)
        d.store(turned[j], tileAddress(squareColumn * width + j, squareRow),
                chunkBytes);
    });
  });
}

/// The threads take the rows of the transposed tile, 16 per row.
void Transpose::writeRows(Value y, I32 rows, I32 columns, I32 tileRow,
                          I32 tileColumn) {
  constexpr int64_t rowsAtOnce = TransposeAttr::threads / vectors;
  I32 chunk = d.threadIndex() % vectors;
  I32 column = tileRow * tile + chunk * width; // of y
  d.ifThen(column < rows, [&] {
    for (int64_t i = 0; i < tile; i += rowsAtOnce) {
      I32 tileY = d.threadIndex() / vectors + i;
      I32 row = tileColumn * tile + tileY; // of y
      d.ifThen(row < columns, [&] {
        Value vector =
            d.load(vectorType, tileAddress(tileY, chunk), chunkBytes);
        d.store(vector, d.globalElement(y, type, row, rows, column),
                chunkBytes);
      });
    }
  });
}

LLVM::LLVMFuncOp Transpose::emit() {
  MLIRContext *context = d.getContext();
  AffineExpr tilesDown = getAffineDimExpr(0, context).ceilDiv(tile),
             tilesAcross = getAffineDimExpr(1, context).ceilDiv(tile);
  auto launch = LaunchAttr::get(
      context, TransposeAttr::threads, /*cluster=*/1, attr.sharedBytes(),
      /*persistent=*/false,
      AffineMap::get(2, 0, {tilesDown, tilesAcross}, context));

  OpBuilder::InsertionGuard guard(d);
  LLVM::LLVMFuncOp function =
      d.beginKernel(attr.symbolName(), arguments(), launch, attr);
  Value x = function.getArgument(0), y = function.getArgument(1);
  I32 rows = d.i32(function.getArgument(2)),
      columns = d.i32(function.getArgument(3));
  I32 across = (columns + (tile - 1)) / tile;
  I32 tileRow = d.blockIndex() / across;
  I32 tileColumn = d.blockIndex() - tileRow * across;

  readSquare(x, rows, columns, tileRow, tileColumn);
  {
    DeviceBuilder::Named name(d, "tile is turned");
    blockBarrier(d);
  }
  writeRows(y, rows, columns, tileRow, tileColumn);
  return function;
}

LLVM::LLVMFuncOp flm::gpu::build(DeviceBuilder &d, TransposeAttr transpose) {
  return Transpose(d, transpose).emit();
}
