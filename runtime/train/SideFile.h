//===----------------------------------------------------------------------===//
// `<file>.json`, which flm-data writes beside a token file: how much text the
// tokens stand for, and which tokenizer made them.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_TRAIN_SIDEFILE_H
#define FLM_RUNTIME_TRAIN_SIDEFILE_H

#include <cstdint>
#include <optional>
#include <string>

namespace flmrt {

struct SideFile {
  /// Tokens per byte of text, if the file says so.
  std::optional<double> tokensPerByte;
  /// "bytes", the path of a `.tokenizer` file, or empty if unknown.
  std::string tokenizer;

  /// Reads what stands beside the token file at `path`. A file that is missing
  /// or not understood says nothing: it describes, and nothing depends on it.
  static SideFile beside(const std::string &path);
};

/// Tokens per byte of the text behind a token file: from the side file, else 1
/// for a vocabulary of 256 (bytes), else unknown.
std::optional<double> tokensPerByteOf(const std::string &path, int64_t vocab);

} // namespace flmrt

#endif // FLM_RUNTIME_TRAIN_SIDEFILE_H
