//===----------------------------------------------------------------------===//
// Which tokens a training step sees, as a pure function of the step: resuming
// needs the step number and nothing else.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_DATA_BATCHSOURCE_H
#define FLM_RUNTIME_DATA_BATCHSOURCE_H

#include "runtime/data/TokenFile.h"

#include <cstdint>

namespace flmrt {

enum class Shuffle {
  None,    ///< the windows in file order
  Windows, ///< a fresh pseudo-random order of the windows in each epoch
};

/// Cuts a token file into W = (size - 1) / T windows of T inputs and their T
/// targets (the inputs shifted by one; window w reads tokens [w*T, w*T + T]),
/// and deals them out B to a step. Slot s*B + i, sequence i of step s, takes
///
///   Shuffle::None     window (s*B + i) mod W
///   Shuffle::Windows  window p((s*B + i) mod W), p the permutation of this
///                     epoch, (s*B + i) / W, under `seed`
///
/// so every window is used exactly once per epoch, also when B does not divide
/// W (a step may then straddle two epochs). The last (size - 1) mod T tokens
/// of the file do not fill a window and are never used as inputs.
class BatchSource {
public:
  /// `seq` is T in tokens, `batch` is B, the sequences of a global batch.
  /// Throws UserError if the file has fewer than T + 1 tokens.
  BatchSource(const TokenFile &file, int64_t seq, int64_t batch,
              Shuffle shuffle, uint64_t seed);

  /// Fills `tokens` and `targets`, both [batch, seq], for `step` >= 0.
  void batch(int64_t step, int32_t *tokens, int32_t *targets) const {
    part(step, 0, batchSize, tokens, targets);
  }

  /// Only the sequences `first` … `first + count - 1` of the batch, those of
  /// one rank of several: both [count, seq].
  void part(int64_t step, int64_t first, int64_t count, int32_t *tokens,
            int32_t *targets) const;

  /// Window `index` of the W: inputs and targets, both [seq].
  void read(int64_t index, int32_t *tokens, int32_t *targets) const;

  /// W, the windows of one epoch.
  int64_t windows() const { return windowCount; }

  /// The window that slot `slot` = step * batch + sequence reads.
  int64_t window(int64_t slot) const;

private:
  TokenFile file;
  int64_t seq;
  int64_t batchSize;
  int64_t windowCount;
  Shuffle shuffle;
  uint64_t seed;
};

} // namespace flmrt

#endif // FLM_RUNTIME_DATA_BATCHSOURCE_H
