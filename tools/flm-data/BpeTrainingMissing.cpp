//===----------------------------------------------------------------------===//
// BPE training in a build without SentencePiece: says so.
//===----------------------------------------------------------------------===//
#include "runtime/UserError.h"
#include "tools/flm-data/BpeTraining.h"

namespace flmrt {

bool canTrainBpe() { return false; }

std::string trainBpe(const std::vector<std::string_view> &,
                     const BpeTrainingOptions &) {
  throw UserError("this flm-data was built without SentencePiece, so it cannot "
                  "train a tokenizer; install libsentencepiece-dev and build "
                  "again, use a tokenizer that exists (--tokenizer), or encode "
                  "by bytes (--tokenizer bytes)");
}

} // namespace flmrt
