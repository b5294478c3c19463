//===----------------------------------------------------------------------===//
// The loss on held-out text.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_TRAIN_EVALUATION_H
#define FLM_RUNTIME_TRAIN_EVALUATION_H

#include "runtime/data/BatchSource.h"
#include "runtime/train/CompiledProgram.h"

#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace flmrt {

class Evaluation {
public:
  /// Evaluates on the first `batches` micro-batches of the file at `path`, in
  /// file order, or on all of them for 0. Windows that do not fill a last
  /// micro-batch are left out. Of each, `rank` computes its part. Throws
  /// UserError.
  Evaluation(const std::string &path, int64_t batches,
             const ProgramManifest &manifest, int64_t rank);

  /// Whether all ranks stop, asked before every micro-batch: with the error if
  /// this rank cannot read it.
  using MustStop = std::function<bool(std::exception_ptr)>;

  /// Mean loss in nats per token; nothing if `mustStop` says so. All ranks call
  /// it.
  std::optional<double> run(CompiledProgram &program, const MustStop &mustStop);

  /// "5.5452 nats/token | 8.0000 bits/byte", the latter only if the number of
  /// bytes per token is known.
  std::string describe(double loss) const;

private:
  BatchSource source;
  int64_t batches;
  int64_t first, count; ///< this rank's sequences of a micro-batch
  std::optional<double> tokensPerByte;
  std::vector<int32_t> tokens, targets; // of this rank's part
};

} // namespace flmrt

#endif // FLM_RUNTIME_TRAIN_EVALUATION_H
