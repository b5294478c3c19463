//===----------------------------------------------------------------------===//
// Mapping a file.
//===----------------------------------------------------------------------===//
#include "runtime/data/MappedFile.h"
#include "runtime/UserError.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace flmrt {

namespace {
/// Closes the descriptor on every way out; the mapping outlives it.
struct Descriptor {
  int fd;
  ~Descriptor() {
    if (fd >= 0)
      ::close(fd);
  }
};
} // namespace

static std::string systemError(const char *action, const std::string &path) {
  return std::string("cannot ") + action + " '" + path +
         "': " + std::strerror(errno);
}

std::shared_ptr<const MappedFile> MappedFile::open(const std::string &path) {
  // O_NONBLOCK: a FIFO is refused below instead of waited for.
  Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (file.fd < 0)
    throw UserError(systemError("open", path));
  struct stat info;
  if (::fstat(file.fd, &info) != 0)
    throw UserError(systemError("read", path));
  if (S_ISDIR(info.st_mode))
    throw UserError("'" + path + "' is a directory, expected a file");
  if (!S_ISREG(info.st_mode))
    throw UserError("'" + path +
                    "' is not a regular file (it is read by mapping it, so a "
                    "pipe or a device does not do); write it to disk first");

  std::shared_ptr<MappedFile> result(new MappedFile());
  result->name = path;
  if (info.st_size == 0)
    return result;
  void *begin = ::mmap(nullptr, static_cast<size_t>(info.st_size), PROT_READ,
                       MAP_PRIVATE, file.fd, 0);
  if (begin == MAP_FAILED)
    throw UserError(systemError("map", path));
  result->begin = static_cast<const unsigned char *>(begin);
  result->length = info.st_size;
  return result;
}

MappedFile::~MappedFile() {
  if (begin)
    ::munmap(const_cast<unsigned char *>(begin), static_cast<size_t>(length));
}

} // namespace flmrt
