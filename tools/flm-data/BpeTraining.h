//===----------------------------------------------------------------------===//
// Training a BPE tokenizer.
//===----------------------------------------------------------------------===//
#ifndef FLM_TOOLS_FLMDATA_BPETRAINING_H
#define FLM_TOOLS_FLMDATA_BPETRAINING_H

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace flmrt {

struct BpeTrainingOptions {
  int64_t vocab = 0; ///< pieces in all: 2 special, 256 bytes, the rest text
  double coverage = 0.9995;     ///< share of the characters that get a piece
  int64_t maxBytes = 256 << 20; ///< of text looked at
};

/// True if this build can train.
bool canTrainBpe();

/// Trains on `texts` and returns the contents of a SentencePiece `.model`: BPE
/// with byte fallback, identity normalisation, no dummy prefix, whitespace
/// kept, digits one by one, "</s>" as the end of a document. The same text
/// gives the same model. Throws UserError, also when this build cannot train.
std::string trainBpe(const std::vector<std::string_view> &texts,
                     const BpeTrainingOptions &options);

} // namespace flmrt

#endif // FLM_TOOLS_FLMDATA_BPETRAINING_H
