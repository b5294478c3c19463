//===----------------------------------------------------------------------===//
// Files whose every error is reported: short writes, full disks, truncation.
//
// A checkpoint counts only when it is on the disk, so writing ends with fsync,
// of the file and of the directory that names it.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_CHECKPOINT_FILE_H
#define FLM_RUNTIME_CHECKPOINT_FILE_H

#include "runtime/checkpoint/Crc32.h"

#include <cstdint>
#include <functional>
#include <string>

namespace flmrt {

/// A file written once, front to back. All members throw UserError.
class FileWriter {
public:
  /// Creates `path`, or empties it.
  explicit FileWriter(const std::string &path);
  ~FileWriter();
  FileWriter(const FileWriter &) = delete;
  FileWriter &operator=(const FileWriter &) = delete;

  void write(const void *data, uint64_t bytes);
  /// Returns when the contents are on the disk, and closes the file.
  void finish();

  uint64_t size() const { return written; }
  uint32_t checksum() const { return crc.value(); }

private:
  std::string path;
  int descriptor = -1;
  uint64_t written = 0;
  Crc32 crc;
};

/// A regular file read at given offsets. All members throw UserError.
class FileReader {
public:
  explicit FileReader(const std::string &path);
  ~FileReader();
  FileReader(FileReader &&other) noexcept;
  FileReader(const FileReader &) = delete;
  FileReader &operator=(const FileReader &) = delete;

  const std::string &path() const { return name; }
  uint64_t size() const { return bytes; }
  /// Reads exactly `count` bytes that begin at `offset`.
  void readAt(uint64_t offset, void *out, uint64_t count) const;
  /// Reads all of it: calls `use(offset, data, count)` for pieces of 1 MiB, the
  /// last one shorter.
  void forEachPiece(
      const std::function<void(uint64_t, const char *, uint64_t)> &use) const;

private:
  std::string name;
  int descriptor = -1;
  uint64_t bytes = 0;
};

/// The whole of a small text file; a larger one than `limit` bytes is an error.
std::string readTextFile(const std::string &path, uint64_t limit);

/// Creates `path`, or empties it, and brings `text` to the disk.
void writeTextFile(const std::string &path, const std::string &text);

/// Puts `text` in place of `path` at one instant: a reader, or a crash, meets
/// the old contents or the new ones, never a mixture.
void replaceTextFile(const std::string &path, const std::string &text);

/// Makes the names in `directory` (created, renamed, removed) last.
void syncDirectory(const std::string &directory);

/// Renames within one file system; an error says both names.
void renamePath(const std::string &from, const std::string &to);

/// Creates `directory` and its parents where they are missing.
void createDirectories(const std::string &directory);

} // namespace flmrt

#endif // FLM_RUNTIME_CHECKPOINT_FILE_H
