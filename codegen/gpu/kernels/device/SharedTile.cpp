//===----------------------------------------------------------------------===//
// Layout of tiles in shared memory, their copies and their descriptors.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/kernels/device/SharedTile.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace flm::gpu;

int64_t SharedPlan::place(int64_t bytes, int64_t alignment) {
  int64_t offset = llvm::alignTo(used, alignment);
  used = offset + bytes;
  return offset;
}

Value flm::gpu::swizzledAddress(DeviceBuilder &d, I32 offset, I32 row,
                                I32 chunk, I32 byteInChunk) {
  return d.shared(offset + row * boxRowBytes + ((chunk ^ (row & 7)) << 4) +
                  byteInChunk);
}

//===----------------------------------------------------------------------===//
// Descriptors
//
// PTX ISA, "Matrix descriptor": bits 0-13 the address, 16-29 the leading and
// 32-45 the stride dimension byte offset, all in units of 16 bytes; 62-63 the
// swizzle, 1 for 128 bytes.
//===----------------------------------------------------------------------===//

/// The first 18 bits of an address, in units of 16 bytes.
static constexpr int64_t addressMask = 0x3ffff;
static constexpr int64_t swizzle128 = int64_t(1) << 62;

static int64_t descriptorFields(int64_t leadingBytes, int64_t strideBytes) {
  return (leadingBytes >> 4) << 16 | (strideBytes >> 4) << 32 | swizzle128;
}

MatrixDescriptor OperandTile::descriptor(DeviceBuilder &d, I32 offset) const {
  // From eight rows to the next eight. The leading offset matters where an
  // MN-major operand is wider than a box: from one box to the next.
  int64_t stride = 8 * boxRowBytes;
  int64_t leading = transposed ? depth * boxRowBytes : 16;
  int64_t fields = descriptorFields(leading, stride);
  Value address = LLVM::PtrToIntOp::create(d, d.getI32Type(), d.shared(offset));
  I32 low =
      ((d.i32(address) & addressMask) >> 4) | d.constant(fields & 0xffffffff);
  return MatrixDescriptor(d, low, fields >> 32);
}

MatrixDescriptor MatrixDescriptor::operator+(int64_t bytes) const {
  assert(bytes % 16 == 0 && "descriptors count 16 bytes");
  return bytes ? MatrixDescriptor(*d, low + bytes / 16, high) : *this;
}
MatrixDescriptor MatrixDescriptor::operator+(I32 bytes) const {
  return MatrixDescriptor(*d, low + (bytes >> 4), high);
}
Value MatrixDescriptor::value() const {
  Value wide = LLVM::ZExtOp::create(*d, d->getI64Type(), low.value());
  Value top = LLVM::ConstantOp::create(*d, d->getI64Type(),
                                       d->getI64IntegerAttr(high << 32));
  return LLVM::OrOp::create(*d, wide, top);
}

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

TensorMatrix TensorMatrix::whole(Value map) {
  return {map,
          [](I32 row, I32 column) { return SmallVector<I32>{row, column}; }};
}

/// As the copy instructions take them: innermost first.
static SmallVector<Value> innermostFirst(ArrayRef<I32> coordinates) {
  return llvm::map_to_vector(llvm::reverse(coordinates),
                             [](I32 value) { return value.value(); });
}

static Value inCluster(DeviceBuilder &d, Value shared) {
  auto pointer = LLVM::LLVMPointerType::get(d.getContext(), 7);
  return LLVM::AddrSpaceCastOp::create(d, pointer, shared);
}

/// One box, which begins at [row, column].
static void loadBox(DeviceBuilder &d, const TensorMatrix &matrix, I32 offset,
                    I32 row, I32 column, Value barrier, Value blocks) {
  NVVM::CpAsyncBulkTensorGlobalToSharedClusterOp::create(
      d, inCluster(d, d.shared(offset)), matrix.map,
      innermostFirst(matrix.coordinates(row, column)), barrier, ValueRange(),
      blocks, Value(), NVVM::TMALoadMode::TILE, /*isCTAOnly=*/false,
      NVVM::CTAGroupKindAttr(), Value());
}

void OperandTile::load(DeviceBuilder &d, const TensorMatrix &matrix, I32 offset,
                       I32 outerStart, I32 depthStart, Value barrier, I32 slice,
                       int64_t slices, Value blocks) const {
  if (!transposed) {
    // Rows are outer elements: each slice has fewer. A box per 64 of the inner
    // dim.
    I32 first = slice * loadedRows(slices);
    for (int64_t at = 0; at < depth; at += boxElements)
      loadBox(d, matrix, offset + first * boxRowBytes + depthOffset(at),
              outerStart + first, depthStart + at, barrier, blocks);
    return;
  }
  // Rows are of the inner dim: a box per 64 outer elements.
  int64_t boxes = outer / boxElements / slices;
  for (int64_t box = 0; box < boxes; ++box) {
    I32 index = slice * boxes + box;
    loadBox(d, matrix, offset + index * outerStep(), depthStart,
            outerStart + index * boxElements, barrier, blocks);
  }
}

//===----------------------------------------------------------------------===//
// Output
//===----------------------------------------------------------------------===//

int64_t OutputBox::columns() const {
  return boxRowBytes / (type.getIntOrFloatBitWidth() / 8);
}

/// bf16: a warp stores 16 x 16 elements at once; lane l gives the address of
/// one row of eight: rows l % 16, columns (l / 16) * 8.
static void writeBF16(DeviceBuilder &d, I32 offset, I32 thread,
                      ValueRange values) {
  I32 lane = thread & 31;
  I32 row = (thread >> 5) * 16 + (lane & 15);
  I32 half = lane >> 4;
  auto shape = NVVM::LdStMatrixShapeAttr::get(d.getContext(), 8, 8);
  for (unsigned first = 0; first < values.size(); first += 8) {
    SmallVector<Value> registers;
    for (unsigned i = first; i < first + 8; i += 2)
      registers.push_back(d.packBF16(values[i], values[i + 1]).value());
    // Eight values are two groups of eight columns, four bytes a lane in each.
    I32 chunk = half + first / 4;
    NVVM::StMatrixOp::create(
        d, swizzledAddress(d, offset, row, chunk, d.constant(0)), registers,
        NVVM::MMALayout::row, shape, NVVM::LdStMatrixEltType::B16);
  }
}

/// f32: a lane holds pairs of neighbouring columns in two rows.
static void writeF32(DeviceBuilder &d, I32 offset, I32 thread,
                     ValueRange values) {
  I32 lane = thread & 31;
  I32 quad = lane & 3;
  for (unsigned i = 0; i < values.size(); i += 2) {
    unsigned group = i / 4, lower = i / 2 % 2;
    I32 row = (thread >> 5) * 16 + (lane >> 2) + lower * 8;
    I32 chunk = (quad >> 1) + group * 2;
    d.store(d.pair(values[i], values[i + 1]),
            swizzledAddress(d, offset, row, chunk, (quad & 1) << 3), 8);
  }
}

void OutputBox::write(DeviceBuilder &d, I32 offset, I32 thread,
                      ValueRange values) const {
  assert(static_cast<int64_t>(values.size()) == columns() / 2 &&
         "a thread holds half a column's worth of 64 rows");
  if (type.isBF16())
    writeBF16(d, offset, thread, values);
  else
    writeF32(d, offset, thread, values);
}

void flm::gpu::storeBox(DeviceBuilder &d, const TensorMatrix &matrix,
                        I32 offset, I32 row, I32 column, bool accumulate) {
  SmallVector<Value> coordinates =
      innermostFirst(matrix.coordinates(row, column));
  Value source = d.shared(offset);
  if (accumulate)
    NVVM::CpAsyncBulkTensorReduceOp::create(
        d, matrix.map, source, NVVM::TMAReduxKind::ADD,
        NVVM::TMAStoreMode::TILE, coordinates, Value());
  else
    NVVM::CpAsyncBulkTensorSharedCTAToGlobalOp::create(
        d, matrix.map, source, coordinates, Value(), NVVM::TMAStoreMode::TILE,
        Value());
}

void flm::gpu::commitStores(DeviceBuilder &d) {
  NVVM::CpAsyncBulkCommitGroupOp::create(d);
}

void flm::gpu::waitForStores(DeviceBuilder &d, int64_t pending) {
  NVVM::CpAsyncBulkWaitGroupOp::create(d, pending, d.getUnitAttr());
}
