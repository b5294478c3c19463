//===----------------------------------------------------------------------===//
// Which CPU code is generated for: the compiling machine, or one by name.
//===----------------------------------------------------------------------===//
#include "codegen/cpu/CpuKernel.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/SubtargetFeature.h"
#include "llvm/TargetParser/Triple.h"

#include <cassert>
#include <memory>
#include <unistd.h>

using namespace flm::cpu;

static llvm::Error failure(const llvm::Twine &message) {
  return llvm::createStringError(llvm::inconvertibleErrorCode(), message);
}

/// The widest vectors that `subtarget` has, and how many registers hold them.
static void setVectorShape(CpuTarget &target, const llvm::Triple &triple,
                           const llvm::MCSubtargetInfo &subtarget) {
  if (!triple.isX86()) {
    // NEON: 32 registers of 16 bytes.
    target.vectorBytes = 16;
    target.vectorRegisters = triple.isAArch64() ? 32 : 16;
    return;
  }
  bool avx512 = subtarget.checkFeatures("+avx512f") &&
                subtarget.checkFeatures("+avx512vl");
  target.vectorBytes = avx512 ? 64 : subtarget.checkFeatures("+avx2") ? 32 : 16;
  target.vectorRegisters = avx512 ? 32 : 16;
}

/// Fills in everything that follows from the triple, CPU name and features.
static llvm::Expected<CpuTarget> describe(CpuTarget target) {
  llvm::InitializeNativeTarget();
  llvm::InitializeNativeTargetAsmPrinter();

  llvm::Triple triple(target.triple);
  std::string error;
  const llvm::Target *backend =
      llvm::TargetRegistry::lookupTarget(triple, error);
  if (!backend)
    return failure("no code generator for '" + target.triple + "': " + error);

  // Asking with an unknown CPU name prints a warning; ask the empty one first.
  std::unique_ptr<llvm::MCSubtargetInfo> generic(
      backend->createMCSubtargetInfo(triple, "", ""));
  if (!generic->isCPUStringValid(target.cpu))
    return failure("unknown CPU '" + target.cpu + "' for " + target.triple +
                   "; use 'native', or a name printed by "
                   "`llc -mtriple=" +
                   target.triple + " -mcpu=help`");

  std::unique_ptr<llvm::MCSubtargetInfo> subtarget(
      backend->createMCSubtargetInfo(triple, target.cpu, target.features));
  // Below this, rounding a vector means one libm call per lane.
  if (triple.isX86() && !subtarget->checkFeatures("+sse4.1"))
    return failure("CPU '" + target.cpu +
                   "' has no SSE4.1; x86-64-v2 or later is needed");
  setVectorShape(target, triple, *subtarget);
  target.fusedMultiplyAdd = !triple.isX86() || subtarget->checkFeatures("+fma");
  return target;
}

/// Takes the cache sizes that the system reports, where it does.
static void setCacheSizes(CpuTarget &target) {
#ifdef _SC_LEVEL1_DCACHE_SIZE
  if (long bytes = sysconf(_SC_LEVEL1_DCACHE_SIZE); bytes > 0)
    target.l1Bytes = bytes;
  if (long bytes = sysconf(_SC_LEVEL2_CACHE_SIZE); bytes > 0)
    target.l2Bytes = bytes;
#endif
}

llvm::Expected<CpuTarget> flm::cpu::namedTarget(llvm::StringRef cpu) {
  CpuTarget target;
  target.triple = llvm::sys::getDefaultTargetTriple();
  if (cpu != "native") {
    target.cpu = cpu.str();
    return describe(std::move(target));
  }

  target.cpu = llvm::sys::getHostCPUName().str();
  // A virtual machine may hide features that its CPU model has, so the list
  // that the machine reports counts, not the one implied by the name.
  llvm::SubtargetFeatures features;
  for (const auto &feature : llvm::sys::getHostCPUFeatures())
    features.AddFeature(feature.first(), feature.second);
  // A StringMap has no order; the feature string goes into objects.
  std::vector<std::string> sorted = features.getFeatures();
  llvm::sort(sorted);
  target.features = llvm::join(sorted, ",");
  setCacheSizes(target);
  return describe(std::move(target));
}

std::vector<std::string> flm::cpu::extensionsOf(const CpuTarget &target) {
  std::vector<std::string> extensions;
  llvm::Triple triple(target.triple);
  if (!triple.isX86())
    return extensions;
  std::string error;
  const llvm::Target *backend =
      llvm::TargetRegistry::lookupTarget(triple, error);
  assert(backend && "a target that is none");
  std::unique_ptr<llvm::MCSubtargetInfo> subtarget(
      backend->createMCSubtargetInfo(triple, target.cpu, target.features));
#define FLM_CPU_FEATURE(name, leaf, subleaf, reg, bit, state)                  \
  if (subtarget->checkFeatures("+" name))                                      \
    extensions.push_back(name);
#include "runtime/abi/CpuFeatures.def"
  return extensions;
}

CpuTarget flm::cpu::hostTarget() {
  return llvm::cantFail(namedTarget("native"),
                        "the compiling machine must be a supported target");
}
