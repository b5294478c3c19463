//===----------------------------------------------------------------------===//
// Speed of the generated GEMMs, next to the peak of this machine and, where it
// is installed, OpenBLAS:
//
//   gemm-bench [--num-threads N] [--rounds N] [MxNxK ...]
//
// Sizes are tokens x outputs x inputs of a linear layer; each is timed forward
// (nt), for the gradient of the input (nn) and of the weight (tn,
// accumulating). Rounds are interleaved and the best of each is reported: on a
// shared machine, that is the least disturbed one. OpenBLAS is told the AVX-512
// kernels, which old releases do not pick on new CPUs.
//===----------------------------------------------------------------------===//
#include "codegen/cpu/Gemm.h"
#include "codegen/cpu/KernelBuilder.h"
#include "runtime/device/ThreadPool.h"
#include "test/codegen/cpu/KernelJit.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <dlfcn.h>
#include <limits>
#include <sys/mman.h>
#include <thread>

using namespace flm::cpu;
using namespace flm::cpu::test;

static llvm::cl::opt<int> threads("num-threads", llvm::cl::desc("Threads"),
                                  llvm::cl::init(2));
static llvm::cl::opt<int> rounds("rounds", llvm::cl::desc("Timed rounds"),
                                 llvm::cl::init(7));
static llvm::cl::opt<std::string> cpuName("cpu", llvm::cl::desc("Target CPU"),
                                          llvm::cl::init("native"));
static llvm::cl::opt<std::string>
    layouts("layouts", llvm::cl::desc("Layouts to time, e.g. nt,tn"),
            llvm::cl::init("nt,nn,tn"));
static llvm::cl::list<int64_t>
    schedule("schedule", llvm::cl::CommaSeparated,
             llvm::cl::desc("Override kBlock,rowBlock,taskRows,taskColumns"));
static llvm::cl::list<std::string> sizes(llvm::cl::Positional,
                                         llvm::cl::desc("[MxNxK ...]"));

static double seconds() {
  return std::chrono::duration<double>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

/// Memory as the runtime's arenas have it: huge pages, touched.
static float *allocate(int64_t count) {
  size_t bytes = (count * sizeof(float) + (2 << 20)) & ~size_t((2 << 20) - 1);
  void *memory = std::aligned_alloc(2 << 20, bytes);
  madvise(memory, bytes, MADV_HUGEPAGE);
  auto *data = static_cast<float *>(memory);
  for (int64_t i = 0; i < count; ++i)
    data[i] = static_cast<float>(i * 7919 % 1000) / 1000 - 0.5f;
  return data;
}

namespace {

struct Shape {
  int64_t tokens, outputs, inputs;
};

using Sgemm = void (*)(int order, int transA, int transB, int m, int n, int k,
                       float alpha, const float *a, int lda, const float *b,
                       int ldb, float beta, float *c, int ldc);

/// cblas_sgemm of OpenBLAS, or null.
Sgemm findOpenBlas() {
  // An inherited setting may be for another CPU.
  unsetenv("OPENBLAS_L2_SIZE");
  setenv("OPENBLAS_CORETYPE", "SkylakeX", 1);
  setenv("OMP_NUM_THREADS", std::to_string(threads).c_str(), 1);
  setenv("OPENBLAS_NUM_THREADS", std::to_string(threads).c_str(), 1);
  void *library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
  return library ? reinterpret_cast<Sgemm>(dlsym(library, "cblas_sgemm"))
                 : nullptr;
}

/// One GEMM in one layout, with its buffers.
class Bench {
public:
  Bench(GemmLayout layout, Shape shape, const CpuTarget &target) {
    problem.layout = layout;
    // y = x w^T;  dx = dy w;  dw += dy^T x
    if (layout == GemmLayout::NT)
      set(shape.tokens, shape.outputs, shape.inputs);
    else if (layout == GemmLayout::NN)
      set(shape.tokens, shape.inputs, shape.outputs);
    else
      set(shape.outputs, shape.inputs, shape.tokens);
    problem.accumulate = layout == GemmLayout::TN;
    problem.inputType = problem.outputType =
        mlir::Float32Type::get(&test.context());
    GemmSchedule chosen = selectGemmSchedule(problem, target);
    if (schedule.size() == 4) {
      chosen.kBlock = schedule[0];
      chosen.rowBlock = schedule[1];
      chosen.taskRows = schedule[2];
      chosen.taskColumns = schedule[3];
    }
    mlir::OpBuilder builder = test.builder();
    auto built =
        buildGemmKernel(builder, test.loc(), "gemm", problem, chosen, target);
    if (mlir::failed(built))
      std::exit(1);
    kernel = *built;
    double start = seconds();
    jit = KernelJit::compile(test.module(), target);
    if (!jit)
      std::exit(1);
    compileSeconds = seconds() - start;
    entry = reinterpret_cast<FlmTask>(jit->lookup("gemm"));
    args[0] = allocate(problem.m * problem.k);
    args[1] = allocate(problem.k * problem.n);
    args[2] = allocate(problem.m * problem.n);
  }
  ~Bench() {
    for (void *memory : args)
      std::free(memory);
  }

  double flops() const { return 2.0 * problem.m * problem.n * problem.k; }
  int64_t workspaceBytes() const { return kernel.workspaceBytes; }
  int64_t tasks() const { return kernel.tasks; }
  GemmLayout layout() const { return problem.layout; }

  void run() { flm_parallel_for(entry, args, kernel.tasks); }

  void runOpenBlas(Sgemm sgemm) {
    enum { RowMajor = 101, NoTrans = 111, Trans = 112 };
    bool transA = problem.layout == GemmLayout::TN;
    bool transB = problem.layout == GemmLayout::NT;
    int m = problem.m, n = problem.n, k = problem.k;
    sgemm(RowMajor, transA ? Trans : NoTrans, transB ? Trans : NoTrans, m, n, k,
          1, static_cast<float *>(args[0]), transA ? m : k,
          static_cast<float *>(args[1]), transB ? k : n,
          problem.accumulate ? 1 : 0, static_cast<float *>(args[2]), n);
  }

  double compileSeconds = 0;

private:
  void set(int64_t m, int64_t n, int64_t k) {
    problem.m = m, problem.n = n, problem.k = k;
  }

  KernelTest test;
  GemmProblem problem;
  CpuKernel kernel;
  std::unique_ptr<KernelJit> jit;
  FlmTask entry = nullptr;
  void *args[3];
};

/// The peak: independent fused multiply-adds on registers, one task per thread.
/// Timed in every round, so that it is disturbed as the rest is.
class Canary {
public:
  explicit Canary(const CpuTarget &target) : lanes(target.lanes()) {
    mlir::OpBuilder builder = test.builder();
    KernelBuilder k(test.loc(), builder);
    mlir::Type f32 = k.getF32Type();
    auto kernel = k.beginKernel("canary", {mlir::MemRefType::get({1024}, f32)});
    mlir::Value memory = kernel.getArgument(0);
    mlir::Value x = k.load(memory, {k.index(0)}, lanes);
    llvm::SmallVector<mlir::Value> sums(chains, x);
    sums = k.loop(k.index(0), k.index(iterations), 1, sums,
                  [&](Index, mlir::ValueRange carried) {
                    llvm::SmallVector<mlir::Value> next;
                    for (mlir::Value sum : carried)
                      next.push_back(mlir::vector::FMAOp::create(k, x, x, sum));
                    return next;
                  });
    for (int i = 0; i < chains; ++i)
      k.store(sums[i], memory, {k.index((i + 1) * lanes)});
    jit = KernelJit::compile(test.module(), target);
    if (!jit)
      std::exit(1);
    entry = reinterpret_cast<FlmTask>(jit->lookup("canary"));
  }
  /// All threads write the same numbers to the same place.
  void run() { flm_parallel_for(entry, args, threads); }
  double flops() const { return 2.0 * lanes * chains * iterations * threads; }

private:
  static constexpr int chains = 12;
  static constexpr int64_t iterations = 500000;
  int64_t lanes;
  KernelTest test;
  std::unique_ptr<KernelJit> jit;
  FlmTask entry = nullptr;
  float memory[1024] = {};
  void *args[1] = {memory};
};

/// Keeps the best of several times.
struct Best {
  double seconds = std::numeric_limits<double>::infinity();
  template <typename Run> void time(Run run) {
    // The other library's threads spin for a while after their last region.
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    run();
    double start = ::seconds();
    run();
    seconds = std::min(seconds, ::seconds() - start);
  }
};

} // namespace

static std::vector<Shape> shapes() {
  if (sizes.empty())
    return {{256, 768, 768},
            {256, 2048, 768},
            {2048, 768, 2048},
            {256, 50304, 768}};
  std::vector<Shape> result;
  for (const std::string &text : sizes) {
    Shape shape;
    if (std::sscanf(text.c_str(), "%ldx%ldx%ld", &shape.tokens, &shape.outputs,
                    &shape.inputs) != 3) {
      llvm::errs() << "error: size '" << text
                   << "'; expected TOKENSxOUTPUTSxINPUTS\n";
      std::exit(1);
    }
    result.push_back(shape);
  }
  return result;
}

int main(int argc, char **argv) {
  llvm::cl::ParseCommandLineOptions(argc, argv, "Times generated GEMMs\n");
  auto target = namedTarget(cpuName);
  if (!target) {
    llvm::errs() << "error: " << llvm::toString(target.takeError()) << "\n";
    return 1;
  }
  Sgemm sgemm = findOpenBlas();
  if (!sgemm)
    llvm::outs() << "(OpenBLAS is not installed)\n";
  llvm::outs() << "tokens x outputs x inputs    GF/s  % of peak"
               << "  OpenBLAS  ratio  tasks  compile ms\n";
  Canary canary(*target);
  for (Shape shape : shapes())
    for (GemmLayout layout : {GemmLayout::NT, GemmLayout::NN, GemmLayout::TN}) {
      if (!llvm::StringRef(layouts).contains(name(layout)))
        continue;
      Bench bench(layout, shape, *target);
      flmrt::ThreadPool pool(threads, bench.workspaceBytes());
      // Enough calls per round to be well above the clock.
      int calls = std::max(1, static_cast<int>(3e9 / bench.flops()));
      Best ours, theirs, peak;
      for (int round = 0; round < rounds; ++round) {
        peak.time([&] { canary.run(); });
        ours.time([&] {
          for (int i = 0; i < calls; ++i)
            bench.run();
        });
        if (!sgemm)
          continue;
        theirs.time([&] {
          for (int i = 0; i < calls; ++i)
            bench.runOpenBlas(sgemm);
        });
      }
      double gflops = bench.flops() * calls / ours.seconds / 1e9;
      double blas = bench.flops() * calls / theirs.seconds / 1e9;
      double peakGflops = canary.flops() / peak.seconds / 1e9;
      llvm::outs() << llvm::format("%5ld x %5ld x %5ld  %s %7.1f  %7.1f%%",
                                   shape.tokens, shape.outputs, shape.inputs,
                                   name(layout).data(), gflops,
                                   100 * gflops / peakGflops)
                   << llvm::format("   %7.1f  %5.2f  %5ld  %7.1f\n", blas,
                                   sgemm ? gflops / blas : 0.0, bench.tasks(),
                                   bench.compileSeconds * 1e3);
      llvm::outs().flush();
    }
  return 0;
}
