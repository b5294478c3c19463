//===----------------------------------------------------------------------===//
// Which seeds a test of random models tries.
//===----------------------------------------------------------------------===//
#include "test/numerics/random/Seeds.h"

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/PrettyStackTrace.h"
#include "llvm/Support/Signals.h"

#include <gtest/gtest.h>

#include <cstdlib>

using namespace flm;

void numerics::forEachSeed(
    uint64_t count,
    llvm::function_ref<void(const RandomModel &, uint64_t)> check) {
  uint64_t first = 1;
  if (const char *chosen = std::getenv("FLM_SEEDS")) {
    auto [left, right] = llvm::StringRef(chosen).split(':');
    bool wrong = right.empty() ? left.getAsInteger(10, count)
                               : left.getAsInteger(10, first) ||
                                     right.getAsInteger(10, count);
    ASSERT_FALSE(wrong) << "FLM_SEEDS is a count or first:count, not '"
                        << chosen << "'";
  }
  llvm::sys::PrintStackTraceOnErrorSignal("");
  llvm::EnablePrettyStackTrace();
  for (uint64_t seed = first; seed < first + count; ++seed) {
    RandomModel model(seed);
    std::string what = "seed " + std::to_string(seed) + ":\n" + model.spec;
    SCOPED_TRACE(what);
    llvm::PrettyStackTraceString onCrash(what.c_str());
    check(model, seed);
    if (testing::Test::HasFailure())
      return;
  }
}
