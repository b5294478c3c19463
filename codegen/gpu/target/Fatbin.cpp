//===----------------------------------------------------------------------===//
// Running fatbinary on what ptxas makes of a kernel.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/target/Fatbin.h"
#include "codegen/gpu/target/CudaTool.h"
#include "codegen/gpu/target/Ptxas.h"

using namespace flm::gpu;
using llvm::StringRef;

/// The GPUs that get machine code, as ptxas names them.
static llvm::SmallVector<StringRef> machinesOf(Arch arch) {
  switch (arch) {
  case Arch::SM80:
    return {"sm_80", "sm_90"};
  case Arch::SM90a:
    return {"sm_90a"};
  }
  llvm_unreachable("an arch without machines");
}

/// fatbinary's way to say what a file holds.
static std::string image(StringRef kind, StringRef machine, StringRef file) {
  return ("--image3=kind=" + kind + ",sm=" + machine.drop_front(3) +
          ",file=" + file)
      .str();
}

llvm::Expected<std::string> flm::gpu::buildFatbin(StringRef ptx, Arch arch) {
  llvm::Expected<CudaTool> fatbinary = CudaTool::find("fatbinary");
  if (!fatbinary)
    return fatbinary.takeError();
  std::vector<std::string> arguments = {
      "--create=" + fatbinary->path("kernel.fatbin"), "-64"};
  auto add = [&](StringRef kind, StringRef machine, StringRef contents) {
    std::string file = (machine + "." + kind).str();
    arguments.push_back(image(kind, machine, fatbinary->path(file)));
    return fatbinary->write(file, contents);
  };
  for (StringRef machine : machinesOf(arch)) {
    llvm::Expected<Assembled> assembled = assemble(ptx, machine);
    if (!assembled)
      return assembled.takeError();
    if (llvm::Error error = add("elf", machine, assembled->cubin))
      return error;
  }
  if (llvm::Error error = add("ptx", stringifyEnum(arch), ptx))
    return error;
  llvm::Expected<std::string> output = fatbinary->run(arguments);
  if (!output)
    return output.takeError();
  return fatbinary->read("kernel.fatbin");
}
