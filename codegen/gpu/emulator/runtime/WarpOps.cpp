//===----------------------------------------------------------------------===//
// What the lanes of a warp do together: shuffles, matrix loads and stores,
// mma.sync.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/emulator/runtime/Checks.h"
#include "codegen/gpu/emulator/runtime/Entries.h"
#include "codegen/gpu/reference/Bf16.h"

#include <cstring>

using namespace flm::emu;
using flm::gpuref::fromBF16;

namespace {

/// What each lane handed in.
using Slots = std::array<std::array<char, Warp::slotBytes>, warpThreads>;

template <typename T> T read(const Slots &slots, int lane) {
  T value;
  std::memcpy(&value, slots[lane].data(), sizeof(T));
  return value;
}

} // namespace

/// Hands in `value` and waits until `members` lanes have.
template <typename T>
static const Slots &exchange(const T &value, int members, const char *where) {
  static_assert(sizeof(T) <= Warp::slotBytes);
  Thread &thread = self();
  Warp &warp = thread.block->warps[thread.warp()];
  int64_t generation = warp.generation;
  Slots &slots = warp.slots[generation % 2];
  std::memcpy(slots[thread.lane()].data(), &value, sizeof(T));
  if (++warp.arrived >= members) {
    warp.arrived = 0;
    ++warp.generation;
  } else {
    waitUntil(where,
              [&warp, generation] { return warp.generation != generation; });
  }
  return slots;
}

static int lanesOf(int32_t mask, const char *where) {
  if (!(static_cast<uint32_t>(mask) >> self().lane() & 1))
    report(where, "the lane is not in its own mask");
  return __builtin_popcount(static_cast<uint32_t>(mask));
}

void flm_emu_warp_barrier(int32_t mask, const char *where) {
  exchange(0, lanesOf(mask, where), where);
  mayBePreempted(where);
}

int32_t flm_emu_elect(const char *where) {
  exchange(0, warpThreads, where);
  return self().lane() == 0;
}

int32_t flm_emu_shuffle_i32(int32_t kind, int32_t mask, int32_t value,
                            int32_t offset, int32_t clamp, const char *where) {
  enum { Butterfly, Up, Down, Index };
  const Slots &slots = exchange(value, lanesOf(mask, where), where);
  int lane = self().lane(), source = lane;
  switch (kind) {
  case Butterfly:
    source = lane ^ offset;
    break;
  case Up:
    source = lane - offset;
    break;
  case Down:
    source = lane + offset;
    break;
  case Index:
    source = offset;
    break;
  }
  if (source < 0 || source >= warpThreads)
    return value; // out of the warp: the lane's own
  if (!(static_cast<uint32_t>(mask) >> source & 1))
    report(where, "reads from a lane that is not in the mask");
  return read<int32_t>(slots, source);
}

float flm_emu_shuffle_f32(int32_t kind, int32_t mask, float value,
                          int32_t offset, int32_t clamp, const char *where) {
  int32_t bits;
  std::memcpy(&bits, &value, 4);
  bits = flm_emu_shuffle_i32(kind, mask, bits, offset, clamp, where);
  std::memcpy(&value, &bits, 4);
  return value;
}

//===----------------------------------------------------------------------===//
// ldmatrix, stmatrix: 8 x 8 matrices of 16 bits. Lane 8 * j + r gives the
// address of row r of matrix j; lane l holds elements 2 * (l % 4), + 1 of row
// l / 4 (transposed: rows and columns change places).
//===----------------------------------------------------------------------===//

static constexpr int64_t matrixRowBytes = 16;

static int matrixElement(int lane, int half, bool transposed, int *row) {
  int outer = lane / 4, inner = lane % 4 * 2 + half;
  *row = transposed ? inner : outer;
  return transposed ? outer : inner;
}

void flm_emu_load_matrix(void *row, int32_t count, int32_t transposed,
                         int32_t *result, const char *where) {
  Thread &thread = self();
  if (thread.lane() < 8 * count &&
      !checkShared(thread, *thread.block, row, matrixRowBytes, matrixRowBytes,
                   /*write=*/false, where))
    abandon();
  const Slots &slots = exchange(row, warpThreads, where);
  for (int matrix = 0; matrix < count; ++matrix) {
    uint32_t packed = 0;
    for (int half : {0, 1}) {
      int rowIndex;
      int column = matrixElement(thread.lane(), half, transposed, &rowIndex);
      uint16_t bits;
      std::memcpy(&bits,
                  read<const char *>(slots, 8 * matrix + rowIndex) + 2 * column,
                  2);
      packed |= static_cast<uint32_t>(bits) << (16 * half);
    }
    result[matrix] = static_cast<int32_t>(packed);
  }
  // Nobody may write the rows before every lane has read them.
  exchange(0, warpThreads, where);
}

void flm_emu_store_matrix(void *row, int32_t count, int32_t transposed,
                          const int32_t *values, const char *where) {
  Thread &thread = self();
  if (thread.lane() < 8 * count) {
    if (!checkShared(thread, *thread.block, row, matrixRowBytes, matrixRowBytes,
                     /*write=*/true, where))
      abandon();
    markUnfenced(thread, row, matrixRowBytes);
  }
  const Slots &slots = exchange(row, warpThreads, where);
  for (int matrix = 0; matrix < count; ++matrix)
    for (int half : {0, 1}) {
      int rowIndex;
      int column = matrixElement(thread.lane(), half, transposed, &rowIndex);
      auto bits = static_cast<uint16_t>(values[matrix] >> (16 * half));
      std::memcpy(read<char *>(slots, 8 * matrix + rowIndex) + 2 * column,
                  &bits, 2);
    }
  exchange(0, warpThreads, where);
}

//===----------------------------------------------------------------------===//
// mma.sync m16n8k16, bf16 to f32 (PTX ISA, "Matrix fragments for mma.m16n8k16")
//===----------------------------------------------------------------------===//

void flm_emu_mma(const int32_t *operands, float *result, const char *where) {
  struct Fragments {
    uint32_t a[4], b[2];
    float c[4];
  } own;
  std::memcpy(&own, operands, sizeof own);
  const Slots &slots = exchange(own, warpThreads, where);
  int lane = self().lane();
  // The rows of A and columns of B that this lane's results need.
  float left[2][16], right[2][16];
  for (int pair = 0; pair < 4; ++pair) {
    auto row = read<Fragments>(slots, lane / 4 * 4 + pair);
    for (int i = 0; i < 8; ++i)
      left[i / 2 % 2][pair * 2 + i / 4 * 8 + i % 2] =
          fromBF16(static_cast<uint16_t>(row.a[i / 2] >> (16 * (i % 2))));
    for (int column : {0, 1}) {
      auto fragment =
          read<Fragments>(slots, (lane % 4 * 2 + column) * 4 + pair);
      for (int i = 0; i < 4; ++i)
        right[column][pair * 2 + i / 2 * 8 + i % 2] = fromBF16(
            static_cast<uint16_t>(fragment.b[i / 2] >> (16 * (i % 2))));
    }
  }
  for (int i = 0; i < 4; ++i) {
    float sum = own.c[i];
    for (int k = 0; k < 16; ++k)
      sum += left[i / 2][k] * right[i % 2][k];
    result[i] = sum;
  }
}
