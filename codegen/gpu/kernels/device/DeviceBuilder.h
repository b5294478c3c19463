//===----------------------------------------------------------------------===//
// Device code under construction, so that a kernel builder reads like the
// kernel that it writes:
//
//   d.ifThen(d.threadIndex() == 0, [&] {
//     d.loop(d.constant(0), steps, 1, [&](I32 step) { ... });
//   });
//
// Integers are 32 bits wide and unsigned where it matters; addresses of shared
// memory are byte offsets from its start.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_KERNELS_DEVICE_DEVICEBUILDER_H
#define FLM_CODEGEN_GPU_KERNELS_DEVICE_DEVICEBUILDER_H

#include "codegen/StructuredBuilder.h"
#include "dialects/flm_gpu/FlmGpu.h"

namespace flm::gpu {

class DeviceBuilder;

/// An i32 together with the builder that continues it.
class I32 {
public:
  I32(DeviceBuilder &builder, mlir::Value value)
      : builder(&builder), ssaValue(value) {}
  mlir::Value value() const { return ssaValue; }

  // Division, remainder, right shift and comparison are unsigned.
  I32 operator+(I32 other) const;
  I32 operator-(I32 other) const;
  I32 operator*(I32 other) const;
  I32 operator/(I32 other) const;
  I32 operator%(I32 other) const;
  I32 operator&(I32 other) const;
  I32 operator|(I32 other) const;
  I32 operator^(I32 other) const;
  I32 operator<<(int64_t bits) const;
  I32 operator>>(int64_t bits) const;
  I32 operator+(int64_t other) const;
  I32 operator-(int64_t other) const;
  I32 operator*(int64_t other) const;
  I32 operator/(int64_t other) const;
  I32 operator%(int64_t other) const;
  I32 operator&(int64_t other) const;
  I32 operator^(int64_t other) const;
  /// An i1.
  mlir::Value operator<(I32 other) const;
  mlir::Value operator<(int64_t other) const;
  mlir::Value operator==(I32 other) const;
  mlir::Value operator==(int64_t other) const;

private:
  DeviceBuilder *builder;
  mlir::Value ssaValue;
};

/// What a kernel is called with.
struct KernelArgument {
  mlir::Type type;         ///< ptr<1>, ptr (a tensor map) or i32
  OperandAttr operand;     ///< of pointers and tensor maps
  TensorMapAttr tensorMap; ///< of tensor maps
};

/// Writes one kernel.
class DeviceBuilder : public StructuredBuilder {
public:
  using StructuredBuilder::StructuredBuilder;

  /// A kernel `symbol` in the gpu.module at the insertion point, and the module
  /// variable that is its shared memory. The builder continues in its body,
  /// before the return. `kernel` says what it computes.
  mlir::LLVM::LLVMFuncOp beginKernel(llvm::StringRef symbol,
                                     llvm::ArrayRef<KernelArgument> arguments,
                                     LaunchAttr launch, mlir::Attribute kernel);

  /// While it lives, ops are named: the emulator reports them by this name, and
  /// faults are injected at it.
  class Named {
  public:
    Named(DeviceBuilder &builder, llvm::StringRef name)
        : builder(builder), saved(builder.getLoc()) {
      builder.setLoc(mlir::NameLoc::get(builder.getStringAttr(name), saved));
    }
    ~Named() { builder.setLoc(saved); }

  private:
    DeviceBuilder &builder;
    mlir::Location saved;
  };

  // Integers.
  I32 constant(int64_t value);
  I32 i32(mlir::Value value) { return I32(*this, value); }
  I32 min(I32 a, I32 b);
  I32 select(mlir::Value condition, I32 a, I32 b);
  /// 0 or 1.
  I32 fromBool(mlir::Value condition);
  /// See flm_gpu.opaque.
  I32 opaque(I32 value);
  mlir::Value f32(double value);

  // Where the thread is.
  I32 threadIndex();
  I32 blockIndex();
  I32 gridBlocks();
  I32 rankInCluster();
  /// The same value in all lanes of a warp, and known to be: lane 0's.
  I32 warpUniform(I32 value);

  // Control flow.
  void loop(I32 from, I32 to, I32 step, llvm::function_ref<void(I32)> body);
  /// With values carried around: `body` gets them and returns the next ones;
  /// the result is what the last iteration returned.
  llvm::SmallVector<mlir::Value>
  loop(I32 from, I32 to, I32 step, mlir::ValueRange initial,
       llvm::function_ref<llvm::SmallVector<mlir::Value>(I32, mlir::ValueRange)>
           body);
  /// What `then` or `otherwise` gives: as many values, of the same types.
  llvm::SmallVector<mlir::Value>
  choose(mlir::Value condition,
         llvm::function_ref<llvm::SmallVector<mlir::Value>()> then,
         llvm::function_ref<llvm::SmallVector<mlir::Value>()> otherwise);
  /// Repeats until `ready` gives true.
  void spinUntil(llvm::function_ref<mlir::Value()> ready);

  // Memory.
  /// The address of shared memory at a byte offset, as a ptr<3>.
  mlir::Value shared(I32 offset);
  mlir::Value shared(int64_t offset) { return shared(constant(offset)); }
  /// `pointer + row * pitch + column`, counted in elements of `type`.
  mlir::Value globalElement(mlir::Value pointer, mlir::Type type, I32 row,
                            I32 pitch, I32 column);
  mlir::Value load(mlir::Type type, mlir::Value pointer, int64_t alignment);
  void store(mlir::Value value, mlir::Value pointer, int64_t alignment);

  // Vectors of two, as fragments hold them.
  mlir::Value pair(mlir::Value first, mlir::Value second);
  mlir::Value element(mlir::Value vector, int64_t index);
  /// Two f32, rounded to bf16, in one register; `first` in the low half.
  I32 packBF16(mlir::Value first, mlir::Value second);
};

} // namespace flm::gpu

#endif // FLM_CODEGEN_GPU_KERNELS_DEVICE_DEVICEBUILDER_H
