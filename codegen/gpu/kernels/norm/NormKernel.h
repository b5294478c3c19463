//===----------------------------------------------------------------------===//
// What the kernels of rms_norm have in common.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_KERNELS_NORM_NORMKERNEL_H
#define FLM_CODEGEN_GPU_KERNELS_NORM_NORMKERNEL_H

#include "codegen/gpu/kernels/device/F32.h"
#include "codegen/gpu/kernels/device/RowKernel.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

namespace flm::gpu {

/// The kernel that `norm`, an RmsNormAttr or RmsNormBackwardAttr, describes.
template <typename NormAttr> class NormKernel {
public:
  NormKernel(DeviceBuilder &d, NormAttr norm)
      : d(d), norm(norm), arguments(d, norm, sizes(norm)) {}

protected:
  /// A matrix of `type`, or the gain.
  void matrix(llvm::StringRef name, Access access) {
    arguments.tensor(name, access, norm.getType(),
                     {arguments.size("rows"), columns()}, width());
  }
  void gain() {
    mlir::Type type = norm.getGainType() ? norm.getGainType() : norm.getType();
    arguments.tensor("gain", Access::Read, type, columns(), width());
  }

  mlir::AffineExpr columns() const {
    return norm.getColumns() ? arguments.fixed(norm.getColumns())
                             : arguments.size("columns");
  }
  I32 columnCount() const {
    return norm.getColumns() ? d.constant(norm.getColumns())
                             : arguments.sizeValue("columns");
  }
  int64_t width() const { return WideVectors(d, norm.getType()).width(); }
  RowSchedule schedule() const {
    return {norm.getWarps(), norm.getTeam(), norm.getColumns()};
  }
  RowVectors rowVectors() const {
    return {d, norm.getType(), columnCount(), schedule()};
  }
  RowTensor operator[](llvm::StringRef name) const { return arguments[name]; }

  /// sum / columns.
  mlir::Value mean(mlir::Value sum) {
    mlir::Value count =
        mlir::arith::UIToFPOp::create(d, d.getF32Type(), columnCount().value());
    return mlir::arith::DivFOp::create(d, sum, count);
  }
  /// 1 / sqrt(mean of the squares + eps).
  mlir::Value inverseRms(mlir::Value sumOfSquares) {
    F32 meanOfSquares(d, mean(sumOfSquares));
    double eps = norm.getEps().getValueAsDouble();
    return inverseSquareRoot(meanOfSquares + eps).value();
  }

  DeviceBuilder &d;
  NormAttr norm;
  RowKernel arguments;

private:
  static llvm::SmallVector<llvm::StringRef> sizes(NormAttr norm) {
    if (norm.getColumns())
      return {"rows"};
    return {"rows", "columns"};
  }
};

} // namespace flm::gpu

#endif // FLM_CODEGEN_GPU_KERNELS_NORM_NORMKERNEL_H
