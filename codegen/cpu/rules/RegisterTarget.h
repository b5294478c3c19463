//===----------------------------------------------------------------------===//
// The CPU as a target.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_CPU_RULES_REGISTERTARGET_H
#define FLM_CODEGEN_CPU_RULES_REGISTERTARGET_H

namespace flm::cpu {

/// Makes the target "cpu" known (codegen/target/Target.h).
void registerTarget();

} // namespace flm::cpu

#endif // FLM_CODEGEN_CPU_RULES_REGISTERTARGET_H
