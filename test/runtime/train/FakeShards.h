//===----------------------------------------------------------------------===//
// A hand-written program of several ranks behind the runtime's ABI: the layout
// comes from FAKE_MESH="dp,pp,tp" (default 1,1,1), and the result must not
// depend on it, to the bit.
//
// Four parameters, laid out as the compiler would:
//
//   model.table.weight   [256, 24]  columns over tp; moments flat over dp too
//   model.layers.*.bias  [4, 10]   layers over pp, interleaved; moments flat
//   model.head.weight    [7]       on the first stage
//   model.norm.weight    [7]       on the last stage; shares its bytes with
//   head
//
// Gradients are whole numbers that depend on tokens and indices, so that every
// order of their sums gives the same bits: what is tested here is the runtime.
//
// FAKE_FEATURE="avx2" says that it needs a CPU with this feature.
//
// Accidents, on the rank FAKE_RANK alone if that is set, in the step that the
// number says: FAKE_SIGNAL="3:9" raises signal 9, FAKE_HANG="3" never returns,
// FAKE_NAN="3" makes the loss NaN, FAKE_EXTRA="3" communicates once too often,
// FAKE_FULL="3:1000" lets no file grow beyond 1000 bytes from then on. Before
// main, FAKE_EARLY="19" raises a signal and FAKE_LATE="5" sleeps for 5 seconds;
// FAKE_AFTER="120:19" raises signal 19 after 120 milliseconds.
//===----------------------------------------------------------------------===//
#ifndef FLM_TEST_RUNTIME_TRAIN_FAKESHARDS_H
#define FLM_TEST_RUNTIME_TRAIN_FAKESHARDS_H

#include <algorithm>
#include <cstdint>

namespace fake {

constexpr int64_t vocab = 256, width = 24, layers = 4, bias = 10, small = 7;
constexpr int64_t seq = 10, microBatch = 2, globalBatch = 8;

/// Ids of the collectives; those of the pipeline are there if it has stages.
enum Id : int64_t {
  tableGradient, // reduce_scatter over dp, flat
  tableUpdate,   // all_gather over dp, flat
  biasGradient,  // reduce_scatter over dp, flat
  biasUpdate,    // all_gather over dp, flat
  headGradient,  // all_reduce over dp, first stage
  normGradient,  // all_reduce over dp, last stage
  lossSum,       // all_reduce over dp
  row,           // all_gather over tp
  largestDp,     // all_reduce max over dp, pp, tp
  largestPp,
  largestTp,
  keepLast,  // mask over pp, the last stage
  shareLoss, // all_reduce over pp
  sendLoss,  // send and receive over pp
  receiveLoss,
};

/// Sizes and offsets of one rank; offsets in floats.
struct Layout {
  int64_t dp = 1, pp = 1, tp = 1;

  static Layout fromEnvironment();

  int64_t ranks() const { return dp * pp * tp; }
  int64_t microBatches() const { return globalBatch / dp / microBatch; }
  int64_t chunks() const { return layers / pp; } // of one layer each
  int64_t tableSize() const { return vocab * width / tp; }
  int64_t biasSize() const { return layers * bias / pp; }
  /// Parts of a multiple of `grain` elements, the last ones shorter or empty.
  int64_t block(int64_t size, int64_t grain) const {
    return (((size + grain - 1) / grain + dp - 1) / dp) * grain;
  }
  int64_t tableBlock() const { return block(tableSize(), 100); }
  int64_t biasBlock() const { return block(biasSize(), 6); }

  int64_t table() const { return 0; }
  int64_t biases() const { return tableSize(); }
  int64_t head() const { return biases() + biasSize(); }
  int64_t norm() const { return pp > 1 ? head() : head() + small; }
  int64_t moments() const { return norm() + small; }
  /// Offset of a second copy behind the first.
  int64_t momentsSize() const { return tableBlock() + biasBlock() + 2 * small; }
  int64_t tableM() const { return moments(); }
  int64_t biasM() const { return tableM() + tableBlock(); }
  int64_t headM() const { return biasM() + biasBlock(); }
  int64_t normM() const { return headM() + small; }
  int64_t coordinates() const { return moments() + 2 * momentsSize(); }
  int64_t stateSize() const { return coordinates() + 3; }
};

} // namespace fake

#endif // FLM_TEST_RUNTIME_TRAIN_FAKESHARDS_H
