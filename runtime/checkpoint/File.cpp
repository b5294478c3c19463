//===----------------------------------------------------------------------===//
// POSIX calls with their errors turned into sentences.
//===----------------------------------------------------------------------===//
#include "runtime/checkpoint/File.h"

#include "runtime/UserError.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>
#include <vector>

using namespace flmrt;

/// The largest single read or write: Linux stops at 2 GiB anyway.
static constexpr uint64_t largestTransfer = uint64_t(1) << 30;

[[noreturn]] static void fail(const std::string &what, int cause,
                              const std::string &advice = "") {
  throw UserError(what + ": " + std::strerror(cause) +
                  (advice.empty() ? "" : "; " + advice));
}

//===-- FileWriter --------------------------------------------------------===//

/// Closes `descriptor` and throws if it is that of a pipe. Files are opened
/// with O_NONBLOCK, so that one is refused here instead of waited for.
static void refusePipe(int &descriptor, const std::string &path) {
  struct stat status;
  if (fstat(descriptor, &status) == 0 && !S_ISFIFO(status.st_mode))
    return;
  close(std::exchange(descriptor, -1));
  throw UserError(path + " is a pipe; expected a regular file");
}

FileWriter::FileWriter(const std::string &path) : path(path) {
  descriptor =
      open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NONBLOCK,
           0666);
  if (descriptor < 0)
    fail("cannot create " + path, errno);
  refusePipe(descriptor, path);
}

FileWriter::~FileWriter() {
  if (descriptor >= 0)
    close(descriptor);
}

void FileWriter::write(const void *data, uint64_t count) {
  const auto *next = static_cast<const char *>(data);
  for (uint64_t left = count; left;) {
    ssize_t step = ::write(descriptor, next, std::min(left, largestTransfer));
    if (step < 0 && errno == EINTR)
      continue;
    if (step <= 0) {
      int cause = step < 0 ? errno : ENOSPC;
      fail("cannot write " + std::to_string(count) + " bytes at offset " +
               std::to_string(written) + " of " + path,
           cause,
           cause == ENOSPC || cause == EDQUOT || cause == EFBIG
               ? "free some space, or lower --keep"
               : "");
    }
    crc.update(next, static_cast<size_t>(step));
    next += step;
    written += static_cast<uint64_t>(step);
    left -= static_cast<uint64_t>(step);
  }
}

void FileWriter::finish() {
  // Delayed allocation may report a full disk only here.
  if (fsync(descriptor) != 0)
    fail("cannot bring " + path + " to the disk", errno);
  int closed = close(std::exchange(descriptor, -1));
  if (closed != 0 && errno != EINTR)
    fail("cannot close " + path, errno);
}

//===-- FileReader --------------------------------------------------------===//

FileReader::FileReader(const std::string &path) : name(path) {
  descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0)
    fail("cannot open " + path, errno);
  struct stat status;
  if (fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode)) {
    bytes = static_cast<uint64_t>(status.st_size);
    return;
  }
  close(std::exchange(descriptor, -1));
  throw UserError(path + " is not a regular file");
}

FileReader::~FileReader() {
  if (descriptor >= 0)
    close(descriptor);
}

FileReader::FileReader(FileReader &&other) noexcept
    : name(std::move(other.name)),
      descriptor(std::exchange(other.descriptor, -1)), bytes(other.bytes) {}

void FileReader::readAt(uint64_t offset, void *out, uint64_t count) const {
  auto *next = static_cast<char *>(out);
  for (uint64_t left = count; left;) {
    ssize_t step = pread(descriptor, next, std::min(left, largestTransfer),
                         static_cast<off_t>(offset));
    if (step < 0 && errno == EINTR)
      continue;
    if (step < 0)
      fail("cannot read " + name + " at offset " + std::to_string(offset),
           errno);
    if (step == 0)
      throw UserError(name + " ends at byte " + std::to_string(offset) + ", " +
                      std::to_string(left) +
                      " bytes before it should: the file is truncated");
    next += step;
    offset += static_cast<uint64_t>(step);
    left -= static_cast<uint64_t>(step);
  }
}

void FileReader::forEachPiece(
    const std::function<void(uint64_t, const char *, uint64_t)> &use) const {
  std::vector<char> buffer(std::min<uint64_t>(bytes, uint64_t(1) << 20));
  for (uint64_t offset = 0; offset < bytes; offset += buffer.size()) {
    uint64_t count = std::min<uint64_t>(buffer.size(), bytes - offset);
    readAt(offset, buffer.data(), count);
    use(offset, buffer.data(), count);
  }
}

//===-- Names -------------------------------------------------------------===//

std::string flmrt::readTextFile(const std::string &path, uint64_t limit) {
  FileReader file(path);
  if (file.size() > limit)
    throw UserError(path + " is " + std::to_string(file.size()) +
                    " bytes long; expected at most " + std::to_string(limit));
  std::string text(file.size(), '\0');
  file.readAt(0, text.data(), text.size());
  return text;
}

void flmrt::writeTextFile(const std::string &path, const std::string &text) {
  FileWriter file(path);
  file.write(text.data(), text.size());
  file.finish();
}

void flmrt::replaceTextFile(const std::string &path, const std::string &text) {
  std::filesystem::path target(path);
  std::string directory = target.parent_path().string();
  if (directory.empty())
    directory = ".";
  std::string temporary = directory + "/.tmp-" + target.filename().string();
  writeTextFile(temporary, text);
  renamePath(temporary, path);
  syncDirectory(directory);
}

void flmrt::syncDirectory(const std::string &directory) {
  int descriptor = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0)
    fail("cannot open the directory " + directory, errno);
  int result = fsync(descriptor);
  int cause = errno;
  close(descriptor);
  // Some network file systems cannot sync a directory; they say EINVAL.
  if (result != 0 && cause != EINVAL)
    fail("cannot bring the directory " + directory + " to the disk", cause);
}

void flmrt::renamePath(const std::string &from, const std::string &to) {
  if (std::rename(from.c_str(), to.c_str()) != 0)
    fail("cannot rename " + from + " to " + to, errno);
}

void flmrt::createDirectories(const std::string &directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error)
    throw UserError("cannot create the directory " + directory + ": " +
                    error.message());
}
