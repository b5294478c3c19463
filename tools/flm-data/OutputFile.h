//===----------------------------------------------------------------------===//
// An output that appears whole or not at all.
//===----------------------------------------------------------------------===//
#ifndef FLM_TOOLS_FLMDATA_OUTPUTFILE_H
#define FLM_TOOLS_FLMDATA_OUTPUTFILE_H

#include <cstdint>
#include <string>
#include <string_view>

namespace flmrt {

/// Written beside its destination under another name, then synced to disk and
/// renamed by commit(). Without commit() nothing is left behind and an older
/// file of that name stays as it was. Throws UserError naming the destination
/// for whatever the system refuses.
class OutputFile {
public:
  explicit OutputFile(const std::string &path);
  ~OutputFile();
  OutputFile(const OutputFile &) = delete;
  OutputFile &operator=(const OutputFile &) = delete;

  void write(std::string_view bytes);

  /// Overwrites what was written at `offset`.
  void rewrite(int64_t offset, std::string_view bytes);

  /// Gets the contents to disk; after that only the rename can fail. Committing
  /// several outputs syncs all of them first.
  void sync();
  void commit();

  const std::string &path() const { return destination; }

private:
  void flush();
  void writeAt(int64_t offset, std::string_view bytes);
  [[noreturn]] void fail() const;

  std::string destination;
  std::string temporary;
  std::string buffer;
  int64_t flushed = 0;
  int descriptor = -1;
};

/// Makes SIGINT, SIGTERM and SIGHUP, and an input that is cut short, remove
/// what is not committed before they end the program.
void removeTemporariesOnSignal();

} // namespace flmrt

#endif // FLM_TOOLS_FLMDATA_OUTPUTFILE_H
