//===----------------------------------------------------------------------===//
// Which elements of a tensor a rank has, and where they lie in its memory.
//
// Everything that must not depend on the layout goes through here: first
// values, reading a checkpoint, writing one.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_CHECKPOINT_TENSORPART_H
#define FLM_RUNTIME_CHECKPOINT_TENSORPART_H

#include "runtime/comm/Mesh.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace flmrt {

/// One entry of the manifest's `parts`: see runtime/abi/Manifest.md.
struct Part {
  enum Kind { Dim, Flat, At } kind = Dim;
  int64_t axis = 0;   ///< of the mesh
  int64_t dim = 0;    ///< of Dim
  int64_t chunks = 1; ///< of Dim
  int64_t block = 0;  ///< of Flat: elements that a rank has
  int64_t index = 0;  ///< of At
};

/// What is wrong with `parts` for a tensor of this shape, or "".
std::string partError(const std::vector<int64_t> &shape,
                      const std::vector<Part> &parts, const Mesh &mesh);

/// Elements that each rank's part takes in memory, padding included.
int64_t partElements(const std::vector<int64_t> &shape,
                     const std::vector<Part> &parts, const Mesh &mesh);

/// The part that one rank has of one tensor of a checkpoint, as runs: pieces
/// that are consecutive in the tensor and in memory.
class TensorPart {
public:
  /// All of a tensor.
  explicit TensorPart(int64_t elements);

  /// Of a parameter of this shape, or of one layer of it: the tensor at `layer`
  /// of its first dim. `parts` must have no error.
  TensorPart(const std::vector<int64_t> &shape, const std::vector<Part> &parts,
             const Mesh &mesh, int64_t rank, std::optional<int64_t> layer);

  bool isEmpty() const { return memoryBegin >= memoryEnd; }
  /// Elements of the tensor that are in it: a piece of the rank's memory.
  int64_t elements() const {
    return std::max<int64_t>(0, memoryEnd - memoryBegin);
  }
  /// Where in the rank's memory they begin, in elements.
  int64_t firstInMemory() const { return memoryBegin - windowBegin; }

  /// Calls `use(element, memory, count)` for each run in the order of memory:
  /// elements `element` … of the tensor (row-major) lie at element `memory` …
  /// of the rank's memory.
  template <typename Use> void forEachRun(Use use) const {
    for (int64_t at = memoryBegin; at < memoryEnd;) {
      int64_t run = (at - tensorBegin) / runElements;
      int64_t within = (at - tensorBegin) % runElements;
      int64_t count = std::min(runElements - within, memoryEnd - at);
      use(elementOfRun(run) + within, at - windowBegin, count);
      at += count;
    }
  }

private:
  struct LocalDim {
    int64_t size;     ///< indices that the rank has
    int64_t block;    ///< consecutive ones
    int64_t first;    ///< the first one's index in the tensor
    int64_t stride;   ///< from one block's first index to the next one's
    int64_t elements; ///< of the tensor, per index
  };
  int64_t elementOfRun(int64_t run) const;

  std::vector<LocalDim> dims; ///< those that number the runs; empty: one run
  int64_t runElements = 1;
  // Positions in the flattened tensor that Flat cuts: where this tensor begins,
  // where this rank's window begins, and what of this tensor is in the window.
  int64_t tensorBegin = 0, windowBegin = 0;
  int64_t memoryBegin = 0, memoryEnd = 0;
};

} // namespace flmrt

#endif // FLM_RUNTIME_CHECKPOINT_TENSORPART_H
