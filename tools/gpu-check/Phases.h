//===----------------------------------------------------------------------===//
// What the process that uses the GPU may be at.
//===----------------------------------------------------------------------===//
#ifndef FLM_TOOLS_GPU_CHECK_PHASES_H
#define FLM_TOOLS_GPU_CHECK_PHASES_H

namespace flm::gpucheck {

/// What a worker is at, and how long that may take.
struct Phase {
  const char *name;
  double seconds;
};
inline constexpr Phase referencePhase{"computing its reference", 300};
inline constexpr Phase loadPhase{"loading it", 120};
inline constexpr Phase runPhase{"running it", 20}; ///< --kernel-seconds
inline constexpr Phase comparePhase{"comparing its results", 120};

} // namespace flm::gpucheck

#endif // FLM_TOOLS_GPU_CHECK_PHASES_H
