//===----------------------------------------------------------------------===//
// Schedules of matrix multiplications and the limits that they know.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/ir/Device.h"

#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace flm::gpu;

/// Consumers -> registers of a thread of the producer and of the consumers.
static std::pair<int64_t, int64_t> registerBudget(int64_t consumers) {
  if (consumers == 1)
    return {40, 240};
  return consumers == 2 ? std::pair(40, 232) : std::pair(32, 160);
}

/// Threads of the warps that multiply on sm_80: 64 x 32 elements each.
static int64_t ampereThreads(int64_t m, int64_t n) {
  return m / 64 * (n / 32) * 32;
}

int64_t GemmScheduleAttr::threads() const {
  return getArch() == Arch::SM80 ? ampereThreads(getM(), getN())
                                 : 128 * (1 + consumers());
}

int64_t GemmScheduleAttr::producerRegisters() const {
  return registerBudget(consumers()).first;
}
int64_t GemmScheduleAttr::consumerRegisters() const {
  return registerBudget(consumers()).second;
}

static int64_t gemmSharedBytes(Arch arch, int64_t m, int64_t n, int64_t k,
                               int64_t stages) {
  if (arch == Arch::SM80)
    return stages * (m + n) * k * 2;
  int64_t stage = (m + n) * k * 2 + 16;
  return stages * stage + m / 64 * GemmScheduleAttr::outputBoxes * 64 * 128;
}

int64_t GemmScheduleAttr::sharedBytes() const {
  return gemmSharedBytes(getArch(), getM(), getN(), getK(), getStages());
}

LogicalResult
GemmScheduleAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                         Arch arch, int64_t m, int64_t n, int64_t k,
                         int64_t stages, int64_t cluster, int64_t group) {
  if (m != 64 && m != 128 && m != 192)
    return emitError() << "m is " << m
                       << "; expected 64, 128 or 192: each warpgroup "
                          "multiplies 64 rows, and 3 fit the register file";
  if (n < 64 || n > 256 || n % 64)
    return emitError() << "n is " << n << "; expected 64, 128, 192 or 256";
  if (k != 64)
    return emitError() << "k is " << k
                       << "; expected 64: one row of a 128-byte swizzle";
  if (stages < 2 || stages > 8)
    return emitError() << "stages is " << stages << "; expected 2 to 8";
  if (cluster != 1 && cluster != 2 && cluster != 4)
    return emitError() << "cluster is " << cluster << "; expected 1, 2 or 4";
  if (arch == Arch::SM80 && cluster != 1)
    return emitError() << "cluster is " << cluster
                       << "; sm_80 has no clusters: expected 1";
  if (n % (64 * cluster))
    return emitError() << "n is " << n << "; expected a multiple of "
                       << 64 * cluster << ": each of " << cluster
                       << " blocks loads a slice of whole boxes of 64";
  if (group < 1)
    return emitError() << "group is " << group << "; expected at least 1";

  if (arch == Arch::SM80 && ampereThreads(m, n) > 512)
    return emitError() << "a tile of " << m << " x " << n << " needs "
                       << ampereThreads(m, n)
                       << " threads; 512 have enough registers for it";
  // Sums, and what a step needs beside them.
  constexpr int64_t otherRegisters = 64;
  int64_t registers = registerBudget(m / 64).second;
  if (arch == Arch::SM90a && n / 2 + otherRegisters > registers)
    return emitError() << "a tile of " << m << " x " << n << " needs "
                       << n / 2 + otherRegisters
                       << " registers per thread, and " << m / 64
                       << " warpgroups have " << registers << " each";
  int64_t bytes = gemmSharedBytes(arch, m, n, k, stages);
  if (bytes > sharedMemoryLimit(arch))
    return emitError() << "needs " << bytes << " bytes of shared memory, and "
                       << stringifyEnum(arch) << " has "
                       << sharedMemoryLimit(arch) << "; use fewer stages";
  return success();
}

LogicalResult GemmAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                               GemmLayout layout, Type input, Type output,
                               bool accumulate, GemmEpilogue epilogue,
                               GemmScheduleAttr schedule) {
  if (!input.isBF16())
    return emitError() << "input is " << input << "; expected bf16";
  if (!output.isBF16() && !output.isF32())
    return emitError() << "output is " << output << "; expected bf16 or f32";
  if (accumulate && !output.isF32())
    return emitError() << "accumulates into " << output
                       << "; expected f32: sums are not rounded on the way";
  return success();
}

std::string GemmAttr::symbolName() const {
  std::string name;
  llvm::raw_string_ostream os(name);
  os << "gemm_" << stringifyEnum(getLayout()) << '_' << getInput() << '_'
     << getOutput();
  if (getAccumulate())
    os << "_acc";
  if (getEpilogue() != GemmEpilogue::None)
    os << '_' << stringifyEnum(getEpilogue());
  return name;
}

std::optional<Arch> GemmAttr::targetArch() const {
  if (!getSchedule())
    return std::nullopt;
  return getSchedule().getArch();
}

llvm::json::Object GemmAttr::problem() const {
  return llvm::json::Object{{"kind", "gemm"},
                            {"transpose_a", isTransposedA()},
                            {"transpose_b", isTransposedB()},
                            {"accumulate", getAccumulate()},
                            {"epilogue", stringifyEnum(getEpilogue())}};
}
