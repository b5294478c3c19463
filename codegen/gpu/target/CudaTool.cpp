//===----------------------------------------------------------------------===//
// Finding and running the CUDA toolkit's programs.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/target/CudaTool.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/raw_ostream.h"

using namespace flm::gpu;
using llvm::StringRef;

static llvm::Error failure(const llvm::Twine &message) {
  return llvm::createStringError(llvm::inconvertibleErrorCode(), message);
}

static llvm::Expected<std::string> findProgram(StringRef name) {
  // Set: exactly that one. A toolkit chosen by the user is never replaced.
  if (auto home = llvm::sys::Process::GetEnv("CUDA_HOME")) {
    std::string folder = *home + "/bin";
    if (auto path = llvm::sys::findProgramByName(name, {folder}))
      return *path;
    return failure("no " + name + " in '" + folder +
                   "' (from $CUDA_HOME); point CUDA_HOME at a CUDA toolkit");
  }
  if (auto path = llvm::sys::findProgramByName(name, {"/usr/local/cuda/bin"}))
    return *path;
  if (auto path = llvm::sys::findProgramByName(name))
    return *path;
  return failure("no " + name +
                 " in /usr/local/cuda/bin or on PATH; install the CUDA toolkit "
                 "(13.0 is tested) or set CUDA_HOME");
}

llvm::Expected<CudaTool> CudaTool::find(StringRef name) {
  llvm::Expected<std::string> program = findProgram(name);
  if (!program)
    return program.takeError();
  llvm::SmallString<128> folder;
  if (std::error_code error =
          llvm::sys::fs::createUniqueDirectory("flm-" + name, folder))
    return failure("no temporary folder for " + name + ": " + error.message());
  return CudaTool(name.str(), std::move(*program), folder.str().str());
}

CudaTool::CudaTool(CudaTool &&other)
    : name(std::move(other.name)), program(std::move(other.program)),
      folder(std::move(other.folder)) {
  other.folder.clear();
}

CudaTool::~CudaTool() {
  if (!folder.empty())
    llvm::sys::fs::remove_directories(folder);
}

std::string CudaTool::path(StringRef file) const {
  llvm::SmallString<128> result(folder);
  llvm::sys::path::append(result, file);
  return result.str().str();
}

llvm::Error CudaTool::write(StringRef file, StringRef contents) const {
  std::error_code error;
  llvm::raw_fd_ostream os(path(file), error);
  os << contents;
  os.close();
  if (error || os.has_error()) {
    os.clear_error();
    return failure("could not write '" + path(file) + "'");
  }
  return llvm::Error::success();
}

llvm::Expected<std::string> CudaTool::read(StringRef file) const {
  auto buffer = llvm::MemoryBuffer::getFile(path(file));
  if (!buffer)
    return failure(name + " wrote no " + file + ": " +
                   buffer.getError().message());
  return (*buffer)->getBuffer().str();
}

llvm::Expected<std::string>
CudaTool::run(llvm::ArrayRef<std::string> arguments) const {
  llvm::SmallVector<StringRef> command{program};
  command.append(arguments.begin(), arguments.end());
  std::string log = path("log"), message;
  int status = llvm::sys::ExecuteAndWait(
      program, command, std::nullopt,
      {StringRef(), StringRef(log), StringRef(log)}, 0, 0, &message);
  auto buffer = llvm::MemoryBuffer::getFile(log);
  StringRef output = buffer ? (*buffer)->getBuffer() : StringRef();
  if (status != 0)
    return failure(
        name + " failed: " + (output.empty() ? StringRef(message) : output));
  return output.str();
}
