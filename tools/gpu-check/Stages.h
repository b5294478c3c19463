//===----------------------------------------------------------------------===//
// What the process that uses the GPU may be at.
//===----------------------------------------------------------------------===//
#ifndef FLM_TOOLS_GPU_CHECK_STAGES_H
#define FLM_TOOLS_GPU_CHECK_STAGES_H

namespace flm::gpucheck {

/// What a worker is at, and how long that may take.
struct Stage {
  const char *name;
  double seconds;
};
inline constexpr Stage referenceStage{"computing its reference", 300};
inline constexpr Stage loadStage{"loading it", 120};
inline constexpr Stage runStage{"running it", 20}; ///< --kernel-seconds
inline constexpr Stage compareStage{"comparing its results", 120};

} // namespace flm::gpucheck

#endif // FLM_TOOLS_GPU_CHECK_STAGES_H
