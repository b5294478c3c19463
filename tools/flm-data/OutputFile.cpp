//===----------------------------------------------------------------------===//
// Writing beside, syncing, renaming.
//===----------------------------------------------------------------------===//
#include "tools/flm-data/OutputFile.h"
#include "runtime/UserError.h"
#include "runtime/data/MappedFile.h"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace flmrt {

constexpr size_t bufferBytes = 1 << 20;

/// Temporary files for the signal handler, which may only read what is there
/// and call unlink. Tokens and description of both parts, and a tokenizer.
static std::atomic<const char *> temporaries[8];

static void replaceTemporary(const char *from, const char *to) {
  for (std::atomic<const char *> &slot : temporaries) {
    const char *expected = from;
    if (slot.compare_exchange_strong(expected, to))
      return;
  }
}

static void removeTemporaries() {
  for (const std::atomic<const char *> &slot : temporaries)
    if (const char *path = slot)
      ::unlink(path);
}

static void endBySignal(int signal) {
  removeTemporaries();
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

void removeTemporariesOnSignal() {
  MappedFile::onTruncation(removeTemporaries);
  for (int signal : {SIGINT, SIGTERM, SIGHUP})
    if (std::signal(signal, endBySignal) == SIG_IGN)
      std::signal(signal, SIG_IGN); // as under nohup
}

void OutputFile::fail() const {
  const int error = errno;
  std::string message =
      "cannot write '" + destination + "': " + std::strerror(error);
  if (error == ENOSPC || error == EDQUOT)
    message += "; free some space or write elsewhere";
  else if (error == ENOENT)
    message += "; create its folder first";
  else if (error == EACCES || error == EROFS || error == EPERM)
    message += "; write to a folder of yours";
  throw UserError(message);
}

OutputFile::OutputFile(const std::string &path)
    : destination(path), temporary(path + ".tmp" + std::to_string(::getpid())) {
  struct stat info;
  if (::stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode))
    throw UserError("cannot write '" + path +
                    "': it exists and is not a regular file; give the name of "
                    "a file");
  descriptor =
      ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (descriptor < 0)
    fail();
  replaceTemporary(nullptr, temporary.c_str());
}

OutputFile::~OutputFile() {
  replaceTemporary(temporary.c_str(), nullptr);
  if (descriptor < 0)
    return;
  ::close(descriptor);
  ::unlink(temporary.c_str());
}

void OutputFile::writeAt(int64_t offset, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written =
        ::pwrite(descriptor, bytes.data(), bytes.size(), offset);
    if (written < 0 && errno == EINTR)
      continue;
    if (written <= 0)
      fail();
    bytes.remove_prefix(static_cast<size_t>(written));
    offset += written;
  }
}

void OutputFile::flush() {
  writeAt(flushed, buffer);
  flushed += static_cast<int64_t>(buffer.size());
  buffer.clear();
}

void OutputFile::write(std::string_view bytes) {
  buffer += bytes;
  if (buffer.size() >= bufferBytes)
    flush();
}

void OutputFile::rewrite(int64_t offset, std::string_view bytes) {
  flush();
  writeAt(offset, bytes);
}

void OutputFile::sync() {
  flush();
  if (::fsync(descriptor) != 0)
    fail();
}

void OutputFile::commit() {
  sync();
  const int closed = ::close(descriptor);
  descriptor = -1;
  if (closed != 0 || std::rename(temporary.c_str(), destination.c_str()) != 0) {
    const int error = errno;
    ::unlink(temporary.c_str());
    errno = error;
    fail();
  }
}

} // namespace flmrt
