//===----------------------------------------------------------------------===//
// Mapping a file.
//===----------------------------------------------------------------------===//
#include "runtime/data/MappedFile.h"
#include "runtime/UserError.h"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <mutex>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace flmrt {

/// All maps, for the signal handler.
struct OpenMaps {
  static inline std::mutex mutex;
  static inline std::atomic<MappedFile *> first{nullptr};
  static inline std::atomic<void (*)()> cleanUp{nullptr};

  static void add(MappedFile &file);
  static void remove(MappedFile &file);
  static void handle(int signal, siginfo_t *info, void *);
};

/// Async-signal-safe calls only. The fault is a read of the faulting thread, so
/// that the list is not being changed by it.
void OpenMaps::handle(int signal, siginfo_t *info, void *) {
  auto *at = static_cast<const unsigned char *>(info->si_addr);
  for (MappedFile *file = first; file; file = file->next) {
    // The last page reaches beyond the end.
    constexpr int64_t page = 4096;
    if (at < file->begin || at >= file->begin + file->length + page)
      continue;
    if (void (*function)() = cleanUp)
      function();
    auto print = [](const char *text) {
      [[maybe_unused]] auto written = ::write(2, text, std::strlen(text));
    };
    print("error: '");
    print(file->name.c_str());
    print("' was cut short while it was read; start again when it is whole\n");
    ::_exit(EXIT_FAILURE);
  }
  std::signal(signal, SIG_DFL); // not ours: it comes again
}

void OpenMaps::add(MappedFile &file) {
  std::lock_guard<std::mutex> lock(mutex);
  static const bool isInstalled = [] {
    struct sigaction action = {};
    action.sa_sigaction = handle;
    action.sa_flags = SA_SIGINFO;
    return ::sigaction(SIGBUS, &action, nullptr) == 0;
  }();
  static_cast<void>(isInstalled);
  file.next = first;
  first = &file;
}

void OpenMaps::remove(MappedFile &file) {
  std::lock_guard<std::mutex> lock(mutex);
  if (first == &file) {
    first = file.next;
    return;
  }
  for (MappedFile *at = first; at; at = at->next)
    if (at->next == &file)
      at->next = file.next;
}

void MappedFile::onTruncation(void (*cleanUp)()) {
  OpenMaps::cleanUp = cleanUp;
}

static std::string systemError(const char *action, const std::string &path) {
  return std::string("cannot ") + action + " '" + path +
         "': " + std::strerror(errno);
}

std::shared_ptr<const MappedFile> MappedFile::open(const std::string &path) {
  // O_NONBLOCK: a FIFO is refused below instead of waited for.
  std::shared_ptr<MappedFile> result(new MappedFile());
  result->name = path;
  result->descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (result->descriptor < 0)
    throw UserError(systemError("open", path));
  struct stat info;
  if (::fstat(result->descriptor, &info) != 0)
    throw UserError(systemError("read", path));
  if (S_ISDIR(info.st_mode))
    throw UserError("'" + path + "' is a directory, expected a file");
  if (!S_ISREG(info.st_mode))
    throw UserError("'" + path +
                    "' is not a regular file (it is read by mapping it, so a "
                    "pipe or a device does not do); write it to disk first");

  if (info.st_size == 0)
    return result;
  void *begin = ::mmap(nullptr, static_cast<size_t>(info.st_size), PROT_READ,
                       MAP_PRIVATE, result->descriptor, 0);
  if (begin == MAP_FAILED)
    throw UserError(systemError("map", path));
  result->begin = static_cast<const unsigned char *>(begin);
  result->length = info.st_size;
  OpenMaps::add(*result);
  return result;
}

void MappedFile::readAt(int64_t offset, void *out, int64_t count) const {
  auto *next = static_cast<char *>(out);
  while (count > 0) {
    const ssize_t bytes =
        ::pread(descriptor, next, static_cast<size_t>(count), offset);
    if (bytes < 0 && errno == EINTR)
      continue;
    if (bytes < 0)
      throw UserError(systemError("read", name));
    if (bytes == 0) {
      struct stat now = {};
      ::fstat(descriptor, &now);
      throw UserError(
          "'" + name + "' was cut short while it was read: it had " +
          std::to_string(length) + " bytes and has " +
          std::to_string(now.st_size) + " now; start again when it is whole");
    }
    next += bytes;
    offset += bytes;
    count -= bytes;
  }
}

MappedFile::~MappedFile() {
  if (begin) {
    OpenMaps::remove(*this);
    ::munmap(const_cast<unsigned char *>(begin), static_cast<size_t>(length));
  }
  if (descriptor >= 0)
    ::close(descriptor);
}

} // namespace flmrt
