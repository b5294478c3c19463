//===----------------------------------------------------------------------===//
// flock on a file that holds the process's number.
//===----------------------------------------------------------------------===//
#include "runtime/checkpoint/RunLock.h"

#include "runtime/UserError.h"
#include "runtime/checkpoint/File.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace flmrt;

/// What the holder has written, or nothing if it has not come to that.
static std::string holderOf(int descriptor) {
  char text[32];
  ssize_t length = pread(descriptor, text, sizeof text, 0);
  std::string number(text, static_cast<size_t>(length > 0 ? length : 0));
  number.resize(std::min(number.size(), number.find('\n')));
  bool isNumber = !number.empty() &&
                  number.find_first_not_of("0123456789") == std::string::npos;
  return isNumber ? "process " + number : "another process";
}

/// Whether `path` still is the file that was opened: its holder removes it when
/// it is done.
static bool isSameFile(int descriptor, const std::string &path) {
  struct stat opened, named;
  return fstat(descriptor, &opened) == 0 && stat(path.c_str(), &named) == 0 &&
         opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

RunLock::RunLock(const std::string &directory) : path(directory + "/lock") {
  createDirectories(directory);
  do {
    if (descriptor >= 0)
      close(descriptor);
    descriptor =
        open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0666);
    if (descriptor < 0)
      throw UserError("cannot create " + path + ": " + std::strerror(errno));
    if (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
      std::string message =
          errno == EWOULDBLOCK
              ? directory + " is in use by " + holderOf(descriptor) +
                    "; wait for its end, or choose another --out"
              : "cannot lock " + path + ": " + std::strerror(errno);
      close(descriptor);
      throw UserError(message);
    }
  } while (!isSameFile(descriptor, path));
  std::string text = std::to_string(getpid()) + "\n";
  if (ftruncate(descriptor, 0) != 0 ||
      pwrite(descriptor, text.data(), text.size(), 0) !=
          static_cast<ssize_t>(text.size())) {
    int cause = errno;
    close(descriptor);
    throw UserError("cannot write " + path + ": " + std::strerror(cause));
  }
}

RunLock::~RunLock() {
  unlink(path.c_str());
  close(descriptor);
}
