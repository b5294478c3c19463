//===----------------------------------------------------------------------===//
// What cuTensorMapEncodeTiled refuses.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_EMULATOR_RUNTIME_TENSORMAP_H
#define FLM_CODEGEN_GPU_EMULATOR_RUNTIME_TENSORMAP_H

#include "codegen/gpu/emulator/runtime/Emulator.h"

namespace flm::emu {

/// The rule that the map breaks, or how it leaves the launch's memory; empty if
/// neither.
std::string problemWith(const TensorMap &map, const Launch &launch);

/// The memory that the map's tensor begins in, for reports.
std::string nameOf(const TensorMap &map, const Launch &launch);

} // namespace flm::emu

#endif // FLM_CODEGEN_GPU_EMULATOR_RUNTIME_TENSORMAP_H
