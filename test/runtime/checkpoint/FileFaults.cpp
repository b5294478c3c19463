//===----------------------------------------------------------------------===//
// A library to preload: lets one of a process's file operations go wrong.
//
//   FLM_FAULT_UNDER=DIR    operations on names and files below it count
//   FLM_FAULT=K:KIND       what happens to the K-th: kill, ENOSPC, EIO, or
//                          short (half of a write; otherwise nothing)
//   FLM_FAULT_COUNT=FILE   the number of operations goes there at the end
//
// Operations are what changes a file system: opening to write, writing,
// cutting, bringing to the disk, renaming, removing, making a directory.
//===----------------------------------------------------------------------===//
#include <atomic>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <fcntl.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

namespace {

std::atomic<long> operations{0};

enum class Kind { None, Kill, NoSpace, Broken, Short };

struct Plan {
  std::string under;
  long when = 0;
  Kind kind = Kind::None;

  Plan() {
    if (const char *directory = std::getenv("FLM_FAULT_UNDER"))
      under = directory;
    char name[16] = "";
    const char *text = std::getenv("FLM_FAULT");
    if (!text || std::sscanf(text, "%ld:%15s", &when, name) != 2)
      return;
    kind = !std::strcmp(name, "kill")     ? Kind::Kill
           : !std::strcmp(name, "ENOSPC") ? Kind::NoSpace
           : !std::strcmp(name, "EIO")    ? Kind::Broken
                                          : Kind::Short;
  }
};

const Plan &plan() {
  static const Plan plan;
  return plan;
}

bool isBelow(const std::string &path) {
  const std::string &under = plan().under;
  return !under.empty() && path.compare(0, under.size(), under) == 0;
}

std::string pathOf(int descriptor) {
  char name[PATH_MAX];
  ssize_t length =
      readlink(("/proc/self/fd/" + std::to_string(descriptor)).c_str(), name,
               sizeof name);
  return {name, static_cast<size_t>(length > 0 ? length : 0)};
}

std::string pathOf(int directory, const char *name) {
  if (name[0] == '/' || directory == AT_FDCWD)
    return name;
  return pathOf(directory) + "/" + name;
}

/// What happens now to an operation on `path`; sets errno for an error.
Kind happens(const std::string &path) {
  if (!isBelow(path) || ++operations != plan().when)
    return Kind::None;
  if (plan().kind == Kind::Kill)
    raise(SIGKILL);
  errno = plan().kind == Kind::NoSpace ? ENOSPC : EIO;
  return plan().kind;
}

bool fails(const std::string &path) {
  Kind kind = happens(path);
  return kind == Kind::NoSpace || kind == Kind::Broken;
}

template <typename Function> Function next(Function, const char *name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

struct Report {
  ~Report() {
    const char *path = std::getenv("FLM_FAULT_COUNT");
    // Of several ranks, one has any.
    FILE *file = path && operations > 0 ? std::fopen(path, "w") : nullptr;
    if (!file)
      return;
    std::fprintf(file, "%ld\n", operations.load());
    std::fclose(file);
  }
} report;

bool writes(int flags) { return (flags & (O_WRONLY | O_RDWR | O_CREAT)) != 0; }

mode_t modeOf(int flags, va_list arguments) {
  return flags & O_CREAT ? static_cast<mode_t>(va_arg(arguments, int)) : 0;
}

} // namespace

extern "C" {

int open(const char *path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  mode_t mode = modeOf(flags, arguments);
  va_end(arguments);
  if (writes(flags) && fails(path))
    return -1;
  return next(static_cast<int (*)(const char *, int, ...)>(open),
              "open")(path, flags, mode);
}

ssize_t write(int descriptor, const void *data, size_t count) {
  Kind kind = happens(pathOf(descriptor));
  if (kind == Kind::NoSpace || kind == Kind::Broken)
    return -1;
  if (kind == Kind::Short)
    count = (count + 1) / 2;
  return next(write, "write")(descriptor, data, count);
}

ssize_t pwrite(int descriptor, const void *data, size_t count, off_t offset) {
  if (fails(pathOf(descriptor)))
    return -1;
  return next(pwrite, "pwrite")(descriptor, data, count, offset);
}

int fsync(int descriptor) {
  return fails(pathOf(descriptor)) ? -1 : next(fsync, "fsync")(descriptor);
}

int ftruncate(int descriptor, off_t size) {
  return fails(pathOf(descriptor))
             ? -1
             : next(ftruncate, "ftruncate")(descriptor, size);
}

int truncate(const char *path, off_t size) {
  return fails(path) ? -1 : next(truncate, "truncate")(path, size);
}

int rename(const char *from, const char *to) {
  return fails(from) ? -1 : next(rename, "rename")(from, to);
}

int mkdir(const char *path, mode_t mode) {
  return fails(path) ? -1 : next(mkdir, "mkdir")(path, mode);
}

int unlink(const char *path) {
  return fails(path) ? -1 : next(unlink, "unlink")(path);
}

int rmdir(const char *path) {
  return fails(path) ? -1 : next(rmdir, "rmdir")(path);
}

int remove(const char *path) {
  return fails(path)
             ? -1
             : next(static_cast<int (*)(const char *)>(remove), "remove")(path);
}

int unlinkat(int directory, const char *name, int flags) {
  return fails(pathOf(directory, name))
             ? -1
             : next(unlinkat, "unlinkat")(directory, name, flags);
}
}
