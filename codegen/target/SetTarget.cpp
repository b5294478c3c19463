//===----------------------------------------------------------------------===//
// Writes into the module what code is generated for.
//===----------------------------------------------------------------------===//
#include "codegen/target/Passes.h"
#include "codegen/target/Target.h"

using namespace mlir;
using namespace flm;

namespace flm {
#define GEN_PASS_DEF_SETTARGET
#include "codegen/target/Passes.h.inc"
} // namespace flm

namespace {

struct SetTarget : flm::impl::SetTargetBase<SetTarget> {
  using SetTargetBase::SetTargetBase;

  void runOnOperation() override {
    set(kTarget, target, kDefaultTarget);
    set(kCpu, cpu, "native");
    if (!Target::of(getOperation()))
      signalPassFailure();
  }

private:
  /// What was asked for; else what the module says; else `byDefault`.
  void set(StringRef attribute, StringRef wanted, StringRef byDefault) {
    if (wanted.empty() && getOperation()->hasAttr(attribute))
      return;
    getOperation()->setAttr(
        attribute,
        StringAttr::get(&getContext(), wanted.empty() ? byDefault : wanted));
  }
};

} // namespace
