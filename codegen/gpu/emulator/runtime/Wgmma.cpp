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
#include "runtime/abi/Bf16.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace flm::emu {

using flm::abi::widenBf16;

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

/// An operand in shared memory, by its descriptor (PTX ISA, "Matrix
/// descriptor"); 128-byte swizzle.
class Operand {
public:
  Operand(Block &block, uint64_t descriptor, bool transposed, int outers)
      : block(block), address(field(descriptor, 0)),
        leading(field(descriptor, 16)), stride(field(descriptor, 32)),
        transposed(transposed), outers(outers) {}

  /// visit(offset in shared memory, outer, k) for each 16 bytes: eight elements
  /// from there on, along k or, transposed, along the outer dim.
  template <typename Visit> void forEachChunk(Visit visit) const {
    constexpr int inChunk = 8;
    if (!transposed) {
      // K-major: eight rows of 128 bytes per group.
      for (int outer = 0; outer < outers; ++outer)
        for (int k = 0; k < depth; k += inChunk)
          visit(at(outer / 8 * stride + outer % 8 * 128 + k * 2), outer, k);
      return;
    }
    // MN-major: rows are of the inner dim, boxes of 64 outer elements.
    for (int k = 0; k < depth; ++k)
      for (int outer = 0; outer < outers; outer += inChunk)
        visit(at(outer / 64 * leading + k / 8 * stride + k % 8 * 128 +
                 outer % 64 * 2),
              outer, k);
  }

  /// The operation is issued: notes that it reads; whether it can.
  bool beginReads(const Thread &thread, const char *where) {
    bool inside = true, free = true;
    forEachChunk([&](uintptr_t offset, int, int) {
      inside &= offset + Block::granuleBytes <=
                static_cast<uintptr_t>(block.cluster->grid.launch.sharedBytes);
    });
    if (!inside) {
      reportFor(thread, where, "wgmma reads shared memory out of bounds");
      return false;
    }
    forEachChunk([&](uintptr_t offset, int, int) {
      Granule &granule = granuleAt(offset);
      if (granule.writes > 0 && free) {
        free = false;
        reportFor(thread, where,
                  std::string("wgmma reads shared memory that ") +
                      granule.writer + " may still write");
      }
      ++granule.reads;
      granule.reader = where;
    });
    return true;
  }

  /// It takes effect: set(outer, k, value) for each element.
  template <typename Set>
  void endReads(const Thread &thread, const char *where, Set set) {
    bool fenced = true;
    forEachChunk([&](uintptr_t offset, int outer, int k) {
      Granule &granule = granuleAt(offset);
      fenced &= granule.unfenced == 0;
      --granule.reads;
      uint16_t bits[8];
      std::memcpy(bits, block.shared + offset, sizeof bits);
      for (int i = 0; i < 8; ++i)
        set(outer + (transposed ? i : 0), k + (transposed ? 0 : i),
            widenBf16(bits[i]));
    });
    if (!fenced)
      reportFor(thread, where,
                "wgmma reads shared memory that a thread wrote without a "
                "fence.proxy.async after it");
  }

private:
  static int64_t field(uint64_t descriptor, int bit) {
    return static_cast<int64_t>(descriptor >> bit & 0x3fff) << 4;
  }
  uintptr_t at(int64_t offset) const { return swizzle(address + offset, 128); }
  Granule &granuleAt(uintptr_t offset) {
    return block.granules[offset / Block::granuleBytes];
  }

  Block &block;
  int64_t address, leading, stride;
  bool transposed;
  int outers;
};

/// What the emulator, or the hardware, can not do with a descriptor.
void checkDescriptor(uint64_t descriptor, const char *where) {
  constexpr uint64_t fields = 0x3fff | uint64_t(0x3fff) << 16 |
                              uint64_t(0x3fff) << 32 | uint64_t(7) << 49 |
                              uint64_t(3) << 62;
  if (descriptor & ~fields)
    report(where, "the matrix descriptor has bits beside its fields");
  if (descriptor >> 62 != 1)
    report(where, "the matrix descriptor does not have the 128-byte swizzle");
  // The pattern repeats every eight rows of 128 bytes; the base offset says
  // which of them the address is in.
  uint64_t row = descriptor >> 3 & 7;
  if (row != 0 || (descriptor >> 49 & 7) != 0)
    report(where, "the matrix begins in row " + std::to_string(row) +
                      " of the swizzle's pattern, with the base offset " +
                      std::to_string(descriptor >> 49 & 7) +
                      "; expected 0 and 0");
}

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
      m.a[row][k] = widenBf16(
          static_cast<uint16_t>(op.fragments[thread][reg] >> (16 * (i % 2))));
    }
}

static Operand operandA(Block &block, const MultiplicationShape &shape) {
  return Operand(block, shape.descriptorA, shape.transposeA, rows);
}
static Operand operandB(Block &block, const MultiplicationShape &shape) {
  return Operand(block, shape.descriptorB, shape.transposeB, shape.n);
}

static void execute(const Thread &thread, Block &block, Multiplication &op) {
  static thread_local Matrices m;
  const MultiplicationShape &shape = op.shape;
  if (shape.registersA)
    loadFragment(m, op);
  else
    operandA(block, shape)
        .endReads(thread, op.where,
                  [](int row, int k, float value) { m.a[row][k] = value; });
  operandB(block, shape)
      .endReads(thread, op.where,
                [](int column, int k, float value) { m.b[k][column] = value; });

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

/// The operation that is the running thread's next: as its warpgroup's first
/// thread issued it.
static Multiplication &issue(Warpgroup &group, const MultiplicationShape &shape,
                             const char *where) {
  int64_t index = self().multiplications.issue();
  auto place = static_cast<size_t>(index - group.executed);
  if (place == group.queue.size()) {
    group.queue.push_back(std::make_unique<Multiplication>());
    group.queue.back()->shape = shape;
    group.queue.back()->where = where;
    if (!shape.registersA)
      checkDescriptor(shape.descriptorA, where);
    checkDescriptor(shape.descriptorB, where);
  }
  Multiplication &op = *group.queue[place];
  if (!(op.shape == shape))
    report(where, "the operands of a wgmma differ between the threads of a "
                  "warpgroup");
  if (std::strcmp(op.where, where) != 0)
    report(where,
           std::string("threads of the warpgroup are at another wgmma, ") +
               op.where);
  return op;
}

void flm_emu_wgmma(int32_t n, int32_t transposeA, int32_t transposeB,
                   int32_t accumulate, const int32_t *registersA,
                   int64_t descriptorA, int64_t descriptorB, float *result,
                   const char *where) {
  Thread &thread = self();
  if (!thread.registersFenced)
    report(where, "wgmma without a wgmma.fence since the registers were used");
  MultiplicationShape shape;
  shape.n = n;
  shape.transposeA = transposeA;
  shape.transposeB = transposeB;
  shape.accumulate = accumulate;
  shape.registersA = registersA != nullptr;
  shape.descriptorA = descriptorA;
  shape.descriptorB = descriptorB;

  Warpgroup &group = ownWarpgroup();
  Multiplication &op = issue(group, shape, where);
  int64_t index = thread.multiplications.issued - 1;
  thread.accumulators[result] = index;
  op.results[thread.inWarpgroup()] = result;
  if (registersA)
    std::memcpy(op.fragments[thread.inWarpgroup()].data(), registersA,
                sizeof op.fragments[0]);
  if (!accumulate)
    std::fill_n(result, n / 2, NAN);
  if (++op.issued < warpgroupThreads)
    return;
  Block &block = *thread.block;
  if (!operandB(block, op.shape).beginReads(thread, where) ||
      (!registersA && !operandA(block, op.shape).beginReads(thread, where)))
    abandon();
  // In order: it takes those before it along.
  Cluster &cluster = *block.cluster;
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

void flm_emu_wgmma_results(const float *result, const char *where) {
  Thread &thread = self();
  auto last = thread.accumulators.find(result);
  if (last != thread.accumulators.end() &&
      last->second >= thread.multiplications.waitedFor)
    report(where, "its results are used after a wait_group that did not cover "
                  "it");
}
