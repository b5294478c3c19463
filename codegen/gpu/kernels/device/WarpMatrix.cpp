//===----------------------------------------------------------------------===//
// Fragments and their multiplication.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/kernels/device/WarpMatrix.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;
using namespace flm::gpu;

Fragment flm::gpu::loadFragment(DeviceBuilder &d, const OperandTile &tile,
                                I32 offset, I32 outer, int64_t depth, I32 lane,
                                FragmentOrder order) {
  // Lane 8 * i + r names row r of quarter i.
  I32 row = lane & 7, low = (lane >> 3) & 1, high = lane >> 4;
  bool rowsFirst = order == FragmentOrder::RowsFirst;
  I32 outerHalf = rowsFirst ? low : high, depthHalf = rowsFirst ? high : low;
  I32 zero = d.constant(0);
  Value address;
  if (tile.transposed) {
    // Rows in memory are of the inner dim: read columns (.trans).
    I32 column = outer + outerHalf * 8;
    address = swizzledAddress(
        d, offset + column / boxElements * (tile.boxRows() * boxRowBytes),
        depthHalf * 8 + row + depth, (column % boxElements) >> 3, zero);
  } else {
    // A box per 64 of the inner dim.
    int64_t box = depth / boxElements * (tile.boxRows() * boxRowBytes);
    address = swizzledAddress(d, offset + box, outer + outerHalf * 8 + row,
                              depthHalf + depth % boxElements / 8, zero);
  }
  SmallVector<Type> registers(4, d.getI32Type());
  auto type = LLVM::LLVMStructType::getLiteral(d.getContext(), registers);
  Value loaded = NVVM::LdMatrixOp::create(
      d, type, address, 4,
      tile.transposed ? NVVM::MMALayout::col : NVVM::MMALayout::row,
      NVVM::LdStMatrixShapeAttr::get(d.getContext(), 8, 8),
      NVVM::LdStMatrixEltType::B16);
  Fragment fragment;
  for (int64_t i = 0; i < 4; ++i)
    fragment[i] = LLVM::ExtractValueOp::create(d, loaded, i);
  return fragment;
}

SmallVector<Value> flm::gpu::multiplyFragments(DeviceBuilder &d,
                                               const Fragment &left,
                                               const Fragment &right,
                                               int64_t half,
                                               ArrayRef<Value> sums) {
  SmallVector<Type> results(4, d.getF32Type());
  auto type = LLVM::LLVMStructType::getLiteral(d.getContext(), results);
  Value b[] = {right[2 * half], right[2 * half + 1]};
  Value product = NVVM::MmaOp::create(
      d, type, left, b, sums, {16, 8, 16}, /*b1Op=*/std::nullopt,
      /*intOverflow=*/std::nullopt,
      std::array{NVVM::MMATypes::bf16, NVVM::MMATypes::bf16},
      std::array{NVVM::MMALayout::row, NVVM::MMALayout::col});
  SmallVector<Value> values;
  for (int64_t i = 0; i < 4; ++i)
    values.push_back(LLVM::ExtractValueOp::create(d, product, i));
  return values;
}

SmallVector<Value> flm::gpu::multiplyStep(DeviceBuilder &d,
                                          ArrayRef<Fragment> left,
                                          const OperandTile &right, I32 offset,
                                          I32 outer, int64_t columns,
                                          int64_t depth, I32 lane,
                                          ArrayRef<Value> sums) {
  int64_t perRows = columns / 2; // sums of 16 rows
  assert(sums.size() == left.size() * perRows && "sums of all rows");
  SmallVector<Value> next(sums);
  // 16 columns at a time: one load, two right operands.
  for (int64_t column = 0; column < columns; column += 16) {
    Fragment both = loadFragment(d, right, offset, outer + column, depth, lane,
                                 FragmentOrder::DepthFirst);
    for (auto [i, rows] : llvm::enumerate(left))
      for (int64_t half : {0, 1}) {
        Value *sum = &next[i * perRows + column / 2 + half * 4];
        llvm::copy(multiplyFragments(d, rows, both, half, {sum, 4}), sum);
      }
  }
  return next;
}
