//===----------------------------------------------------------------------===//
// Elements of a tensor, 16 bytes at a time: the widest access of a thread.
// Memory holds `type` (bf16 or f32); arithmetic is f32.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_KERNELS_DEVICE_WIDEVECTORS_H
#define FLM_CODEGEN_GPU_KERNELS_DEVICE_WIDEVECTORS_H

#include "codegen/gpu/kernels/device/DeviceBuilder.h"

namespace flm::gpu {

class WideVectors {
public:
  static constexpr int64_t bytes = 16;

  /// Elements in 16 bytes of `type`.
  static int64_t widthOf(mlir::Type type) {
    return bytes * 8 / type.getIntOrFloatBitWidth();
  }

  /// Vectors of 16 bytes.
  WideVectors(DeviceBuilder &d, mlir::Type type)
      : WideVectors(d, type, widthOf(type)) {}
  /// Vectors of `width` elements: several accesses of 16 bytes where that is
  /// more (f32 beside bf16), one narrow access where it is less (the rest of a
  /// tensor).
  WideVectors(DeviceBuilder &d, mlir::Type type, int64_t width)
      : d(d), type(type), elements(width) {}

  /// Elements of a vector.
  int64_t width() const { return elements; }

  /// A vector, as it is stored.
  mlir::VectorType storedType() const;
  /// The vector at an address (a ptr<1>, a multiple of 16 bytes or of the
  /// vector's), as it is stored; in f32.
  mlir::Value read(mlir::Value address);
  mlir::Value load(mlir::Value address) { return widen(read(address)); }
  /// Rounds an f32 vector to `type`.
  mlir::Value round(mlir::Value vector);
  /// A vector of `type` as f32 again.
  mlir::Value widen(mlir::Value vector);
  /// Stores what `round` gave.
  void store(mlir::Value rounded, mlir::Value address);

  /// The sum over an f32 vector's elements, in their order.
  mlir::Value sumOf(mlir::Value vector);
  /// A vector of one f32.
  mlir::Value broadcast(mlir::Value value);

private:
  int64_t alignment() const;

  DeviceBuilder &d;
  mlir::Type type;
  int64_t elements;
};

} // namespace flm::gpu

#endif // FLM_CODEGEN_GPU_KERNELS_DEVICE_WIDEVECTORS_H
