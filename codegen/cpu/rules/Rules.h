//===----------------------------------------------------------------------===//
// Which CPU kernels the ops need. One file per op family.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_CPU_RULES_RULES_H
#define FLM_CODEGEN_CPU_RULES_RULES_H

#include "codegen/cpu/rules/Launcher.h"
#include "codegen/target/KernelRules.h"

namespace flm::cpu {

/// Adds the rule of `Op`: `write` writes its launches.
template <typename Op, mlir::LogicalResult (*write)(Op, Launcher &)>
KernelRule &addRule(KernelRules &rules) {
  KernelRule &rule = rules.of<Op>();
  rule.launch = [](mlir::Operation *op, KernelLibrary &kernels,
                   KernelLibrary::Site site) {
    Launcher launcher(op, static_cast<CpuKernels &>(kernels), site);
    return write(llvm::cast<Op>(op), launcher);
  };
  return rule;
}

/// Lets results be made in operands, most wanted first: {{0, 1}, {0, 2}} is
/// result 0 in the bytes of operand 1 or 2.
inline void allowInPlace(KernelRule &rule,
                         std::initializer_list<InPlacePair> pairs) {
  rule.inPlace = [pairs = llvm::SmallVector<InPlacePair>(pairs)](
                     mlir::Operation *) { return pairs; };
}

/// `Op` needs `bytes` for temporaries.
template <typename Op, int64_t (*bytes)(Op)>
void needTemporaries(KernelRule &rule) {
  rule.temporaryBytes = [](mlir::Operation *op) {
    return bytes(llvm::cast<Op>(op));
  };
}

void addAttentionRules(KernelRules &rules);
void addElementwiseRules(KernelRules &rules);
void addEmbeddingRules(KernelRules &rules);
void addLinearRules(KernelRules &rules);
void addLossRules(KernelRules &rules);
void addNormRules(KernelRules &rules);
void addTrainRules(KernelRules &rules);

} // namespace flm::cpu

#endif // FLM_CODEGEN_CPU_RULES_RULES_H
