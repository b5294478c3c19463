//===----------------------------------------------------------------------===//
// The link line of a training binary, and lld called as a library.
//===----------------------------------------------------------------------===//
#include "codegen/binary/Linker.h"
// Where this machine keeps its C runtime; written when CMake configures.
#include "codegen/binary/SystemLibraries.h"

#include "lld/Common/Driver.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

#include <cerrno>
#include <fcntl.h>
#include <mutex>
#include <thread>
#include <unistd.h>

LLD_HAS_DRIVER(elf)

using namespace flm;

static llvm::Error failure(const llvm::Twine &message) {
  return llvm::createStringError(llvm::inconvertibleErrorCode(), message);
}

/// libflmrt.a, mpi -> libflmrt_mpi.a
static std::string archiveOf(llvm::StringRef runtimeArchive,
                             llvm::StringRef part) {
  runtimeArchive.consume_back(".a");
  return (runtimeArchive + "_" + part + ".a").str();
}

/// Refuses what a program of several ranks cannot be linked without.
static llvm::Error checkMpi(llvm::StringRef runtimeArchive) {
  if (llvm::StringRef(binary::libmpi).empty())
    return failure("this flmc was built without MPI, which a plan of more than "
                   "one rank needs; install libopenmpi-dev and openmpi-bin and "
                   "build flmc again, or choose a plan of one rank");
  std::string archive = archiveOf(runtimeArchive, "mpi");
  if (!llvm::sys::fs::exists(archive))
    return failure("the runtime of several ranks '" + archive +
                   "' does not exist; build it (target FlmRuntimeMpi) or "
                   "reinstall flmc");
  if (!llvm::sys::fs::exists(binary::libmpi))
    return failure(llvm::Twine("the MPI library '") + binary::libmpi +
                   "' was there when flmc was built and is gone; install "
                   "libopenmpi-dev");
  return llvm::Error::success();
}

/// Refuses inputs that are not there before lld does: the message can say what
/// to do.
static llvm::Error checkInputs(llvm::ArrayRef<std::string> objects,
                               llvm::StringRef runtimeArchive,
                               llvm::ArrayRef<llvm::StringRef> parts) {
  if (!llvm::sys::fs::exists(runtimeArchive))
    return failure("the runtime '" + runtimeArchive +
                   "' does not exist; build it (target flmrt) or reinstall "
                   "flmc");
  for (llvm::StringRef part : parts)
    if (!llvm::sys::fs::exists(archiveOf(runtimeArchive, part)))
      return failure("the target's runtime '" +
                     archiveOf(runtimeArchive, part) +
                     "' does not exist; build it or reinstall flmc");
  for (const std::string &object : objects)
    if (!llvm::sys::fs::exists(object))
      return failure("object file '" + object + "' does not exist");
  for (const char *file : binary::systemFiles)
    if (!llvm::sys::fs::exists(file))
      return failure(llvm::Twine("system file '") + file +
                     "' was there when flmc was built and is gone; install "
                     "the C and C++ development packages (libc6-dev, "
                     "libstdc++-dev)");
  return llvm::Error::success();
}

static std::vector<std::string>
linkLine(llvm::ArrayRef<std::string> objects, llvm::StringRef runtimeArchive,
         llvm::StringRef output, bool needsMpi,
         llvm::ArrayRef<llvm::StringRef> parts) {
  std::vector<std::string> line = {"ld.lld",
                                   "-o",
                                   output.str(),
                                   "-pie",
                                   "--gc-sections",
                                   "--eh-frame-hdr",
                                   "--build-id",
                                   "--hash-style=gnu",
                                   "-z",
                                   "relro",
                                   "-z",
                                   "now",
                                   "--dynamic-linker",
                                   binary::dynamicLinker,
                                   binary::scrt1,
                                   binary::crti,
                                   binary::crtbegin};
  llvm::append_range(line, objects);
  // The runtime calls into the objects and they into it: one group.
  line.push_back("--start-group");
  line.push_back(runtimeArchive.str());
  if (needsMpi)
    line.push_back(archiveOf(runtimeArchive, "mpi"));
  for (llvm::StringRef part : parts)
    line.push_back(archiveOf(runtimeArchive, part));
  line.push_back("--end-group");
  if (needsMpi) {
    // The runtime refers to it weakly, which pulls nothing out of an archive.
    line.push_back("--undefined=flmrt_createMpiTransport");
    line.push_back(binary::libmpi);
    line.push_back("-rpath");
    line.push_back(llvm::sys::path::parent_path(binary::libmpi).str());
  }
  line.push_back(binary::libstdcxx);
  line.push_back("--as-needed");
  for (const char *library : binary::dynamicLibraries)
    line.push_back(library);
  line.push_back("--start-group");
  line.push_back(binary::libgcc);
  line.push_back(binary::libgccEh);
  line.push_back("--end-group");
  line.push_back(binary::crtend);
  line.push_back(binary::crtn);
  return line;
}

namespace {

/// Links into memory, through a pipe: what lld writes to a file it maps, and a
/// disk that is full is then a SIGBUS. (Its --no-mmap-output-file ends the
/// process with a message that names no file.)
class OutputPipe {
public:
  OutputPipe() {
    if (::pipe2(ends, O_CLOEXEC) != 0) {
      error = std::error_code(errno, std::generic_category());
      ends[0] = ends[1] = -1;
      return;
    }
    reader = std::thread([this] {
      char buffer[1 << 16];
      ssize_t count;
      while ((count = ::read(ends[0], buffer, sizeof buffer)) > 0 ||
             (count < 0 && errno == EINTR))
        if (count > 0)
          image.append(buffer, buffer + count);
    });
  }
  OutputPipe(const OutputPipe &) = delete;
  OutputPipe &operator=(const OutputPipe &) = delete;
  ~OutputPipe() {
    finish();
    if (ends[0] >= 0)
      ::close(ends[0]);
  }

  /// The name for lld, which opens it.
  std::string path() const { return "/dev/fd/" + std::to_string(ends[1]); }

  /// All that was written.
  llvm::StringRef finish() {
    if (reader.joinable()) {
      ::close(ends[1]);
      reader.join();
    }
    return llvm::StringRef(image.data(), image.size());
  }

  std::error_code error;

private:
  int ends[2];
  std::thread reader;
  llvm::SmallVector<char, 0> image;
};

} // namespace

/// lld keeps global state between its start and its end.
static llvm::Error runLld(llvm::ArrayRef<std::string> line) {
  static std::mutex oneAtATime;
  static bool canRunAgain = true;
  std::lock_guard<std::mutex> lock(oneAtATime);
  if (!canRunAgain)
    return failure("the linker crashed earlier in this process");

  std::vector<const char *> arguments;
  for (const std::string &argument : line)
    arguments.push_back(argument.c_str());
  std::string text;
  llvm::raw_string_ostream os(text);
  lld::Result result =
      lld::lldMain(arguments, os, os, {{lld::Gnu, &lld::elf::link}});
  canRunAgain = result.canRunAgain;
  if (result.retCode != 0)
    return failure("linking failed:\n" + text);
  return llvm::Error::success();
}

static llvm::Error cannotWrite(llvm::StringRef path, std::error_code code) {
  return failure("cannot write '" + path + "': " + code.message());
}

/// Writes `bytes` beside `output` and renames, or into it where it is a device.
static llvm::Error writeExecutable(llvm::StringRef bytes,
                                   llvm::StringRef output) {
  namespace fs = llvm::sys::fs;
  const unsigned mode = fs::all_read | fs::all_write | fs::all_exe;
  bool replaces = !fs::exists(output) || fs::is_regular_file(output);
  llvm::SmallString<128> path(output);
  int descriptor;
  std::error_code code =
      replaces ? fs::createUniqueFile(output + ".%%%%%%", descriptor, path,
                                      fs::OF_None, mode)
               : fs::openFileForWrite(output, descriptor, fs::CD_OpenExisting);
  if (code)
    return cannotWrite(output, code);
  llvm::scope_exit remove([&] {
    if (replaces)
      fs::remove(path);
  });
  llvm::raw_fd_ostream os(descriptor, /*shouldClose=*/true);
  os << bytes;
  os.close();
  if ((code = os.error())) {
    os.clear_error();
    return cannotWrite(output, code);
  }
  if (replaces && (code = fs::rename(path, output)))
    return cannotWrite(output, code);
  remove.release();
  return llvm::Error::success();
}

llvm::Error binary::linkExecutable(llvm::ArrayRef<std::string> objects,
                                   llvm::StringRef runtimeArchive,
                                   llvm::StringRef output, bool needsMpi,
                                   llvm::ArrayRef<llvm::StringRef> parts) {
  if (llvm::Error error = checkInputs(objects, runtimeArchive, parts))
    return error;
  if (needsMpi)
    if (llvm::Error error = checkMpi(runtimeArchive))
      return error;
  if (llvm::sys::fs::is_directory(output))
    return failure("cannot write '" + output + "': it is a directory");

  OutputPipe pipe;
  if (pipe.error)
    return failure("cannot make a pipe: " + pipe.error.message());
  if (llvm::Error error = runLld(
          linkLine(objects, runtimeArchive, pipe.path(), needsMpi, parts)))
    return error;
  return writeExecutable(pipe.finish(), output);
}

llvm::Error binary::linkExecutable(llvm::ArrayRef<llvm::ArrayRef<char>> objects,
                                   llvm::StringRef runtimeArchive,
                                   llvm::StringRef output, bool needsMpi,
                                   llvm::ArrayRef<llvm::StringRef> parts) {
  std::vector<std::string> paths;
  llvm::scope_exit remove([&] {
    for (const std::string &path : paths)
      llvm::sys::fs::remove(path);
  });
  for (llvm::ArrayRef<char> object : objects) {
    llvm::SmallString<128> path;
    int descriptor;
    if (std::error_code code =
            llvm::sys::fs::createTemporaryFile("flm", "o", descriptor, path))
      return failure("cannot write a temporary object file: " + code.message());
    paths.push_back(path.str().str());
    llvm::raw_fd_ostream os(descriptor, /*shouldClose=*/true);
    os.write(object.data(), object.size());
    os.close();
    if (os.has_error()) {
      std::error_code code = os.error();
      os.clear_error();
      return cannotWrite(path, code);
    }
  }
  return linkExecutable(paths, runtimeArchive, output, needsMpi, parts);
}
