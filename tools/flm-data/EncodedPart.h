//===----------------------------------------------------------------------===//
// One `.bin` in the making, with the description that lies beside it.
//===----------------------------------------------------------------------===//
#ifndef FLM_TOOLS_FLMDATA_ENCODEDPART_H
#define FLM_TOOLS_FLMDATA_ENCODEDPART_H

#include "runtime/data/Tokenizer.h"
#include "tools/flm-data/Progress.h"
#include "tools/flm-data/TokenFileWriter.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace flmrt {

/// Bytes of text and the tokens they became.
struct Tally {
  int64_t bytes = 0, tokens = 0;
  double ratio() const { return bytes ? double(tokens) / double(bytes) : 0; }
  void add(const Tally &other) {
    bytes += other.bytes;
    tokens += other.tokens;
  }
};

/// The training or the validation tokens of some texts. Nothing takes its name
/// before commit().
class EncodedPart {
public:
  EncodedPart(const std::string &path, bool wide);

  /// Appends the tokens of `text`, of the file `name`, and the end of a
  /// document if the tokenizer has one and there is text.
  void add(const Tokenizer &tokenizer, const std::string &name,
           std::string_view text, Progress &progress);

  /// Writes the description and gets both files to disk. `tokenizerPath` is
  /// empty for bytes.
  void finish(const Tokenizer &tokenizer, const std::string &tokenizerPath);
  void commit();

  const std::string &path() const { return name; }
  std::string descriptionPath() const { return description.path(); }
  const Tally &total() const { return sum; }

  /// By file, in the order added.
  const std::vector<std::pair<std::string, Tally>> &files() const {
    return tallies;
  }

private:
  std::string name;
  TokenFileWriter writer;
  OutputFile description;
  Tally sum;
  std::vector<std::pair<std::string, Tally>> tallies;
};

/// Prints bytes, tokens and tokens per byte of each file and part to stdout.
/// Both parts hold the same files; `validation` may be null.
void printEncodingReport(const EncodedPart &train,
                         const EncodedPart *validation);

} // namespace flmrt

#endif // FLM_TOOLS_FLMDATA_ENCODEDPART_H
