//===----------------------------------------------------------------------===//
// The loss on held-out text.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_TRAIN_EVALUATION_H
#define FLM_RUNTIME_TRAIN_EVALUATION_H

#include "runtime/data/BatchSource.h"
#include "runtime/train/CompiledProgram.h"
#include "runtime/train/SideFile.h"

#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace flmrt {

class Evaluation {
public:
  /// Evaluates on as many windows of the file at `path` as fill `batches`
  /// micro-batches, spread evenly over it, or on all of them, each once, for 0
  /// and where there are no more. Of a micro-batch, `rank` computes its part.
  /// Throws UserError.
  Evaluation(const std::string &path, int64_t batches,
             const ProgramManifest &manifest, int64_t rank);

  /// Whether all ranks stop, asked before every micro-batch: with the error if
  /// this rank cannot read it.
  using MustStop = std::function<bool(std::exception_ptr)>;

  /// Mean loss of the windows in nats per token; nothing if `mustStop` says so.
  /// All ranks call it.
  std::optional<double> run(CompiledProgram &program, const MustStop &mustStop);

  /// The loss in bits per byte of the targets' text: of exactly those that are
  /// evaluated. Nothing where it is not known what text a token stands for.
  std::optional<double> bitsPerByte(double loss) const;

  /// "5.5452 nats/token | 8.0000 bits/byte"
  std::string describe(double loss) const;

  const SideFile &sideFile() const { return side; }

private:
  int64_t windowAt(int64_t index) const;
  void countTextBytes(int64_t vocab);
  std::optional<double> meanOf(CompiledProgram &program,
                               const MustStop &mustStop, int64_t first,
                               int64_t different);
  std::optional<double> sumOfFew(CompiledProgram &program,
                                 const MustStop &mustStop, int64_t first,
                                 int64_t different);

  TokenFile file;
  SideFile side;
  BatchSource source;
  int64_t seq;
  int64_t batch;            ///< sequences of a micro-batch, of all ranks
  int64_t windows;          ///< that are evaluated
  int64_t firstSlot, slots; ///< this rank's sequences of a micro-batch
  int64_t textBytes = 0;    ///< of all targets; 0: not known
  std::vector<int32_t> tokens, targets; // of this rank's part
};

} // namespace flmrt

#endif // FLM_RUNTIME_TRAIN_EVALUATION_H
