//===----------------------------------------------------------------------===//
// `<file>.json`, which flm-data writes beside a token file: how many tokens it
// has, and which tokenizer made them.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_TRAIN_SIDEFILE_H
#define FLM_RUNTIME_TRAIN_SIDEFILE_H

#include "runtime/data/TokenFile.h"
#include "runtime/data/Tokenizer.h"

#include <cstdint>
#include <memory>
#include <string>

namespace flmrt {

struct SideFile {
  /// "bytes", the path of a `.tokenizer` file, or empty if unknown.
  std::string tokenizer;

  /// Reads what stands beside the token file at `path`; nothing stands there of
  /// most files that others have written. Throws UserError if it is damaged, or
  /// describes another file than `tokens`.
  static SideFile beside(const std::string &path, const TokenFile &tokens);

  /// The tokenizer, or bytes for a vocabulary of 256 where none is named. Null
  /// if it is unknown or no longer there.
  std::unique_ptr<Tokenizer> openTokenizer(int64_t vocab) const;
};

} // namespace flmrt

#endif // FLM_RUNTIME_TRAIN_SIDEFILE_H
