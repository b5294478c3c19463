//===----------------------------------------------------------------------===//
// Running ptxas, and reading what it prints.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/target/Ptxas.h"
#include "codegen/gpu/target/CudaTool.h"

#include "llvm/ADT/StringExtras.h"

using namespace flm::gpu;
using llvm::StringRef;

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

llvm::Expected<Assembled> flm::gpu::assemble(StringRef ptx, StringRef machine) {
  llvm::Expected<CudaTool> ptxas = CudaTool::find("ptxas");
  if (!ptxas)
    return ptxas.takeError();
  if (llvm::Error error = ptxas->write("kernel.ptx", ptx))
    return error;
  llvm::Expected<std::string> output =
      ptxas->run({("-arch=" + machine).str(), "-v", ptxas->path("kernel.ptx"),
                  "-o", ptxas->path("kernel.cubin")});
  if (!output)
    return output.takeError();
  llvm::Expected<std::string> cubin = ptxas->read("kernel.cubin");
  if (!cubin)
    return cubin.takeError();
  Assembled result;
  result.cubin = std::move(*cubin);
  parsePtxasOutput(*output, result);
  return result;
}

llvm::Expected<Assembled> flm::gpu::assemble(StringRef ptx, Arch arch) {
  return assemble(ptx, stringifyEnum(arch));
}
