//===----------------------------------------------------------------------===//
// Cutting a token file into windows and dealing them out.
//===----------------------------------------------------------------------===//
#include "runtime/data/BatchSource.h"
#include "runtime/UserError.h"
#include "runtime/data/WindowPermutation.h"

#include <stdexcept>
#include <string>

namespace flmrt {

BatchSource::BatchSource(const TokenFile &file, int64_t seq, int64_t batch,
                         Shuffle shuffle, uint64_t seed)
    : file(file), seq(seq), batchSize(batch), windowCount(0), shuffle(shuffle),
      seed(seed) {
  if (seq < 1)
    throw UserError("the sequence length must be at least 1, found " +
                    std::to_string(seq));
  if (batch < 1)
    throw UserError("the batch must be at least 1 sequence, found " +
                    std::to_string(batch));
  windowCount = (file.size() - 1) / seq;
  if (windowCount < 1)
    throw UserError("'" + file.path() + "' has " + std::to_string(file.size()) +
                    " tokens, but one sequence of " + std::to_string(seq) +
                    " inputs and their shifted targets needs at least " +
                    std::to_string(seq) +
                    " + 1; give more text or a config with a smaller seq");
}

int64_t BatchSource::window(int64_t slot) const {
  const int64_t index = slot % windowCount;
  if (shuffle == Shuffle::None)
    return index;
  WindowPermutation permutation(windowCount, seed, slot / windowCount);
  return static_cast<int64_t>(permutation(index));
}

void BatchSource::part(int64_t step, int64_t first, int64_t count,
                       int32_t *tokens, int32_t *targets) const {
  if (step < 0)
    throw std::out_of_range("BatchSource::part: step " + std::to_string(step));
  if (first < 0 || count < 0 || first > batchSize - count)
    throw std::out_of_range("BatchSource::part: sequences beyond the batch");
  for (int64_t i = 0; i < count; ++i)
    read(window(step * batchSize + first + i), tokens + i * seq,
         targets + i * seq);
}

void BatchSource::read(int64_t index, int32_t *tokens, int32_t *targets) const {
  file.read(index * seq, seq, tokens);
  file.read(index * seq + 1, seq, targets);
}

} // namespace flmrt
