//===----------------------------------------------------------------------===//
// Text as IR of any stage, changed in memory in a way that follows from the
// text, and one of the compiler's passes on it: refused with an error, or
// transformed to what verifies.
//===----------------------------------------------------------------------===//
#include "test/fuzz/CompilerInput.h"
#include "test/fuzz/IrMutator.h"

#include "mlir/IR/Verifier.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/xxhash.h"

using namespace mlir;

/// The passes that need no option, or FLM_FUZZ_PASS alone.
static const char *const passes[] = {
    "flm-instantiate-model",
    "flm-apply-mup",
    "flm-build-programs",
    "flm.program(flm-expand-cross-entropy)",
    "flm.program(flm-accumulate-in-loops)",
    "flm-recompute{policy=full}",
    "flm-check-plan",
    "flm-chunk-norms",
    "flm-assign-shardings",
    "flm-insert-reshards",
    "flm-number-reshards",
    "flm-place-stages",
    "flm-localize-pipeline",
    "flm-localize",
    "flm-schedule-pipeline",
    "flm-check-collectives",
    "flm.program(flm-fuse-accumulation)",
    "flm-overlap-collectives",
    "flm-assign-buffers",
    "flm-verify-buffers",
    "flm-lower-programs",
    "flm-lower-launches",
    "flm-verify-contract{stage=buffers}",
    "canonicalize",
    "cse",
};

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  MLIRContext &context = flm::fuzz::contextForInput();
  OwningOpRef<ModuleOp> module = flm::fuzz::parseModule(context, data, size);
  if (!module)
    return 0;
  static const std::optional<std::string> chosen =
      llvm::sys::Process::GetEnv("FLM_FUZZ_PASS");
  uint64_t hash = llvm::xxh3_64bits(ArrayRef(data, size));
  flm::fuzz::mutateModule(*module, hash);
  if (failed(verify(*module)))
    return 0;
  std::string pass = chosen ? *chosen : passes[hash % std::size(passes)];
  PassManager pm(&context);
  if (failed(parsePassPipeline(pass, pm, llvm::nulls())))
    llvm::report_fatal_error("no such pass");
  if (failed(pm.run(*module)))
    return 0;
  std::string text;
  llvm::raw_string_ostream os(text);
  module->print(os);
  return 0;
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size,
                                          size_t most, unsigned seed) {
  // Mostly another number: the text stays valid, and changes in memory.
  if (seed % 8 && size + 20 < most) {
    std::string line = "\n// " + std::to_string(seed);
    StringRef text(reinterpret_cast<const char *>(data), size);
    size_t end = std::min(text.rfind("\n// "), size);
    std::copy(line.begin(), line.end(), data + end);
    return end + line.size();
  }
  return flm::fuzz::mutateInput(data, size, most, seed);
}
