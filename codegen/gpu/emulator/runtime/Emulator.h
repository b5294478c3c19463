//===----------------------------------------------------------------------===//
// Runs a GPU kernel on the CPU, to test it: what to launch, under which
// schedule, and what was found.
//
// The kernel has been compiled for the CPU with every device op a call into
// this runtime (the pass flm-emulate-device). Each CUDA thread is a fiber. The
// blocks of a cluster run interleaved on one host thread; clusters run one
// after another or on several host threads.
//
// A GPU gives few guarantees about order, and a test must not rely on the one
// it happens to get. So a seed chooses who runs when, and copies and matrix
// multiplications complete as late as they may, or at random. Shared memory
// starts as NaNs. What the hardware would do silently (an access out of bounds,
// a read of data that nobody has made visible, a barrier that counts too far)
// is a finding.
//
// ../README.md says, instruction by instruction, what is modelled, what is
// checked and what is not.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_EMULATOR_RUNTIME_EMULATOR_H
#define FLM_CODEGEN_GPU_EMULATOR_RUNTIME_EMULATOR_H

#include <cstdint>
#include <string>
#include <vector>

namespace flm::emu {

/// When an asynchronous operation takes effect.
enum class Lateness {
  Eager,  ///< as it is issued
  Late,   ///< when somebody waits for it, or nothing else can happen
  Random, ///< anywhere between
};

struct Options {
  /// 0: round robin, asynchronous operations late. Others: random schedules.
  uint64_t seed = 0;
  Lateness multiplications = Lateness::Late;
  Lateness copies = Lateness::Late;
  unsigned hostThreads = 1;

  /// Seed 0 as above; any other randomises the lateness too.
  static Options forSeed(uint64_t seed);
};

/// A row-major tensor in (emulated) global memory, as a tensor map describes
/// it: what cuTensorMapEncodeTiled would be given. Sizes count elements,
/// innermost first.
struct TensorMap {
  static constexpr int maxRank = 5;

  char *base = nullptr;
  int64_t strideBytes[maxRank] = {}; ///< [0] is the size of an element
  int32_t dims[maxRank] = {};
  int32_t box[maxRank] = {};
  int32_t rank = 0;
  int16_t swizzleBytes = 0; ///< 128, 64, 32 or 0
  int16_t bf16Elements = 0; ///< how `reduce` adds: bf16 (1) or f32 (0)
};
static_assert(sizeof(TensorMap) <= 128, "a CUtensorMap has 128 bytes");

/// Memory that the kernel may use.
struct GlobalRange {
  std::string name;
  char *begin = nullptr;
  int64_t bytes = 0;
  bool writable = false;
};

struct Launch {
  /// The kernel, as the pass wraps it: arguments are pointed to one by one, as
  /// cuLaunchKernel takes them.
  void (*kernel)(void **arguments) = nullptr;
  std::vector<void *> arguments;
  int blocks = 1;
  int threads = 1; ///< per block
  int cluster = 1; ///< blocks per cluster
  int sharedBytes = 0;
  std::vector<GlobalRange> memory;
  /// Those of `arguments` that are tensor maps.
  std::vector<const TensorMap *> tensorMaps;
};

/// Something that is wrong with the kernel, or would be on some schedule.
struct Finding {
  std::string what;
  std::string where; ///< name or location of the op
  int block = 0, thread = 0;
  int64_t times = 1;
};

struct Result {
  std::vector<Finding> findings;
  bool finished = true; ///< false after a deadlock
  int64_t switches = 0; ///< between fibers
};

/// The largest shared memory of a block.
inline constexpr int64_t sharedRegionBytes = 256 << 10;

Result run(const Launch &launch, const Options &options);

/// The functions that compiled kernels call.
struct EntryPoint {
  const char *name;
  void *address;
};
const std::vector<EntryPoint> &entryPoints();

} // namespace flm::emu

#endif // FLM_CODEGEN_GPU_EMULATOR_RUNTIME_EMULATOR_H
