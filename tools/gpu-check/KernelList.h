//===----------------------------------------------------------------------===//
// Which kernels are checked, at which sizes: a text file.
//
//   kernel #flm_gpu.gemm<layout = nt, input = bf16, output = bf16>
//     check 200,328,264
//     time 8192,8192,8192 as 131,136,8192 square
//
// `kernel` is an attribute as flm-build-kernel takes it; the sizes are values
// of the kernel's i32 arguments, in order. `check` compares every element with
// the reference. `time` also measures, and the rest of its line is the name of
// the case. `as` gives smaller sizes at which the reference is computed: along
// a dim that is smaller there, the large problem repeats the contents of the
// small one (Replication.h), so that every element of it can be checked
// quickly. It suits dims whose indices do not meet in any sum. `#` begins a
// comment if it is the first character of a line.
//===----------------------------------------------------------------------===//
#ifndef FLM_TOOLS_GPU_CHECK_KERNELLIST_H
#define FLM_TOOLS_GPU_CHECK_KERNELLIST_H

#include "codegen/gpu/reference/KernelDescription.h"

#include <istream>
#include <string>
#include <vector>

namespace flm::gpucheck {

using gpuref::Sizes;

/// One run of a kernel.
struct Case {
  Sizes sizes;
  Sizes reference; ///< where the reference is computed; often the same
  bool timed = false;
  std::string label;
};

struct ListedKernel {
  std::string attribute;
  std::vector<Case> cases;
};

/// Throws UserError with the line that is not as above. `name` is the file's.
std::vector<ListedKernel> readKernelList(std::istream &is,
                                         const std::string &name);

/// E.g. "200x328x264".
std::string describe(const Sizes &sizes);

} // namespace flm::gpucheck

#endif // FLM_TOOLS_GPU_CHECK_KERNELLIST_H
