//===----------------------------------------------------------------------===//
// What the lanes of a warp do together: shuffles, matrix loads and stores,
// mma.sync.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/emulator/runtime/Checks.h"
#include "codegen/gpu/emulator/runtime/Entries.h"
#include "codegen/gpu/emulator/runtime/Meeting.h"
#include "runtime/abi/Bf16.h"

using namespace flm::emu;
using flm::abi::widenBf16;

void flm_emu_warp_barrier(int32_t mask, const char *where) {
  Together(MeetingKind::WarpBarrier, mask, 0, where);
  mayBePreempted(where);
}

int32_t flm_emu_elect(int32_t mask, const char *where) {
  Together(MeetingKind::Elect, mask, 0, where);
  // Any lane of the mask, but always the same one.
  uint32_t lanes = mask;
  const Options &options = self().block->cluster->grid.options;
  Random random(options.seed ^ lanes);
  int skipped = options.seed ? random.below(__builtin_popcount(lanes)) : 0;
  for (; skipped > 0; --skipped)
    lanes &= lanes - 1;
  return self().lane() == __builtin_ctz(lanes);
}

//===----------------------------------------------------------------------===//
// shfl.sync
//===----------------------------------------------------------------------===//

/// The lane that is read, by the pseudocode of the PTX ISA; the lane's own if
/// it is out of range.
static int sourceLane(int32_t kind, int32_t offset, int32_t maskAndClamp) {
  enum { Butterfly, Up, Down, Index };
  int lane = self().lane();
  int b = offset & 31, clamp = maskAndClamp & 31,
      segment = maskAndClamp >> 8 & 31;
  int first = lane & segment, last = first | (clamp & ~segment);
  switch (kind) {
  case Butterfly:
    return (lane ^ b) <= last ? lane ^ b : lane;
  case Up:
    return lane - b >= last ? lane - b : lane;
  case Down:
    return lane + b <= last ? lane + b : lane;
  default:
    int source = first | (b & ~segment);
    return source <= last ? source : lane;
  }
}

int32_t flm_emu_shuffle_i32(int32_t kind, int32_t mask, int32_t value,
                            int32_t offset, int32_t maskAndClamp,
                            const char *where) {
  if (maskAndClamp & ~0x1f1f)
    report(where, "has bits beside the clamp (0-4) and the segment mask (8-12) "
                  "in " +
                      std::to_string(maskAndClamp));
  auto meeting = static_cast<MeetingKind>(
      static_cast<int>(MeetingKind::ShuffleButterfly) + kind);
  Together lanes(meeting, mask, value, where);
  int source = sourceLane(kind, offset, maskAndClamp);
  if (!(static_cast<uint32_t>(mask) >> source & 1)) {
    report(where, "reads from lane " + std::to_string(source) +
                      ", which is not in the mask");
    return value;
  }
  return lanes.read<int32_t>(source);
}

float flm_emu_shuffle_f32(int32_t kind, int32_t mask, float value,
                          int32_t offset, int32_t maskAndClamp,
                          const char *where) {
  int32_t bits;
  std::memcpy(&bits, &value, 4);
  bits = flm_emu_shuffle_i32(kind, mask, bits, offset, maskAndClamp, where);
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

/// The row that the running lane names, checked; null for a lane whose address
/// the instruction ignores.
static char *matrixRow(void *row, int32_t count, bool write,
                       const char *where) {
  Thread &thread = self();
  if (thread.lane() >= 8 * count)
    return nullptr;
  if (!checkShared(thread, *thread.block, row, matrixRowBytes, matrixRowBytes,
                   write, where))
    abandon();
  return static_cast<char *>(row);
}

void flm_emu_load_matrix(void *row, int32_t count, int32_t transposed,
                         int32_t *result, const char *where) {
  char *own = matrixRow(row, count, /*write=*/false, where);
  {
    Together lanes(MeetingKind::LoadMatrix, allLanes(), own, where);
    for (int matrix = 0; matrix < count; ++matrix) {
      uint32_t packed = 0;
      for (int half : {0, 1}) {
        int rowIndex;
        int column = matrixElement(self().lane(), half, transposed, &rowIndex);
        uint16_t bits;
        std::memcpy(&bits,
                    lanes.read<char *>(8 * matrix + rowIndex) + 2 * column, 2);
        packed |= static_cast<uint32_t>(bits) << (16 * half);
      }
      result[matrix] = static_cast<int32_t>(packed);
    }
  }
  // Nobody may write the rows before every lane has read them.
  Together(MeetingKind::LoadMatrix, allLanes(), 0, where);
}

void flm_emu_store_matrix(void *row, int32_t count, int32_t transposed,
                          const int32_t *values, const char *where) {
  char *own = matrixRow(row, count, /*write=*/true, where);
  if (own)
    markUnfenced(self(), own, matrixRowBytes);
  {
    Together lanes(MeetingKind::StoreMatrix, allLanes(), own, where);
    for (int matrix = 0; matrix < count; ++matrix)
      for (int half : {0, 1}) {
        int rowIndex;
        int column = matrixElement(self().lane(), half, transposed, &rowIndex);
        auto bits = static_cast<uint16_t>(values[matrix] >> (16 * half));
        std::memcpy(lanes.read<char *>(8 * matrix + rowIndex) + 2 * column,
                    &bits, 2);
      }
  }
  Together(MeetingKind::StoreMatrix, allLanes(), 0, where);
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
  Together lanes(MeetingKind::Multiply, allLanes(), own, where);
  int lane = self().lane();
  // The rows of A and columns of B that this lane's results need.
  float left[2][16], right[2][16];
  for (int pair = 0; pair < 4; ++pair) {
    auto row = lanes.read<Fragments>(lane / 4 * 4 + pair);
    for (int i = 0; i < 8; ++i)
      left[i / 2 % 2][pair * 2 + i / 4 * 8 + i % 2] =
          widenBf16(static_cast<uint16_t>(row.a[i / 2] >> (16 * (i % 2))));
    for (int column : {0, 1}) {
      auto fragment = lanes.read<Fragments>((lane % 4 * 2 + column) * 4 + pair);
      for (int i = 0; i < 4; ++i)
        right[column][pair * 2 + i / 2 * 8 + i % 2] = widenBf16(
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
