//===----------------------------------------------------------------------===//
// wgmma: asynchronous multiplications of a warpgroup, in order.
//
// An operation may run as soon as all 128 threads have issued it; a wait that
// covers it waits until it has. It reads shared memory when it
// runs, and writes each thread's results then; until then they are NaN. (That
// the kernel does not use them before the wait is checked at compile time, by
// the pass.)
//===----------------------------------------------------------------------===//
#include "codegen/gpu/emulator/runtime/Checks.h"
#include "codegen/gpu/emulator/runtime/Entries.h"
#include "codegen/gpu/emulator/runtime/Swizzle.h"
#include "codegen/gpu/reference/Bf16.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace flm::emu {

using gpuref::fromBF16;

/// What all threads of the warpgroup must agree on.
struct MultiplicationShape {
  int32_t n = 0;
  bool transposeA = false, transposeB = false, accumulate = false;
  bool registersA = false;
  uint64_t descriptorA = 0, descriptorB = 0;

  bool operator==(const MultiplicationShape &other) const {
    return n == other.n && transposeA == other.transposeA &&
           transposeB == other.transposeB && accumulate == other.accumulate &&
           registersA == other.registersA && descriptorA == other.descriptorA &&
           descriptorB == other.descriptorB;
  }
};

struct Multiplication {
  MultiplicationShape shape;
  const char *where = "";
  int issued = 0; ///< threads
  std::array<float *, warpgroupThreads> results;
  std::array<std::array<uint32_t, 4>, warpgroupThreads> fragments;
};

Warpgroup::Warpgroup() = default;
Warpgroup::~Warpgroup() = default;
Warpgroup::Warpgroup(Warpgroup &&) = default;

} // namespace flm::emu

using namespace flm::emu;

static constexpr int rows = 64, depth = 16, maxColumns = 256;

namespace {

/// A descriptor (PTX ISA, "Matrix descriptor"); 128-byte swizzle.
class Operand {
public:
  Operand(const Thread &thread, const Block &block, uint64_t descriptor,
          bool transposed, const char *where)
      : thread(thread), block(block), where(where),
        address(field(descriptor, 0)), leading(field(descriptor, 16)),
        stride(field(descriptor, 32)), transposed(transposed) {
    if (descriptor >> 62 != 1)
      reportFor(thread, where,
                "the matrix descriptor does not have the 128-byte swizzle");
  }

  /// Element `k` of the inner dim of row or column `outer`.
  float at(int outer, int k) const {
    // K-major: eight rows of 128 bytes per group. MN-major: rows are of the
    // inner dim, boxes of 64 outer elements.
    int64_t offset = transposed ? outer / 64 * leading + k / 8 * stride +
                                      k % 8 * 128 + outer % 64 * 2
                                : outer / 8 * stride + outer % 8 * 128 + k * 2;
    uintptr_t physical = swizzle(address + offset, 128);
    const char *byte = block.shared + physical;
    if (!inside(physical))
      return NAN;
    checkFenced(thread, block, byte, 2, where, "wgmma reads");
    uint16_t bits;
    std::memcpy(&bits, byte, 2);
    return fromBF16(bits);
  }

private:
  static int64_t field(uint64_t descriptor, int bit) {
    return static_cast<int64_t>(descriptor >> bit & 0x3fff) << 4;
  }
  bool inside(uintptr_t offset) const {
    if (offset + 2 <=
        static_cast<uintptr_t>(block.cluster->grid.launch.sharedBytes))
      return true;
    reportFor(thread, where, "wgmma reads shared memory out of bounds");
    return false;
  }

  const Thread &thread;
  const Block &block;
  const char *where;
  int64_t address, leading, stride;
  bool transposed;
};

/// visit(thread, element of its fragment, row, column) for an accumulator of
/// `n` columns.
template <typename Visit> void forEachElement(int n, Visit visit) {
  for (int thread = 0; thread < warpgroupThreads; ++thread) {
    int row = thread / 32 * 16 + thread % 32 / 4;
    for (int i = 0; i < n / 2; ++i)
      visit(thread, i, row + i / 2 % 2 * 8, i / 4 * 8 + thread % 4 * 2 + i % 2);
  }
}

struct Matrices {
  float a[rows][depth];
  float b[depth][maxColumns];
  float c[rows][maxColumns];
};

} // namespace

/// The part that takes the time.
#if defined(__x86_64__) && defined(__clang__)
__attribute__((target_clones("avx512f", "avx2", "default")))
#endif
static void multiply(Matrices &m, int n) {
  for (int row = 0; row < rows; ++row)
    for (int k = 0; k < depth; ++k) {
      float left = m.a[row][k];
      for (int column = 0; column < n; ++column)
        m.c[row][column] += left * m.b[k][column];
    }
}

static void loadFragment(Matrices &m, const Multiplication &op) {
  for (int thread = 0; thread < warpgroupThreads; ++thread)
    for (int i = 0; i < 8; ++i) {
      int reg = i / 2;
      int row = thread / 32 * 16 + thread % 32 / 4 + reg % 2 * 8;
      int k = thread % 4 * 2 + reg / 2 * 8 + i % 2;
      m.a[row][k] = fromBF16(
          static_cast<uint16_t>(op.fragments[thread][reg] >> (16 * (i % 2))));
    }
}

static void execute(const Thread &thread, const Block &block,
                    Multiplication &op) {
  static thread_local Matrices m;
  const MultiplicationShape &shape = op.shape;
  if (shape.registersA) {
    loadFragment(m, op);
  } else {
    Operand a(thread, block, shape.descriptorA, shape.transposeA, op.where);
    for (int row = 0; row < rows; ++row)
      for (int k = 0; k < depth; ++k)
        m.a[row][k] = a.at(row, k);
  }
  Operand b(thread, block, shape.descriptorB, shape.transposeB, op.where);
  for (int column = 0; column < shape.n; ++column)
    for (int k = 0; k < depth; ++k)
      m.b[k][column] = b.at(column, k);

  forEachElement(shape.n, [&](int thread, int i, int row, int column) {
    m.c[row][column] = shape.accumulate ? op.results[thread][i] : 0;
  });
  multiply(m, shape.n);
  forEachElement(shape.n, [&](int thread, int i, int row, int column) {
    op.results[thread][i] = m.c[row][column];
  });
}

static Warpgroup &ownWarpgroup() {
  Thread &thread = self();
  return thread.block->warpgroups[thread.index / warpgroupThreads];
}

static void executeUntil(const Thread &thread, Warpgroup &group, int64_t end) {
  while (group.executed < end) {
    execute(thread, *thread.block, *group.queue.front());
    group.queue.pop_front();
    ++group.executed;
  }
}

void flm_emu_wgmma_fence(const char *) { self().registersFenced = true; }

void flm_emu_wgmma(int32_t n, int32_t transposeA, int32_t transposeB,
                   int32_t accumulate, const int32_t *registersA,
                   int64_t descriptorA, int64_t descriptorB, float *result,
                   const char *where) {
  Thread &thread = self();
  if (!thread.registersFenced)
    report(where, "wgmma without a wgmma.fence since the registers were used");
  Warpgroup &group = ownWarpgroup();
  MultiplicationShape shape;
  shape.n = n;
  shape.transposeA = transposeA;
  shape.transposeB = transposeB;
  shape.accumulate = accumulate;
  shape.registersA = registersA != nullptr;
  shape.descriptorA = descriptorA;
  shape.descriptorB = descriptorB;

  int64_t index = thread.multiplications.issue();
  auto place = static_cast<size_t>(index - group.executed);
  if (place == group.queue.size()) {
    group.queue.push_back(std::make_unique<Multiplication>());
    group.queue.back()->shape = shape;
    group.queue.back()->where = where;
  }
  Multiplication &op = *group.queue[place];
  if (!(op.shape == shape))
    report(where, "the operands of a wgmma differ between the threads of a "
                  "warpgroup");
  op.results[thread.inWarpgroup()] = result;
  if (registersA)
    std::memcpy(op.fragments[thread.inWarpgroup()].data(), registersA,
                sizeof op.fragments[0]);
  if (!accumulate)
    std::fill_n(result, n / 2, NAN);
  if (++op.issued < warpgroupThreads)
    return;
  // In order: it takes those before it along.
  Cluster &cluster = *thread.block->cluster;
  cluster.later(cluster.grid.options.multiplications, [&thread, &group, index] {
    executeUntil(thread, group, index + 1);
  });
}

void flm_emu_wgmma_commit(const char *) { self().multiplications.commit(); }

void flm_emu_wgmma_wait(int32_t pending, const char *where) {
  Thread &thread = self();
  thread.registersFenced = false;
  int64_t needed = thread.multiplications.neededFor(pending);
  Warpgroup &group = ownWarpgroup();
  waitUntil(where, [&group, needed] { return group.executed >= needed; });
  thread.multiplications.waitedFor =
      std::max(thread.multiplications.waitedFor, needed);
}
