//===----------------------------------------------------------------------===//
// NVIDIA's assembler, from PTX to machine code (cubin), and what it says about
// each kernel.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_TARGET_PTXAS_H
#define FLM_CODEGEN_GPU_TARGET_PTXAS_H

#include "dialects/flm_gpu/FlmGpu.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <string>
#include <vector>

namespace flm::gpu {

/// What `ptxas -v` says about one kernel.
struct KernelResources {
  std::string name;
  int64_t registers = 0;   ///< per thread, at launch
  int64_t spillBytes = 0;  ///< stores of spilled registers
  int64_t sharedBytes = 0; ///< static shared memory
  int64_t stackBytes = 0;
};

struct Assembled {
  std::string cubin;
  std::vector<KernelResources> kernels;
  /// ptxas's own warnings and advice, e.g. C7510 ("potential performance loss:
  /// wgmma serialised"). A kernel that is shipped has none.
  std::vector<std::string> advice;
};

/// Assembles `ptx` for `arch`, or for `machine` (`sm_90`), which must run what
/// it was emitted for. The error holds ptxas's own message, or says how to get
/// it.
llvm::Expected<Assembled> assemble(llvm::StringRef ptx, Arch arch);
llvm::Expected<Assembled> assemble(llvm::StringRef ptx,
                                   llvm::StringRef machine);

/// Reads what `ptxas -v` printed.
void parsePtxasOutput(llvm::StringRef output, Assembled &result);

} // namespace flm::gpu

#endif // FLM_CODEGEN_GPU_TARGET_PTXAS_H
