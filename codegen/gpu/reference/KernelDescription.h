//===----------------------------------------------------------------------===//
// What a host must know to call a kernel: its arguments, its grid, and what it
// computes. The compiler writes it as JSON (dialects/flm_gpu/DescribeKernel.h);
// programs without MLIR read it here.
//
//   {"name": "gemm_nt_bf16_bf16", "arch": "sm_90a",
//    "problem": {"kind": "gemm", "transpose_a": false, ...},
//    "launch": {"threads": 384, "cluster": 2, "shared": 229440,
//               "persistent": true,
//               "tiles": [["ceildiv", "s0", 256], ["ceildiv", "s1", 256]]},
//    "arguments": [
//      {"kind": "tensor_map", "name": "a", "access": "read", "type": "bf16",
//       "shape": ["s0", "s2"], "row_bytes": 16, "box": [128, 64],
//       "swizzle": 128},
//      {"kind": "pointer", ...}, {"kind": "i32"}, ...]}
//
// s0, s1, … are the values of the kernel's i32 arguments, in their order.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_REFERENCE_KERNELDESCRIPTION_H
#define FLM_CODEGEN_GPU_REFERENCE_KERNELDESCRIPTION_H

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace flm::gpuref {

using Sizes = std::vector<int64_t>;

enum class ElementType { BF16, F32, I32 };
int64_t bytesOf(ElementType type);

enum class Access { Read, Write, Update };

/// A size that follows from the i32 arguments: a number, "sN", or [operator, a,
/// b] with the operators add, mul, mod, floordiv and ceildiv.
class SizeExpression {
public:
  explicit SizeExpression(nlohmann::json tree) : tree(std::move(tree)) {}
  int64_t evaluate(const Sizes &scalars) const;

private:
  nlohmann::json tree;
};

/// One argument of a kernel.
struct Argument {
  enum class Kind { I32, Pointer, TensorMap };
  Kind kind = Kind::I32;

  // Of pointers and tensor maps: a dense row-major tensor.
  std::string name;
  Access access = Access::Read;
  ElementType type = ElementType::F32;
  std::vector<SizeExpression> shape;
  int64_t rowBytes = 1; ///< rows have a multiple of this many bytes

  // Of tensor maps: the box of one copy (a size per dim, in the order of the
  // shape), and the span in bytes of its swizzle in shared memory (0: none).
  Sizes box;
  int64_t swizzle = 0;

  Sizes shapeFor(const Sizes &scalars) const;
  /// What is wrong with a tensor of this shape, and what to do; empty if
  /// nothing is.
  std::string check(const Sizes &shape) const;
};

struct LaunchShape {
  int64_t threads = 1; ///< per block
  int64_t cluster = 1; ///< blocks per cluster
  int64_t shared = 0;  ///< bytes of dynamic shared memory per block
  /// Whether as many clusters are started as the GPU holds, which walk the
  /// tiles, rather than one per tile.
  bool persistent = false;
  /// They multiply to the number of tiles.
  std::vector<SizeExpression> tiles;

  /// The blocks of the grid on a GPU that holds `residentBlocks` of them at
  /// once.
  int64_t blocksFor(const Sizes &scalars, int64_t residentBlocks) const;
};

struct KernelDescription {
  std::string name;
  std::string arch; ///< e.g. sm_90a; empty if the kernel does not say
  /// "kind" and the parameters that change the result; null for a kernel that
  /// does not say what it computes.
  nlohmann::json problem;
  LaunchShape launch;
  std::vector<Argument> arguments;

  size_t scalarCount() const;

  /// Reads the JSON above, as the compiler writes it. Nothing, and what is
  /// wrong in `error`, for any other text.
  static std::optional<KernelDescription> parse(const std::string &text,
                                                std::string &error);
};

} // namespace flm::gpuref

#endif // FLM_CODEGEN_GPU_REFERENCE_KERNELDESCRIPTION_H
