//===----------------------------------------------------------------------===//
// Schedules of matrix multiplications and the limits that they know.
//===----------------------------------------------------------------------===//
#include "dialects/flm_gpu/FlmGpu.h"

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

/// Warpgroups that multiply on sm_90a: 64 rows each. Four have too few
/// registers, so two take 128 rows each of a tile of 256.
static int64_t hopperConsumers(int64_t m) { return m == 256 ? 2 : m / 64; }

int64_t GemmScheduleAttr::consumers() const { return hopperConsumers(getM()); }

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
  return stages * stage +
         hopperConsumers(m) * GemmScheduleAttr::outputBoxes * 64 * 128;
}

int64_t GemmScheduleAttr::sharedBytes() const {
  return gemmSharedBytes(getArch(), getM(), getN(), getK(), getStages());
}

/// Columns of A * B of which the epilogue makes whole boxes of C, 128 bytes
/// wide, and whole pairs.
static int64_t boxedColumns(Type output, GemmEpilogueAttrInterface epilogue) {
  int64_t columns = 1024 / output.getIntOrFloatBitWidth();
  if (!epilogue)
    return columns;
  if (epilogue.resultsPerPair() == 1)
    columns *= 2;
  return std::max(columns, 2 * epilogue.pairDistance());
}

/// Partial sums that the fold adds; with more, it would take longer than what
/// they save.
static constexpr int64_t maxSplits = 16;

LogicalResult
GemmScheduleAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                         Arch arch, int64_t m, int64_t n, int64_t k,
                         int64_t stages, int64_t cluster, int64_t group,
                         int64_t splits) {
  if (m < 64 || m > 256 || m % 64)
    return emitError() << "m is " << m << "; expected 64, 128, 192 or 256";
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
  // Rows of tiles that are walked together: computed with in 32 bits.
  if (group < 1 || group > 1024)
    return emitError() << "group is " << group << "; expected 1 to 1024";
  if (splits < 1 || splits > maxSplits)
    return emitError() << "splits is " << splits << "; expected 1 to "
                       << maxSplits << ": the fold reads as many tensors";

  if (arch == Arch::SM80 && ampereThreads(m, n) > 512)
    return emitError() << "a tile of " << m << " x " << n << " needs "
                       << ampereThreads(m, n)
                       << " threads; 512 have enough registers for it";
  if (arch == Arch::SM80) {
    int64_t threads = ampereThreads(m, n);
    for (auto [name, rows] : {std::pair("a", m), std::pair("b", n)})
      if (int64_t copies = rows * k * 2 / 16; copies % threads)
        return emitError() << "a tile of " << m << " x " << n << " has "
                           << threads << " threads, which do not divide the "
                           << copies << " copies of 16 bytes of " << name
                           << "; expected m and n of 64, 128 or 256 on sm_80";
  }
  // Sums, and what a step needs beside them.
  constexpr int64_t otherRegisters = 64;
  int64_t consumers = hopperConsumers(m);
  int64_t registers = registerBudget(consumers).second;
  int64_t needed = m * n / (consumers * 128) + otherRegisters;
  if (arch == Arch::SM90a && needed > registers)
    return emitError() << "a tile of " << m << " x " << n << " needs " << needed
                       << " registers per thread, and " << consumers
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
                               bool accumulate,
                               GemmEpilogueAttrInterface epilogue,
                               DenseI64ArrayAttr sizes,
                               GemmScheduleAttr schedule) {
  if (!input.isBF16())
    return emitError() << "input is " << input << "; expected bf16";
  if (!output.isBF16() && !output.isF32())
    return emitError() << "output is " << output << "; expected bf16 or f32";
  if (accumulate && !output.isF32())
    return emitError() << "accumulates into " << output
                       << "; expected f32: sums are not rounded on the way";
  if (sizes && (sizes.size() != 3 ||
                llvm::any_of(sizes.asArrayRef(),
                             [](int64_t i) { return i < 1 || i > INT32_MAX; })))
    return emitError() << "sizes are " << sizes
                       << "; expected m, n and k, 1 to 2^31 - 1";
  // A fold has no tiles.
  if (!schedule || !epilogue || schedule.getSplits() > 1)
    return success();
  int64_t columns = schedule.getArch() == Arch::SM90a
                        ? boxedColumns(output, epilogue)
                        : 2 * epilogue.pairDistance();
  if (columns && schedule.getN() % columns)
    return emitError() << "n is " << schedule.getN() << "; epilogue '"
                       << epilogue.epilogueName()
                       << "' needs tiles with a multiple of " << columns
                       << " columns";
  return success();
}

GemmAttr GemmAttr::withSchedule(GemmScheduleAttr schedule) const {
  return get(getContext(), getLayout(), getInput(), getOutput(),
             getAccumulate(), getEpilogue(), getSizes(), schedule);
}

GemmAttr GemmAttr::partialSums() const {
  return get(getContext(), getLayout(), getInput(),
             Float32Type::get(getContext()), /*accumulate=*/false,
             GemmEpilogueAttrInterface(), getSizes(), getSchedule());
}

int64_t GemmAttr::pairDistance() const {
  return getEpilogue() ? getEpilogue().pairDistance() : 0;
}
int64_t GemmAttr::resultsPerPair() const {
  return getEpilogue() ? getEpilogue().resultsPerPair() : 2;
}
bool GemmAttr::keepsSums() const {
  return getEpilogue() && getEpilogue().keepsSums();
}
int64_t GemmAttr::columnsPerBox() const {
  return boxedColumns(getOutput(), getEpilogue());
}

std::string GemmAttr::symbolName() const {
  std::string name;
  llvm::raw_string_ostream os(name);
  os << "gemm_" << stringifyEnum(getLayout()) << '_' << getInput() << '_'
     << getOutput();
  if (getAccumulate())
    os << "_acc";
  if (getEpilogue())
    os << '_' << getEpilogue().epilogueName();
  if (isSplit())
    os << "_split" << getSchedule().getSplits();
  return name;
}

std::optional<Arch> GemmAttr::targetArch() const {
  if (!getSchedule())
    return std::nullopt;
  return getSchedule().getArch();
}

llvm::json::Object GemmAttr::problem() const {
  if (isa_and_nonnull<GemmFunctionAttr>(getEpilogue()))
    return {};
  llvm::json::Object result{{"kind", "gemm"},
                            {"transpose_a", isTransposedA()},
                            {"transpose_b", isTransposedB()},
                            {"accumulate", getAccumulate()}};
  if (getEpilogue())
    result["epilogue"] = getEpilogue().epilogueProblem();
  // What `partial` holds depends on where the inner dim is cut.
  if (isSplit()) {
    result["kind"] = "gemm_split";
    result["step"] = getSchedule().getK();
  }
  return result;
}

//===----------------------------------------------------------------------===//
// Fold
//===----------------------------------------------------------------------===//

LogicalResult GemmFoldAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                   GemmAttr gemm) {
  if (!gemm.isSplit())
    return emitError() << gemm
                       << " stores no partial sums; expected a schedule with "
                          "'splits' > 1";
  return success();
}

std::string GemmFoldAttr::symbolName() const {
  return getGemm().symbolName() + "_fold";
}

std::optional<Arch> GemmFoldAttr::targetArch() const {
  return getGemm().targetArch();
}

llvm::json::Object GemmFoldAttr::problem() const {
  llvm::json::Object result = getGemm().problem();
  if (!result.empty())
    result["kind"] = "gemm_fold";
  return result;
}

//===----------------------------------------------------------------------===//
// Transposition
//===----------------------------------------------------------------------===//

LogicalResult
TransposeAttr::verify(function_ref<InFlightDiagnostic()> emitError, Type type) {
  if (!type.isBF16() && !type.isF32())
    return emitError() << "type is " << type << "; expected bf16 or f32";
  return success();
}

std::string TransposeAttr::symbolName() const {
  std::string name;
  llvm::raw_string_ostream(name) << "transpose_" << getType();
  return name;
}

std::optional<Arch> TransposeAttr::targetArch() const { return Arch::SM80; }

llvm::json::Object TransposeAttr::problem() const {
  return llvm::json::Object{{"kind", "transpose"}};
}
