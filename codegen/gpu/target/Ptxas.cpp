//===----------------------------------------------------------------------===//
// Finding and running ptxas, and reading what it prints.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/target/Ptxas.h"

#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
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

llvm::Expected<std::string> flm::gpu::findPtxas() {
  llvm::SmallVector<std::string> folders;
  // Set: exactly that one. A toolkit chosen by the user is never replaced.
  if (auto home = llvm::sys::Process::GetEnv("CUDA_HOME")) {
    folders.push_back(*home + "/bin");
    if (auto path = llvm::sys::findProgramByName("ptxas", {folders.back()}))
      return *path;
    return failure("no ptxas in '" + folders.back() +
                   "' (from $CUDA_HOME); point CUDA_HOME at a CUDA toolkit");
  }
  if (auto path =
          llvm::sys::findProgramByName("ptxas", {"/usr/local/cuda/bin"}))
    return *path;
  if (auto path = llvm::sys::findProgramByName("ptxas"))
    return *path;
  return failure("no ptxas in /usr/local/cuda/bin or on PATH; install the CUDA "
                 "toolkit (13.0 is tested) or set CUDA_HOME");
}

/// The number before `unit` in `line`, e.g. 168 in "Used 168 registers".
static int64_t numberBefore(StringRef line, StringRef unit) {
  size_t end = line.find(unit);
  if (end == StringRef::npos)
    return 0;
  StringRef before = line.take_front(end).rtrim();
  int64_t value = 0;
  if (before.substr(before.find_last_not_of("0123456789") + 1)
          .getAsInteger(10, value))
    return 0;
  return value;
}

void flm::gpu::parsePtxasOutput(StringRef output, Assembled &result) {
  llvm::SmallVector<StringRef> lines;
  output.split(lines, '\n', -1, /*KeepEmpty=*/false);
  for (StringRef line : lines) {
    if (line.contains("Compiling entry function '")) {
      StringRef name = line.split("function '").second.split('\'').first;
      result.kernels.push_back({name.str()});
    } else if (line.contains("(C7") || line.contains("warning")) {
      result.advice.push_back(line.trim().str());
    } else if (!result.kernels.empty()) {
      KernelResources &kernel = result.kernels.back();
      if (line.contains("bytes stack frame")) {
        kernel.stackBytes = numberBefore(line, " bytes stack frame");
        kernel.spillBytes = numberBefore(line, " bytes spill stores");
      } else if (line.contains(" registers")) {
        kernel.registers = numberBefore(line, " registers");
        kernel.sharedBytes = numberBefore(line, " bytes smem");
      }
    }
  }
}

llvm::Expected<Assembled> flm::gpu::assemble(StringRef ptx, Arch arch) {
  llvm::Expected<std::string> ptxas = findPtxas();
  if (!ptxas)
    return ptxas.takeError();

  llvm::SmallString<128> folder;
  if (std::error_code error =
          llvm::sys::fs::createUniqueDirectory("flm-ptxas", folder))
    return failure("no temporary folder for ptxas: " + error.message());
  llvm::scope_exit clean([&] { llvm::sys::fs::remove_directories(folder); });
  auto inFolder = [&](StringRef name) {
    llvm::SmallString<128> path = folder;
    llvm::sys::path::append(path, name);
    return path.str().str();
  };
  std::string source = inFolder("kernel.ptx"), cubin = inFolder("kernel.cubin"),
              log = inFolder("log");
  std::error_code error;
  llvm::raw_fd_ostream os(source, error);
  os << ptx;
  os.close();
  if (error || os.has_error()) {
    os.clear_error();
    return failure("could not write '" + source + "'");
  }

  std::string archFlag = ("-arch=" + stringifyEnum(arch)).str();
  std::string message;
  int status = llvm::sys::ExecuteAndWait(
      *ptxas, {*ptxas, archFlag, "-v", source, "-o", cubin}, std::nullopt,
      {StringRef(), StringRef(log), StringRef(log)}, 0, 0, &message);
  auto text = llvm::MemoryBuffer::getFile(log);
  StringRef output = text ? (*text)->getBuffer() : StringRef();
  if (status != 0)
    return failure("ptxas failed: " +
                   (output.empty() ? StringRef(message) : output));
  auto bytes = llvm::MemoryBuffer::getFile(cubin);
  if (!bytes)
    return failure("ptxas wrote no cubin: " + bytes.getError().message());
  Assembled result;
  result.cubin = (*bytes)->getBuffer().str();
  parsePtxasOutput(output, result);
  return result;
}
