//===----------------------------------------------------------------------===//
// The kernels that a copy of gpu-check carries: their code, their descriptions,
// the cases to run. They lie behind the program in its own file, so that one
// file is all that another machine needs.
//
//   program | manifest (JSON) | images | manifest bytes, image bytes, magic
//===----------------------------------------------------------------------===//
#ifndef FLM_TOOLS_GPU_CHECK_BUNDLE_H
#define FLM_TOOLS_GPU_CHECK_BUNDLE_H

#include "tools/gpu-check/KernelList.h"

#include <filesystem>

namespace flm::gpucheck {

struct BundledKernel {
  std::string attribute; ///< what it was built from
  gpuref::KernelDescription description;
  std::string image; ///< a fatbin
  std::vector<Case> cases;
};

struct Bundle {
  std::string origin; ///< of which sources, built when
  std::vector<BundledKernel> kernels;
};

/// The bundle behind the program `path`. Throws UserError if there is none.
Bundle readBundle(const std::filesystem::path &path);

/// Writes `program` with the kernels of `listFile` behind it to `out`. The i-th
/// kernel of the list (from 0) is described by i.json and its code is i.fatbin,
/// both in `folder`. Throws UserError for anything that is missing or does not
/// fit together.
void writeBundle(const std::filesystem::path &program,
                 const std::filesystem::path &listFile,
                 const std::filesystem::path &folder, const std::string &origin,
                 const std::filesystem::path &out);

} // namespace flm::gpucheck

#endif // FLM_TOOLS_GPU_CHECK_BUNDLE_H
