//===----------------------------------------------------------------------===//
// Writer of llm.c's token files (runtime/data/TokenFormats.md).
//===----------------------------------------------------------------------===//
#ifndef FLM_TOOLS_FLMDATA_TOKENFILEWRITER_H
#define FLM_TOOLS_FLMDATA_TOKENFILEWRITER_H

#include "tools/flm-data/OutputFile.h"

#include <cstdint>
#include <string>
#include <vector>

namespace flmrt {

/// Appends tokens to `path`; they must fit 16 bits unless `wide`. The file
/// appears on commit().
class TokenFileWriter {
public:
  TokenFileWriter(const std::string &path, bool wide);

  void append(const std::vector<int32_t> &tokens);
  int64_t size() const { return count; }
  bool wide() const { return is32; }

  /// Writes the header and gets everything to disk.
  void finish();
  void commit() { file.commit(); }

private:
  OutputFile file;
  bool is32;
  int64_t count = 0;
};

} // namespace flmrt

#endif // FLM_TOOLS_FLMDATA_TOKENFILEWRITER_H
